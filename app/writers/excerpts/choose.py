"""Which stretches are shown, and which of their units are marked.

Best first until about SIGHT words are in sight, from at most PLACES sections; those of a section in the author's order. Another
section, or an entry of a glossary, has to be ELSEWHERE as likely as the best.
A table, a list or code that is too long is cut to its likeliest units, and to the lowest and highest rows of a
column that is asked for. A place that begins without a word of the question gets the stretch before it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.writers.excerpts.features import Matrix, QueryTerms
from app.writers.excerpts.stretches import COLONS, Stretch
from retrieval.text.markdown import cells
from retrieval.text.tokenize import terms
from retrieval.types import Unit

SIGHT = 240  # words
OVER = 1.3  # how far the last stretch may go beyond
PLACES = 3
NEIGHBOUR = 2.7  # times the odds of a stretch beside one that is shown
FURTHER = 0.06  # likelihood, with that gain, that a stretch needs beside the best one
ELSEWHERE = 0.25  # of the likelihood of the best one
ROWS = 12  # of a table that is shown whole
MARKED = 60  # words
UNLIKELY = 0.02  # what is less likely only fills the sixty words
_ASKING = ("?", "？")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A stretch with the likelihood of each of its units, (units,) in [0, 1]."""

    stretch: Stretch
    likely: Matrix

    @property
    def likelihood(self) -> float:
        """In [0, 1]: that one of its two likeliest units holds the answer. Units of a table or a long list are alike: were all of
        them counted, length alone would decide.
        """
        return float(1.0 - np.prod(1.0 - np.sort(self.likely)[-2:]))


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A stretch, or the `units` of it that are shown; `marked` are the starts of those that likeliest answer."""

    stretch: Stretch
    units: tuple[Unit, ...]
    marked: frozenset[int] = frozenset()

    @property
    def words(self) -> int:
        return sum(self.stretch.size(unit) for unit in self.units)


Place = tuple[Shown, ...]


def choose(found: Sequence[Judged], question: QueryTerms, *, of: int = 1) -> list[Place]:
    """At most PLACES, that with the likeliest stretch first; empty where nothing was found. `of`: how many questions share the room."""
    sight = SIGHT * (of + 1) // (2 * of)
    places: dict[object, list[tuple[Judged, Shown]]] = {}
    left = list(found)
    elsewhere = ELSEWHERE * max((judged.likelihood for judged in found), default=0.0)
    beside: set[tuple[object, int]] = set()
    used = 0
    while left and used < sight:
        odds = [_odds(one) * NEIGHBOUR ** ((one.stretch.place, one.stretch.number) in beside) for one in left]
        best = int(np.argmax(odds))
        if places and odds[best] < FURTHER / (1.0 - FURTHER):
            break
        judged = left.pop(best)
        stretch = judged.stretch
        shown = Shown(stretch, _kept(judged, question, SIGHT - sight + used))
        here = stretch.place in places
        likely = (here and not stretch.term) or judged.likelihood >= elsewhere
        fits = not places or used + shown.words <= sight * OVER
        if likely and fits and (here or len(places) < PLACES):
            places.setdefault(stretch.place, []).append((judged, shown))
            used += shown.words
            beside |= {(stretch.place, stretch.number - 1), (stretch.place, stretch.number + 1)}
    marked = _marked([pair for chosen in places.values() for pair in chosen])
    return [
        tuple(
            replace(one, marked=frozenset(unit.start for unit in one.units if (one.stretch, unit) in marked))
            for _, one in sorted(chosen, key=lambda pair: pair[1].stretch.start)
        )
        for chosen in places.values()
    ]


def _odds(judged: Judged) -> float:
    return judged.likelihood / max(1.0 - judged.likelihood, 1e-3)


def likelihood(places: Sequence[Place], found: Sequence[Judged]) -> float:
    """In [0, 1]: that any of what is marked there, or of what is too long to be (code, mostly), holds the answer."""
    told = {
        (shown.stretch, unit)
        for place in places
        for shown in place
        for unit in shown.units
        if unit.start in shown.marked or shown.stretch.size(unit) > MARKED
    }
    pairs = ((one.stretch, zip(one.stretch.units, one.likely, strict=True)) for one in found)
    wrong = [1.0 - likely for stretch, units in pairs for unit, likely in units if (stretch, unit) in told]
    return float(1.0 - np.prod(wrong))


def _kept(judged: Judged, question: QueryTerms, used: int) -> tuple[Unit, ...]:
    """All; of a table that has too many rows, or of a list or code that is too long beside the words that are in sight already, the
    likeliest units that there is room for.
    """
    stretch = judged.stretch
    intro, body = stretch.units[: stretch.intro], stretch.units[stretch.intro :]
    table = stretch.kind == "table"
    long = len(body) > ROWS if table else stretch.words > min(SIGHT, SIGHT * OVER - used)
    if stretch.kind in ("text", "formula") or not long or len(body) < 2:
        return stretch.units
    likely = dict(zip(stretch.units, judged.likely.tolist(), strict=True))
    kept = _extremes(stretch, body, question) if table else set()
    room = SIGHT - used
    text = stretch.document.text
    heads = {body[0], *(after for unit, after in pairwise(body) if "\n" in text[unit.end : after.start])}
    for unit in sorted(
        body, key=lambda unit: (stretch.kind == "list" and unit not in heads, -likely[unit], unit.start)
    ):
        if kept and (room < stretch.size(unit) or (table and len(kept) >= ROWS / 2)):
            break
        kept.add(unit)
        room -= stretch.size(unit)
    return (*intro, *(unit for unit in body if unit in kept))


def _extremes(stretch: Stretch, rows: Sequence[Unit], question: QueryTerms) -> set[Unit]:
    """The rows with the least and the greatest number in each column whose name is asked for."""
    found: set[Unit] = set()
    for column, name in enumerate(cells(rows[-1].lead.split("\n", 1)[0])):
        values: dict[float, Unit] = {}
        for row in rows if question.weights.keys() & set(terms(name)) else ():
            with suppress(ValueError, IndexError):
                value = cells(stretch.source(row))[column].replace(",", "").strip("$€£% ")
                values.setdefault(float(value), row)
        found |= {values[most] for most in (min(values), max(values))} if values else set()
    return found


def _marked(chosen: Sequence[tuple[Judged, Shown]]) -> set[tuple[Stretch, Unit]]:
    """The likeliest units, as many as MARKED words have room for; what is unlikely only where nothing else is there."""
    units = sorted(
        (-likely, shown.stretch.size(unit), place, unit.start, shown.stretch, unit)
        for place, (judged, shown) in enumerate(chosen)
        for likely, unit in zip(judged.likely.tolist(), judged.stretch.units, strict=True)
        if unit in shown.units and not shown.stretch.text(unit).endswith(_ASKING)
    )
    found: set[tuple[Stretch, Unit]] = set()
    room = MARKED
    for unlikely, size, *_, stretch, unit in units:
        if size <= room and unlikely <= max(-UNLIKELY, units[0][0]):
            found.add((stretch, unit))
            room -= size
    return found


def can_be_marked(stretch: Stretch, unit: Unit) -> bool:
    """By itself: neither what announces or asks, nor what is no words or too many."""
    text = stretch.text(unit)
    readable = unit.kind != "code" and unit.role != "formula" and stretch.size(unit) <= MARKED
    return readable and not text.endswith((*COLONS, *_ASKING))


def only_asks(stretch: Stretch) -> bool:
    """Whether every sentence of it is a question."""
    return all(stretch.text(unit).endswith(_ASKING) for unit in stretch.units)
