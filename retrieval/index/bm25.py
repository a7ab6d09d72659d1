"""BM25 as sparse vectors (the only importer of rank_bm25, which fits the corpus statistics).

A chunk's weight for a term is tf (k1 + 1) / (tf + k1 (1 - b + b len/avglen)), a query's 1 per distinct term; the store
multiplies by the IDF ln(1 + (N - df + 0.5)/(df + 0.5)) (its IDF modifier), so the dot product is BM25 exactly
(Robertson and Zaragoza 2009, with the IDF that is never negative). No process holds the corpus in memory to search.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rank_bm25 import BM25Okapi

from retrieval.text.tokenize import term_id, terms
from retrieval.types import SparseTerms

K1 = 1.2
B = 0.75


class _Fitted(BM25Okapi):  # type: ignore[misc]  # rank_bm25 has no types
    """BM25Okapi with the IDF that stays above zero for terms in more than half of the documents.

    It forgets each document's own frequencies, which only its scoring needs: they are as large as the corpus.
    """

    def _initialize(self, corpus: Iterable[Sequence[str]]) -> Any:
        self.doc_freqs: deque[Any] = deque(maxlen=0)
        return super()._initialize(corpus)

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {term: idf(self.corpus_size, count) for term, count in nd.items()}


@dataclass(frozen=True, slots=True)
class LexicalStatistics:
    """What BM25 knows of a corpus: chunks, mean length in terms, and the IDF of every term."""

    size: int
    average_length: float
    idf: Mapping[str, float]


def idf(size: int, document_frequency: int) -> float:
    """ln(1 + (N - df + 0.5)/(df + 0.5)), > 0 and falling in `document_frequency`."""
    return math.log(1.0 + (size - document_frequency + 0.5) / (document_frequency + 0.5))


def fit(corpus: Iterable[Sequence[str]]) -> LexicalStatistics:
    """Statistics over chunks given as term lists, which are looked at once. An empty corpus has size 0."""
    chunks = iter(corpus)
    first = next(chunks, None)
    if first is None:
        return LexicalStatistics(0, 0.0, {})
    fitted = _Fitted(chain([first], chunks), k1=K1, b=B)
    return LexicalStatistics(fitted.corpus_size, fitted.avgdl, dict(fitted.idf))


def chunk_terms(found: Sequence[str], average_length: float) -> SparseTerms:
    """A chunk's sparse vector. An empty chunk has an empty vector."""
    norm = K1 * (1.0 - B + B * len(found) / average_length) if average_length else K1
    weights: dict[int, float] = {}
    for term, tf in Counter(found).items():
        weights[term_id(term)] = tf * (K1 + 1.0) / (tf + norm)
    return _sparse(weights)


def query_terms(text: str) -> SparseTerms:
    """A query's sparse vector: 1 for every distinct term."""
    return _sparse({term_id(term): 1.0 for term in terms(text)})


def _sparse(weights: Mapping[int, float]) -> SparseTerms:
    indices = tuple(sorted(weights))
    return SparseTerms(indices, tuple(weights[index] for index in indices))
