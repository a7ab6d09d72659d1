"""A page that was open while the server was restarted: what is asked on it first is answered."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.browser.browser_support import Watched, answered, free_port, pressed, server_process, until
from tests.app.web.fake_engine import write_index

pytestmark = pytest.mark.timeout(240)


def typed(page: Any, question: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def chosen(page: Any, question: str) -> None:
    """A button needs the page drawn again, which the page sees to itself."""
    asked = page.locator(".fn-question", has_text=question)
    pressed(page, page.get_by_role("button", name=question), lambda: asked.count() > 0)


def furniture(page: Any) -> list[str]:
    """What is to be seen of Streamlit's own: its dialogs, its status, its menu to deploy, its grey bars."""
    parts = (
        "stDialog",
        "stStatusWidget",
        "stAppDeployButton",
        "stSkeleton",
        "stAppSkeleton",
        "stException",
        "stDecoration",
    )
    return [part for part in parts if page.locator(f'[data-testid="{part}"]:visible, .{part}:visible').count()]


def test_nothing_of_streamlits_own_is_seen_while_the_page_loads(browser: Any, tmp_path: Path) -> None:
    write_index(tmp_path / "index")
    settings = {"INDEX_DIR": str(tmp_path / "index"), "DATA_DIR": str(tmp_path / "data")}
    with server_process("tests/app/web/fake_main.py", settings) as (address, _):
        page = Watched(browser, address).open("/_stcore/health")
        page.route_web_socket(re.compile("_stcore/stream"), lambda socket: None)  # it opens, and nothing ever comes
        page.goto(address)
        page.locator(".stApp").wait_for()
        page.wait_for_timeout(1500)
        assert furniture(page) == []
        assert page.title() == "Footnote"
        waiting = "getComputedStyle(document.body, '::after').content"
        assert page.evaluate(waiting) == '"Footnote"'
        page.context.close()


def test_the_first_question_after_a_restart_is_answered(browser: Any, tmp_path: Path) -> None:
    write_index(tmp_path / "index")
    settings = {"INDEX_DIR": str(tmp_path / "index"), "DATA_DIR": str(tmp_path / "data")}
    port = free_port()
    asked: list[tuple[Callable[[Any, str], None], str]] = [
        (typed, "And after the restart?"),
        (chosen, "What does a low value mean?"),
    ]
    with server_process("tests/app/web/fake_main.py", settings, port=port) as (address, _):
        page = Watched(browser, address, browser.contexts[0].pages[0]).open()
        answered(page, "What is perplexity?")
    page.locator("#fn-connection", has_text="cannot be reached just now").wait_for()
    assert furniture(page) == []
    for ask, question in asked:
        until(page, lambda: page.locator('[data-test-connection-state="CONNECTED"]').count() == 0)
        with server_process("tests/app/web/fake_main.py", settings, port=port):
            page.locator('[data-test-connection-state="CONNECTED"]').wait_for()
            ask(page, question)
            page.locator(".fn-question", has_text=question).wait_for()
            until(
                page,
                lambda: page.locator(".fn-answer:not(.fn-writing)").count() == page.locator(".fn-question").count(),
            )
    page.goto("about:blank")
