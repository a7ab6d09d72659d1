"""What is known of each unit of the stretches that were found: how near retrieval and words bring it to the question.

No words of any language are known here: terms of the question weighted by their rarity among what was found, cosines and
late interaction of the windows a unit is in, and the rank of its chunk.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.writers.excerpts.stretches import Stretch
from retrieval.text.tokenize import terms
from retrieval.types import Hit, Unit

FEATURES = (
    "cosine_to_best",
    "late_interaction_to_best",
    "reciprocal_rank",
    "term_share_to_best",
    "term_share_reciprocal_rank",
    "term_share_with_headings",
)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """A question's terms with their rarity among the units found, ln(1 + N/df), as shares of their sum. Terms that no unit has are left out."""

    weights: Mapping[str, float]

    def share(self, present: frozenset[str]) -> float:
        """In [0, 1]: the weight of the terms that are present."""
        return sum(weight for term, weight in self.weights.items() if term in present)


def unit_terms(stretch: Stretch, unit: Unit) -> frozenset[str]:
    """The terms of a unit as it reads and of its lead (for a row its column names, which its text has already)."""
    lead = "" if unit.kind == "row" else unit.lead
    return frozenset(terms(f"{lead} {stretch.text(unit)}"))


def stretch_features(query: str, stretches: Sequence[Stretch], hits: Sequence[Hit]) -> tuple[QueryTerms, list[Matrix]]:
    """The weighted terms of the query, and for each stretch an array (units, FEATURES).

    `term_share`: the weight of the query's terms in the unit, or in the unit and its headings. `to_best`: the difference to the best unit,
    at most 0. `reciprocal_rank`: 1 / rank of the best hit that overlaps the stretch. `term_share_reciprocal_rank`: 1 / rank of the unit among
    all units by term share, ties broken by late interaction.
    """
    pairs = [(stretch, unit) for stretch in stretches for unit in stretch.units]
    if not pairs:
        return QueryTerms({}), []
    terms_of_units = [unit_terms(stretch, unit) for stretch, unit in pairs]
    query_terms = _query_terms(query, terms_of_units)
    heading_terms = {section: frozenset(terms(" ".join(section))) for section in {one.section for one in stretches}}
    shares = np.array([query_terms.share(own) for own in terms_of_units])
    shares_with_headings = [
        query_terms.share(own | heading_terms[stretch.section])
        for own, (stretch, _) in zip(terms_of_units, pairs, strict=True)
    ]
    hits_of = [_overlapping(stretch, hits) for stretch in stretches]
    cosines, late_interactions = (
        np.concatenate([_window_scores(*pair, scores) for pair in zip(stretches, hits_of, strict=True)])
        for scores in (lambda hit: hit.window_scores, lambda hit: hit.window_matches)
    )
    unit_counts = [len(stretch.units) for stretch in stretches]
    reciprocal_ranks = [1.0 / min((hit.rank for hit in own), default=len(hits) + 1) for own in hits_of]
    columns = (
        cosines - cosines.max(),
        late_interactions - late_interactions.max(),
        np.repeat(reciprocal_ranks, unit_counts),
        shares - shares.max(),
        _reciprocal_ranks(shares, late_interactions),
        shares_with_headings,
    )
    rows = np.column_stack([np.asarray(column, np.float64) for column in columns])
    return query_terms, np.split(rows, np.cumsum(unit_counts)[:-1])


def _query_terms(query: str, terms_of_units: Sequence[frozenset[str]]) -> QueryTerms:
    wanted = frozenset(terms(query))
    counts = Counter(term for own in terms_of_units for term in own & wanted)
    rarity = {term: math.log1p(len(terms_of_units) / count) for term, count in sorted(counts.items())}
    total = sum(rarity.values()) or 1.0
    return QueryTerms({term: weight / total for term, weight in rarity.items()})


def _overlapping(stretch: Stretch, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that overlap a stretch."""
    own = [hit for hit in hits if hit.chunk.document_id == stretch.document.id]
    return [hit for hit in own if hit.chunk.start < stretch.end and stretch.start < hit.chunk.end]


def _window_scores(stretch: Stretch, hits: Sequence[Hit], scores: Callable[[Hit], Sequence[float]]) -> Matrix:
    """For each unit the best score of a window that overlaps it. A unit in no window gets the least score of the stretch; 0 if all are in none."""
    windows = [pair for hit in hits for pair in zip(hit.chunk.windows, scores(hit), strict=False)]
    best = [
        max((score for window, score in windows if window.start < unit.end and unit.start < window.end), default=None)
        for unit in stretch.units
    ]
    least = min((score for score in best if score is not None), default=0.0)
    return np.array([least if score is None else score for score in best])


def _reciprocal_ranks(scores: Matrix, tie_breakers: Matrix) -> Matrix:
    """1 / rank of each by its score, equal scores by their tie-breakers, then in order."""
    ranks = np.empty(len(scores))
    ranks[np.lexsort((-tie_breakers, -scores))] = 1.0 + np.arange(len(scores))
    return 1.0 / ranks
