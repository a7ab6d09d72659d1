"""What a learner and a teacher see, as a table of pictures: `python -m docs.screenshots [FOLDER]`.

Every state of the page at two widths and in both themes, in FOLDER (.data/pictures) with an index.html that shows them side by
side; those that pages of documentation show are also written beside this file, in few colours. Needs Chromium. The states are those of the real
site over the course in corpus/ and a small PDF, answered by the excerpts writer; what needs exact timing or a failure is
scripted (`tests.app.web.fake_engine`). It takes some minutes.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Error, sync_playwright

from retrieval.config import ROOT
from tests.app.web.browser.browser_support import CHROMIUM, FLAGS, answered, ask, free_port, server_process, settle
from tests.app.web.fake_engine import write_index, write_results
from tests.app.web.walks.test_teacher import FILES, drop, png

HERE = Path(__file__).parent
KINDS = (  # of answers: by the name of the picture what is asked, and what it shows
    ("list", "What must fit into the context window?", "A list with its lead-in"),
    ("table", "When should I use fine-tuning and when RAG?", "A table with its header"),
    ("code", "How do I call OpenAI in Python?", "Code with the sentence that announces it"),
    ("formula", "How long does a pendulum take to swing?", "A formula with the sentence before it, and its signs"),
    ("two", "What does a system prompt do, and how many words is a token?", "A place for each of two questions"),
)
SHOWN = [
    f"{name}-{kind}"
    for name in ("answer", *(f"kind-{name}" for name, *_ in KINDS))
    for kind in ("wide-light", "phone-dark")
]
PENDULUM = (
    "# Pendulums\n\nA pendulum of the length $l$ swings to and fro in a time that does not depend on its weight:\n\n"
    "$$T = 2\\pi\\sqrt{\\frac{l}{g}}$$\n\nwhere $g$ is the acceleration of free fall. It ticks slower on a mountain.\n"
)
WIDTHS = {"wide": (1280, 850), "phone": (400, 820)}
THEMES = ("light", "dark")
FONTS_MS = 700
PATIENCE_MS = 200_000  # a build takes its time
COLOURS = 256
QUESTION = "What's the difference between an agent and a workflow?"


@dataclass
class Camera:
    """A visitor's page; `kind` is its width and theme."""

    page: Any
    kind: str
    folder: Path
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def phone(self) -> bool:
        return self.kind.startswith("phone")

    def take(self, name: str, title: str, *, settled: bool = True) -> None:
        """Writes `name-kind.png`, in few colours."""
        if settled:
            settle(self.page)
        self.page.wait_for_timeout(FONTS_MS)
        path = self.folder / f"{name}-{self.kind}.png"
        self.page.screenshot(path=path)
        Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        self.titles[name] = title

    def trying(self, steps: Callable[["Camera", str], None], address: str) -> None:
        """A step that does not come to its picture is named, and the others go on."""
        try:
            steps(self, address)
        except (Error, AssertionError) as error:
            print(f"{self.kind}: {steps.__name__}: {str(error).splitlines()[0]}", file=sys.stderr)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        cameras = [
            Camera(_page(browser, size, theme), f"{name}-{theme}", folder)
            for name, size in WIDTHS.items()
            for theme in THEMES
        ]
        for site, steps in ((real_site, REAL), (scripted_site, SCRIPTED), (broken_site, BROKEN)):
            with site(Path(place)) as address:
                for camera in cameras:
                    for step in steps:
                        camera.trying(step, address)
        for camera in cameras:  # its server goes away while it is looked at
            with ExitStack() as running:
                address = running.enter_context(scripted_site(Path(place)))
                camera.page.goto(address)
                settle(camera.page)
                running.close()
                camera.trying(reconnecting, address)
    titles = {name: title for camera in cameras for name, title in camera.titles.items()}
    (folder / "index.html").write_text(table(titles), encoding="utf-8")
    for name in SHOWN:
        if (folder / f"{name}.png").exists():
            shutil.copy(folder / f"{name}.png", HERE)


def _page(browser: Any, size: tuple[int, int], theme: str) -> Any:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def table(titles: dict[str, str]) -> str:
    kinds = [f"{width}-{theme}" for width in WIDTHS for theme in THEMES]
    rows = "".join(
        f"<tr><th>{html.escape(title)}</th>"
        + "".join(f'<td><img loading="lazy" src="{name}-{kind}.png" alt="{kind}"></td>' for kind in kinds)
        for name, title in titles.items()
    )
    style = "img{width:100%}td{width:22%;vertical-align:top}th{text-align:left;vertical-align:top}"
    return f"<!doctype html><meta charset=utf-8><title>Footnote</title><style>{style}</style><table>{rows}</table>"


