"""Which stretches are shown, in which places, and which of their units are marked.

Stretches are taken likeliest first until about MAX_WORDS_IN_SIGHT words are in sight; those of one section are one place, in the author's
order. A table, a list or code that is too long is cut to its likeliest units, and to the lowest and highest rows of a column that is asked for.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.writers.excerpts.features import QueryTerms
from app.writers.excerpts.likelihoods import ScoredStretch
from app.writers.excerpts.stretches import COLONS, QUESTION_MARKS, SectionId, Stretch
from retrieval.text.markdown import cells
from retrieval.text.tokenize import terms
from retrieval.types import Unit

MAX_WORDS_IN_SIGHT = 240
OVERRUN = 1.3  # times the words in sight, with the last stretch
MAX_PLACES = 3
NEIGHBOUR_ODDS_FACTOR = 2.7  # for a stretch beside one that is shown
MIN_LIKELIHOOD = 0.06  # with that factor, of every stretch but the best
MIN_RATIO_OF_FURTHER_PLACE = 0.25  # of its likelihood to that of the best stretch
MAX_ROWS_WHOLE = 12  # of a table
MAX_MARKED_WORDS = 60
MIN_MARKED_LIKELIHOOD = 0.02  # unless no unit has more


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A stretch, or the `units` of it that are shown; `marked` are the starts of those that likeliest answer."""

    stretch: Stretch
    units: tuple[Unit, ...]
    marked: frozenset[int] = frozenset()

    @property
    def words(self) -> int:
        """The number of words that are shown."""
        return sum(map(self.stretch.word_count, self.units))


Place = tuple[Shown, ...]  # what is shown of one section, in the author's order
Selection = list[tuple[ScoredStretch, Shown]]  # of one or all sections, each stretch with what is shown of it


def choose_places(scored: Sequence[ScoredStretch], query_terms: QueryTerms, *, question_count: int = 1) -> list[Place]:
    """At most MAX_PLACES, that of the likeliest stretch first. Of `question_count` questions in one message each gets fewer words, but more
    than half of those that one alone would get.
    """
    max_words = MAX_WORDS_IN_SIGHT * (question_count + 1) // (2 * question_count)
    by_section = _selected(scored, query_terms, max_words)
    marked = _marked_units([pair for pairs in by_section.values() for pair in pairs])
    return [
        tuple(
            replace(shown, marked=frozenset(unit.start for unit in shown.units if (shown.stretch, unit) in marked))
            for _, shown in sorted(pairs, key=lambda pair: pair[1].stretch.start)
        )
        for pairs in by_section.values()
    ]


def answer_likelihood(places: Sequence[Place], scored: Sequence[ScoredStretch]) -> float:
    """In [0, 1]: that some marked unit, or one that is too long to be marked (code, mostly), holds the answer."""
    counted = {
        (shown.stretch, unit)
        for place in places
        for shown in place
        for unit in shown.units
        if unit.start in shown.marked or shown.stretch.word_count(unit) > MAX_MARKED_WORDS
    }
    wrong = [
        1.0 - likelihood
        for one in scored
        for unit, likelihood in zip(one.stretch.units, one.likelihoods, strict=True)
        if (one.stretch, unit) in counted
    ]
    return float(1.0 - np.prod(wrong))


def can_be_marked(stretch: Stretch, unit: Unit) -> bool:
    """Whether a unit says something by itself: it is neither a lead-in nor a question, neither code nor a formula, and short enough."""
    is_prose = unit.kind != "code" and unit.role != "formula"
    is_short = stretch.word_count(unit) <= MAX_MARKED_WORDS
    return is_prose and is_short and not stretch.text(unit).endswith((*COLONS, *QUESTION_MARKS))


