"""Rerankers as stages: what they see, what they change, and how settings choose them."""

from collections.abc import Sequence

import pytest

from retrieval.config import load_settings
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.ranking.rerank import Reranking, load_rerankers
from retrieval.text.markdown import window_text
from tests.retrieval.reranker_support import ScoredBy


def test_it_orders_the_best_hits_and_keeps_their_scores(retriever: HybridRetriever) -> None:
    before = retriever.retrieve("tokens").hits
    backwards = Reranking(ScoredBy("backwards", lambda _, texts: list(range(len(texts))), depth=3))
    after = backwards("tokens", before)
    assert [hit.chunk.id for hit in after[:3]] == [hit.chunk.id for hit in reversed(before[:3])]
    assert [hit.chunk.id for hit in after[3:]] == [hit.chunk.id for hit in before[3:]]
    assert [hit.rank for hit in after] == list(range(1, len(after) + 1))
    assert after[0].score == after[0].opinions["backwards"] == 2.0
    assert after[0].fused == before[2].fused
    assert list(after[0].scores) == ["late", "backwards"]
    assert after[0].scores["late"] == before[2].scores["late"]


def test_equal_scores_change_nothing_and_no_hits_ask_nothing(retriever: HybridRetriever) -> None:
    before = retriever.retrieve("tokens").hits
    even = Reranking(ScoredBy("even", lambda _, texts: [1.0] * len(texts)))
    assert [hit.chunk.id for hit in even("tokens", before)] == [hit.chunk.id for hit in before]
    assert even("tokens", []) == []


def test_it_reads_the_best_window_with_its_place(retriever: HybridRetriever) -> None:
    seen: list[str] = []

    def judge(query: str, texts: Sequence[str]) -> list[float]:
        seen.extend(texts)
        return [0.0] * len(texts)

    hits = retriever.retrieve("ranking documents by shared words").hits
    Reranking(ScoredBy("reads", judge, depth=1))("words", hits)
    assert seen == [window_text(hits[0].chunk, hits[0].chunk.windows[hits[0].window or 0])]
    assert seen[0].startswith("Search > Lexical search\n")


def test_settings_choose_the_rerankers() -> None:
    for name in ("auto", "none"):
        assert load_rerankers(load_settings(reranker=name)) == ()
    for name in ("no/such-model", "claude"):
        with pytest.raises(
            ConfigError, match=f"RERANKER='{name}' cannot be loaded .* Use auto, none, or a cross-encoder"
        ):
            load_rerankers(load_settings(reranker=name))