@contextmanager
def real_site(place: Path) -> Iterator[str]:
    """Over the project's own course and a PDF with a second page."""
    course = place / "course"
    if not course.exists():
        shutil.copytree(ROOT / "corpus", course)
        for name in ("bones.pdf", "birds.pptx", "cats.md"):
            (course / name).write_bytes(FILES[name])
        (course / "cat.png").write_bytes(png())
        (course / "pendulums.md").write_text(PENDULUM, encoding="utf-8")
    settings = {"CORPUS": course, "INDEX_DIR": place / "index", "DATA_DIR": place / "data"}
    with server_process("app/main.py", _environment(settings)) as (address, _):
        yield address


@contextmanager
def scripted_site(place: Path) -> Iterator[str]:
    """Over the scripted engine, with the results of evaluations."""
    if not (place / "scripted").exists():
        write_index(place / "scripted")
        write_results(place / "scripted-data" / "results")
    settings = {"INDEX_DIR": place / "scripted", "DATA_DIR": place / "scripted-data"}
    with server_process("tests/app/web/fake_main.py", _environment(settings)) as (address, _):
        yield address


@contextmanager
def broken_site(place: Path) -> Iterator[str]:
    """A disk that cannot be written."""
    settings = {"INDEX_DIR": place / "scripted", "DATA_DIR": "/proc/no/such/place"}
    with server_process("tests/app/web/fake_main.py", _environment(settings)) as (address, _):
        yield address


def _environment(settings: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items()} | {"QUESTIONS_PER_MINUTE": "1000"}


def read_the_course(camera: Camera, address: str) -> None:
    """The first camera finds no index and has it built; the others find it there."""
    page = camera.page
    page.goto(address)
    read, asked = page.get_by_role("button", name="Read the course"), page.get_by_test_id("stChatInputTextArea")
    read.or_(asked).first.wait_for()
    if read.count():
        camera.take("empty", "Before the course was read")
        read.click()
        page.get_by_role("progressbar").wait_for()
        camera.take("building", "While it is read", settled=False)
    asked.wait_for()
    camera.take("first", "First page: the course, its documents as cards, questions to begin with")