def _selected(scored: Sequence[ScoredStretch], query_terms: QueryTerms, max_words: int) -> dict[SectionId, Selection]:
    """By section, the likeliest stretches that `max_words` have room for, in the order of selection.

    A neighbour of a selected stretch is likelier to belong to the answer than it looks by itself. A stretch of another section, or another
    entry of a glossary, distracts where it is much less likely than the best, and is not taken.
    """
    by_section: dict[SectionId, Selection] = {}
    candidates = list(scored)
    min_further = MIN_RATIO_OF_FURTHER_PLACE * max((one.likelihood for one in scored), default=0.0)
    neighbours: set[tuple[SectionId, int]] = set()
    words = 0
    while candidates and words < max_words:
        odds = [
            _odds(one) * NEIGHBOUR_ODDS_FACTOR ** ((one.stretch.section_id, one.stretch.position) in neighbours)
            for one in candidates
        ]
        best = int(np.argmax(odds))
        if by_section and odds[best] < MIN_LIKELIHOOD / (1.0 - MIN_LIKELIHOOD):
            break
        candidate = candidates.pop(best)
        stretch = candidate.stretch
        section = stretch.section_id
        shown = Shown(stretch, _units_that_fit(candidate, query_terms, max_words - words))
        is_further = section not in by_section or bool(stretch.term)
        is_likely = not is_further or candidate.likelihood >= min_further
        fits = not by_section or words + shown.words <= max_words * OVERRUN
        if is_likely and fits and (section in by_section or len(by_section) < MAX_PLACES):
            by_section.setdefault(section, []).append((candidate, shown))
            words += shown.words
            neighbours |= {(section, stretch.position - 1), (section, stretch.position + 1)}
    return by_section


def _odds(scored: ScoredStretch) -> float:
    return scored.likelihood / max(1.0 - scored.likelihood, 1e-3)


def _units_that_fit(scored: ScoredStretch, query_terms: QueryTerms, room: int) -> tuple[Unit, ...]:
    """All units of text, a formula, or what is short enough; else the lead-in and the likeliest units that there is room for, one at least.

    A long table keeps at most half of MAX_ROWS_WHOLE, or its extremes if these are more. Of a list whose items have several sentences, the first
    of each item comes before the rest: they say what the items are.
    """
    stretch = scored.stretch
    lead_in, body = stretch.units[: stretch.lead_in_count], stretch.units[stretch.lead_in_count :]
    is_table = stretch.kind == "table"
    max_words = min(MAX_WORDS_IN_SIGHT, MAX_WORDS_IN_SIGHT * (OVERRUN - 1.0) + room)
    is_long = len(body) > MAX_ROWS_WHOLE if is_table else stretch.words > max_words
    if stretch.kind in ("text", "formula") or not is_long or len(body) < 2:
        return stretch.units
    likelihoods = dict(zip(stretch.units, scored.likelihoods.tolist(), strict=True))
    kept = _extreme_rows(stretch, body, query_terms) if is_table else set()
    text = stretch.document.text
    firsts = {body[0], *(after for unit, after in pairwise(body) if "\n" in text[unit.end : after.start])}

    def priority(unit: Unit) -> tuple[bool, float, int]:
        return stretch.kind == "list" and unit not in firsts, -likelihoods[unit], unit.start

    for unit in sorted(body, key=priority):
        if kept and (room < stretch.word_count(unit) or (is_table and len(kept) >= MAX_ROWS_WHOLE / 2)):
            break
        kept.add(unit)
        room -= stretch.word_count(unit)
    return (*lead_in, *(unit for unit in body if unit in kept))


def _extreme_rows(stretch: Stretch, rows: Sequence[Unit], query_terms: QueryTerms) -> set[Unit]:
    """The rows with the least and the greatest number in each column whose name has a term of the query."""
    extremes: set[Unit] = set()
    for column, name in enumerate(cells(rows[-1].lead.split("\n", 1)[0])):
        row_by_value: dict[float, Unit] = {}
        for row in rows if query_terms.weights.keys() & set(terms(name)) else ():
            with suppress(ValueError, IndexError):
                value = cells(stretch.source(row))[column].replace(",", "").strip("$€£% ")
                row_by_value.setdefault(float(value), row)
        if row_by_value:
            extremes |= {row_by_value[min(row_by_value)], row_by_value[max(row_by_value)]}
    return extremes


def _marked_units(selected: Selection) -> set[tuple[Stretch, Unit]]:
    """The likeliest units that MAX_MARKED_WORDS have room for, other than questions; of equal ones the shorter first."""
    units = sorted(
        (-likelihood, shown.stretch.word_count(unit), index, unit.start, shown.stretch, unit)
        for index, (scored, shown) in enumerate(selected)
        for likelihood, unit in zip(scored.likelihoods.tolist(), scored.stretch.units, strict=True)
        if unit in shown.units and not shown.stretch.text(unit).endswith(QUESTION_MARKS)
    )
    marked: set[tuple[Stretch, Unit]] = set()
    room = MAX_MARKED_WORDS
    for negative_likelihood, word_count, *_, stretch, unit in units:
        if word_count <= room and negative_likelihood <= max(-MIN_MARKED_LIKELIHOOD, units[0][0]):
            marked.add((stretch, unit))
            room -= word_count
    return marked
