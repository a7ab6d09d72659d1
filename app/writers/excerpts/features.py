"""How likely each unit of the stretches that were found holds the answer: a logistic model of what retrieval and words say.

No words of any language are known here: terms of the question weighted by their rarity among what was found, cosines and
late interaction of the windows a unit is in, and its chunk's rank.

The coefficients are in model.json beside this file, learned by `python -m evals.training.train_excerpts` on questions of
many fields; it prints how each field is answered by a model of the others.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.writers.excerpts.stretches import Stretch
from retrieval.text.tokenize import terms
from retrieval.types import Hit, Unit

FEATURES = ("cosine_to_best", "match_to_best", "rank", "own_to_best", "own_rank", "own_placed")
Matrix = NDArray[np.float64]
Model = dict[str, Any]
FILE = Path(__file__).resolve().parent / "model.json"


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """A question's terms with their rarity among the stretches, ln(1 + N/df), as shares of their sum."""

    weights: Mapping[str, float]

    def share(self, held: frozenset[str]) -> float:
        """In [0, 1]: how much of the question's weight is held."""
        return sum(weight for term, weight in self.weights.items() if term in held)


def unit_terms(stretch: Stretch, unit: Unit) -> frozenset[str]:
    """Of the unit as it reads and of what leads into it."""
    lead = "" if unit.kind == "row" else unit.lead
    return frozenset(terms(f"{lead} {stretch.text(unit)}"))


def _asked(query: str, held: Sequence[frozenset[str]]) -> QueryTerms:
    """`held`: the terms of every unit that was found. Terms that none has weigh nothing."""
    wanted = frozenset(terms(query))
    counts = Counter(term for found in held for term in found & wanted)
    rarity = {term: math.log1p(len(held) / count) for term, count in sorted(counts.items())}
    total = sum(rarity.values()) or 1.0
    return QueryTerms({term: weight / total for term, weight in rarity.items()})


def features(query: str, found: Sequence[Stretch], hits: Sequence[Hit]) -> tuple[QueryTerms, list[Matrix]]:
    """What is asked for, and for each stretch an array (units, FEATURES).

    `own`: the share of the question that the unit holds, `own_placed` with its headings; `own_rank`: 1 / its place among all
    units by that, windows deciding between equals. `rank`: 1 / that of its best hit. `..._to_best`: what it lacks to the best unit.
    """
    pairs = [(stretch, unit) for stretch in found for unit in stretch.units]
    if not pairs:
        return QueryTerms({}), []
    held = [unit_terms(stretch, unit) for stretch, unit in pairs]
    question = _asked(query, held)
    own = np.array([question.share(of) for of in held])
    headings = {section: frozenset(terms(" ".join(section))) for section in {stretch.section for stretch in found}}
    placed = [question.share(of | headings[stretch.section]) for of, (stretch, _) in zip(held, pairs, strict=True)]
    near = [_near(stretch, hits) for stretch in found]
    cosines, matches = (
        np.concatenate([_of_windows(stretch, beside, scores) for stretch, beside in zip(found, near, strict=True)])
        for scores in (lambda hit: hit.window_scores, lambda hit: hit.window_matches)
    )
    ranks = [1.0 / min((hit.rank for hit in beside), default=len(hits) + 1) for beside in near]
    columns = (
        cosines - cosines.max(),
        matches - matches.max(),
        np.repeat(ranks, [len(stretch.units) for stretch in found]),
        own - own.max(),
        _places(own, matches),
        placed,
    )
    rows = np.column_stack([np.asarray(column, np.float64) for column in columns])
    return question, np.split(rows, np.cumsum([len(stretch.units) for stretch in found])[:-1])


def _near(stretch: Stretch, hits: Sequence[Hit]) -> list[Hit]:
    """Those that overlap it."""
    chunks = [hit for hit in hits if hit.chunk.document_id == stretch.document.id]
    return [hit for hit in chunks if hit.chunk.start < stretch.end and stretch.start < hit.chunk.end]


def _of_windows(stretch: Stretch, hits: Sequence[Hit], scores: Callable[[Hit], Sequence[float]]) -> Matrix:
    """For each unit the best score of a window it is in; the least of the stretch where it is in none, 0 where all are."""
    windows = [pair for hit in hits for pair in zip(hit.chunk.windows, scores(hit), strict=False)]
    best = [
        max((score for window, score in windows if window.start < unit.end and unit.start < window.end), default=None)
        for unit in stretch.units
    ]
    least = min((score for score in best if score is not None), default=0.0)
    return np.array([least if score is None else score for score in best])


def _places(first: Matrix, second: Matrix) -> Matrix:
    """1 / place of each by the first, by the second where those are equal, then by order."""
    places = np.empty(len(first))
    places[np.lexsort((-second, -first))] = 1.0 + np.arange(len(first))
    return 1.0 / places


def likelihoods(rows: Matrix, model: Model | None = None) -> Matrix:
    """(n,) in [0, 1] for rows (n, columns) in the order of the model's weights: by default the one that was learned."""
    used = model or _model()
    scores = rows @ np.array(list(used["weights"].values())) + used["intercept"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -60.0, 60.0))))


@lru_cache(maxsize=1)
def _model() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))
