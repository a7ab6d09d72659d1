"""The XML of WordprocessingML runs to words (ECMA-376 part 1, chapter 17).

Left out: deleted text of tracked changes, comments, field instructions, emphasis.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.parse import markdown_writer

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_ALTERNATES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_REMOVED = frozenset({f"{W}del", f"{W}moveFrom", f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}instrText", f"{W}delText"})
_SIGNS = {
    f"{W}tab": "\t",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
    f"{W}lastRenderedPageBreak": markdown_writer.PAGE_BREAK,
}

Piece = tuple[str, bool]  # words, in a monospaced font


@dataclass(slots=True)
class Paragraph:
    """`pieces` are in order; a page break in them is where Word last began a new page.

    `boxes` are text boxes anchored here, `notes` the ids of foot- and endnotes.
    """

    pieces: list[Piece] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    bold: bool = True

    def plain(self) -> str:
        return "".join(words for words, _ in self.pieces)

    def words(self) -> str:
        return "".join(markdown_writer.inline_code(words) if mono else words for words, mono in self._merged())

    def all_mono(self) -> bool:
        return all(mono for words, mono in self.pieces if words.strip()) and bool(self.plain().strip())

    def _merged(self) -> list[Piece]:
        merged: list[Piece] = []
        for words, mono in self.pieces:
            if merged and merged[-1][1] == mono:
                merged[-1] = (merged[-1][0] + words, mono)
            else:
                merged.append((words, mono))
        return merged


@dataclass(frozen=True, slots=True)
class Context:
    """What the runs refer to. `is_mono` and `is_bold` take a `w:r`, `target` a relationship id."""

    is_mono: Callable[[Any], bool]
    is_bold: Callable[[Any], bool]
    target: Callable[[str], str]


def paragraph_of(element: Any, context: Context) -> Paragraph:
    """The words of a `w:p`."""
    paragraph = Paragraph()
    _collect(element, paragraph, context)
    return paragraph


def _collect(element: Any, into: Paragraph, context: Context) -> None:
    for child in element:
        tag = child.tag
        if tag == f"{W}r":
            _run(child, into, context)
        elif tag == f"{W}hyperlink":
            _link(child, into, context)
        elif tag == f"{_MATH}oMath":
            into.pieces.append((f"${''.join(text.text or '' for text in child.iter(f'{_MATH}t'))}$", False))
        elif isinstance(tag, str) and tag not in _REMOVED:
            _collect(child, into, context)


def _run(run: Any, into: Paragraph, context: Context) -> None:
    words = "".join(_run_words(run, into))
    if words:
        into.pieces.append((words, context.is_mono(run)))
        into.bold = into.bold and (context.is_bold(run) or not words.strip())


def _run_words(run: Any, into: Paragraph) -> Iterator[str]:
    for child in run:
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag in {f"{W}footnoteReference", f"{W}endnoteReference"}:
            into.notes.append((child.tag.removeprefix(W).removesuffix("Reference"), child.get(f"{W}id")))
            yield f" (note {child.get(f'{W}id')})"
        elif child.tag in {f"{W}drawing", f"{W}pict", f"{W}object"}:
            yield from _picture(child, into)
        elif child.tag == _ALTERNATES:
            for choice in child.iterchildren(_CHOICE):
                yield from _run_words(choice, into)


def _picture(picture: Any, into: Paragraph) -> Iterator[str]:
    into.boxes += picture.iter(f"{W}txbxContent")
    for properties in picture.iter(_DRAWING):
        yield markdown_writer.image(properties.get("descr") or properties.get("title") or "", "")


def _link(link: Any, into: Paragraph, context: Context) -> None:
    inside = Paragraph()
    _collect(link, inside, context)
    url = context.target(link.get(f"{R}id") or "")
    words = inside.words()
    space = words[len(words.rstrip()) :]
    into.pieces.append((markdown_writer.link(words, url) + (space if url else ""), False))
    into.notes += inside.notes
    into.boxes += inside.boxes
    into.bold = into.bold and inside.bold
