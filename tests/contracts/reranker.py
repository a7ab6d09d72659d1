"""What every reranker keeps to."""

import math

from retrieval.types import Reranker

TEXTS = ("Notes > Search\nBM25 ranks documents by shared words.", "Cats\nCats sleep all day.", "\n")


def check_reranker(reranker: Reranker) -> None:
    """A finite score a text, the same each time; no texts, no scores; odd queries do no harm."""
    assert reranker.name
    assert reranker.depth > 0
    for query in ("how does BM25 rank?", "", "\x00 ?", "猫" * 500):
        scores = list(reranker.score(query, TEXTS))
        assert len(scores) == len(TEXTS)
        assert all(math.isfinite(score) for score in scores)
        assert list(reranker.score(query, TEXTS)) == scores
    assert list(reranker.score("x", [])) == []
