from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.datasets.gold import Gold, Locator
from evals.datasets.questions import GoldQuestion
from evals.search.metrics import (
    HALF,
    JudgedRanking,
    context,
    gains,
    judge,
    measure,
    measure_run,
    overlap,
    relevant,
)
from retrieval.text.tokenize import count_tokens
from tests.evals.evals_support import cut

TEXT, CHUNKS = cut("d", "aaaa |bbbb |cccc |dddd ")
A, B, C, D = CHUNKS


def gold(*sets: tuple[str, ...], **texts: str) -> Gold:
    question = GoldQuestion(id="q", question="?", quotes=sets[0], alternatives=sets[1:])
    return Locator(texts or {"d": TEXT}).gold(question)


def first_holders(judged: JudgedRanking) -> list[dict[str, int]]:
    """For each gold set, of each quote the first chunk that holds half of it: recall as ir-measures counts it."""
    found = [[np.flatnonzero(shares >= HALF) for shares in of_set] for of_set in judged.held]
    return [{str(one[0] + 1) if len(one) else f"lost {n}": 1 for n, one in enumerate(of_set)} for of_set in found]


def by_trec(name: str, judged: JudgedRanking, n: int) -> float:
    judgements = {"nDCG": gains(judged), "R": first_holders(judged)}.get(name.split("@")[0], [relevant(judged)])
    return measure([name], [n], [judgements])[0][name]


def test_a_quote_cut_in_two_counts_by_what_is_there() -> None:
    judged = judge([D, C, B], gold(("bbbb cccc",)))
    assert [judged.recall(k) for k in (1, 2, 3, 10)] == [0, 0.5, 1, 1]
    assert judged.grades == [0, 0.5, 0.5]
    assert judged.rank == 2
    assert by_trec("RR@10", judged, 3) == pytest.approx(1 / 2)
    assert by_trec("P@3", judged, 3) == pytest.approx(2 / 3)
    # gains 0, .5, .5 against .5, .5, 0
    assert by_trec("nDCG@10", judged, 3) == pytest.approx((0.5 / log2(3) + 0.5 / log2(4)) / (0.5 + 0.5 / log2(3)))
    assert by_trec("R@3", judged, 3) == 1  # the first holder of half is enough for binary recall


def test_several_quotes_are_all_needed() -> None:
    judged = judge([D, A, B], gold(("aaaa", "cccc")))
    assert [judged.recall(k) for k in (1, 2, 3)] == [0, 0.5, 0.5]
    assert by_trec("R@10", judged, 3) == 0.5
    # one of two found, at rank 2
    assert by_trec("nDCG@10", judged, 3) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))


def test_two_quotes_in_one_chunk_are_a_perfect_ranking() -> None:
    text, (one, two) = cut("d", "alpha beta |gamma")
    judged = judge([one, two], gold(("alpha", "beta"), d=text))
    assert judged.recall(1) == 1
    assert by_trec("nDCG@10", judged, 2) == 1
    assert by_trec("R@1", judged, 2) == 1


def test_one_alternative_is_enough_and_the_best_counts() -> None:
    judged = judge([D, C], gold(("aaaa", "bbbb"), ("dddd",)))
    assert judged.recall(1) == 1
    assert by_trec("R@1", judged, 2) == 1
    assert by_trec("nDCG@10", judged, 2) == 1
    assert by_trec("P@3", judged, 2) == pytest.approx(1 / 3)


def test_any_place_of_a_quote_does() -> None:
    text, (one, two, three) = cut("d", "same words |other |same words")
    judged = judge([three, two, one], gold(("same words",), d=text))
    assert judged.recall(1) == 1
    assert by_trec("nDCG@10", judged, 3) == 1  # a second copy adds nothing and costs nothing
    assert by_trec("P@3", judged, 3) == pytest.approx(2 / 3)


def test_what_stands_nowhere_is_not_retrieved() -> None:
    judged = judge(CHUNKS, gold(("zzzz",)))
    assert judged.recall(10) == 0
    assert judged.rank is None
    assert [by_trec(name, judged, 4) for name in ("RR@10", "nDCG@10", "P@3", "R@10")] == [0, 0, 0, 0]


