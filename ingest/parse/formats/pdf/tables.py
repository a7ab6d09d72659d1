"""What rules tell: tables as grids, rows between level rules only; and tables of short texts without any rule.

Left out: tables turned on their side within a page, and tables whose only sign is the colour of their rows.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from statistics import median

from ingest.parse.formats.pdf.lines import PageLine, merged
from ingest.parse.formats.pdf.pdfium import Box
from ingest.parse.formats.pdf.reading_order import Row, rejoined, rows_of
from ingest.parse.formats.pdf.words import Word

_NEAR, _ALIKE = 3.0, 5.0  # points
_MOST_RULES, _MOST_CELLS = 600, 5_000  # more make a drawing
_COLUMN_GAP = 0.7  # of the font size: white space through all rows
_LEAST_ROWS, _LEAST_COLUMNS = 3, 3  # of a table without rules
_TICKED = frozenset("\u20dd○☐□√✓")  # options side by side are none
_Spans = list[tuple[float, float]]
_Place = tuple[int, int]


def with_ruled_tables(lines: Sequence[PageLine], rules: Sequence[Box]) -> list[PageLine]:
    """The lines of a page, those of a table with rules replaced by one that has its cells."""
    kept, level = list(lines), list[Box]()
    pieces = _straightened(rules)
    for group in _connected(pieces) if len(pieces) <= _MOST_RULES else []:
        if any(rule.is_upright for rule in group):
            kept = _with_grid(kept, group)
        else:
            level += group
    for stack in _stacks(level):
        kept = _with_open_table(kept, stack)
    return kept


def with_bare_tables(rows: Sequence[Row]) -> list[Row]:
    """The rows of a page in reading order, those that make a table without rules replaced by one."""
    kept: list[Row] = []
    for (several, _), run in groupby(rows, lambda row: (len(row) > 1, row[0].text[0] in _TICKED)):
        block = list(run)
        columns = _columns(block) if several else []
        full = all(len(row) == len(columns) for row in block)
        if len(columns) >= _LEAST_COLUMNS and len(block) >= (2 if full else _LEAST_ROWS):
            cells, lines = [_cells(row, columns) for row in block], [line for row in block for line in row]
            block = [(_table(cells, lines, ruled=False),)]
        kept += block
    return kept


def _with_grid(lines: list[PageLine], rules: Sequence[Box]) -> list[PageLine]:
    """The words in the cells of a grid; all lines as they were where the rules make none (boxes joined by arrows, a
    frame, a chart)."""
    upright, level = [rule for rule in rules if rule.is_upright], [rule for rule in rules if not rule.is_upright]
    xs = _merged([rule.left for rule in upright] + [end for rule in level for end in (rule.left, rule.right)])
    ys = _merged([rule.top for rule in level] + [end for rule in upright for end in (rule.top, rule.bottom)])
    height, width = len(ys) - 1, len(xs) - 1
    if height < 2 or width < 2 or height * width > _MOST_CELLS:
        return lines
    regions = _regions(xs, ys, upright, level)
    inside: dict[_Place, list[PageLine]] = {}
    for line in lines:
        row, column = _between(ys, line.base - 0.3 * line.size), _between(xs, (line.left + line.right) / 2)
        if row is not None and column is not None and not line.cells:
            inside.setdefault(regions[row, column], []).append(line)
    if all(regions[0, column] == (0, 0) for column in range(width)):
        inside.pop((0, 0), None)  # a title over the whole table
    if not _is_table(inside, regions):
        return lines
    texts = {place: rejoined([merged(row) for row in rows_of(found)], Counter()) for place, found in inside.items()}
    places = [[regions[row, column] for column in range(width)] for row in range(height)]
    cells = [[texts.get(place, "") * (place[1] == column) for column, place in enumerate(row)] for row in places]
    return _replaced(lines, cells, [line for found in inside.values() for line in found])


def _regions(
    xs: Sequence[float], ys: Sequence[float], upright: Sequence[Box], level: Sequence[Box]
) -> dict[_Place, _Place]:
    """For each field of a grid the first one of those that no rule parts it from, as (row, column)."""
    first: dict[_Place, _Place] = {}
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            x, y = (left + right) / 2, (top + bottom) / 2
            beside = any(abs(rule.left - left) < _NEAR and rule.top < y < rule.bottom for rule in upright)
            above = any(abs(rule.top - top) < _NEAR and rule.left < x < rule.right for rule in level)
            if column and not beside:
                first[row, column] = first[row, column - 1]
            elif row and not above:
                first[row, column] = first[row - 1, column]
            else:
                first[row, column] = (row, column)
    return first


def _is_table(filled: Mapping[_Place, object], regions: Mapping[_Place, _Place]) -> bool:
    """Whether each region is a rectangle, two rows and columns at least have words and, where a row or column has none
    (as between boxes joined by arrows), half of the regions have."""
    if len(filled) < 3 or min(len({place[axis] for place in filled}) for axis in (0, 1)) < 2:
        return False
    sizes, corners = Counter(regions.values()), dict[_Place, _Place]()
    for place, first in regions.items():
        corners[first] = max(corners.get(first, place), place)
    areas = {first: (last[0] - first[0] + 1) * (last[1] - first[1] + 1) for first, last in corners.items()}
    used = [place for place, first in regions.items() if first in filled]
    gaps = any(len({place[axis] for place in used}) < len({place[axis] for place in regions}) for axis in (0, 1))
    return areas == sizes and (not gaps or 2 * len(filled) >= len(sizes))


def _stacks(level: Sequence[Box]) -> Iterator[list[Box]]:
    """Rules one above the other that begin and end alike, three at least."""

    def ends(rule: Box) -> tuple[int, int]:
        return round(rule.left / _ALIKE), round(rule.right / _ALIKE)

    for _, group in groupby(sorted(level, key=lambda rule: (ends(rule), rule.top)), ends):
        if len(stack := list(group)) >= 3:
            yield stack


def _with_open_table(lines: list[PageLine], rules: Sequence[Box]) -> list[PageLine]:
    """The words between level rules, where there are rows of several texts in two spaces that follow each other at least."""
    left, right = rules[0].left - _NEAR, rules[0].right
    free = [line for line in lines if not line.cells and left < line.left < right]
    spaces = [[line for line in free if above.top < line.base < below.top] for above, below in pairwise(rules)]
    for tabular, run in groupby(map(rows_of, spaces), lambda rows: any(len(row) > 1 for row in rows)):
        head, *body = list(run)
        rows = [row for space in body for row in space]
        columns = _columns([row for row in rows if len(row) > 1])
        if not tabular or len(columns) < 2:
            continue
        names = zip(*(_cells(row, columns, spread=True) for row in head), strict=True)
        cells = [[" ".join(filter(None, column)) for column in names]]
        for row in rows:
            found = _cells(row, columns)
            if not found[0] and cells[1:] and sum(map(bool, found)) <= len(columns) / 2:
                cells[-1] = [" ".join(filter(None, pair)) for pair in zip(cells[-1], found, strict=True)]
            else:
                cells.append(found)
        lines = _replaced(lines, cells, [line for row in [*head, *rows] for line in row])
    return lines


def _columns(rows: Sequence[Row]) -> _Spans:
    """Where words stand, with white space through all rows between."""
    words = sorted((word.left, word.right) for row in rows for line in row for word in line.words)
    gap = _COLUMN_GAP * median([line.size for row in rows for line in row] or [0])
    spans: _Spans = []
    for left, right in words:
        if spans and left - spans[-1][1] < gap:
            spans[-1] = (spans[-1][0], max(right, spans[-1][1]))
        else:
            spans.append((left, right))
    return spans


def _cells(row: Row, columns: _Spans, *, spread: bool = False) -> list[str]:
    """The words of a row by columns; `spread`: words above several columns are in each of them."""
    cells = [""] * len(columns)
    for line in row:
        over = [i for i, (left, right) in enumerate(columns) if line.left < right and left < line.right]
        for word in [line] if spread and len(over) > 1 else line.words:
            middle = (word.left + word.right) / 2
            nearest = min(range(len(columns)), key=lambda i: max(columns[i][0] - middle, middle - columns[i][1]))
            for i in over if word is line else [nearest]:
                cells[i] = f"{cells[i]} {word.text}".strip()
    return cells


def _table(cells: Sequence[Sequence[str]], lines: Sequence[PageLine], *, ruled: bool = True) -> PageLine:
    """A line that stands for all of these. Columns without words are left out."""
    used = [column for column in zip(*cells, strict=True) if any(column)]
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    words = " ".join(" ".join(filter(None, row)) for row in cells)
    last = max(lines, key=lambda line: line.base)
    return replace(
        last,
        words=(Word(words, left, right),),
        order=min(line.order for line in lines),
        cells=tuple(filter(any, zip(*used, strict=True))),
        ruled=ruled,
        height=last.base - min(line.top for line in lines),
    )


def _replaced(lines: Sequence[PageLine], cells: Sequence[Sequence[str]], gone: Sequence[PageLine]) -> list[PageLine]:
    known = set(map(id, gone))
    return [*(line for line in lines if id(line) not in known), _table(cells, gone)]


def _straightened(rules: Sequence[Box]) -> list[Box]:
    """Pieces that go on from one another made one."""
    upright = _joined([_turned(rule) for rule in rules if rule.is_upright])
    return [*_joined([rule for rule in rules if not rule.is_upright]), *map(_turned, upright)]


def _turned(rule: Box) -> Box:
    return Box(rule.top, rule.left, rule.bottom, rule.right)


def _joined(level: Sequence[Box]) -> list[Box]:
    found: list[Box] = []
    for rule in sorted(level, key=lambda rule: (round(rule.top / _NEAR), rule.left)):
        last = found[-1] if found else None
        if last and abs(last.top - rule.top) < _NEAR and rule.left - last.right < _NEAR:
            found[-1] = Box(last.left, last.top, max(last.right, rule.right), max(last.bottom, rule.bottom))
        else:
            found.append(rule)
    return found


def _connected(rules: Sequence[Box]) -> Iterator[list[Box]]:
    waiting = list(rules)
    while waiting:
        group = [waiting.pop()]
        for rule in group:  # grows while it is walked
            near = [other for other in waiting if _touch(rule, other)]
            waiting = [other for other in waiting if not _touch(rule, other)]
            group += near
        yield group


def _touch(one: Box, other: Box) -> bool:
    beside = one.left - _NEAR <= other.right and other.left - _NEAR <= one.right
    return beside and one.top - _NEAR <= other.bottom and other.top - _NEAR <= one.bottom


def _merged(positions: Sequence[float]) -> list[float]:
    """Positions in order, those close together taken for one."""
    merged: list[float] = []
    for position in sorted(positions):
        if not merged or position - merged[-1] > _NEAR:
            merged.append(position)
    return merged


def _between(edges: Sequence[float], position: float) -> int | None:
    at = bisect_right(edges, position) - 1
    return at if 0 <= at < len(edges) - 1 else None
