"""Rows between tall brackets, or after one: matrices, binomials, cases."""

from collections.abc import Callable, Iterator, Sequence

from ingest.parse.formats.pdf.characters import SMALL, Char, made, replaced, size_of

OPEN, CLOSE = "([{⟨⌊⌈|‖", ")]}⟩⌋⌉|‖"
BRACKETS = OPEN + CLOSE
TALL = 1.15  # of the font size
MOST_SIGNS = 400  # of a page that govern others: more are no formula
_MATRIX = {"(": "pmatrix", "[": "bmatrix", "{": "Bmatrix", "|": "vmatrix", "‖": "Vmatrix"}


def is_bracket(char: Char, signs: str) -> bool:
    """Whether it is one of these, and tall."""
    return char.text in signs and char.height > TALL and not char.formula


def with_matrices(page: list[Char], write: Callable[[Sequence[Char]], str]) -> list[Char]:
    """The rows made one character; `write`: a row as TeX."""
    waiting = [char for char in page if is_bracket(char, OPEN)]
    for opening in sorted(waiting, key=lambda char: (char.height, -char.left))[:MOST_SIGNS]:
        if not any(char is opening for char in page):
            continue
        closing = _closing(opening, page)
        rows = _rows(_inside(opening, closing, page)) if closing or opening.text == "{" else []
        if len(rows) > 1:
            cells = [[write(cell) for cell in _cells(row, opening.size)] for row in rows]
            used = [opening, *(char for row in rows for char in row), *([closing] if closing else [])]
            page = replaced(page, made(_array(opening.text, cells, closing), used, opening.base, opening.size), used)
    return page


def _closing(opening: Char, page: Sequence[Char]) -> Char | None:
    """The nearest bracket on the right as tall as the opening one, with its scripts."""
    sign = CLOSE[OPEN.index(opening.text)]
    alike = (char for char in page if char.text[:1] == sign and char.height > TALL and char.left > opening.right)
    alike = (char for char in alike if not char.formula or char.text[1:2] in "_^")
    apart = ((max(abs(char.top - opening.top), abs(char.bottom - opening.bottom)), char) for char in alike)
    level = (char for distance, char in apart if distance < 0.35 * opening.size)
    return min(level, key=lambda char: char.left, default=None)


def _inside(opening: Char, closing: Char | None, page: Sequence[Char]) -> list[Char]:
    """What stands between them, or on the right of one as far as there is no gap."""
    high, low = opening.top - 0.3 * opening.size, opening.bottom + 0.3 * opening.size
    right = [char for char in page if char.left > opening.left + 0.1 and char is not opening and char is not closing]
    level = [char for char in right if high < char.middle < low and char.text.strip()]
    if closing:
        return [char for char in level if char.right < closing.left + 1]
    kept, end = list[Char](), opening.right
    for char in sorted(level, key=lambda char: char.left):
        if char.left - end > 2.5 * opening.size:
            break
        kept.append(char)
        end = max(end, char.right)
    return kept


def _array(opening: str, cells: Sequence[Sequence[str]], closing: Char | None) -> str:
    lines = r" \\ ".join(" & ".join(row) for row in cells)
    if closing is None:
        return rf"\begin{{cases}}{lines}\end{{cases}}"
    script = closing.text[1:]
    if opening == "(" and [len(row) for row in cells] == [1, 1]:
        return rf"\binom{{{cells[0][0]}}}{{{cells[1][0]}}}{script}"
    name = _MATRIX.get(opening, "matrix")
    return rf"\begin{{{name}}}{lines}\end{{{name}}}{script}"


def _rows(chars: Sequence[Char]) -> list[list[Char]]:
    """From top to bottom, scripts with the row that they are nearest to."""
    size = size_of(chars) if chars else 0.0
    rows: list[list[Char]] = []
    for char in sorted((char for char in chars if char.size > SMALL * size), key=lambda char: char.base):
        if rows and char.base - rows[-1][0].base < 0.6 * size:
            rows[-1].append(char)
        else:
            rows.append([char])
    for char in (char for char in chars if char.size <= SMALL * size):
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
