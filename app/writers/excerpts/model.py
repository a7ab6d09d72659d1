"""How likely each unit holds the answer, and how likely the answer as a whole is right: two small logistic models.

Their coefficients are in model.json beside this file, learned by `python -m evals.training.train_excerpts` on questions of
many fields; it prints how each field is answered by models of the others.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.writers.excerpts.features import Matrix

Model = dict[str, Any]
FILE = Path(__file__).resolve().parent / "model.json"
RIGHT = ("confidence", "words_gap", "late_gap")


def likelihoods(rows: Matrix) -> Matrix:
    """(units,) in [0, 1] for the rows of `features`."""
    return applied(_models()["unit"], rows)


def likely_right(confidence: float, seen: Mapping[str, float]) -> float:
    """In [0, 1], of retrieval's confidence that the course answers the question and of how far the first hit leads
    (`retrieval.ranking.answerability.features`).
    """
    return float(applied(_models()["right"], right_row(confidence, seen)[None])[0])


def right_row(confidence: float, seen: Mapping[str, float]) -> Matrix:
    """(RIGHT,): the log-odds of the confidence, and what `seen` has; 0 where there is no late interaction."""
    return np.array([log_odds(confidence), *(seen.get(name, 0.0) for name in RIGHT[1:])])


def applied(model: Model, rows: Matrix) -> Matrix:
    """(n,) in [0, 1] for rows (n, columns) in the order of the model's weights."""
    scores = rows @ np.array(list(model["weights"].values())) + model["intercept"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -60.0, 60.0))))


def log_odds(probability: float) -> float:
    """Cut at those of 0.001 and 0.999."""
    kept = min(max(probability, 0.001), 0.999)
    return float(np.log(kept / (1.0 - kept)))


@lru_cache(maxsize=1)
def _models() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))
