"""A learner's walk in a real browser: ask, check a footnote, open its source beside, come back, copy, edit, follow up, quiz; and what
they are told when something is not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.browser.browser_support import answered, pressed, serving, settle, until, watching
from tests.app.web.browser.test_reader import found
from tests.app.web.fake_engine import write_index

pytestmark = pytest.mark.timeout(240)
HEADER = 48  # pixels of a phone's page that its header covers
Visit = Callable[..., Any]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), pytest.param(400, True, marks=pytest.mark.slow)])
def test_a_learners_walk(visit: Visit, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="no axe: the accessibility check is skipped")
    page = visit(width=width, dark=dark)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answered(page, "What is perplexity?")

    page.locator(".fn-chip").first.hover()
    page.locator(".fn-card", has_text="Perplexity says how unsure a model is").first.wait_for(state="visible")
    page.mouse.move(0, 0)
    if not page.locator(".fn-open").first.is_visible():
        page.get_by_text("2 footnotes").click()
    page.locator(".fn-open").first.click()
    page.locator(".st-key-pane #here mark", has_text="Perplexity says").first.wait_for()
    page.get_by_role("link", name="Back to the answer").click()
    page.locator(".st-key-pane").wait_for(state="detached")
    until(page, lambda: page.locator(".fn-source a.fn-number:target").count() == 1)
    settle(page)

    page.locator(".fn-menu summary").last.click()
    page.get_by_role("button", name="As plain text").last.click()
    page.locator("#fn-said", has_text="Copied").wait_for()
    assert "next token.[1] It falls" in page.evaluate("navigator.clipboard.readText()")

    field = page.get_by_label("Your question")
    pressed(page, page.get_by_role("button", name="Edit", exact=True), field.is_visible)
    field.fill("What does perplexity say?")
    page.get_by_role("button", name="Ask", exact=True).click()
    until(page, lambda: page.locator(".fn-question").all_inner_texts() == ["What does perplexity say?"])
    settle(page)
    answered(page, "And when does it fall?")
    until(page, lambda: page.locator(".fn-question").last.bounding_box()["y"] >= (HEADER if width < 640 else 0))

    answered(page, "quiz me on it")
    quiz = page.locator(".fn-quiz")
    told = quiz.locator("details p").first
    assert quiz.get_by_text("What does perplexity say?").is_visible()
    assert not told.is_visible()
    assert not page.locator(".fn-source").last.is_visible(), "the sources would tell the answers"
    assert found(page, axe) == []
    quiz.get_by_text("Answer", exact=True).first.click()
    told.wait_for(state="visible")
    assert "how unsure a model is" in told.inner_text()
    quiz.get_by_role("link", name="Footnote 1").click()
    page.locator(".fn-source a.fn-number:target").wait_for(state="visible")
    assert found(page, axe) == []


def test_a_model_that_nobody_reaches_is_a_quiet_mark_until_it_is_back(visit: Visit) -> None:
    page = visit()
    answered(page, "What is perplexity?")
    assert page.locator(".fn-outage").count() == 0
    answered(page, "down it is")
    mark = page.get_by_text("The language model cannot be reached just now")
    mark.wait_for()
    reason = page.get_by_text("nobody answers at api.anthropic.com")
    assert not reason.is_visible()
    mark.click()
    reason.wait_for(state="visible")
    assert found(page, pytest.importorskip("axe_playwright_python.base", reason="no axe")) == []
    answered(page, "And now?")
    settle(page)
    until(page, lambda: page.locator(".fn-outage").count() == 0)


def test_without_answers_a_learner_is_told_so_with_the_details_folded(browser: Any, tmp_path: Path) -> None:
    write_index(tmp_path / "index")
    settings = {"INDEX_DIR": str(tmp_path / "index"), "DATA_DIR": "/proc/no/such/place"}
    with serving("tests/app/web/fake_main.py", settings) as address, watching(browser, address) as watched:
        page = watched.open()
        page.get_by_role("heading", name="Answers are not available just now").wait_for()
        details = page.get_by_text("/proc/no/such/place")
        assert not details.is_visible()
        page.get_by_text("Details").click()
        details.wait_for(state="visible")
