"""Fusion against values computed by hand, and its properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.ranking.fusion import convex_combination, ranked, reciprocal_rank_fusion

scores = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-100, 100).map(lambda value: value / 100), max_size=8)
weights = st.floats(0, 1)


def test_convex_combination_by_hand() -> None:
    fused = convex_combination({"a": 0.9, "b": 0.8, "d": 0.7}, {"b": 4.0, "c": 2.0}, dense_weight=0.8)
    assert fused == pytest.approx({"a": 0.8, "b": 0.8 * 0.5 + 0.2, "c": 0.2 * 0.5, "d": 0.0})
    assert convex_combination({"a": 0.4}, {}, dense_weight=0.8) == {"a": 0.8}


@given(scores, st.floats(0.1, 3), st.floats(-1, 1))
def test_how_high_a_model_s_cosines_lie_makes_no_difference(
    dense: dict[str, float], scale: float, shift: float
) -> None:
    moved = {key: scale * value + shift for key, value in dense.items()}
    one, other = (convex_combination(found, {"a": 1.0}, dense_weight=0.5) for found in (dense, moved))
    assert one == pytest.approx(other, abs=1e-6)


def test_rrf_by_hand() -> None:
    fused = reciprocal_rank_fusion([["a", "b"], ["b", "c"]])
    assert fused == {"a": pytest.approx(1 / 61), "b": pytest.approx(1 / 62 + 1 / 61), "c": pytest.approx(1 / 62)}


@pytest.mark.parametrize("fused", [convex_combination({}, {}, dense_weight=0.5), reciprocal_rank_fusion([])])
def test_nothing_fused_is_nothing(fused: dict[str, float]) -> None:
    assert fused == {}


@given(scores, scores, weights)
def test_convex_scores_are_in_the_unit_interval(dense: dict[str, float], bm25: dict[str, float], weight: float) -> None:
    lexical = {key: abs(value) for key, value in bm25.items()}
    fused = convex_combination(dense, lexical, dense_weight=weight)
    assert fused.keys() == dense.keys() | lexical.keys()
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in fused.values())


@given(scores)
def test_one_list_alone_keeps_its_order(dense: dict[str, float]) -> None:
    fused = convex_combination(dense, {}, dense_weight=1.0)
    values = [dense[key] for key in ranked(fused)]
    assert values == sorted(values, reverse=True)


def test_ties_break_by_id() -> None:
    assert ranked({"b": 1.0, "a": 1.0, "c": 2.0}) == ["c", "a", "b"]
