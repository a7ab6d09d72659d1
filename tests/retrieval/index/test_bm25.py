"""BM25 as sparse vectors, held against rank_bm25's own scores with the same IDF."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval.index.bm25 import K1, B, LexicalStatistics, chunk_terms, fit, idf, query_terms
from retrieval.text.tokenize import term_id, terms

words = st.lists(st.sampled_from(["token", "model", "cost", "rare", "cat", "dog", "vector"]), min_size=1, max_size=12)


def rank_bm25_scores(corpus: list[list[str]], query: list[str]) -> list[float]:
    oracle = BM25Okapi(corpus, k1=K1, b=B)
    oracle.idf = {word: idf(len(corpus), sum(word in chunk for chunk in corpus)) for chunk in corpus for word in chunk}
    return [float(score) for score in oracle.get_scores(query)]


def sparse_scores(corpus: list[list[str]], query: list[str]) -> list[float]:
    statistics = fit(corpus)
    scores = []
    for chunk in corpus:
        sparse = chunk_terms(chunk, statistics.average_length)
        weights = dict(zip(sparse.indices, sparse.values, strict=True))
        asked = query_terms(" ".join(query), statistics)
        scores.append(
            sum(weights.get(term, 0.0) * value for term, value in zip(asked.indices, asked.values, strict=True))
        )
    return scores


@given(st.lists(words, min_size=1, max_size=8), st.sets(st.sampled_from(["token", "cat", "rare", "absent"])))
def test_scores_are_those_of_rank_bm25(corpus: list[list[str]], query: set[str]) -> None:
    # an empty query is answered by the store without a search
    expected = rank_bm25_scores(corpus, sorted(query)) if query else [0.0] * len(corpus)
    assert np.allclose(sparse_scores(corpus, sorted(query)), expected, rtol=1e-6)


def test_idf_stays_above_zero_for_common_terms() -> None:
    assert idf(10, 10) == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert idf(10, 10) > 0
    assert fit([["a"], ["a"], ["a", "b"]]).idf("a") == pytest.approx(idf(3, 3))


def test_empty_corpora() -> None:
    assert fit([]).size == 0
    assert fit([[], []]).average_length == 0.0
    assert chunk_terms([], 0.0).indices == ()


def test_a_query_has_the_idf_of_each_term_that_some_chunk_has_once() -> None:
    statistics = fit([["token", "cost"], ["token"]])
    sparse = query_terms("tokens and TOKENS and a zebra", statistics)
    assert sparse.indices == (term_id("token"),)
    assert sparse.values == pytest.approx((idf(2, 2),))


def test_a_query_is_stemmed_in_every_language_of_the_course() -> None:
    statistics = fit([terms("Häuser kosten", "de"), terms("houses cost")])
    assert len(query_terms("Häuser houses", statistics, ["de", "en"]).indices) == 2
    assert query_terms("Haus", statistics, ["de"]).indices == (term_id("haus"),)


def test_statistics_are_kept_with_a_version(tmp_path: Path) -> None:
    statistics = fit([["token", "cost"], ["token"]])
    statistics.save(tmp_path)
    again = LexicalStatistics.load(tmp_path)
    assert (again.size, again.average_length, again.idf("cost")) == (2, 1.5, statistics.idf("cost"))
    assert again.idf("absent") is None