def test_an_empty_ranking_scores_nothing() -> None:
    judged = judge([], gold(("aaaa",)))
    assert judged.recall(5) == 0
    assert judged.rank is None
    assert [by_trec(name, judged, 0) for name in ("RR@10", "nDCG@10", "P@3", "R@10")] == [0, 0, 0, 0]


def test_measures_stop_at_their_cut() -> None:
    judged = judge([A] * 10 + [D], gold(("dddd",)))
    assert judged.recall(10) == 0
    assert judged.recall(11) == 1
    assert judged.rank == 11
    assert by_trec("RR@10", judged, 11) == 0
    assert by_trec("nDCG@10", judged, 11) == 0


@given(st.permutations(CHUNKS), st.lists(st.sampled_from(["aaaa", "bbbb", "cccc", "dddd"]), min_size=1, max_size=3))
def test_whole_quotes_have_equal_recall_by_share_and_by_trec(ranking: list[object], quotes: list[str]) -> None:
    wanted = tuple(dict.fromkeys(quotes))
    judged = judge(ranking, gold(wanted))  # type: ignore[arg-type]
    for k in (1, 2, 3, 4):
        assert judged.recall(k) == pytest.approx(by_trec(f"R@{k}", judged, 4))


@given(st.permutations(CHUNKS), st.integers(0, 18), st.integers(1, 18))
def test_ndcg_against_its_definition(ranking: list[object], start: int, size: int) -> None:
    quote = TEXT[start : start + size]
    if not quote.strip():
        return
    judged = judge(ranking[:3], gold((quote,)))  # type: ignore[arg-type]
    covered = [judged.recall(k) for k in range(4)]
    found = [covered[k] - covered[k - 1] for k in (1, 2, 3)]
    ideal = sorted([*found, 1 - covered[3]], reverse=True)
    wanted = sum(gain / log2(k + 1) for k, gain in enumerate(found, 1)) / sum(
        gain / log2(k + 1) for k, gain in enumerate(ideal, 1)
    )
    assert by_trec("nDCG@10", judged, 3) == pytest.approx(wanted, abs=2e-3)  # gains are whole thousandths


def test_only_whole_chunks_that_fit_are_context() -> None:
    assert count_tokens(A.text) == 1
    assert context(CHUNKS, 2) == [A, B]
    assert context(CHUNKS, 0) == []
    assert context(CHUNKS, 99) == CHUNKS


def test_overlap_of_context_and_gold() -> None:
    found = overlap([B, D], gold(("bbbb cccc",)))
    assert (found.recall, found.precision, found.iou) == (4 / 8, 4 / 8, 4 / 12)
    whole = overlap([B, C], gold(("bbbb cccc",)))
    assert (whole.recall, whole.precision, whole.iou) == (1, 1, 1)


def test_overlap_weighs_quotes_by_length_and_counts_missing_ones() -> None:
    found = overlap([A], gold(("aaaa", "bbbb cccc")))
    assert (found.recall, found.precision, found.iou) == (4 / 12, 1, 4 / 12)
    found = overlap([A], gold(("aaaa", "zz zz")))
    assert found.recall == 4 / 8
    nothing = overlap([], gold(("aaaa",)))
    assert (nothing.recall, nothing.precision, nothing.iou) == (0, 0, 0)


def test_overlapping_quotes_are_counted_once() -> None:
    found = overlap([B], gold(("aaaa bbbb", "bbbb cccc")))
    assert (found.recall, found.precision, found.iou) == (4 / 12, 1, 4 / 12)


def test_a_run_over_documents_by_hand() -> None:
    qrels = {"q1": {"d1": 1, "d2": 1}, "q2": {"d9": 2}}
    found = measure_run(["R@1", "RR@10", "nDCG@10"], qrels, {"q1": ["d3", "d1"]})
    assert found["q1"]["R@1"] == 0
    assert found["q1"]["RR@10"] == 0.5
    assert found["q1"]["nDCG@10"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert found["q2"] == {"R@1": 0, "RR@10": 0, "nDCG@10": 0}
