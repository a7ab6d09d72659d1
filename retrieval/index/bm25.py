"""BM25 as sparse vectors, by the statistics that rank_bm25 fits (the only importer of it).

A chunk's weight for a term is tf (k1 + 1) / (tf + k1 (1 - b + b len/avglen)), a query's is the term's IDF,
ln(1 + (N - df + 0.5)/(df + 0.5)); the dot product is BM25 (Robertson and Zaragoza 2009, with the IDF that is never negative).
Mean length and IDF are those of one index version and are kept with it, so that a score is the same in this process, on a
server and over its shards, and no process holds the corpus in memory to search.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from retrieval.index.store import SparseTerms
from retrieval.text.tokenize import ENGLISH, term_id, terms

K1 = 1.2
B = 0.75
FILE = "bm25.npz"


class _Fitted(BM25Okapi):  # type: ignore[misc]  # rank_bm25 has no types
    """BM25Okapi with the IDF that stays above zero for terms in more than half of the documents.

    It forgets each document's own frequencies, which only its scoring needs: they are as large as the corpus.
    """

    def _initialize(self, corpus: Iterable[Sequence[str]]) -> Any:
        self.doc_freqs: deque[Any] = deque(maxlen=0)
        return super()._initialize(corpus)

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {term: idf(self.corpus_size, count) for term, count in nd.items()}


def idf(size: int, document_frequency: int) -> float:
    """ln(1 + (N - df + 0.5)/(df + 0.5)), > 0 and falling in `document_frequency`."""
    return math.log(1.0 + (size - document_frequency + 0.5) / (document_frequency + 0.5))


@dataclass(frozen=True, slots=True)
class LexicalStatistics:
    """What BM25 knows of an index version: the number of chunks, their mean length in terms, and the IDF of every term,
    by ascending term id.
    """

    size: int
    average_length: float
    ids: NDArray[np.uint32]
    idfs: NDArray[np.float32]

    def idf(self, term: str) -> float | None:
        """None for a term that is in no chunk."""
        wanted = term_id(term)
        at = int(np.searchsorted(self.ids, wanted))
        return float(self.idfs[at]) if at < len(self.ids) and self.ids[at] == wanted else None

    def save(self, folder: Path) -> None:
        np.savez(folder / FILE, size=self.size, average_length=self.average_length, ids=self.ids, idfs=self.idfs)

    @classmethod
    def load(cls, folder: Path) -> "LexicalStatistics":
        with np.load(folder / FILE) as stored:
            return cls(int(stored["size"]), float(stored["average_length"]), stored["ids"], stored["idfs"])


def fit(corpus: Iterable[Sequence[str]]) -> LexicalStatistics:
    """Statistics over chunks given as term lists, which are looked at once. An empty corpus has size 0."""
    chunks = iter(corpus)
    first = next(chunks, None)
    if first is None:
        return LexicalStatistics(0, 0.0, np.zeros(0, np.uint32), np.zeros(0, np.float32))
    fitted = _Fitted(chain([first], chunks), k1=K1, b=B)
    by_id = {term_id(term): value for term, value in fitted.idf.items()}
    ids = np.array(sorted(by_id), np.uint32)
    idfs = np.array([by_id[int(one)] for one in ids], np.float32)
    return LexicalStatistics(fitted.corpus_size, fitted.avgdl, ids, idfs)


def chunk_terms(found: Sequence[str], average_length: float) -> SparseTerms:
    """A chunk's sparse vector. An empty chunk has an empty vector."""
    norm = K1 * (1.0 - B + B * len(found) / average_length) if average_length else K1
    weights: dict[int, float] = {}
    for term, tf in Counter(found).items():
        weights[term_id(term)] = tf * (K1 + 1.0) / (tf + norm)
    return _sparse(weights)


def query_terms(text: str, statistics: LexicalStatistics, languages: Sequence[str] = (ENGLISH,)) -> SparseTerms:
    """A query's sparse vector: the IDF of every distinct term that some chunk has. In a course of several languages the
    terms of the query are those it has in any of them.
    """
    found = {term for language in languages for term in terms(text, language)}
    weights = {term_id(term): value for term in found if (value := statistics.idf(term)) is not None}
    return _sparse(weights)


def ceiling(text: str, statistics: LexicalStatistics, languages: Sequence[str] = (ENGLISH,)) -> float:
    """More than BM25 can give for a query: as if a chunk had each of its terms without end. Terms that no chunk has count as
    the rarest, so that a question about something else lies far below."""
    rarest = idf(statistics.size, 0)
    by_language = [{term: statistics.idf(term) for term in terms(text, language)} for language in languages]
    return (K1 + 1.0) * max(
        (sum(rarest if value is None else value for value in found.values()) for found in by_language), default=0.0
    )


def _sparse(weights: Mapping[int, float]) -> SparseTerms:
    indices = tuple(sorted(weights))
    return SparseTerms(indices, tuple(weights[index] for index in indices))
