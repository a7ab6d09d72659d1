"""A teacher's walk in a real browser with the real engine: drop six files, one of them broken; ask, and look at the page of a PDF, at
a slide and at a picture; replace a file; go back; take one out; make another course. axe finds nothing on the way."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pptx
import pytest
from PIL import Image

from tests.app.web.browser.browser_support import answered, serving, settle, until, watching
from tests.app.web.browser.test_reader import found
from tests.conftest import know_parsers
from tests.ingest.parse.pdf.pdf_support import T, pdf_file

pytestmark = pytest.mark.timeout(500)
BUILD_MS = 200_000


def slides() -> bytes:
    presentation, file = pptx.Presentation(), io.BytesIO()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Birds"
    slide.placeholders[1].text = "A hummingbird beats its wings about fifty times a second."
    presentation.save(file)
    return file.getvalue()


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 40), "orange").save(file, "PNG")
    return file.getvalue()


FILES = {
    "cats.md": b"# Cats\n\nA cat sleeps about sixteen hours a day.\n\n![A cat asleep](cat.png)\n",
    "tides.txt": b"Tides\n\nThe tide follows the moon and comes twice a day.\n",
    "rocks.html": b"<html><body><h1>Rocks</h1><p>Basalt is made of lava that cooled quickly.</p></body></html>",
    "bones.pdf": pdf_file(
        [
            [T("Skeletons", 60, size=18), T("A skeleton bears the body and shields its organs.", 100)],
            [T("The femur is the longest bone of the body.", 100)],
        ]
    ),
    "birds.pptx": slides(),
    "broken.pdf": b"%PDF-1.7 this is no document",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The real site over a course that has no documents yet: its address and its folder."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "course").mkdir()
    know_parsers(folder / "index")
    (folder / "course" / "cat.png").write_bytes(png())
    settings = {"CORPUS": "course", "INDEX_DIR": "index", "DATA_DIR": "data"}
    with serving("app/main.py", {name: str(folder / place) for name, place in settings.items()}) as address:
        yield address, folder


@pytest.fixture
def desk(browser: Any, site: tuple[str, Path]) -> Iterator[tuple[Callable[..., Any], Path]]:
    with watching(browser, site[0]) as watched:
        yield watched.open, site[1]


def drop(page: Any, files: dict[str, bytes]) -> None:
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files.items()]
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(payload)


def put(page: Any, count: str) -> None:
    page.get_by_role("button", name=f"Put {count} into the course").click()


def built(page: Any, said: str) -> None:
    page.locator(".fn-told", has_text=said).wait_for(timeout=BUILD_MS)
    settle(page)


def test_another_course_has_its_own_address_index_and_conversations(desk: tuple[Callable[..., Any], Path]) -> None:
    visit, place = desk
    page = visit("/index")
    page.get_by_label("Its name").fill("Cell biology")
    page.get_by_role("button", name="Make a course").click()
    page.get_by_role("link", name="Put documents into the new course").click()
    until(page, lambda: "/index?course=cell-biology" in page.url)
    settle(page)
    drop(page, {"cells.md": b"# Cells\n\nRibosomes make proteins from messenger RNA.\n"})
    put(page, "1 document")
    built(page, "1 document")
    assert (place / "data" / "courses" / "cell-biology" / "documents" / "cells.md").exists()
    chat = visit("/?course=cell-biology")
    chat.get_by_role("heading", name="Cell biology").wait_for()
    answered(chat, "What do ribosomes make?")
    assert "proteins" in chat.locator(".fn-answer").inner_text()
    chat.get_by_role("link", name="Open the source").first.click()
    chat.locator(".st-key-pane #here mark").first.wait_for()
    assert "course=cell-biology" in chat.url
    other = visit("/")
    other.get_by_text("The course has not been read yet").wait_for()
    assert other.get_by_role("link", name="What do ribosomes make?").count() == 0


def opened(page: Any) -> Any:
    """The pane with the last footnote's source; on a phone the footnotes are folded."""
    if not page.locator(".fn-open").last.is_visible():
        page.locator(".fn-sources .fn-fold").last.click()
    page.locator(".fn-open").last.click()
    return page.locator(".st-key-pane")


