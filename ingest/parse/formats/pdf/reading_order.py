"""The order in which the lines of a page are read: columns by recursive cuts along white space.

After the XY-cut of Nagy, Seth and Viswanathan (1992), with two additions: a gutter is cut along only as far as it goes,
and where short texts stand side by side, the order in which the file draws them decides whether they are columns or rows.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median

from ingest.parse.formats.pdf.lines import PageLine
from ingest.parse.markdown_writer import PAGE_BREAK

_GUTTER = 1.0  # of the font size: the least width
_BAND = 2.5  # of the font size: white space from edge to edge that is as high, and higher than a gutter is wide, parts a page
_APART = 0.9  # of the font size: what follows a column below such a space is no part of it, if the next line crosses the gutter
WIDE = 25  # characters: a longer line is no cell
_MARKER = 3  # characters: a column of such is numbers of items
_LEVEL = 0.35  # of the font size: base lines so near make one row
_MOST_LINES = 2_000
Row = tuple[PageLine, ...]
_SOFT = "\N{SOFT HYPHEN}"
_CUT = re.compile(r"([-\N{HYPHEN}]?)(\w[\w'’]*)[-\N{SOFT HYPHEN}\N{HYPHEN}]$")
_START = re.compile(r"\w[\w'’]*")
_WORD = re.compile(r"\w+(?:[-\N{HYPHEN}]\w+)*")
_DENSE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_OFTEN, _SHORT = 3, 4  # a word so frequent and so short is no second half


def rows_of(lines: Sequence[PageLine]) -> list[Row]:
    """Lines on one base line, from left to right; rows from top to bottom."""
    rows: list[list[PageLine]] = []
    for line in sorted(lines, key=lambda line: (line.base, line.left)):
        if rows and line.base - rows[-1][0].base < _LEVEL * min(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [tuple(sorted(row, key=lambda line: line.left)) for row in rows]


def in_reading_order(lines: Sequence[PageLine]) -> tuple[list[Row], bool]:
    """The rows of a page, and whether their order is doubtful. A row has several lines where these are no columns."""
    if len(lines) > _MOST_LINES:
        return rows_of(lines), True
    found = list(_cut(sorted(lines, key=lambda line: line.base)))
    return [row for rows, _ in found for row in rows], any(doubtful for _, doubtful in found)


def _cut(lines: list[PageLine]) -> Iterator[tuple[list[Row], bool]]:
    """Parts of a page as (rows, doubtful). `lines` are sorted by their base."""
    if (gutter := _gutter(lines)) is None:
        yield rows_of(lines), False
        return
    at, width = gutter
    for crossed, band in _bands(lines, at, width):
        left, right = [line for line in band if line.left < at], [line for line in band if line.left >= at]
        if crossed and len(band) < len(lines):
            yield from _cut(band)
        elif crossed or not left or not right or _are_rows(left, right):
            yield rows_of(band), False
        else:
            doubtful = _switches(band, at) >= max(2, len(_pairs(left, right)))
            for side in (left, right):
                yield from ((rows, doubtful or further) for rows, further in _cut(side))


def _gutter(lines: Sequence[PageLine]) -> tuple[float, float] | None:
    """Where most pairs of lines side by side have a gap, as (place, width that all of these share); None without two."""
    gaps = [
        (line.right, other.left)
        for line in lines
        for other in [_next_to(line, lines)]
        if other and other.left - line.right > _GUTTER * max(line.size, other.size)
    ]
    best: list[tuple[float, float]] = []
    for _, end in gaps:
        around = [gap for gap in gaps if gap[0] < end - 1 <= gap[1]]
        best = max(best, around, key=len)
    if len(best) < 2:
        return None
    start, end = max(start for start, _ in best), min(end for _, end in best)
    return (start + end) / 2, end - start


def _next_to(line: PageLine, lines: Sequence[PageLine]) -> PageLine | None:
    """The nearest line to the right at the same height."""
    level = (other for other in lines if other.left >= line.right and other.top < line.base and line.top < other.base)
    return min(level, key=lambda other: other.left, default=None)


def _bands(lines: Sequence[PageLine], at: float, width: float) -> Iterator[tuple[bool, list[PageLine]]]:
    """Runs of lines from top to bottom that cross the gutter or do not, as (cross, lines).

    A run is parted at white space from edge to edge, and where it ends on the left side above lines that cross: what follows a little space there is no part of the column."""
    rows = groupby(rows_of(lines), lambda row: any(line.left < at < line.right for line in row))
    runs = [(crossed, [line for row in run for line in row]) for crossed, run in rows]
    for (crossed, run), following in zip(runs, [*runs[1:], None], strict=True):
        if crossed:
            yield True, run
            continue
        parts, foot = [[run[0]]], run[0].bottom
        goes_on = following is not None and following[1][0].top - run[-1].bottom < _BAND * run[-1].size
        for line in run[1:]:
            space = line.top - foot
            ended = goes_on and not any(other.left >= at for other in run if other.base >= line.base)
            if space > max(width, _BAND * line.size) or (ended and space > _APART * line.size):
                parts.append([])
            parts[-1].append(line)
            foot = max(foot, line.bottom)
        yield from ((False, part) for part in parts)


def _are_rows(left: Sequence[PageLine], right: Sequence[PageLine]) -> bool:
    """Whether the lines of two sides belong together line by line: numbers and items, or cells drawn row by row."""
    pairs = _pairs(left, right)
    if median(len(line.text) for line in left) <= _MARKER:
        return True
    narrow = min(median(len(line.text) for line in side) for side in (left, right)) < WIDE
    at = min(line.left for line in right)
    return narrow and len(pairs) > 0 and _switches([*left, *right], at) >= len(pairs)


def _pairs(left: Sequence[PageLine], right: Sequence[PageLine]) -> list[Row]:
    return [row for row in rows_of([*left, *right]) if {row[0] in left, row[-1] in left} == {True, False}]


def _switches(lines: Sequence[PageLine], at: float) -> int:
    """How often the file, drawing the lines, goes from one side to the other."""
    sides = [line.left >= at for line in sorted(lines, key=lambda line: line.order)]
    return sum(one != other for one, other in pairwise(sides))


def vocabulary_of(lines: Iterable[PageLine]) -> Counter[str]:
    """How often each word stands in the lines, in lower case, hyphenated ones as they are."""
    return Counter(word for line in lines for word in _WORD.findall(line.text.replace("\N{HYPHEN}", "-").casefold()))


def rejoined(lines: Sequence[PageLine], vocabulary: Mapping[str, int]) -> str:
    """One line of text, with PAGE_BREAK where pages turn."""
    text, page = lines[0].text.strip(), lines[0].page
    for line in lines[1:]:
        following = line.text.strip()
        text = _before(text, following, vocabulary) + PAGE_BREAK * (line.page - page) + following
        page = line.page
    return text


def _before(text: str, following: str, vocabulary: Mapping[str, int]) -> str:
    """The text so far as it stands before what follows. A hyphen at its end stays behind another one (state-of-the-art), before a capital or digit, and where the
    document has the word hyphenated more often than whole; with a space after it before a short frequent word (Vor- und
    Nachteile)."""
    cut, rest = _CUT.search(text), _START.match(following)
    if not cut or not rest:
        dense = _DENSE.match(text[-1:]) and _DENSE.match(following)
        return text if dense else text + " "
    start, end = cut[2].casefold(), rest[0].casefold()
    capital = rest[0][0].isupper() and not (cut[2].isupper() and rest[0].isupper() and len(start) > 1)
    if text.endswith(_SOFT):
        return text[:-1]
    if cut[1] or capital or end[0].isdigit() or vocabulary[f"{start}-{end}"] > vocabulary[start + end]:
        return text
    if not vocabulary[start + end] and len(end) <= _SHORT and vocabulary[end] >= _OFTEN:
        return text + " "
    return text[:-1]


def is_cut(text: str) -> bool:
    """Whether a line ends with a hyphen behind a letter."""
    return bool(_CUT.search(text))


def is_dense(text: str) -> bool:
    """Whether a text begins in a script that puts no spaces between words."""
    return bool(_DENSE.match(text))
