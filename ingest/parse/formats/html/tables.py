"""The cells of HTML tables."""

from collections.abc import Callable, Iterator, Sequence

from ingest.parse.formats.html.tree import Element
from ingest.parse.formats.table_grid import Cell

Inline = Callable[[Sequence[Element | str]], str]
_STRUCTURE = frozenset({"table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_IN_CELL = frozenset({"ul", "ol", "li", "p", "div", "dl", "dt", "dd"})
_MOST_SPAN = 100
_LONGEST_CELL = 1_000


def is_layout(table: Element) -> bool:
    """Whether a table only places things on the page: it holds structure of its own, has one column, or cells like pages."""
    if table.get("role") in {"presentation", "none"}:
        return True
    if any(below.tag in _STRUCTURE for below in table.elements() if below is not table):
        return True
    rows = [_cells(row) for row in _rows(table)]
    if max(map(len, rows), default=0) < 2:
        return True
    cells = [cell for row in rows for cell in row]
    return all(cell.tag == "td" for cell in cells) and any(len(cell.text()) > _LONGEST_CELL for cell in cells)


def cells(table: Element, inline: Inline) -> list[list[Cell]]:
    return [[_cell(cell, inline) for cell in _cells(row)] for row in _rows(table)]


def _rows(table: Element) -> list[Element]:
    return [below for below in table.elements() if below.tag == "tr"]


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row.children if isinstance(cell, Element) and cell.tag in {"td", "th"}]


def _cell(cell: Element, inline: Inline) -> Cell:
    words = "; ".join(filter(None, _lines(cell, inline)))
    return Cell(words, heading=cell.tag == "th", columns=_span(cell, "colspan"), rows=_span(cell, "rowspan"))


def _lines(cell: Element, inline: Inline) -> Iterator[str]:
    """Items and paragraphs of a cell one by one; what stands around them together."""
    run: list[Element | str] = []
    for child in cell.children:
        if isinstance(child, Element) and child.tag in _IN_CELL:
            yield inline(run)
            run = []
            yield from _lines(child, inline)
        else:
            run.append(child)
    yield inline(run).replace("\n", " ")


def _span(cell: Element, name: str) -> int:
    value = cell.get(name)
    return min(max(int(value), 1), _MOST_SPAN) if value.isascii() and value.isdigit() else 1
