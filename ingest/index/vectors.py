"""Chunks into points: vectors for their windows, BM25 weights for their terms."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

import numpy as np

from ingest.index.chunk_store import Piece, window_keys
from ingest.index.scratch import Arrays
from retrieval.encoders.placed import Encoded
from retrieval.index.bm25 import LexicalStatistics, chunk_terms, fit
from retrieval.index.token_vectors import Packed, StoredStates, packed
from retrieval.text.embedding_text import window_text
from retrieval.types import Embedder, Point, Vector

Progress = Callable[[str, int, int], None]
REPORT_EVERY = 0.2  # seconds
STEP = 1.1
BATCH = 256  # texts that wait to be embedded at a time


class Encoder(Embedder, Protocol):
    """An embedder that also gives the states of a text's tokens, or None where `has_states` is false."""

    @property
    def has_states(self) -> bool: ...

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """One result per text, in order."""
        ...


def keep_vectors(points: Iterable[Point], known: Mapping[str, Sequence[bytes]], vectors: Arrays[np.float32]) -> None:
    """Put the vectors of stored points with those that are there, by the key of their window's text; `known` has the
    keys of some chunks' windows by the chunk's id."""
    for point in points:
        keys = known.get(point.chunk.id) or window_keys(point.chunk)
        for key, vector in zip(keys, point.vectors, strict=True):
            vectors.add(key, vector[np.newaxis])


@dataclass(frozen=True, slots=True)
class States(Mapping[bytes, Packed]):
    """Token states of the `wanted` windows: newly made, or those of the live version."""

    wanted: Sequence[bytes]
    fresh: Mapping[bytes, Packed]
    stored: StoredStates | None

    def __getitem__(self, key: bytes) -> Packed:
        found = self.fresh[key] if key in self.fresh or self.stored is None else self.stored.by_key(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.wanted)

    def __len__(self) -> int:
        return len(self.wanted)


def embed_missing(
    pieces: Iterable[Piece],
    missing: frozenset[bytes],
    encoder: Encoder,
    vectors: Arrays[np.float32],
    states: Arrays[np.int8] | None,
    *,
    progress: Progress,
) -> None:
    """Put the vector of each window whose key is missing with the vectors, and its token states with `states` if any."""
    shown, done = time.monotonic(), 0
    texts = _texts(pieces, missing)
    while batch := list(islice(texts, BATCH)):
        for (key, _), encoded in zip(batch, encoder.stream([text for _, text in batch]), strict=True):
            vectors.add(key, encoded.vector[np.newaxis])
            if states is not None and encoded.states is not None:
                states.add(key, packed(encoded.states))
            done += 1
            if time.monotonic() - shown > REPORT_EVERY:
                progress("embedding", done, len(missing))
                shown = time.monotonic()
    progress("embedding", len(missing), len(missing))


def _texts(pieces: Iterable[Piece], missing: frozenset[bytes]) -> Iterator[tuple[bytes, str]]:
    """Keys and texts of the missing windows, each once."""
    left = set(missing)
    for piece in pieces if missing else ():
        for key, window in zip(piece.keys, piece.chunk.windows, strict=True):
            if key in left:
                left.remove(key)
                yield key, window_text(piece.chunk, window)


def lexical_statistics(pieces: Iterable[Piece]) -> LexicalStatistics:
    """What BM25 knows of all chunks. Their mean length is taken in steps of a tenth: every chunk's weights depend on it, and a
    build that adds a page is not to change them all."""
    found = fit(piece.terms for piece in pieces)
    return replace(found, average_length=in_steps(found.average_length))


def in_steps(length: float) -> float:
    """The nearest power of STEP: off by a twentieth at most. 0 stays 0."""
    return STEP ** round(math.log(length, STEP)) if length > 0 else 0.0


def points_of(
    pieces: Iterable[Piece], vectors: Mapping[bytes, Vector], rows: Mapping[bytes, int], *, average: float
) -> Iterator[Point]:
    """The points in the order of the pieces; `rows` of the windows by their keys."""
    for piece in pieces:
        windows = np.concatenate([vectors[key] for key in piece.keys])
        yield Point(piece.chunk, windows, chunk_terms(piece.terms, average), tuple(rows[key] for key in piece.keys))
