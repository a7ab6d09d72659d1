"""From no index to a cited answer in a real browser, with the real engine: first run, ask, read, rebuild while chatting."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.browser.browser_support import answered, serving, settle, watching
from tests.conftest import SMALL_COURSE, know_parsers, write_course

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The real site over a small course that nobody has read yet."""
    folder = tmp_path_factory.mktemp("course")
    write_course(folder / "corpus", SMALL_COURSE)
    know_parsers(folder / "index")
    places = {"CORPUS": "corpus", "INDEX_DIR": "index", "DATA_DIR": "data"}
    with serving("app/main.py", {name: str(folder / place) for name, place in places.items()}) as address:
        yield address, folder


@pytest.fixture
def visit(browser: Any, course: tuple[str, Path]) -> Iterator[Callable[..., Any]]:
    with watching(browser, course[0]) as watched:
        yield watched.open


def test_from_no_index_to_a_cited_answer_and_a_rebuild_while_chatting(
    visit: Callable[..., Any], course: tuple[str, Path]
) -> None:
    page = visit()
    page.get_by_text("The course has not been read yet").wait_for()
    settle(page)
    page.get_by_role("button", name="Read the course").click()
    page.get_by_test_id("stChatInputTextArea").or_(page.locator(".fn-failure")).wait_for()
    assert page.locator(".fn-failure").all_inner_texts() == []
    answered(page, "How long do cats sleep?")
    assert "sixteen hours" in page.locator(".fn-answer").inner_text()
    quote = page.locator(".fn-source mark").first.inner_text()
    assert "sixteen hours" in quote
    page.get_by_role("link", name="Open the source").first.click()
    page.locator("#here mark").first.wait_for()
    assert page.locator("#here mark").first.inner_text().startswith(quote)
    page.go_back()
    page.locator(".fn-chip").first.wait_for()
    settle(page)  # `answered` counts what is there before

    (course[1] / "corpus" / "dogs.md").write_text(
        "# Dogs\n\nA dog sleeps about twelve hours a day.\n", encoding="utf-8"
    )
    other = visit("/index")
    other.get_by_role("button", name="Read the course again").click()
    answered(page, "When do cats hunt?")
    other.get_by_role("cell", name="dogs.md").wait_for()
    answered(page, "How long does a dog sleep?")
    assert "twelve hours" in page.locator(".fn-answer").last.inner_text()
    assert page.get_by_text("The course was rebuilt here.").count() == 1


def test_a_question_is_answered_quickly(visit: Callable[..., Any]) -> None:
    """The bar is half a second on an idle machine; here only that it is not seconds."""
    page = visit()
    settle(page)
    answered(page, "What is a token?")
    begun = time.perf_counter()
    answered(page, "What counts more in BM25?")
    assert time.perf_counter() - begun < 30
