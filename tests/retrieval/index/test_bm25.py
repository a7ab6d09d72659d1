"""BM25 as sparse vectors, held against rank_bm25's own scores with the same IDF."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval.index.bm25 import K1, B, chunk_terms, fit, idf, query_terms
from retrieval.text.tokenize import STOP_WORDS, term_id, terms

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
        scores.append(sum(weights.get(term_id(word), 0.0) * statistics.idf.get(word, 0.0) for word in set(query)))
    return scores


@given(st.lists(words, min_size=1, max_size=8), st.sets(st.sampled_from(["token", "cat", "rare", "absent"])))
def test_scores_are_those_of_rank_bm25(corpus: list[list[str]], query: set[str]) -> None:
    # an empty query is answered by the store without a search
    expected = rank_bm25_scores(corpus, sorted(query)) if query else [0.0] * len(corpus)
    assert np.allclose(sparse_scores(corpus, sorted(query)), expected, rtol=1e-9)


def test_idf_stays_above_zero_for_common_terms() -> None:
    assert idf(10, 10) == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert idf(10, 10) > 0
    assert fit([["a"], ["a"], ["a", "b"]]).idf["a"] > 0


def test_empty_corpora() -> None:
    assert fit([]).size == 0
    assert fit([[], []]).average_length == 0.0
    assert chunk_terms([], 0.0).indices == ()


def test_query_terms_count_once() -> None:
    sparse = query_terms("tokens and TOKENS and a token")
    assert sparse.indices == (term_id("token"),)
    assert sparse.values == (1.0,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserName", ["getusernam", "get", "user", "name"]),
        ("max_tokens", ["max_tokens", "max", "token"]),
        ("os.path.join", ["os.path.join", "os", "path", "join"]),
        ("GPT-4 costs $0.03", ["gpt-4", "gpt", "4", "cost", "0.03"]),
        ("Fine-tuned or finetuning", ["finetun", "fine", "tune", "finetun"]),
        ("C++ and C#", ["c++", "c#"]),
        ("Café's models", ["cafe", "model"]),
        ("100,256 tokens", ["100,256", "token"]),
        ("the of and", []),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_stop_words_are_lower_case() -> None:
    assert all(word == word.lower() for word in STOP_WORDS)
