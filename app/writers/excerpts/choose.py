"""Which stretches are shown, and which of their units are marked.

Best first until about SIGHT words are in sight, from at most PLACES sections; those of a section in the author's order. Another
section, or an entry of a glossary, has to be ELSEWHERE as likely as the best.
A table, a list or code that is too long is cut to its likeliest units, and to the lowest and highest rows of a
column that is asked for. A place that begins without a word of the question gets the stretch before it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.writers.excerpts.features import Matrix, QueryTerms
from app.writers.excerpts.stretches import Stretch
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
ITEMS = 2 * ROWS  # of a list
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

    @property
    def odds(self) -> float:
        """Those of its likelihood, at most 999."""
        return min(self.likelihood, 0.999) / max(1.0 - self.likelihood, 0.001)


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
    places: dict[tuple[str, tuple[str, ...]], list[tuple[Judged, Shown]]] = {}
    left = sorted(found, key=lambda judged: (judged.stretch.place, judged.stretch.start))  # which of equals is first
    elsewhere = ELSEWHERE * max((judged.likelihood for judged in found), default=0.0)
    beside: set[tuple[object, int]] = set()
    used = 0
    while left and used < sight:
        odds = [
            judged.odds * (NEIGHBOUR if (judged.stretch.place, judged.stretch.number) in beside else 1.0)
            for judged in left
        ]
        best = int(np.argmax(odds))
        if places and odds[best] < FURTHER / (1.0 - FURTHER):
            break
        judged = left.pop(best)
        shown = Shown(judged.stretch, _kept(judged, question, SIGHT - sight + used))
        fits = not places or used + shown.words <= sight * OVER
        here = judged.stretch.place in places
        likely = (here and not judged.stretch.term) or judged.likelihood >= elsewhere
        if fits and likely and (here or len(places) < PLACES):
            places.setdefault(judged.stretch.place, []).append((judged, shown))
            used += shown.words
            if not judged.stretch.term:  # entries of a glossary lie together by their letters
                beside |= {(judged.stretch.place, judged.stretch.number + step) for step in (-1, 1)}
    marked = _marked([pair for chosen in places.values() for pair in chosen])
    return [
        tuple(
            replace(shown, marked=frozenset(unit.start for unit in shown.units if unit in marked[shown.stretch]))
            for _, shown in sorted(chosen, key=lambda pair: pair[1].stretch.start)
        )
        for chosen in places.values()
    ]


def likelihood(places: Sequence[Place], found: Sequence[Judged]) -> float:
    """In [0, 1]: that any of what is marked there, or of what is too long to be (code, mostly), holds the answer."""
    told = {
        (id(shown.stretch), unit.start)
        for place in places
        for shown in place
        for unit in shown.units
        if unit.start in shown.marked or shown.stretch.size(unit) > MARKED
    }
    pairs = ((judged.stretch, zip(judged.stretch.units, judged.likely, strict=True)) for judged in found)
    likely = [one for stretch, units in pairs for unit, one in units if (id(stretch), unit.start) in told]
    return float(1.0 - np.prod(1.0 - np.asarray(likely)))


def alone(found: Sequence[Judged], question: QueryTerms) -> Shown | None:
    """The likeliest stretch as it is shown by itself, its likeliest unit marked: of those that have one to mark, if any has.
    None where nothing was found.
    """
    marking = [one for one in found if any(can_be_marked(one.stretch, unit) for unit in one.stretch.units)]
    best = max(marking or found, key=lambda judged: judged.likelihood, default=None)
    if best is None:
        return None
    kept = _kept(best, question, 0)
    pairs = zip(best.likely.tolist(), best.stretch.units, strict=True)
    able = [(likely, -unit.start) for likely, unit in pairs if unit in kept and can_be_marked(best.stretch, unit)]
    return Shown(best.stretch, kept, frozenset({-max(able)[1]} if able else ()))


def _kept(judged: Judged, question: QueryTerms, used: int) -> tuple[Unit, ...]:
    """Of what is too long beside the words that are in sight already, the likeliest units that there is room for."""
    stretch = judged.stretch
    body = stretch.units[stretch.intro :]
    table = stretch.kind == "table"
    most = ROWS if table else ITEMS
    long = len(body) > most or (not table and stretch.words > min(SIGHT, SIGHT * OVER - used))
    if stretch.kind in ("text", "formula") or not long or len(body) < 2:
        return stretch.units
    likely = dict(zip((unit.start for unit in stretch.units), judged.likely, strict=True))
    kept = set(_extremes(stretch, body, question)) if table else set()
    room = SIGHT - used
    text = stretch.document.text
    heads = {body[0].start, *(after.start for unit, after in pairwise(body) if "\n" in text[unit.end : after.start])}
    named = stretch.kind == "list" and sum(stretch.size(unit) for unit in body if unit.start in heads) <= room
    for unit in sorted(body, key=lambda unit: (named and unit.start not in heads, -likely[unit.start], unit.start)):
        if kept and (room < stretch.size(unit) or (len(body) > most and len(kept) >= most / 2)):
            break
        kept.add(unit.start)
        room -= stretch.size(unit)
    return (*stretch.units[: stretch.intro], *(unit for unit in body if unit.start in kept))


def _extremes(stretch: Stretch, rows: Sequence[Unit], question: QueryTerms) -> Iterator[int]:
    """Starts of the rows with the least and the greatest number in each column whose name is asked for."""
    names = cells(rows[-1].lead.split("\n", 1)[0]) if rows[-1].lead else []
    for column, name in enumerate(names):
        if question.weights.keys() & set(terms(name)):
            values: dict[float, int] = {}
            for row in rows:
                with suppress(ValueError, IndexError):
                    values.setdefault(
                        float(cells(stretch.source(row))[column].replace(",", "").strip("$€£% ")), row.start
                    )
            if values:
                yield from (values[min(values)], values[max(values)])


def _marked(chosen: Sequence[tuple[Judged, Shown]]) -> Mapping[Stretch, set[Unit]]:
    """Of all sets of MARKED words at most the one with the greatest sum of likelihoods, the answers that it is expected to hold
    (a knapsack).
    """
    least = min(UNLIKELY, max((float(judged.likely.max()) for judged, _ in chosen), default=0.0))
    best: list[tuple[float, tuple[tuple[Stretch, Unit], ...]]] = [(0.0, ())] * (MARKED + 1)  # by the words there are
    for judged, shown in chosen:
        for likely, unit in zip(judged.likely.tolist(), judged.stretch.units, strict=True):
            if likely >= least and unit in shown.units and not shown.stretch.text(unit).endswith(_ASKING):
                size = shown.stretch.size(unit)
                for room in range(MARKED, size - 1, -1):
                    worth, without = best[room - size]
                    if worth + likely > best[room][0]:
                        best[room] = (worth + likely, (*without, (shown.stretch, unit)))
    marked: dict[Stretch, set[Unit]] = defaultdict(set)
    for stretch, unit in best[MARKED][1]:
        marked[stretch].add(unit)
    return marked


def can_be_marked(stretch: Stretch, unit: Unit) -> bool:
    """By itself: neither what announces or asks, nor what is no words or too many."""
    text = stretch.text(unit)
    readable = unit.kind != "code" and unit.role != "formula" and stretch.size(unit) <= MARKED
    return readable and not text.endswith((":", "：", *_ASKING))


def only_asks(stretch: Stretch) -> bool:
    """Whether every sentence of it is a question."""
    return all(stretch.text(unit).endswith(_ASKING) for unit in stretch.units)
