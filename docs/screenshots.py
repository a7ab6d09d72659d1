"""The pictures in this folder: `python -m docs.screenshots`; with a folder, every page and state at two widths and in both themes.

Needs Chromium, and an index of the course in corpus/ for the pictures here. With a folder, the states are those of the real site over the course in corpus/, answered by the excerpts writer, from
the first run on; an answer that is still being written, one that failed and one with doubts are scripted (`tests.fake_engine`).
The results on the evals page are those of evaluations that are run for it, which takes a few minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.app.web.browser_support import CHROMIUM, FLAGS, ROOT, answered, ask, serving, settle
from tests.app.web.fake_engine import write_index

HERE = Path(__file__).parent
SHOWN = frozenset({"answer-wide-light", "answer-phone-dark", "reader-wide-light", "refusal-wide-dark"})
WIDTHS = {"wide": (1280, 850), "phone": (400, 820)}
THEMES = ("light", "dark")
FONTS_MS = 900
PATIENCE_MS = 300_000  # a build takes its time
COLOURS = 256
QUESTION = "What's the difference between an agent and a workflow?"
OTHERS = ("What does perplexity measure?", "How are rare words tokenized?", "What is retrieval augmented generation?",
          "When is fine-tuning worth it?", "How is an agent evaluated?")
UNKNOWN = "Who won the 1998 World Cup?"
FIRST_READ = "primer.md"
MEASURED = ({"RERANKER": "none", "FUSION": "rrf"}, {"RERANKER": "none"}, {})


@dataclass(frozen=True)
class Camera:
    """A visitor's page; `kind` is width and theme."""

    page: Any
    kind: str
    folder: Path
    every: bool

    @property
    def phone(self) -> bool:
        return self.kind.startswith("phone")

    def take(self, name: str, *, settled: bool = True) -> None:
        """Writes `name-kind.png`, in few colours, unless only the pictures of the README are wanted and it is none."""
        if not self.every and f"{name}-{self.kind}" not in SHOWN:
            return
        if settled:
            settle(self.page)
        self.page.wait_for_timeout(FONTS_MS)
        path = self.folder / f"{name}-{self.kind}.png"
        self.page.screenshot(path=path)
        Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(folder: Path, *, every: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if not every:
            settings = {"DATA_DIR": str(Path(place) / "data"), "QUESTIONS_PER_MINUTE": "1000"}
            with serving("app/main.py", settings) as address, cameras(browser, folder, every=False) as taken:
                for camera in taken:
                    shown(camera, address)
        else:
            with real_site(Path(place)) as (address, corpus), cameras(browser, folder, every=every) as taken:
                first_run(taken, address, corpus)
                for camera in taken:
                    tour(camera, address)
            with limited_site(Path(place)) as address, cameras(browser, folder, every=every) as taken:
                for camera in taken:
                    limits(camera, address)
            with scripted_site(Path(place)) as address, cameras(browser, folder, every=every) as taken:
                for camera in taken:
                    scripted(camera, address)


@contextmanager
def real_site(place: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and its folder of documents, with one document in it that has not been read yet."""
    corpus = place / "course"
    corpus.mkdir()
    shutil.copy(ROOT / "corpus" / FIRST_READ, corpus)
    settings = {"CORPUS": str(corpus), "INDEX_DIR": str(place / "index"), "DATA_DIR": str(place / "data")}
    with serving("app/main.py", settings | {"QUESTIONS_PER_MINUTE": "1000"}) as address:
        yield address, corpus


@contextmanager
def limited_site(place: Path) -> Iterator[str]:
    """Over the index that the real site has made: one question a minute, and no money for the model whose key is set."""
    settings = {"INDEX_DIR": str(place / "index"), "DATA_DIR": str(place / "limited"), "QUESTIONS_PER_MINUTE": "1"}
    with serving("app/main.py", settings | {"ANTHROPIC_API_KEY": "none", "DAILY_BUDGET": "0"}) as address:
        yield address


@contextmanager
def scripted_site(place: Path) -> Iterator[str]:
    """With the results of real evaluations of several settings."""
    write_index(place / "scripted")
    measure = [sys.executable, "-m", "evals", "run", "--results", str(place / "scripted-data" / "results")]
    for settings in MEASURED:
        subprocess.run(measure, cwd=ROOT, env={**os.environ, **settings}, check=False, capture_output=True)
    settings = {"INDEX_DIR": str(place / "scripted"), "DATA_DIR": str(place / "scripted-data")}
    with serving("tests/app/web/fake_main.py", settings) as address:
        yield address


@contextmanager
def cameras(browser: Any, folder: Path, *, every: bool) -> Iterator[list[Camera]]:
    """One for each width and theme."""
    contexts = {
        f"{name}-{theme}": browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
        for name, size in WIDTHS.items()
        for theme in THEMES
    }
    for context in contexts.values():
        context.set_default_timeout(PATIENCE_MS)
    yield [Camera(context.new_page(), kind, folder, every) for kind, context in contexts.items()]
    for context in contexts.values():
        context.close()


def first_run(taken: list[Camera], address: str, corpus: Path) -> None:
    """No index; the first document is read; a question; the others are read meanwhile, and the next answer knows them."""
    for camera in taken:
        camera.page.goto(address)
        camera.page.get_by_role("button", name="Read the course").wait_for()
        camera.take("first-run", settled=False)
    taken[0].page.get_by_role("button", name="Read the course").click()
    taken[0].page.get_by_role("progressbar").wait_for()
    taken[0].take("first-run-building", settled=False)
    taken[0].page.get_by_test_id("stChatInputTextArea").wait_for()
    for camera in taken:
        camera.page.goto(address)
        answered(camera.page, "What is a large language model?")
    shutil.copytree(ROOT / "corpus", corpus, dirs_exist_ok=True)
    chats = [camera.page.url for camera in taken]
    for camera in taken:
        camera.page.goto(address + "/index")
        camera.page.get_by_role("heading", name="Versions").wait_for()
        settle(camera.page)
    taken[0].page.get_by_role("button", name="Read the course again").click()
    for camera in taken:
        camera.page.get_by_role("heading", name="Versions").wait_for()
        camera.page.reload()
        camera.page.get_by_role("progressbar").wait_for()
        camera.page.get_by_role("progressbar").scroll_into_view_if_needed()
        camera.take("index-building", settled=False)
    for camera, chat in zip(taken, chats, strict=True):
        camera.page.get_by_text("Built").first.wait_for()
        camera.page.get_by_role("button", name="Go back one version").wait_for()
        settle(camera.page)
        camera.page.goto(chat)
        settle(camera.page)
        camera.page.get_by_text("The course has been rebuilt since.").scroll_into_view_if_needed()
        camera.take("rebuilt")
        answered(camera.page, QUESTION)
        camera.page.get_by_text("The course was rebuilt here.").scroll_into_view_if_needed()
        camera.take("rebuilt-answered")


def shown(camera: Camera, address: str) -> None:
    """The pictures of the README."""
    page, wanted = camera.page, {name.removesuffix(f"-{camera.kind}") for name in SHOWN if name.endswith(camera.kind)}
    if wanted & {"answer", "reader"}:
        page.goto(address)
        answered(page, QUESTION)
        page.get_by_role("link", name="Footnote 1", exact=True).first.hover()
        camera.take("answer")
        page.goto(address + page.locator(".fn-open").first.get_attribute("href"))
        page.locator("#here mark").first.wait_for()
        camera.take("reader")
    if "refusal" in wanted:
        page.goto(address)
        answered(page, UNKNOWN)
        camera.take("refusal")


def tour(camera: Camera, address: str) -> None:
    """Every page and state, as a learner comes to them."""
    page = camera.page
    page.goto(address)
    page.locator(".fn-welcome").wait_for()
    camera.take("first")
    for question in OTHERS:
        page.goto(address)
        answered(page, question)
    page.goto(address)
    answered(page, QUESTION)
    page.get_by_role("link", name="Footnote 1", exact=True).first.hover()
    camera.take("answer")
    sources(camera)
    details(camera)
    conversation(camera)
    source = page.locator(".fn-open").first.get_attribute("href")
    page.goto(address)
    answered(page, UNKNOWN)
    camera.take("refusal")
    scope(camera, address)
    for name, path in (("reader", source), ("library", "/library"), ("no-evals", "/evals"), ("index", "/index")):
        page.goto(address + path)
        page.locator(".stMain .stHtml:visible").first.wait_for()
        camera.take(name)
    scrolled(camera, "index-more")
    page.goto(address + "/library?doc=" + source.split("doc=")[1].split("&")[0])
    page.get_by_label("Search in this document").fill("context window")
    page.keyboard.press("Enter")
    page.locator(".fn-found").wait_for()
    camera.take("reader-search")


def sources(camera: Camera) -> None:
    page = camera.page
    page.mouse.move(0, 0)
    if camera.phone:
        page.locator(".fn-fold").first.click()
    page.locator(".fn-source").first.scroll_into_view_if_needed()
    camera.take("sources")
    scrolled(camera, "answer-end")


def details(camera: Camera) -> None:
    page = camera.page
    page.get_by_role("button", name="Details").click()
    page.locator(".fn-details").wait_for()
    camera.take("details")
    page.keyboard.press("Escape")
    page.locator(".fn-details").wait_for(state="hidden")
    page.get_by_role("radio", name="Thumbs up").click()
    page.get_by_label("Why? (optional)").wait_for()
    camera.take("feedback")


def conversation(camera: Camera) -> None:
    """The list at the side, its search, and what can be done with a conversation."""
    page = camera.page
    if camera.phone:
        page.get_by_test_id("stExpandSidebarButton").click()
        camera.take("list")
        page.reload()
        page.locator(".fn-chip").first.wait_for()
    else:
        page.get_by_label("Search conversations").fill("perplexity")
        page.keyboard.press("Enter")
        page.wait_for_timeout(FONTS_MS)
        camera.take("list-search")
        page.get_by_label("Search conversations").fill("")
        page.keyboard.press("Enter")
    page.get_by_test_id("stPopoverButton").filter(has_text="Conversation").click()
    page.get_by_role("button", name="Delete this conversation").wait_for()
    camera.take("menu")
    page.keyboard.press("Escape")


def scope(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    page.get_by_role("combobox", name="Ask in").click()
    page.get_by_role("option").nth(2).wait_for()
    camera.take("scope-open")
    page.get_by_role("option").nth(2).click()
    page.wait_for_url("**in=*")
    page.keyboard.press("Escape")
    camera.take("scope")
    answered(page, UNKNOWN)
    camera.take("scope-refusal")


def scrolled(camera: Camera, name: str) -> None:
    """The lower end of the page."""
    camera.page.locator(".stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    camera.take(name)


def limits(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    answered(page, QUESTION)
    page.locator(".fn-notice").first.scroll_into_view_if_needed()
    camera.take("budget")
    ask(page, UNKNOWN)
    page.locator(".fn-failure").wait_for()
    camera.take("too-many-questions")


def scripted(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address + "/evals")
    page.locator(".stMain img").first.wait_for()
    camera.take("evals")
    scrolled(camera, "evals-more")
    page.goto(address)
    ask(page, "slow but sure")
    page.locator(".fn-answer", has_text="word9").wait_for()
    camera.take("writing", settled=False)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this answer.").wait_for()
    camera.take("stopped")
    ask(page, "broken on purpose")
    page.locator(".fn-failure").wait_for()
    camera.take("failure")
    page.goto(address)
    answered(page, "doubtful answer")
    camera.take("doubts")
    page.get_by_role("button", name="Details").click()
    page.locator(".fn-details").wait_for()
    camera.take("dropped-quotes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE, every=len(sys.argv) > 1)
