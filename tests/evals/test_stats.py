import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import stats
from evals.search import refusal

SHARES = st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]), min_size=1, max_size=12)


def test_interval_agrees_with_theory() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.2, 400)
    low, high = stats.interval(list(values))
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)
    assert stats.interval(list(values)) == (low, high)


def test_nothing_has_no_spread() -> None:
    assert stats.interval([]) == (0, 0)
    assert stats.interval([1.0, 1.0]) == (1, 1)
    assert (stats.mean([]), stats.percentile([], 95)) == (0, 0)


def test_percentiles_interpolate() -> None:
    assert stats.percentile([1, 2, 3, 4, 5], 50) == 3
    assert stats.percentile([0, 10], 95) == pytest.approx(9.5)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=8))
def test_small_randomisation_test_is_exact(pairs: list[tuple[float, float]]) -> None:
    difference = [b - a for a, b in pairs]
    totals = [
        sum(s * d for s, d in zip(signs, difference, strict=True))
        for signs in itertools.product((1, -1), repeat=len(pairs))
    ]
    wanted = sum(abs(total) >= abs(sum(difference)) - 1e-9 for total in totals) / len(totals)
    assert stats.compare_paired([a for a, _ in pairs], [b for _, b in pairs]).p == pytest.approx(wanted)


def test_large_randomisation_test_is_near_the_exact_value() -> None:
    a = [0.0] * 13 + [1.0] * 7
    b = [1.0] * 13 + [0.0] * 7
    found = stats.compare_paired(a, b)
    # binomial(20, 1/2): probability of at least 13 on one side, doubled
    assert found.p == pytest.approx(0.2632, abs=0.02)
    assert (found.a_better, found.b_better, found.n) == (7, 13, 20)


@given(SHARES, SHARES)
def test_auc_is_the_share_of_pairs_in_order(answerable: list[float], unanswerable: list[float]) -> None:
    pairs = [(one > other) + 0.5 * (one == other) for one in answerable for other in unanswerable]
    assert refusal.auc(answerable, unanswerable) == pytest.approx(sum(pairs) / len(pairs))


@given(SHARES, SHARES)
def test_the_area_under_the_curve_is_the_auc(answerable: list[float], unanswerable: list[float]) -> None:
    points = refusal.curve(answerable, unanswerable)
    x = [point["answerable_refused"] for point in points]
    y = [point["unanswerable_refused"] for point in points]
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(refusal.auc(answerable, unanswerable))


def test_summary_by_hand() -> None:
    found = refusal.summary([0.9, 0.8, 0.7, 0.2], {"far": [0.1, 0.1], "near": [0.6, 0.75]}, 0.5)
    assert found["answerable_refused"] == 0.25
    assert found["unanswerable_refused"] == 0.5
    assert found["by_kind"] == {"far": 1.0, "near": 0.0}
    assert found["auc"] == pytest.approx((4 + 4 + 3 + 2) / 16)
    assert found["auc_by_kind"] == {"far": 1.0, "near": pytest.approx(5 / 8)}
    point = refusal.operating_point([0.9, 0.8, 0.7, 0.2], {"near": [0.6, 0.75]}, 0.25)
    assert point["threshold"] == 0.7
    assert point["by_kind"] == {"near": 0.5}


def test_without_one_side_there_is_no_auc() -> None:
    found = refusal.summary([0.9], {}, 0.5)
    assert found["auc"] is None
    assert found["unanswerable_refused"] == 0
