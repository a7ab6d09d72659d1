"""Floors: figures that an evaluation must not fall below, and ceilings that it must not exceed, in a TOML file.

[minimum.measures]      a table of the result, by its path
"R@5" = 0.9
[maximum.refusal]
answerable_refused = 0.06
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ConfigError
from retrieval.types import Json

TABLES = ("minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Limit:
    """`path` leads to a figure of a result; `bound` is "minimum" or "maximum"."""

    bound: str
    path: tuple[str, ...]
    value: float

    def broken_by(self, figure: float) -> bool:
        # as printed: three decimals
        return round(figure, 3) < self.value if self.bound == "minimum" else round(figure, 3) > self.value


def load_limits(path: Path) -> list[Limit]:
    """Raises ConfigError for a file that is not of the form."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read ({error}). Give a TOML file of floors, see evals/report/floors.py."
        ) from error
    unknown = [name for name in tables if name not in TABLES]
    if unknown:
        raise ConfigError(
            f"{path}: unknown table [{unknown[0]}]. Use [minimum.measures], [maximum.refusal] and the like."
        )
    return [Limit(bound, *found) for bound in TABLES for found in _leaves(tables.get(bound, {}), (), path)]


def violations(limits: list[Limit], result: Json) -> list[str]:
    """A line for each limit that the result breaks. Raises ConfigError if the result has no such figure."""
    found = []
    for limit in limits:
        figure = _figure(result, limit.path)
        if limit.broken_by(figure):
            side = "below its floor" if limit.bound == "minimum" else "above its ceiling"
            found.append(f"{' '.join(limit.path)} is {figure:.3f}, {side} of {limit.value:.3f}")
    return found


def _leaves(table: Any, path: tuple[str, ...], file: Path) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(table, Mapping):
        for name, entry in table.items():
            yield from _leaves(entry, (*path, name), file)
    elif isinstance(table, (int, float)) and not isinstance(table, bool):
        yield path, float(table)
    else:
        raise ConfigError(f"{file}: {'.'.join(path)} = {table!r} is no number.")


def _figure(result: Json, path: tuple[str, ...]) -> float:
    value: Any = result
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, (int, float)):
        raise ConfigError(
            f"A floor is set for {' '.join(path)}, but the result has no such figure. Correct the floors file."
        )
    return float(value)
