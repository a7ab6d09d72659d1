"""The logistic fit: an optimum of the likelihood written down anew, and what it does with easy and hopeless features."""

import math

import numpy as np
import pytest

from evals.search.refusal import LEFT_OUT, MODELS, RIDGE, WRONGLY, Logistic, calibrate, fit
from retrieval.errors import ConfigError

RNG = np.random.default_rng(3)
ANSWERED = [bool(value) for value in RNG.random(80) < 0.7]
ROWS = [
    {
        "cosine": float(RNG.normal(0.6 + 0.1 * one, 0.1)),
        "words": float(RNG.random() * (1 + one)),
        "late": float(RNG.normal(2 * one, 2)),
        "unread": 0.0,
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
    found = fit(ROWS, ANSWERED, ["cosine", "late"])
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


def test_every_set_weighs_the_same() -> None:
    sets = ["large"] * 60 + ["small"] * 20
    found = fit(ROWS, ANSWERED, ["cosine", "late"], sets=sets)
    thrice = fit(ROWS + 2 * ROWS[60:], ANSWERED + 2 * ANSWERED[60:], ["cosine", "late"], sets=sets + 2 * sets[60:])
    sure = RIDGE / len(ROWS)  # the ridge weighs less beside more rows, and the spread is that of other rows
    assert found.weights == pytest.approx(thrice.weights, rel=20 * sure)
    with pytest.raises(ConfigError, match="1 of these 1 are answerable"):
        fit(ROWS[:3], [True, False, True], ["cosine"], sets=["a", "a", "b"])


def test_sets_give_models_a_threshold_and_how_well_each_is_told() -> None:
    rows = [
        {"case": "answerable" if answered else "unanswerable", "features": row}
        for row, answered in zip(ROWS, ANSWERED, strict=True)
    ]
    found = calibrate({"sets": [{"name": "a", "features": rows[:40]}, {"name": "b", "features": rows[40:]}]}, ["a"])
    model = Logistic(**found["models"]["late"])
    assert found["models"].keys() == {"late", "plain"}  # nothing was read
    assert model == fit(ROWS[:40], ANSWERED[:40], ["cosine", "words", "late", "unread"])
    wrongly = [found["sets"][name]["refused"]["answerable"] for name in ("a", "b")]
    assert 0.0 < sum(wrongly) / 2 <= WRONGLY
    assert {name: one["fitted"] for name, one in found["sets"].items()} == {"a": True, "b": False}
    assert 0.5 < found["sets"]["b"]["auc"]["unanswerable"] <= 1.0
    assert 0.0 < found["threshold"] < 1.0
    bare = [{**row, "features": {"cosine": 0.5, "words": 0.1}} for row in rows]
    assert calibrate({"sets": [{"name": "a", "features": bare}]}, [])["models"].keys() == {"plain"}
    more = [{"name": "a", "features": rows[:40]}, {"name": "b", "features": [*rows[:20], *rows[:20]]}]
    together = fit(
        [*ROWS[:40], *ROWS[:20], *ROWS[:20]], [*ANSWERED[:40], *ANSWERED[:20], *ANSWERED[:20]], MODELS["late"]
    )
    assert Logistic(**calibrate({"sets": more}, ["a,b"])["models"]["late"]) == together
    left_out = [{**row, "case": LEFT_OUT} for row in rows[:40]]  # says nothing beside questions that have no answer
    beside = calibrate({"sets": [{"name": "a", "features": rows[:40] + left_out}]}, [])
    assert Logistic(**beside["models"]["late"]) == model
    with pytest.raises(ConfigError, match="--fit z: no such set"):
        calibrate({"sets": [{"name": "a", "features": rows}]}, ["z"])