def drawn(page: Any, picture: Any) -> None:
    picture.wait_for()
    until(page, lambda: bool(picture.evaluate("one => one.complete && one.naturalWidth > 0")))


def stands_beside(pane: Any) -> bool:
    """Whether the picture of the page stands right of the text."""
    picture, text = pane.locator(".fn-original img").bounding_box(), pane.locator("#here").bounding_box()
    return bool(picture["x"] >= text["x"] + text["width"])


def test_a_teachers_walk(desk: tuple[Callable[..., Any], Path]) -> None:
    visit, place = desk
    axe = pytest.importorskip("axe_playwright_python.base", reason="no axe: the accessibility check is skipped")
    first = visit("/")
    first.get_by_role("heading", name="The course has not been read yet").wait_for()
    first.get_by_text("Add or replace documents").wait_for()
    settle(first)
    assert found(first, axe) == []
    page = visit("/index")
    drop(page, FILES)
    page.get_by_role("button", name="Put 6 documents into the course").wait_for()
    assert found(page, axe) == []
    put(page, "6 documents")
    built(page, "5 documents")
    left_out = page.get_by_role("list", name="Files left out")
    assert "broken.pdf" in left_out.inner_text()
    assert "cats.md" not in left_out.inner_text()
    assert "cat.png" not in left_out.inner_text(), "it is shown where cats.md has it"
    assert found(page, axe) == []

    chat = visit("/")
    answered(chat, "Which is the longest bone of the body?")
    pane = opened(chat)
    pane.get_by_text("Page 2 as it is in the original").wait_for()
    drawn(chat, pane.locator(".fn-original img"))
    assert not stands_beside(pane), "there is no room for it"
    assert found(chat, axe) == []
    chat.set_viewport_size({"width": 1900, "height": 850})
    until(chat, lambda: stands_beside(pane))
    assert found(chat, axe) == []
    answered(chat, "How often does a hummingbird beat its wings?")
    pane = opened(chat)
    pane.get_by_text("Slide 1, drawn without its colours and effects", exact=True).wait_for()
    drawn(chat, pane.locator(".fn-original img"))
    assert found(chat, axe) == []
    answered(chat, "How long does a cat sleep?")
    assert "sixteen hours" in chat.locator(".fn-answer").last.inner_text()
    pane = opened(chat)
    drawn(chat, chat.locator(".fn-source .fn-picture img").last)
    drawn(chat, pane.locator(".fn-picture", has_text="A cat asleep").locator("img"))
    assert found(chat, axe) == []
    chat.get_by_role("link", name="Back to the answer").click()
    chat.locator(".st-key-pane").wait_for(state="detached")

    drop(page, {"cats.md": b"# Cats\n\nA cat sleeps about nineteen hours a day.\n"})
    page.get_by_text("cats.md: there already. The new one takes its place; the old one is kept aside.").wait_for()
    put(page, "1 document")
    built(page, "changed: cats.md")
    answered(chat, "How long does a cat sleep?")
    assert "nineteen hours" in chat.locator(".fn-answer").last.inner_text()
    assert [path.read_bytes() for path in (place / "data" / "removed").iterdir()] == [FILES["cats.md"]]

    page.get_by_role("button", name="Go back one version").click()
    sure = page.get_by_role("button", name="Go back: the next answers come from the version before")
    sure.wait_for()
    assert found(page, axe) == []
    sure.click()
    page.get_by_text("Live again").wait_for()
    answered(chat, "How long does a cat sleep, then?")
    assert "sixteen hours" in chat.locator(".fn-answer").last.inner_text()

    page.get_by_role("combobox", name="Take a document out").click()
    page.get_by_role("option", name="tides.txt").click()
    page.get_by_role("button", name="Take it out").click()
    page.get_by_role("button", name="Take tides.txt out of the course").click()
    built(page, "removed: tides.txt")
    assert not (place / "course" / "tides.txt").exists()
