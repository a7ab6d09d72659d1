"""What a learner does with an answer, in a real browser: copy it, ask again, edit the question, look from mark to source and back."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.web.browser.browser_support import answered, pressed, settle, until

pytestmark = pytest.mark.timeout(240)
Visit = Callable[..., Any]
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def copied(page: Any) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def copy(page: Any, form: str) -> str:
    page.locator(".fn-menu summary").last.click()
    page.get_by_role("button", name=form).last.click()
    page.locator("#fn-said", has_text="Copied").wait_for()
    return copied(page)


def test_an_answer_is_copied_with_its_footnotes(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(CLIPBOARD)
    answered(page, "What is perplexity?")
    markdown = copy(page, "As Markdown")
    assert "next token.[^1] It falls when the context gets longer.[^2]" in markdown
    assert "[^2]: “It falls when the context gets longer.” (Measures of a model › Perplexity)" in markdown
    assert page.locator(".fn-menu[open]").count() == 0
    text = copy(page, "As plain text")
    assert "next token.[1] It falls" in text
    assert "[1] “Perplexity says how unsure a model is about the next token.” Measures of a model › Perplexity" in text


def test_selected_text_takes_no_footnote_numbers_along_and_formulas_as_their_source(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(CLIPBOARD)
    answered(page, "formula please")
    page.locator(".fn-formula .katex").first.wait_for()
    page.locator(".fn-answer").evaluate("answer => getSelection().selectAllChildren(answer)")
    page.keyboard.press("Control+C")
    text = copied(page)
    assert "Perplexity is $2^{H(p)}$, not $5 to $10:" in text
    assert "[1]" not in text
    assert ":1" not in text
    assert "$$H(p) = -\\sum_{x} p(x) \\log_2 p(x)$$" in text
    assert "def perplexity(loss):\n    return exp(loss)" in text


def test_formulas_are_set_and_one_that_cannot_be_is_shown_as_its_source(visit: Visit) -> None:
    page = visit()
    answered(page, "formula please")
    page.locator(".fn-formula .katex").first.wait_for()
    states = page.locator(".fn-answer .fn-formula").evaluate_all("all => all.map(one => one.dataset.set)")
    assert states == ["yes", "yes", "no"]
    base, above = page.locator(".fn-formula").first.evaluate(
        "one => ['.mord', '.msupsub .mord'].map(name => parseFloat(getComputedStyle(one.querySelector(name)).fontSize))"
    )
    assert above < 0.8 * base, "an exponent is small"
    assert page.locator(".fn-formula[data-set=no]").inner_text() == "\\frac{1"
    assert "not $5 to $10" in page.locator(".fn-answer").inner_text()


def test_code_is_copied_by_a_button(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(CLIPBOARD)
    answered(page, "formula please")
    page.locator(".fn-code").last.hover()
    page.get_by_role("button", name="Copy this code").last.click()
    page.locator("#fn-said", has_text="Copied").wait_for()
    assert copied(page) == "def perplexity(loss):\n    return exp(loss)"


def test_the_last_question_is_asked_again_in_its_place(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    answered(page, "And then?")
    page.get_by_role("button", name="Ask again").first.click()
    until(page, lambda: questions(page) == ["What is perplexity?", "And then?", "What is perplexity?"])
    settle(page)
    last = page.locator('[class*="st-key-tools-"]').last
    before = last.get_attribute("class")
    page.get_by_role("button", name="Ask again").last.click()
    until(page, lambda: last.count() == 1 and last.get_attribute("class") != before)
    settle(page)
    assert questions(page) == ["What is perplexity?", "And then?", "What is perplexity?"]


def test_a_question_is_edited_and_what_followed_goes(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexty?")
    answered(page, "And then?")
    field, edit = page.get_by_label("Your question"), page.get_by_role("button", name="Edit", exact=True).first
    pressed(page, edit, field.is_visible)
    page.get_by_text("The question after it is removed, with the answers.").wait_for()
    field.fill("What is perplexity?")
    page.get_by_role("button", name="Ask", exact=True).click()
    until(page, lambda: questions(page) == ["What is perplexity?"])
    settle(page)
    page.get_by_role("link", name="What is perplexity?").first.wait_for()
    pressed(page, edit, field.is_visible)
    pressed(page, page.get_by_role("button", name="Leave it as it is"), field.is_hidden)
    until(page, lambda: questions(page) == ["What is perplexity?"])


def test_a_source_leads_back_to_its_mark(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    page.get_by_role("link", name="Footnote 2", exact=True).click()
    page.locator(".fn-source a.fn-number:target").wait_for()
    page.get_by_role("link", name="Back to footnote 2 in the answer").click()
    page.locator("a.fn-chip:target").wait_for()


def test_a_card_leaves_the_next_line_in_sight(visit: Visit) -> None:
    page = visit(width=400, height=800)
    answered(page, "What is perplexity?")
    chip = page.locator(".fn-chip").first
    chip.hover()
    card = page.locator(".fn-card").first
    card.wait_for(state="visible")
    assert card.bounding_box()["y"] + card.bounding_box()["height"] <= chip.bounding_box()["y"] + 4


def test_a_card_is_as_wide_as_its_text(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    page.locator(".fn-chip").nth(1).hover()
    card = page.locator(".fn-card").nth(1)
    card.wait_for(state="visible")
    longest = card.locator("> span").evaluate_all(
        "all => Math.max(...all.map(one => { const text = document.createRange(); text.selectNodeContents(one); return text.getBoundingClientRect().width; }))"
    )
    assert longest <= card.bounding_box()["width"] <= longest + 60, "its text, the quotation marks and the margins"
    assert card.bounding_box()["width"] < page.locator(".fn-answer").bounding_box()["width"]


def test_a_long_conversation_opens_at_its_end(visit: Visit) -> None:
    page = visit(height=500)
    for question in ("What is perplexity?", "And then?", "And after that?"):
        answered(page, question)
    page.reload()
    last = page.locator(".fn-question", has_text="And after that?")
    last.wait_for()
    until(page, lambda: 0 <= last.bounding_box()["y"] < 250)


def questions(page: Any) -> list[str]:
    return list(page.locator(".fn-question").all_inner_texts())
