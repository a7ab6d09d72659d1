"""How likely each unit holds the answer: a logistic model of its features.

The coefficients are in model.json beside this file, learned by `python -m evals.training.train_excerpts` on questions of
many fields; it prints how each field is answered by a model of the others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.writers.excerpts.candidates import FoundStretches, without_objectives_and_quizzes
from app.writers.excerpts.features import Matrix, QueryTerms, stretch_features
from app.writers.excerpts.stretches import Stretch
from retrieval.text.markdown import emphasised
from retrieval.text.tokenize import terms
from retrieval.types import Unit

DEFINITION_LIKELIHOOD = 0.98  # at least, that a definition of the term that is asked for answers
MODEL_FILE = Path(__file__).resolve().parent / "model.json"
Model = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredStretch:
    """A stretch with the likelihood of each of its units, (units,) in [0, 1]."""

    stretch: Stretch
    likelihoods: Matrix

    @property
    def likelihood(self) -> float:
        """In [0, 1]: that one of its two likeliest units holds the answer. The units of a table or a long list are alike; were all of
        them counted, length alone would decide.
        """
        return float(1.0 - np.prod(1.0 - np.sort(self.likelihoods)[-2:]))


def score_stretches(query: str, found: FoundStretches) -> tuple[QueryTerms, list[ScoredStretch]]:
    """The weighted terms of a query, and the stretches that can answer it, scored."""
    candidates = without_objectives_and_quizzes(query, found.stretches)
    query_terms, features = stretch_features(query, candidates, found.hits)
    definitions = defining_units(query, query_terms, candidates)
    least = [[DEFINITION_LIKELIHOOD * (unit in definitions) for unit in stretch.units] for stretch in candidates]
    return query_terms, [
        ScoredStretch(stretch, np.maximum(unit_likelihoods(rows), least_of_units))
        for stretch, rows, least_of_units in zip(candidates, features, least, strict=True)
    ]


def defining_units(query: str, query_terms: QueryTerms, candidates: Sequence[Stretch]) -> set[Unit]:
    """The glossary entries of what is asked for, and the sentences that emphasise it ("An **event** is ...").

    The words of the entry's or emphasised term are all in the query, include each word of the query that a heading or an entry names, and are
    at least a third of the query's words: for an entry of those that the candidates have, for emphasis of all.
    """
    wanted = query_terms.weights.keys()
    names = (name for one in candidates for name in (one.document.title, *one.section, one.term))
    topics = wanted & terms(" ".join(names))
    query_size = len(set(terms(query)))
    definitions = [
        (frozenset(terms(term)), len(wanted) if stretch.term else query_size, unit)
        for stretch in candidates
        for unit in stretch.units
        for term in ([stretch.term] if stretch.term else emphasised(stretch.source(unit)))
    ]
    return {unit for term, size, unit in definitions if term and topics <= term <= wanted and size <= 3 * len(term)}


def unit_likelihoods(features: Matrix, model: Model | None = None) -> Matrix:
    """(n,) in [0, 1] for rows (n, columns) in the order of the model's weights: by default the one that was learned."""
    used = model or _learned_model()
    scores = features @ np.array(list(used["weights"].values())) + used["intercept"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -60.0, 60.0))))


@lru_cache(maxsize=1)
def _learned_model() -> Any:
    return json.loads(MODEL_FILE.read_text(encoding="utf-8"))
