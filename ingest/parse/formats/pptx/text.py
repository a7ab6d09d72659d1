"""The paragraphs of DrawingML text frames to Markdown (ECMA-376 part 1, 21.1.2)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ingest.parse import markdown_writer

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|\bcode\b", re.IGNORECASE)

Target = Callable[[str], str]


def frame(body: Any, target: Target, *, bulleted: bool) -> str:
    """The Markdown of an element that holds `a:p`; `bulleted`: paragraphs are items unless they say otherwise."""
    paragraphs = [child for child in body.iterchildren(f"{A}p") if _plain(child).strip()]
    if paragraphs and all(_is_mono(paragraph) for paragraph in paragraphs):
        return markdown_writer.code("\n".join(_plain(paragraph) for paragraph in body.iterchildren(f"{A}p")))
    if len(paragraphs) == 1 and not _own_mark(paragraphs[0]):
        bulleted = False
    return markdown_writer.joined(list(_blocks(paragraphs, target, bulleted=bulleted)))


def words(paragraph: Any, target: Target) -> str:
    """An `a:p` with its links."""
    return "".join(_pieces(paragraph, target))


def _blocks(paragraphs: list[Any], target: Target, *, bulleted: bool) -> Iterator[str]:
    items: list[tuple[int, str, str]] = []
    counts: dict[int, int] = {}
    for paragraph in paragraphs:
        level = _level(paragraph)
        counts = {other: count for other, count in counts.items() if other <= level}
        own = _own_mark(paragraph)
        body = markdown_writer.paragraph(words(paragraph, target))
        if own == "none" or (not own and not bulleted and level == 0):
            yield markdown_writer.listing(items)
            items, counts = [], {}
            yield body
            continue
        counts[level] = counts.get(level, 0) + 1 if own == "number" else 0
        items.append((level, f"{counts[level]}." if own == "number" else "-", body))
    yield markdown_writer.listing(items)


def _own_mark(paragraph: Any) -> str:
    """What the paragraph itself sets: none, bullet, number, or nothing."""
    properties = paragraph.find(f"{A}pPr")
    marks = {"buNone": "none", "buChar": "bullet", "buBlip": "bullet", "buAutoNum": "number"}
    found = (mark for name, mark in marks.items() if properties is not None and properties.find(A + name) is not None)
    return next(found, "")


def _level(paragraph: Any) -> int:
    properties = paragraph.find(f"{A}pPr")
    value = properties.get("lvl", "0") if properties is not None else "0"
    return int(value) if value.isdigit() else 0


def _pieces(paragraph: Any, target: Target) -> Iterator[str]:
    before = ""
    for child in paragraph:
        if child.tag in {f"{A}r", f"{A}fld"}:
            text = "".join(part.text or "" for part in child.iterchildren(f"{A}t"))
            link = child.find(f"{A}rPr/{A}hlinkClick")
            if mark := _raised(child):
                text = markdown_writer.raised(mark, before, text)
            before = text
            yield markdown_writer.link(text, target(link.get(_RELATION) or "")) if link is not None else text
        elif child.tag == f"{A}br":
            before = "\n"
            yield "\n"


def _raised(run: Any) -> str:
    """The mark of an exponent or index; empty for text on the line."""
    properties = run.find(f"{A}rPr")
    baseline = properties.get("baseline", "0") if properties is not None else "0"
    return "" if baseline.strip("-0%") == "" else "_" if baseline.startswith("-") else "^"


def _plain(paragraph: Any) -> str:
    return "".join(_pieces(paragraph, lambda relation: ""))


def _is_mono(paragraph: Any) -> bool:
    fonts = [run.find(f"{A}rPr/{A}latin") for run in paragraph.iterchildren(f"{A}r")]
    return bool(fonts) and all(font is not None and _MONO.search(font.get("typeface", "")) for font in fonts)
