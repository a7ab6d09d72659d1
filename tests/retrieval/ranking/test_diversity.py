"""Covering order: by hand, against a search through all choices, and on an index."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.hybrid import HybridRetriever
from retrieval.ranking.diversity import covering_order


def test_a_hit_that_matches_the_other_half_comes_before_more_of_the_same() -> None:
    matches = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.8]], np.float32)
    scores = np.array([1.0, 0.95, 0.8], np.float32)
    even, one_sided = np.array([1.0, 1.0], np.float32), np.array([1.0, 0.0], np.float32)
    order = covering_order(scores, matches, even, weight=1.0)
    assert [at for at, _ in order] == [0, 2, 1]
    assert [worth for _, worth in order] == pytest.approx([0.8 + 0.7 / 2, 0.8 + 0.7 / 2, 0.95])
    for weights, weight in ((one_sided, 1.0), (even, 0.0), (np.zeros(2, np.float32), 1.0)):
        order = covering_order(scores, matches, weights, weight=weight)
        assert order == [(0, pytest.approx(1.0)), (1, pytest.approx(0.95)), (2, pytest.approx(0.8))]


NUMBERS = st.integers(0, 4).map(lambda number: number / 4)


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=n, max_size=n)))
def test_each_next_one_adds_most(rows: list[list[float]]) -> None:
    table = np.array(rows)
    scores, matches = table[:, 0], table[:, 1:]
    weights = np.array([1.0, 2.0, 1.0])
    found = covering_order(scores, matches, weights, weight=1.0)
    order, sums = [at for at, _ in found], [worth for _, worth in found]
    assert sums == sorted(sums, reverse=True)
    assert sorted(order) == list(range(len(rows)))
    assert scores[order[0]] == scores.max()

    def worth(chosen: list[int], one: int) -> float:
        covered = [max(matches[at][token] for at in chosen) for token in range(3)]
        gain = sum(w * max(matches[one][t] - covered[t], 0.0) for t, w in enumerate(weights)) / 4
        return float(scores[one]) + gain

    for place in range(1, len(order)):
        values = [worth(order[:place], one) for one in order[place:]]
        assert values[0] >= max(values) - 1e-9


def test_a_question_in_two_parts_finds_both(retriever: HybridRetriever) -> None:
    found = retriever.retrieve("how long do cats sleep, and what do output tokens cost?")
    assert "cover" in [stage.name for stage in found.stages]
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    first = " ".join(hit.chunk.text for hit in found.hits[:2])
    assert "sixteen" in first or "Cats" in first
    assert "tokens" in first
