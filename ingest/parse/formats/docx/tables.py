"""The cells of WordprocessingML tables."""

from collections.abc import Callable, Iterator
from typing import Any

from ingest.parse.formats.docx.text import W
from ingest.parse.formats.table_grid import Cell

Words = Callable[[Any], str]


def cells(table: Any, words: Words) -> list[list[Cell]]:
    """Rows of cells; `words` gives those of a `w:p`. A cell merged with the one above repeats it."""
    lines: list[list[Cell]] = []
    above: dict[int, str] = {}
    for row in within(table, "tr"):
        heading = row.find(f"{W}trPr/{W}tblHeader") is not None
        line: list[Cell] = []
        for cell in within(row, "tc"):
            column = sum(before.columns for before in line)
            text = above.get(column, "") if _continues(cell) else "; ".join(filter(None, _texts(cell, words)))
            above[column] = text
            line.append(Cell(text, heading=heading, columns=_columns(cell)))
        lines.append(line)
    return lines


def within(parent: Any, tag: str) -> Iterator[Any]:
    """Children with a tag, also those in content controls and tracked changes."""
    for child in parent:
        if child.tag == W + tag:
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"}:
            yield from within(child, tag)


def _texts(cell: Any, words: Words) -> Iterator[str]:
    for child in cell:
        if child.tag == f"{W}p":
            yield words(child)
        elif child.tag in {f"{W}tbl", f"{W}tr", f"{W}tc", f"{W}sdt", f"{W}sdtContent"}:
            yield from _texts(child, words)


def _columns(cell: Any) -> int:
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    value = span.get(f"{W}val") if span is not None else ""
    return min(int(value), 100) if value and value.isdigit() and int(value) else 1


def _continues(cell: Any) -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val") in {None, "continue"}
