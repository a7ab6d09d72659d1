"""Fit the confidence model on questions of which it is known whether the documents answer them.

Logistic regression on standardised features with a ridge penalty, by Newton's method (iteratively reweighted least
squares; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 4.4.1). Answerable and unanswerable
questions weigh the same in sum, so that 0.5 is the even chance whatever the mix of a question set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from evals.search.refusal import auc, operating_point
from retrieval.errors import ConfigError
from retrieval.types import Json

READER = ("cosine", "far", "read")
PLAIN = ("cosine",)
WRONGLY = 0.05  # share of answerable questions that may be refused at the threshold that is proposed
RIDGE = 1.0
STEPS = 50
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Logistic:
    """log-odds = intercept + sum of weight * feature."""

    intercept: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        odds = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return float(1.0 / (1.0 + np.exp(-odds)))


def fit(rows: Sequence[Mapping[str, float]], answered: Sequence[bool], names: Sequence[str]) -> Logistic:
    """`rows` hold the named features. Raises ConfigError unless there are questions of both kinds."""
    target = np.asarray(answered, dtype=np.float64)
    if not 0 < target.sum() < len(target):
        raise ConfigError(
            f"Calibration needs questions of both kinds: {int(target.sum())} of these {len(target)} are answerable."
        )
    values = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    share = np.where(target == 1.0, 0.5 / target.sum(), 0.5 / (len(target) - target.sum())) * len(target)
    solved = _newton(np.column_stack([np.ones(len(values)), (values - mean) / spread]), target, share)
    weights = solved[1:] / spread
    return Logistic(float(solved[0] - weights @ mean), dict(zip(names, map(float, weights), strict=True)))


def calibrate(results: Sequence[Json]) -> Json:
    """The models of retrieval/confidence.json from saved results, and how the fuller one does on them: `auc`, and the
    `threshold` at which WRONGLY of the answerable questions are refused, with what it refuses of each kind.
    """
    rows = [row for result in results for row in result["per_question"]]
    answered = [bool(row["answerable"]) for row in rows]
    seen = [row["features"] for row in rows]
    models = {"without reader": fit(seen, answered, PLAIN)}
    if all("read" in row for row in seen):
        models["with reader"] = fit(seen, answered, READER)
    best = models.get("with reader", models["without reader"])
    chances = [best.probability(row) for row in seen]
    by_kind: dict[str, list[float]] = {}
    for row, chance in zip(rows, chances, strict=True):
        if not row["answerable"]:
            by_kind.setdefault(row["kind"], []).append(chance)
    positive = [chance for chance, yes in zip(chances, answered, strict=True) if yes]
    negative = [chance for chances_of in by_kind.values() for chance in chances_of]
    return {
        "models": {name: asdict(model) for name, model in models.items()},
        "auc": auc(positive, negative),
        "at": operating_point(positive, by_kind, WRONGLY),
    }


def _newton(design: Matrix, target: Matrix, share: Matrix) -> Matrix:
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 0.0  # the intercept is free
    solved = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-design @ solved))
        gradient = design.T @ (share * (chance - target)) + penalty @ solved
        curvature = (design * (share * chance * (1.0 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        solved -= step
        if np.abs(step).max() < 1e-10:
            break
    return solved
