"""Chunks as they are stored to be searched, and the protocol of what stores them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retrieval.types import Chunk, Scope, Vector


@dataclass(frozen=True, slots=True)
class SparseTerms:
    """A sparse vector: `indices` are distinct term ids (unsigned 32 bit), `values` their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


class Scored(NamedTuple):
    """A chunk id with one stage's score."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Point:
    """A chunk as it is stored: its windows' vectors (n_windows, dim), its terms, and the rows of its windows in the files of
    the version (`retrieval.index.token_vectors`).
    """

    chunk: Chunk
    vectors: Vector
    terms: SparseTerms
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A chunk as it is fetched, and the rows of its windows."""

    chunk: Chunk
    rows: tuple[int, ...]


class Store(Protocol):
    """A finished set of points that can be searched. Results come best first, ties by chunk id."""

    def search(
        self, vector: Vector, terms: SparseTerms, *, limit: int, scope: Scope
    ) -> tuple[list[Scored], list[Scored]]:
        """The best `limit` chunks by their best window's cosine, and by BM25 (score > 0 only)."""
        ...

    def fetch(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Chunks by id; unknown ids are left out."""
        ...

    def all(self) -> Iterator[Point]:
        """Every point, in an order of the store's own."""
        ...

    def count(self) -> int: ...

    def close(self) -> None: ...
