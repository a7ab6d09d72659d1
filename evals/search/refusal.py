"""How well confidence tells the questions that the documents answer from those they do not, and the fit of its model.

A question is refused when its confidence is below the threshold. The model is a logistic regression on standardised
features with a ridge penalty, by Newton's method (iteratively reweighted least squares; Hastie, Tibshirani and Friedman,
The Elements of Statistical Learning, 4.4.1). Every set weighs the same, and in a set the answerable questions as much as
the others, so that 0.5 is the even chance whatever the mix and the size of the sets.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ConfigError
from retrieval.ranking.answerability import fullest
from retrieval.types import Json

LIMITS = (0.02, 0.06, 0.10)  # shares of answerable questions wrongly refused, at which the curve is read off
MODELS = {
    "read": ("cosine", "read"),
    "late": ("cosine", "words", "late", "unread"),
    "plain": ("cosine", "words"),
}  # the fuller first
ANSWERABLE = "answerable"
LEFT_OUT = (
    "gold left out"  # an answerable question as if what answers it were not there, which the rest may answer as well
)
WRONGLY = (
    0.06  # share of answerable questions that may be refused at the threshold that is proposed, in the mean of sets
)
RIDGE = 1.0
STEPS = 50
Matrix = NDArray[np.float64]


def refused(confidences: Sequence[float], threshold: float) -> float:
    """The share of confidences below the threshold; 0 for none."""
    return float(np.mean(np.asarray(confidences) < threshold)) if len(confidences) else 0.0


def auc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    """Probability that an answerable question has the higher confidence, ties counting half; None if a side is empty."""
    if not len(answerable) or not len(unanswerable):
        return None
    one, other = np.asarray(answerable)[:, None], np.asarray(unanswerable)[None, :]
    return float((one > other).mean() + 0.5 * (one == other).mean())


def curve(answerable: Sequence[float], unanswerable: Sequence[float]) -> list[dict[str, float]]:
    """What is refused at every threshold that matters, from refusing nothing to refusing all."""
    values = sorted({0.0, *answerable, *unanswerable})
    thresholds = [*values, float(np.nextafter(values[-1], np.inf))]
    return [
        {
            "threshold": threshold,
            "answerable_refused": refused(answerable, threshold),
            "unanswerable_refused": refused(unanswerable, threshold),
        }
        for threshold in thresholds
    ]


def operating_point(
    answerable: Sequence[float], by_kind: Mapping[str, Sequence[float]], limit: float
) -> dict[str, object]:
    """The highest threshold that wrongly refuses at most `limit` of the answerable, and what it refuses of each kind."""
    unanswerable = [value for values in by_kind.values() for value in values]
    allowed = [point for point in curve(answerable, unanswerable) if point["answerable_refused"] <= limit]
    best = allowed[-1]
    kinds = {kind: refused(values, best["threshold"]) for kind, values in by_kind.items()}
    return {**best, "by_kind": kinds}


def summary(answerable: Sequence[float], by_kind: Mapping[str, Sequence[float]], threshold: float) -> dict[str, object]:
    """The `refusal` part of a result: shares at the threshold, AUC over all and for each kind, other thresholds."""
    unanswerable = [value for values in by_kind.values() for value in values]
    return {
        "threshold": threshold,
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        "answerable_refused": refused(answerable, threshold),
        "unanswerable_refused": refused(unanswerable, threshold),
        "by_kind": {kind: refused(values, threshold) for kind, values in by_kind.items()},
        "auc": auc(answerable, unanswerable),
        "auc_by_kind": {kind: auc(answerable, values) for kind, values in by_kind.items()},
        "operating_points": {f"{limit:.2f}": operating_point(answerable, by_kind, limit) for limit in LIMITS},
    }


@dataclass(frozen=True, slots=True)
class Logistic:
    """log-odds = intercept + sum of weight * feature."""

    intercept: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        odds = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return float(1.0 / (1.0 + np.exp(-odds)))


def fit(
    rows: Sequence[Mapping[str, float]], answered: Sequence[bool], names: Sequence[str], *, sets: Sequence[str] = ()
) -> Logistic:
    """`rows` hold the named features; `sets`: of which set each is (none: all of one). Raises ConfigError unless there are
    questions of both kinds in each set.
    """
    target = np.asarray(answered, dtype=np.float64)
    share = _shares(target, np.asarray(sets or [""] * len(rows)))
    values = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    solved = _newton(np.column_stack([np.ones(len(values)), (values - mean) / spread]), target, share)
    weights = solved[1:] / spread
    return Logistic(float(solved[0] - weights @ mean), dict(zip(names, map(float, weights), strict=True)))


def calibrate(found: Json, fitted: Collection[str]) -> Json:
    """The models of retrieval/ranking/confidence.json from what `run` over many sets saved, each fitted on those questions of the sets
    named (none: of all) that have its features. Sets named together, by commas, weigh as much as one. For each set how well its model
    tells, and the `threshold` at which WRONGLY of the answerable questions of an average set are refused. Raises ConfigError for a name that is no set's, and for a result of one set alone.
    """
    if "sets" not in found:
        raise ConfigError("This is a result of one question set. Name what `evals run --set` wrote of several.")
    sets = {one["name"]: one["features"] for one in found["sets"]}
    together = {name: group for group in fitted or sets for name in group.split(",")}
    unknown = sorted(together.keys() - sets.keys())
    if unknown:
        raise ConfigError(f"--fit {unknown[0]}: no such set. There are {', '.join(sets)}.")
    rows = [(group, row) for name, group in together.items() for row in _certain(sets[name])]
    models = {name: model for name in MODELS if (model := _fitted(name, rows)) is not None}
    chances = {name: _chances(of_set, models) for name, of_set in sets.items()}
    threshold = _threshold([one[ANSWERABLE] for one in chances.values() if one.get(ANSWERABLE)])
    return {
        "models": {name: asdict(model) for name, model in models.items()},
        "threshold": threshold,
        "sets": {
            name: {
                "fitted": name in together,
                "auc": _aucs(one),
                "refused": {case: refused(values, threshold) for case, values in one.items()},
            }
            for name, one in chances.items()
        },
    }


def _certain(rows: Sequence[Json]) -> list[Json]:
    """Without those whose gold was left out, in a set that has questions without an answer."""
    unanswerable = any(row["case"] not in (ANSWERABLE, LEFT_OUT) for row in rows)
    return [row for row in rows if not (unanswerable and row["case"] == LEFT_OUT)]


def _fitted(name: str, rows: Sequence[tuple[str, Json]]) -> Logistic | None:
    """None where no question has the features."""
    having = [(of, row) for of, row in rows if all(feature in row["features"] for feature in MODELS[name])]
    if not having:
        return None
    answered = [row["case"] == ANSWERABLE for _, row in having]
    return fit([row["features"] for _, row in having], answered, MODELS[name], sets=[of for of, _ in having])


def _chances(rows: Sequence[Json], models: Mapping[str, Logistic]) -> dict[str, list[float]]:
    """By the kind of question."""
    found: dict[str, list[float]] = {}
    for row in rows:
        model = models[fullest(row["features"])]
        found.setdefault(row["case"], []).append(model.probability(row["features"]))
    return found


def _threshold(answerable: Sequence[Sequence[float]]) -> float:
    """The highest that refuses at most WRONGLY in the mean of the sets; 0 without any."""
    chances = np.array([chance for of_set in answerable for chance in of_set])
    weights = np.array([1.0 / len(of_set) / len(answerable) for of_set in answerable for _ in of_set])
    order = np.argsort(chances)
    refused = np.cumsum(weights[order])
    return float(chances[order][np.searchsorted(refused, WRONGLY + 1e-12)]) if len(chances) else 0.0


def _aucs(chances: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """By the kind of question without an answer."""
    return {case: auc(chances[ANSWERABLE], values) for case, values in chances.items() if case != ANSWERABLE}


def _shares(target: Matrix, sets: NDArray[np.str_]) -> Matrix:
    """What each row weighs, in the mean 1. Raises ConfigError for a set of one kind alone."""
    share = np.zeros(len(target))
    names = sorted(set(sets.tolist()))
    for name in names:
        for kind in (0.0, 1.0):
            inside = (sets == name) & (target == kind)
            if not inside.any():
                raise ConfigError(
                    f"Calibration needs questions of both kinds: {int(target[sets == name].sum())} of these {int((sets == name).sum())} "
                    "are answerable."
                )
            share[inside] = 0.5 * len(target) / len(names) / inside.sum()
    return share


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
