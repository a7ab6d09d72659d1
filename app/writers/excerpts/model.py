"""How likely each unit holds the answer: a small logistic model.

Its coefficients are in model.json beside this file, learned by `python -m evals.training.train_excerpts` on questions of
many fields; it prints how each field is answered by a model of the others.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.writers.excerpts.features import Matrix

Model = dict[str, Any]
FILE = Path(__file__).resolve().parent / "model.json"


def likelihoods(rows: Matrix) -> Matrix:
    """(units,) in [0, 1] for the rows of `features`."""
    return applied(_model(), rows)


def applied(model: Model, rows: Matrix) -> Matrix:
    """(n,) in [0, 1] for rows (n, columns) in the order of the model's weights."""
    scores = rows @ np.array(list(model["weights"].values())) + model["intercept"]
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -60.0, 60.0))))


def log_odds(probability: float) -> float:
    """Cut at those of 0.001 and 0.999."""
    kept = min(max(probability, 0.001), 0.999)
    return float(np.log(kept / (1.0 - kept)))


@lru_cache(maxsize=1)
def _model() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))
