"""The logistic fit: an optimum of the likelihood written down anew, and what it does with easy and hopeless features."""

import math

import numpy as np
import pytest

from evals.search.calibrate import RIDGE, Logistic, calibrate, fit
from retrieval.errors import ConfigError

RNG = np.random.default_rng(3)
ANSWERED = [bool(value) for value in RNG.random(80) < 0.7]
ROWS = [
    {
        "cosine": float(RNG.normal(0.6 + 0.1 * one, 0.1)),
        "far": float(RNG.random() * (1 - one)),
        "read": float(RNG.normal(2 * one, 2)),
    }
    for one in ANSWERED
]


def cost(model: Logistic) -> float:
    """Balanced negative log-likelihood plus the ridge on standardised weights."""
    share = {True: 0.5 * len(ANSWERED) / sum(ANSWERED), False: 0.5 * len(ANSWERED) / (len(ANSWERED) - sum(ANSWERED))}
    total = 0.0
    for row, answered in zip(ROWS, ANSWERED, strict=True):
        log_odds = model.intercept + sum(weight * row[name] for name, weight in model.weights.items())
        total += share[answered] * math.log1p(math.exp(-log_odds if answered else log_odds))
    for name, weight in model.weights.items():
        spread = float(np.std([row[name] for row in ROWS]))
        total += 0.5 * RIDGE * (weight * spread) ** 2
    return total


def test_no_small_step_makes_it_better() -> None:
    found = fit(ROWS, ANSWERED, ["cosine", "read"])
    best = cost(found)
    for name in found.weights:
        for change in (-1e-3, 1e-3):
            weights = {**found.weights, name: found.weights[name] + change}
            assert cost(Logistic(found.intercept, weights)) > best
    for change in (-1e-3, 1e-3):
        assert cost(Logistic(found.intercept + change, found.weights)) > best


def test_what_says_nothing_gets_no_weight() -> None:
    rows = [{"cosine": 0.5}] * 10
    found = fit(rows, [True] * 7 + [False] * 3, ["cosine"])
    assert found.weights["cosine"] == pytest.approx(0.0, abs=1e-6)
    assert found.intercept == pytest.approx(0.0, abs=1e-6)  # balanced: 0.5 whatever the mix


def test_one_kind_of_question_is_not_enough() -> None:
    with pytest.raises(ConfigError, match="1 of these 1 are answerable"):
        fit([{"cosine": 0.5}], [True], ["cosine"])


def test_saved_results_give_models_and_a_threshold() -> None:
    questions = [
        {"answerable": answered, "kind": "fact" if answered else "near-topic", "features": row}
        for row, answered in zip(ROWS, ANSWERED, strict=True)
    ]
    found = calibrate([{"per_question": questions[:40]}, {"per_question": questions[40:]}])
    model = Logistic(**found["models"]["with reader"])
    assert model.weights.keys() == {"cosine", "far", "read"}
    chances = [model.probability(row) for row in ROWS]
    wrong = sum(chance < found["at"]["threshold"] for chance, yes in zip(chances, ANSWERED, strict=True) if yes)
    assert wrong <= 0.05 * sum(ANSWERED)
    assert 0.5 < found["auc"] <= 1.0
    for question in questions:
        question["features"] = {"cosine": 0.5}
    assert calibrate([{"per_question": questions}])["models"].keys() == {"without reader"}
