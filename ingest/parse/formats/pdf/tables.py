"""Tables that a PDF draws with lines: the grid found from its rules, so that words can be put into cells.

Tables without vertical rules are not recognised; their words stay in reading order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_NEAR = 3.0  # points
_MOST_RULES = 600  # more make a drawing


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal or vertical line; points from the left and from the top."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def is_vertical(self) -> bool:
        return self.right - self.left < self.bottom - self.top

    def touches(self, other: "Rule") -> bool:
        beside = self.left - _NEAR <= other.right and other.left - _NEAR <= self.right
        return beside and self.top - _NEAR <= other.bottom and other.top - _NEAR <= self.bottom


@dataclass(slots=True)
class Table:
    """The edges of columns and rows, and the words put into the cells so far."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    cells: dict[tuple[int, int], str] = field(default_factory=dict)

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of a point, None if it lies outside."""
        row, column = _between(self.rows, y), _between(self.columns, x)
        return None if row is None or column is None else (row, column)

    def put(self, place: tuple[int, int], words: str) -> None:
        self.cells[place] = self.cells.get(place, "") + words

    def lines(self) -> list[list[str]]:
        """The cells row by row."""
        columns = range(len(self.columns) - 1)
        return [[self.cells.get((row, column), "") for column in columns] for row in range(len(self.rows) - 1)]


def tables(rules: Sequence[Rule]) -> list[Table]:
    """Grids of two columns and two rows at least, from top to bottom."""
    if len(rules) > _MOST_RULES:
        return []
    found = [_table(group) for group in _connected(rules)]
    return sorted(filter(None, found), key=lambda table: table.rows[0])


def _table(rules: Sequence[Rule]) -> Table | None:
    columns = _merged(rule.left for rule in rules if rule.is_vertical)
    rows = _merged(rule.top for rule in rules if not rule.is_vertical)
    return Table(columns, rows) if len(columns) > 2 and len(rows) > 2 else None


def _connected(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    waiting = list(rules)
    while waiting:
        group = [waiting.pop()]
        for rule in group:  # grows while it is walked
            near = [other for other in waiting if rule.touches(other)]
            waiting = [other for other in waiting if not rule.touches(other)]
            group += near
        yield group


def _merged(positions: Iterator[float]) -> tuple[float, ...]:
    """Positions in order, those close together taken for one."""
    merged: list[float] = []
    for position in sorted(positions):
        if not merged or position - merged[-1] > _NEAR:
            merged.append(position)
    return tuple(merged)


def _between(edges: Sequence[float], position: float) -> int | None:
    inside = (index for index in range(len(edges) - 1) if edges[index] <= position < edges[index + 1])
    return next(inside, None)
