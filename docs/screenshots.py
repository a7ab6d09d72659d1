"""The pictures in this folder: `python -m docs.screenshots` (needs Chromium and an index of the course in corpus/).

Each is a state of the real site, asked real questions by the extractive writer, in an empty folder of conversations.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser_support import CHROMIUM, FLAGS, answered, serving, settle

HERE = Path(__file__).parent
QUESTION, UNKNOWN = "What's the difference between an agent and a workflow?", "Who won the 1998 World Cup?"
WIDE, PHONE = (1280, 850), (400, 820)
FONTS_MS = 900


def main(folder: Path = HERE) -> None:
    with tempfile.TemporaryDirectory() as data, serving("app/main.py", {"DATA_DIR": data}) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme in ("light", "dark"):
            for name, (width, height) in (("wide", WIDE), ("phone", PHONE)):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, device_scale_factor=1)
                context.set_default_timeout(60_000)
                _tour(context.new_page(), address, folder, f"{name}-{theme}")
                context.close()


def _tour(page: Any, address: str, folder: Path, kind: str) -> None:
    """Every page and state, as a learner comes to them."""
    page.goto(address)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    _take(page, folder / f"first-{kind}.png")
    answered(page, QUESTION)
    page.get_by_role("link", name="Footnote 1", exact=True).first.hover()
    _take(page, folder / f"answer-{kind}.png")
    if "phone" in kind:
        page.locator(".fn-fold").first.click()
        _take(page, folder / f"sources-{kind}.png")
    source = page.locator(".fn-open").first.get_attribute("href")
    page.get_by_role("button", name="New conversation").dispatch_event("click")
    page.locator(".fn-welcome").wait_for()
    answered(page, UNKNOWN)
    _take(page, folder / f"refusal-{kind}.png")
    for name, path in (("reader", source), ("documents", "/library"), ("evals", "/evals"), ("index", "/health")):
        page.goto(address + path)
        page.locator(".stMain .stHtml").first.wait_for()
        _take(page, folder / f"{name}-{kind}.png")


def _take(page: Any, path: Path) -> None:
    settle(page)
    page.wait_for_timeout(FONTS_MS)
    page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
