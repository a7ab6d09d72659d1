"""The tables of pandoc's syntax tree as rows of words, or as what they frame where they only place things on a page."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ingest.parse.formats.table_grid import Cell

Node = dict[str, Any]
Words = Callable[[Sequence[Node]], str]
_LONGEST_CELL = 1_000  # characters: a longer cell without headings around it is a page in a frame
_MOST_SPAN = 100
_STRUCTURE = frozenset({"Header", "CodeBlock", "Figure"})


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
    """A table in a cell, a line for each row: `Triassic: 252 million years`; from three columns on with their names."""
    _, rows = parts(table)
    lines = [[words(cell[4]) for cell in cells] for _, cells in rows]
    named = bool(rows) and rows[0][0] and len(lines[0]) > 2
    for line in lines[named:]:
        if named:
            yield ", ".join(f"{name}: {value}" if name else value for name, value in zip(lines[0], line, strict=False))
        else:
            yield f"{line[0]}: {', '.join(line[1:])}" if len(line) > 1 else "".join(line)
