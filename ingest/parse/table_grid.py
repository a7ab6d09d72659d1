"""Table cells that span columns and rows, laid out as plain rows of words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

Node = dict[str, Any]
Words = Callable[[Sequence[Node]], str]
_LONGEST_CELL = 1_000  # characters: a longer cell without headings around it is a page in a frame
_MOST_SPAN = 100
_STRUCTURE = frozenset({"Header", "CodeBlock", "Figure"})


@dataclass(frozen=True, slots=True)
class Cell:
    """`heading`: marked as such. `columns` and `rows` are how many it covers, itself included."""

    words: str
    heading: bool = False
    columns: int = 1
    rows: int = 1


def laid_out(lines: Sequence[Sequence[Cell]]) -> tuple[str, list[list[str]]]:
    """The words of rows above the header, and the rows, the header first.

    A cell that spans rows is repeated in each; one that spans columns only in the header. Several header rows become
    one. A row of one cell across the table names the rows below it: it becomes a column at their left.
    Where rows above are marked as headings and the first is not, the header is empty.
    """
    width = max((sum(cell.columns for cell in line) for line in lines), default=0)
    spanning = [len(line) == 1 and line[0].columns == width > 1 for line in lines]
    top = spanning.index(False) if False in spanning else 0
    titles = next((at for at, line in enumerate(lines[top:]) if not _is_title(line)), 0) if width > 2 else 0
    top += titles
    above = ". ".join(line[0].words for line in lines[:top])
    heads = _header_height(lines[top:], spanning[top:])
    grid = _grid(lines[top:], heads)
    header, body = _merged(grid[:heads]), grid[heads:]
    if not heads and any(cell.heading for line in lines[:top] for cell in line):
        header = [""] * width  # the title is marked as a heading, the first row is not: it is data
    if any(spanning[top + heads :]):
        header, body = ["", *header] if header else [], _grouped(body, spanning[top + heads :])
    filled = [row for row in body if any(row)]
    return above, [header, *filled] if header else filled


def _is_title(line: Sequence[Cell]) -> bool:
    """Words in the first cell only: the title of a table, in cells that nobody merged."""
    return [cell for cell in line if cell.words] == [*line[:1]] != [] and all(cell.rows == 1 for cell in line)


def _header_height(lines: Sequence[Sequence[Cell]], spanning: Sequence[bool]) -> int:
    """Rows at the top that hold headings only."""
    headings = (
        all(cell.heading for cell in line) and line and not spans for line, spans in zip(lines, spanning, strict=True)
    )
    return sum(1 for _ in takewhile(bool, headings))


def _merged(heads: Sequence[Sequence[str]]) -> list[str]:
    """Several header rows as one: `A A`, `x y` -> `A / x`, `A / y`."""
    width = max(map(len, heads), default=0)
    columns = [[row[column] for row in heads if column < len(row)] for column in range(width)]
    return [" / ".join(dict.fromkeys(filter(None, column))) for column in columns]


def _grouped(body: Sequence[list[str]], spanning: Sequence[bool]) -> list[list[str]]:
    """The words of each spanning row in front of the rows below it; alone where there are none."""
    group, fresh, grouped = "", False, list[list[str]]()
    for row, spans in [*zip(body, spanning, strict=True), ([""], True)]:
        if not spans:
            grouped.append([group, *row])
        elif fresh:
            grouped.append([group])
        group, fresh = (row[0], bool(row[0])) if spans else (group, False)
    return grouped


def _grid(table: Sequence[Sequence[Cell]], heads: int) -> list[list[str]]:
    below: dict[int, tuple[str, int]] = {}  # column -> words that still fill so many rows
    grid: list[list[str]] = []
    for number, cells in enumerate(table):
        row: list[str] = []
        waiting = list(cells)
        while waiting or len(row) in below:
            if len(row) in below:
                words, left = below.pop(len(row))
                if left > 1:
                    below[len(row)] = (words, left - 1)
                row.append(words)
                continue
            cell = waiting.pop(0)
            for column in range(cell.columns):
                words = cell.words if column == 0 or number < heads else ""
                if cell.rows > 1:
                    below[len(row)] = (words, cell.rows - 1)
                row.append(words)
        grid.append(row)
    return grid


def parts(table: Sequence[Any]) -> tuple[Sequence[Node], list[tuple[bool, list[list[Any]]]]]:
    """The blocks of the caption; the rows as (whether it is a header, its cells)."""
    _, caption, _, head, bodies, foot = table
    rows = [(True, row[1]) for row in head[1]]
    for body in bodies:
        rows += [(True, row[1]) for row in body[2]] + [(False, row[1]) for row in body[3]]
    return caption[1], rows + [(False, row[1]) for row in foot[1]]


def is_layout(rows: Sequence[tuple[bool, list[list[Any]]]], words: Words) -> bool:
    """One column, structure of its own in the cells, or, without a header, cells like pages and tables in cells."""
    if max((sum(cell[3] for cell in cells) for _, cells in rows), default=0) < 2:
        return True
    inside = [block for _, cells in rows for cell in cells for block in cell[4]]
    if any(block["t"] in _STRUCTURE and (block["t"] != "CodeBlock" or "\n" in block["c"][1]) for block in inside):
        return True
    if any(heading for heading, _ in rows):
        return False
    nested = any(block["t"] == "Table" for block in inside)
    return nested or any(len(words(cell[4])) > _LONGEST_CELL for _, cells in rows for cell in cells)


def grid(rows: Sequence[tuple[bool, list[list[Any]]]], words: Words) -> list[list[Cell]]:
    return [
        [Cell(words(cell[4]), heading, min(cell[3], _MOST_SPAN), min(cell[2], _MOST_SPAN)) for cell in cells]
        for heading, cells in rows
    ]


def nested(table: Sequence[Any], words: Words) -> Iterator[str]:
    """A table in a cell, a line for each row: `Triassic: 252 million years`."""
    _, rows = parts(table)
    for first, *others in ([words(cell[4]) for cell in cells] for _, cells in rows if cells):
        yield f"{first}: {', '.join(others)}" if others else first
