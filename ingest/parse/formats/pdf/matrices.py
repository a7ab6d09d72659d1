"""Rows between tall brackets, or after one: matrices, binomials, cases."""

from collections.abc import Callable, Iterator, Sequence

from ingest.parse.formats.pdf.characters import UNKNOWN, Char
from ingest.parse.formats.pdf.neighbours import (
    CLOSE,
    MOST_SIGNS,
    OPEN,
    SMALL,
    TALL,
    height,
    is_bracket,
    made,
    replaced,
    size_of,
)

_MATRIX = {"(": "pmatrix", "[": "bmatrix", "{": "Bmatrix", "|": "vmatrix", "‖": "Vmatrix"}


def with_matrices(page: list[Char], write: Callable[[Sequence[Char]], str]) -> list[Char]:
    """The rows made one character; `write`: a row as TeX."""
    waiting = [char for char in page if is_bracket(char, OPEN)]
    for opening in sorted(waiting, key=lambda char: (height(char), -char.left))[:MOST_SIGNS]:
        if not any(char is opening for char in page):
            continue
        size = opening.style.size
        level = [
            char
            for char in page
            if abs(char.top - opening.top) < 0.35 * size and abs(char.bottom - opening.bottom) < 0.35 * size
        ]
        closing = min(
            (
                char
                for char in level
                if char.text[:1] == CLOSE[OPEN.index(opening.text)]
                and height(char) > TALL
                and char.left > opening.right
                and (not char.formula or char.text[1:2] in "_^")
            ),
            key=lambda char: char.left,
            default=None,
        )
        inside = [
            char
            for char in page
            if char.left > opening.left + 0.1
            and char is not opening
            and char is not closing
            and char.text.strip()
            and opening.top - 0.3 * size < (char.top + char.bottom) / 2 < opening.bottom + 0.3 * size
            and (closing is None or char.right < closing.left + 1)
        ]
        if closing is None:
            if opening.text != "{":
                continue
            inside = _on_the_right([opening], inside, 2.5)
        rows = _rows(inside)
        if len(rows) < 2:
            continue
        cells = [[write(cell) for cell in _cells(row, size)] for row in rows]
        used = [opening, *inside, *([closing] if closing else [])]
        matrix = made(
            UNKNOWN if _crosses(inside, rows) else _array(opening.text, cells, closing), used, opening.base, size
        )
        page = replaced(page, matrix, used)
    return page


def _crosses(inside: Sequence[Char], rows: Sequence[Sequence[Char]]) -> bool:
    """Whether a tall bracket goes over several rows: it is one of each, and they cannot be told apart."""
    tall = [char for char in inside if is_bracket(char, OPEN + CLOSE)]
    return any(sum(char.top < row[0].base < char.bottom for row in rows) > 1 for char in tall)


def _array(opening: str, cells: Sequence[Sequence[str]], closing: Char | None) -> str:
    lines = r" \\ ".join(" & ".join(row) for row in cells)
    script = closing.text[1:] if closing else ""
    if closing is None:
        return rf"\begin{{cases}}{lines}\end{{cases}}"
    if opening == "(" and [len(row) for row in cells] == [1, 1]:
        return rf"\binom{{{cells[0][0]}}}{{{cells[1][0]}}}{script}"
    name = _MATRIX.get(opening, "matrix")
    return rf"\begin{{{name}}}{lines}\end{{{name}}}{script}"


def _on_the_right(found: list[Char], others: Sequence[Char], gap: float) -> list[Char]:
    """To the right of a bracket, as far as there is no gap."""
    right = found[0].right
    kept: list[Char] = []
    for char in sorted(others, key=lambda char: char.left):
        if char.left - right > gap * found[0].style.size:
            break
        kept.append(char)
        right = max(right, char.right)
    return kept


def _rows(chars: Sequence[Char]) -> list[list[Char]]:
    """From top to bottom, scripts with the row that they are nearest to."""
    if not chars:
        return []
    size = size_of(chars)
    rows: list[list[Char]] = []
    for char in sorted((char for char in chars if char.style.size > SMALL * size), key=lambda char: char.base):
        if rows and char.base - rows[-1][0].base < 0.6 * size:
            rows[-1].append(char)
        else:
            rows.append([char])
    for char in (char for char in chars if char.style.size <= SMALL * size):
        min(rows, key=lambda row: abs(row[0].base - char.base)).append(char)
    return rows


def _cells(row: Sequence[Char], size: float) -> Iterator[list[Char]]:
    cell: list[Char] = []
    right = 0.0
    for char in sorted(row, key=lambda char: char.left):
        if cell and char.left - right > 0.42 * size:
            yield cell
            cell = []
        cell.append(char)
        right = char.right
    yield cell
