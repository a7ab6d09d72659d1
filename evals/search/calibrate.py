"""Fit the confidence model on questions of which it is known whether the documents answer them.

Logistic regression on standardised features with a ridge penalty, by Newton's method (iteratively reweighted least
squares; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 4.4.1). Answerable and unanswerable
questions weigh the same in sum, so that 0.5 is the even chance whatever the mix of a question set.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from evals.search.refusal import auc
from retrieval.errors import ConfigError
from retrieval.types import Json

MODELS = {
    "read": ("cosine", "words", "late", "read"),
    "late": ("cosine", "words", "late"),
    "plain": ("cosine", "words"),
}  # the fuller first
ANSWERABLE = "answerable"
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


def calibrate(found: Json, fitted: Collection[str]) -> Json:
    """The models of retrieval/ranking/confidence.json from what `run` over many sets saved, fitted on the sets named
    (none: on all); for each set how well the fuller model tells, and the `threshold` at which WRONGLY of the answerable
    questions of an average set are refused. Raises ConfigError for a name that is no set's.
    """
    sets = {one["name"]: one["features"] for one in found["sets"]}
    unknown = sorted(set(fitted) - sets.keys())
    if unknown:
        raise ConfigError(f"--fit {unknown[0]}: no such set. There are {', '.join(sets)}.")
    rows = [row for name, of_set in sets.items() if not fitted or name in fitted for row in of_set]
    answered = [row["case"] == ANSWERABLE for row in rows]
    models = {
        name: fit([row["features"] for row in rows], answered, names)
        for name, names in MODELS.items()
        if all(feature in row["features"] for row in rows for feature in names)
    }
    best = next(iter(models.values()))
    chances = {name: _chances(of_set, best) for name, of_set in sets.items()}
    thresholds = [float(np.quantile(one[ANSWERABLE], WRONGLY)) for one in chances.values() if one.get(ANSWERABLE)]
    return {
        "models": {name: asdict(model) for name, model in models.items()},
        "threshold": float(np.mean(thresholds)),
        "sets": {name: {"fitted": not fitted or name in fitted, "auc": _aucs(one)} for name, one in chances.items()},
    }


def _chances(rows: Sequence[Json], model: Logistic) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["case"], []).append(model.probability(row["features"]))
    return found


def _aucs(chances: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """By the kind of question without an answer."""
    return {case: auc(chances[ANSWERABLE], values) for case, values in chances.items() if case != ANSWERABLE}


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
