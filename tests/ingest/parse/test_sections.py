"""Where sections end: a heading in a box is none of the text that goes on below the box."""

import io
import zipfile
from pathlib import Path

import pytest

from ingest.chunk.chunker import Chunking, chunks
from ingest.parse.load import load

BOX = "<h3>Try it</h3><p>Draw a river.</p>"


def paths_of(path: Path) -> dict[str, tuple[str, ...]]:
    """Each block of text with the path of the chunk it is in."""
    document = load(path, root=path.parent)
    return {
        document.text[block.start : block.end]: chunk.section
        for chunk in chunks(document, Chunking())
        for block in document.blocks
        if chunk.start <= block.start < chunk.end and block.kind != "heading"
    }


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", f"<h1>Rivers</h1><h2>Deltas</h2><p>Mud.</p><section>{BOX}</section><p>Mud stays.</p>"),
        (
            "a.html",
            f"<h1>Rivers</h1><div><h2>Deltas</h2><p>Mud.</p><div><div>{BOX}</div></div><div>Mud stays.</div></div>",
        ),
        ("a.html", f"<h1>Rivers</h1><h2>Deltas</h2><p>Mud.</p><div class=exercise>{BOX}</div><p>Mud stays.</p>"),
        ("a.md", "# Rivers\n\n## Deltas\n\nMud.\n\n::: box\nLook.\n\n### Try it\n\nDraw a river.\n:::\n\nMud stays."),
        (
            "a.md",
            "# Rivers\n\n## Deltas\n\nMud.\n\n!!! box\n    Look.\n\n    ### Try it\n\n    Draw a river.\n\nMud stays.",
        ),
        ("a.md", "# Rivers\n\n## Deltas\n\nMud.\n\n<div>\n\n### Try it\n\nDraw a river.\n\n</div>\n\nMud stays."),
    ],
)
def test_a_box_gives_back_the_section_that_it_stands_in(name: str, text: str, tmp_path: Path) -> None:
    paths = paths_of(written(tmp_path, name, text))
    assert paths["Draw a river."] == ("Deltas", "Try it")
    assert paths["Mud."] == paths["Mud stays."] == ("Deltas",)


def test_text_between_boxes_is_under_no_heading(tmp_path: Path) -> None:
    page = f"<section>{BOX}</section><p>Mud.</p><section><h3>More</h3><p>Dig.</p></section><p>Mud stays.</p>"
    assert paths_of(written(tmp_path, "a.html", page)) == {
        "Draw a river.": ("Try it",),
        "Mud.": (),
        "Dig.": ("More",),
        "Mud stays.": (),
    }


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Rivers</h1><div><h2>Deltas</h2></div><p>Mud.</p>",
        "<h1>Rivers</h1><div><h2>Deltas</h2><p>By Ada</p></div><p>Mud.</p>",
    ],
)
def test_an_element_that_only_lays_out_a_heading_is_no_box(page: str, tmp_path: Path) -> None:
    assert paths_of(written(tmp_path, "a.html", page))["Mud."] == ("Deltas",)


def test_a_sentence_in_quotes_is_more_than_a_line_below_a_heading(tmp_path: Path) -> None:
    page = "<h1>Rivers</h1><section><h3>Say</h3><p>Now <b>“draw.”</b></p></section><p>Mud.</p>"
    assert paths_of(written(tmp_path, "a.html", page))["Mud."] == ()


def test_below_a_box_of_the_rank_of_the_section_before_it_is_the_section_above_both(tmp_path: Path) -> None:
    page = f"<h1>Rivers</h1><h2>Deltas</h2><h3>Mud</h3><p>Silt.</p><section>{BOX}</section><p>Mud.</p>"
    assert paths_of(written(tmp_path, "a.html", page))["Mud."] == ("Deltas",)


def test_a_heading_below_a_box_is_not_under_its_heading(tmp_path: Path) -> None:
    page = f"<h1>Rivers</h1><h2>Deltas</h2><section>{BOX}</section><h4>Islands</h4><p>Mud.</p>"
    assert paths_of(written(tmp_path, "a.html", page))["Mud."] == ("Deltas", "Islands")


def test_a_chapter_goes_on_in_the_next_file_of_a_book(tmp_path: Path) -> None:
    parts = {"one": "<div><h2>Deltas</h2><p>Mud.</p></div>", "two": "<div><p>Mud stays.</p></div>"}
    xml, container = "application/xhtml+xml", "urn:oasis:names:tc:opendocument:xmlns:container"
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="{xml}"/>' for name in parts)
    spine = "".join(f'<itemref idref="{name}"/>' for name in parts)
    with zipfile.ZipFile(made := io.BytesIO(), "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        root = '<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/>'
        book.writestr(
            "META-INF/container.xml", f'<container xmlns="{container}"><rootfiles>{root}</rootfiles></container>'
        )
        package = f"<manifest>{items}</manifest><spine>{spine}</spine>"
        book.writestr(
            "b.opf", f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>{package}</package>'
        )
        for name, body in parts.items():
            book.writestr(f"{name}.xhtml", f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>')
    (tmp_path / "b.epub").write_bytes(made.getvalue())
    paths = paths_of(tmp_path / "b.epub")
    assert paths["Mud."] == paths["Mud stays."]