def answer(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    answered(page, QUESTION)
    page.locator(".fn-chip").first.hover()
    page.locator(".fn-card").first.wait_for(state="visible")
    camera.take("answer", "An answer, the card of a footnote open")
    page.mouse.move(0, 0)
    page.locator(".fn-menu summary").last.click()
    camera.take("copy", "Copying an answer; ask again; edit")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Your question").wait_for()
    camera.take("edit", "Editing a question")
    page.get_by_role("button", name="Leave it as it is").click()
    page.get_by_label("Your question").wait_for(state="detached")
    opened(page)
    camera.take("beside", "A source beside the conversation, its quote marked")


def opened(page: Any) -> None:
    """The first source of the last answer, beside the conversation."""
    if not page.locator(".fn-open").last.is_visible():
        page.locator(".fn-sources .fn-fold").last.click()
    page.locator(".fn-open").last.click()
    page.locator(".st-key-pane #here").wait_for()


def originals(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    answered(page, "Which is the longest bone of the body?")
    opened(page)
    page.locator(".fn-original img").wait_for()
    camera.take("original", "The page of a PDF with the quote marked on it, beside the text where there is room")
    page.goto(address)
    answered(page, "How often does a hummingbird beat its wings?")
    opened(page)
    page.locator(".fn-original img").wait_for()
    camera.take("slide", "The slide, drawn with the quote marked on it")
    page.goto(address)
    answered(page, "How long does a cat sleep?")
    if not page.locator(".fn-open").last.is_visible():
        page.locator(".fn-sources .fn-fold").last.click()
    page.locator(".fn-source .fn-picture img").wait_for()
    camera.take("card", "A source card, the picture below the quote")
    opened(page)
    page.locator(".st-key-pane .fn-picture img").wait_for()
    camera.take("picture", "A picture of the material where it stands")


def kinds(camera: Camera, address: str) -> None:
    for name, question, title in KINDS:
        camera.page.goto(address)
        answered(camera.page, question)
        camera.take(f"kind-{name}", title)


def scope(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    page.get_by_role("button", name="Ask in the whole course").click()
    page.get_by_label("Find a document or section").fill("eval")
    camera.take("scope", "Where to ask: a tree that is searched, recent parts first")


def other_words(camera: Camera, address: str) -> None:
    page = camera.page
    for name, question, title in (
        ("language", "Was ist der Unterschied zwischen einem Agenten und einem Workflow?", "A question in another language"),
        ("greeting", "Здравствуйте!", "A greeting"),
        ("refusal", "Who won the 1998 World Cup?", "What the course does not cover"),
        ("quiz", "Quiz me", "A quiz, its answers folded"),
    ):  # fmt: skip
        page.goto(address)
        answered(page, question)
        camera.take(name, title)


def teacher(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address + "/index")
    page.get_by_role("heading", name="Versions").wait_for()
    settle(page)
    camera.take("index", "The index: what was read, documents put in by dropping them")
    drop(page, {"cats.md": FILES["cats.md"], "broken.pdf": FILES["broken.pdf"]})
    page.get_by_role("button", name="Put 2 documents into the course").wait_for()
    page.get_by_role("button", name="Put 2 documents into the course").scroll_into_view_if_needed()
    camera.take("dropped", "Dropped files, one of them replaces another")
    page.get_by_role("button", name="Put 2 documents into the course").click()
    page.locator(".fn-told").wait_for()
    settle(page)
    page.get_by_role("list", name="Files left out").scroll_into_view_if_needed()
    camera.take("left-out", "What came of it: what was read, what was left out and why")
    page.get_by_role("button", name="Go back one version").click()
    page.get_by_role("button", name=re.compile("^Go back:")).scroll_into_view_if_needed()
    camera.take("rollback", "Going back is asked first; another course")
    page.get_by_role("button", name="Leave it").click()


def turns(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address)
    answered(page, "formula please")
    page.locator(".fn-formula .katex").first.wait_for()
    camera.take("formulas", "Formulas and code; one that cannot be set stays its source")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".fn-code").last.hover()
    page.get_by_role("button", name="Copy this code").last.click()
    camera.take("code", "Code is copied by its button")
    page.locator(".fn-answer").evaluate("answer => getSelection().selectAllChildren(answer)")
    page.keyboard.press("Control+C")
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.press("Control+V")
    camera.take("selection", "Selected text, put into the field: no footnote numbers, formulas as their source")
    page.get_by_test_id("stChatInputTextArea").fill("")
    answered(page, "doubtful answer")
    camera.take("doubts", "Sentences that their quotes do not bear out")
    ask(page, "slow but sure")
    page.locator(".fn-answer", has_text="word9").wait_for()
    camera.take("writing", "An answer being written", settled=False)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this answer.").wait_for()
    camera.take("stopped", "Stopped by the learner")
    ask(page, "broken on purpose")
    page.locator(".fn-failure").wait_for()
    camera.take("failure", "A failure, in words")
    answered(page, "down it is")
    page.locator(".fn-outage").wait_for()
    camera.take("outage", "A model that cannot be reached: a quiet mark")
    page.reload()
    page.locator(".fn-question").last.wait_for()
    camera.take("end", "A long conversation opens at its end")


def courses(camera: Camera, address: str) -> None:
    page = camera.page
    page.goto(address + "/index")
    page.get_by_label("Its name").fill(f"Cell biology {camera.kind}")
    page.get_by_role("button", name="Make a course").click()
    page.get_by_role("link", name="Put documents into the new course").click()
    page.get_by_text("There is no index yet").wait_for()
    if camera.phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    camera.take("courses", "Several courses on one desk, a new one still without documents")


def evals(camera: Camera, address: str) -> None:
    camera.page.goto(address + "/evals")
    camera.page.locator(".fn-result").last.wait_for()
    camera.take("evals", "What the figures mean, and how long a run takes")


def unavailable(camera: Camera, address: str) -> None:
    camera.page.goto(address)
    camera.page.get_by_role("heading", name="Answers are not available just now").wait_for()
    camera.take("unavailable", "Answers are not available, the details folded")


def settings(camera: Camera, _: str) -> None:
    """What the program says where a setting cannot work, as it stands in the terminal."""
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(free_port())]
    wrong = {**os.environ, "QUESTIONS_PER_MINUTE": "many", "DAILY_BUDGET": "-1"}
    ended = subprocess.run(command, cwd=ROOT, env=wrong, capture_output=True, text=True, timeout=PATIENCE_MS / 1000)
    page = camera.page.context.new_page()
    page.set_content(f'<pre style="white-space: pre-wrap; font-size: 1.1rem">{html.escape(ended.stderr)}</pre>')
    Camera(page, camera.kind, camera.folder, camera.titles).take(
        "settings", "Wrong settings, told at the start", settled=False
    )
    page.close()


def loading(camera: Camera, address: str) -> None:
    page = camera.page.context.new_page()
    page.route_web_socket(re.compile("_stcore/stream"), lambda socket: None)
    page.goto(address)
    Camera(page, camera.kind, camera.folder, camera.titles).take("loading", "While the page loads", settled=False)
    page.close()


def reconnecting(camera: Camera, _: str) -> None:
    camera.page.locator("#fn-connection:not(:empty)").wait_for()
    camera.take("reconnecting", "While the server cannot be reached", settled=False)


REAL = (read_the_course, answer, kinds, originals, scope, other_words, teacher, courses)
SCRIPTED = (turns, evals, settings, loading)
BROKEN = (unavailable,)

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".data" / "pictures")
