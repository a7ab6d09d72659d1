"""Pictures of originals, asked as the desk asks: of a process that answers one request."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ingest.parse.markdown_writer import image
from ingest.parse.pictures import matched
from retrieval.config import ROOT
from retrieval.text.markdown import picture_addresses
from tests.ingest.parse.pdf.pdf_support import T, pdf_file

PAGES = [
    [T("Nothing is marked on this page.", 100)],
    [T("The femur is the longest bone.", 100), T("It bears the weight of the", 200), T("body, and more.", 214)],
]


def asked(root: Path, file: str, **wanted: Any) -> dict[str, Any] | None:
    """The answer; None where the process ended without one."""
    digest = hashlib.sha256((root / file).read_bytes()).hexdigest()
    request = {"root": str(root), "file": file, "digest": digest, **wanted}
    command = [sys.executable, "-m", "ingest.parse.pictures"]
    done = subprocess.run(command, input=json.dumps(request).encode(), cwd=ROOT, capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def drawn(picture: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(picture["data"]))).convert("RGB")


def png(colour: str = "red", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def marked_rows(picture: Image.Image) -> tuple[int, int]:
    """The first and the last row of a page that is marked, in points of a page 800 high."""
    blue_missing = picture.resize((60, 800)).load()
    rows = [y for y in range(800) if any(blue_missing[x, y][0] - blue_missing[x, y][2] > 60 for x in range(60))]
    return (rows[0], rows[-1]) if rows else (0, 0)


def test_the_quote_is_marked_on_its_page_across_two_lines(tmp_path: Path) -> None:
    (tmp_path / "bones.pdf").write_bytes(pdf_file(PAGES))
    answer = asked(tmp_path, "bones.pdf", page=2, words=["It bears the **weight** of the body"])
    assert answer is not None
    assert answer["page"]["found"]
    first, last = marked_rows(drawn(answer["page"]))
    assert 190 < first < 202
    assert 218 < last < 232
    nowhere = asked(tmp_path, "bones.pdf", page=1, words=["It bears the weight of the body"])
    assert nowhere is not None
    assert not nowhere["page"]["found"]
    assert marked_rows(drawn(nowhere["page"])) == (0, 0)


def test_a_file_that_was_changed_or_is_no_page_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_file(PAGES))
    assert asked(tmp_path, "a.pdf", page=1, digest="0" * 64) is None
    assert asked(tmp_path, "a.pdf", page=7) is None
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 this is no document")
    assert asked(tmp_path, "broken.pdf", page=1) is None
    (tmp_path / "text.md").write_text("# No pages")
    assert asked(tmp_path, "text.md", page=1) == {"page": None, "images": {}}


@pytest.mark.attack("a picture from outside of the course, or one that swells", "not shown")
def test_more_memory_or_bytes_than_allowed_end_in_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_file(PAGES))
    assert asked(tmp_path, "a.pdf", page=1, bytes=100) is None
    assert asked(tmp_path, "a.pdf", page=1, seconds=0.01) is None


@pytest.mark.attack("a picture from outside of the course, or one that swells", "not shown")
def test_pictures_beside_a_text_are_made_anew_and_those_outside_of_the_course_are_not_shown(tmp_path: Path) -> None:
    root = tmp_path / "course"
    (root / "week 1" / "img").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(png())
    (root / "week 1" / "img" / "a b.png").write_bytes(png(size=(3000, 1000)))
    (root / "week 1" / "no.png").write_bytes(b"no picture")
    (root / "week 1" / "notes.md").write_text("x")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    names = ["img/a%20b.png", "no.png", "gone.png", "../../secret.png", "../link.png", "/etc/passwd"]
    answer = asked(root, "week 1/notes.md", images=names)
    assert answer is not None
    assert list(answer["images"]) == ["img/a%20b.png"]
    shown = answer["images"]["img/a%20b.png"]
    assert shown["type"] == "image/webp"
    assert drawn(shown).size == (1100, 367)


def test_pictures_inside_of_a_document(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as container:
        container.writestr("word/media/image1.png", png("blue"))
    answer = asked(tmp_path, "a.docx", images=["media/image1.png", "image1.png", "media/other.png"])
    assert answer is not None
    assert list(answer["images"]) == ["media/image1.png", "image1.png"]
    red, _, blue = drawn(answer["images"]["image1.png"]).getpixel((5, 5))
    assert blue > 240 > 20 > red


def test_pictures_that_are_written_out_in_a_text_or_a_notebook(tmp_path: Path) -> None:
    red, wrapped = base64.b64encode(png("red")).decode(), base64.encodebytes(png("blue", (300, 200))).decode()
    (tmp_path / "a.md").write_text(f"![red](data:image/png;base64,{red})")
    (tmp_path / "a.ipynb").write_text(json.dumps({"data": {"image/png": wrapped}}))
    for file, data in (("a.md", red), ("a.ipynb", wrapped)):
        (name,) = picture_addresses(image("", f"data:image/png;base64,{data}"))
        answer = asked(tmp_path, file, images=[name, "embedded/0123456789abcdef"])
        assert answer is not None
        assert list(answer["images"]) == [name]
        assert drawn(answer["images"][name]).size == Image.open(io.BytesIO(base64.b64decode(data))).size


@pytest.mark.attack("a picture from outside of the course, or one that swells", "not shown")
def test_a_drawing_stays_one_and_one_that_may_swell_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>')
    (tmp_path / "b.svg").write_text('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>')
    answer = asked(tmp_path, "a.md", images=["a.svg", "b.svg"])
    assert answer is not None
    assert {name: one["type"] for name, one in answer["images"].items()} == {"a.svg": "image/svg+xml"}


@given(st.text("abcd", max_size=60), st.integers(0, 60), st.integers(1, 30))
def test_what_stands_on_a_page_is_found_whole(page: str, start: int, length: int) -> None:
    quote = page[start : start + length]
    spans = matched(quote, page)
    assert [page[left:right] for left, right in spans] == ([quote] if quote else [])


def test_a_quote_that_is_drawn_in_another_order_is_found_in_parts_and_a_stray_word_is_not_enough() -> None:
    page = "planetmoonsmarstwosaturnmany"
    assert "".join(page[start:end] for start, end in matched("marstwoandthensaturnmany", page)) == "marstwosaturnmany"
    assert matched("moonsarewhatplanetsdonothave", page) == []
