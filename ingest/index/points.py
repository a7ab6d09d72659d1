"""Chunks into points: vectors for their windows, BM25 weights for their terms; and whether a new version finds them."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

import numpy as np

from ingest.index.chunks import Piece, window_texts
from ingest.index.documents import Progress
from ingest.index.scratch import EncodedWindows
from retrieval.encoders.embedder import Encoded
from retrieval.errors import StoreUnavailable
from retrieval.index.bm25 import LexicalStatistics, chunk_terms, fit, query_terms
from retrieval.index.opened_index import Index
from retrieval.index.token_vectors import PackedWindow, packed
from retrieval.text.embedding_text import lexical_text
from retrieval.types import Embedder, Point, Scope

REPORT_EVERY = 0.2  # seconds
STEP = 1.1
BATCH = 256  # texts that wait to be embedded at a time
QUESTIONS = 5  # points that a new version is asked for
DEPTH = 20


class Encoder(Embedder, Protocol):
    """An embedder that also gives the states of a text's tokens, or None where `has_states` is false."""

    @property
    def has_states(self) -> bool: ...

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """One result per text, in order."""
        ...


def embed_missing(
    pieces: Iterable[Piece],
    missing: Collection[bytes],
    encoder: Encoder,
    encoded: EncodedWindows,
    *,
    progress: Progress,
) -> None:
    """Encode each window whose key is missing. Vectors are halved in precision at once, so that one that is taken over from
    a version is the same as one that is made anew."""
    shown, done = time.monotonic(), 0
    texts = _texts(pieces, missing)
    while batch := list(islice(texts, BATCH)):
        for (key, _), found in zip(batch, encoder.stream([text for _, text in batch]), strict=True):
            states = None if found.states is None else packed(found.states)
            encoded.add(key, PackedWindow(found.vector.astype(np.float16), states))
            done += 1
            if time.monotonic() - shown > REPORT_EVERY:
                progress("embedding", done, len(missing))
                shown = time.monotonic()
    progress("embedding", len(missing), len(missing))


def _texts(pieces: Iterable[Piece], missing: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
    """Keys and texts of the missing windows, each once."""
    left = set(missing)
    for piece in pieces if missing else ():
        if left.intersection(piece.keys):
            for key, text in zip(piece.keys, window_texts(piece.chunk), strict=True):
                if key in left:
                    left.remove(key)
                    yield key, text


def lexical_statistics(pieces: Iterable[Piece]) -> LexicalStatistics:
    """What BM25 knows of all chunks. Their mean length is taken in steps of a tenth: every chunk's weights depend on it, and a
    build that adds a page is not to change them all."""
    found = fit(piece.terms for piece in pieces)
    return replace(found, average_length=in_steps(found.average_length))


def in_steps(length: float) -> float:
    """The nearest power of STEP: off by a twentieth at most. 0 stays 0."""
    return STEP ** round(math.log(length, STEP)) if length > 0 else 0.0


def points_of(
    pieces: Iterable[Piece], window: Callable[[bytes], PackedWindow], rows: Mapping[bytes, int], *, average: float
) -> Iterator[Point]:
    """The points in the order of the pieces; windows and their `rows` by their keys."""
    for piece in pieces:
        vectors = np.stack([window(key).vector for key in piece.keys]).astype(np.float32)
        yield Point(piece.chunk, vectors, chunk_terms(piece.terms, average), tuple(rows[key] for key in piece.keys))


def verify_version(index: Index, sample: Sequence[Point], *, count: int) -> None:
    """A new version is asked before it is published: counts the points and looks up those of a sample by their own vector
    and words.

    Raises StoreUnavailable when a chunk is not found. Many chunks may say the same, so near the top is enough.
    """
    if (found := index.store.count()) != count:
        raise StoreUnavailable(f"The new index holds {found} of {count} chunks. The live one was kept; build again.")
    for point in sample:
        words = query_terms(lexical_text(point.chunk), index.lexical, index.languages)
        dense, lexical = index.store.search(point.vectors[0], words, limit=DEPTH, scope=Scope())
        best = dense[0].score if dense else -1.0
        if best < 0.98 or (words.indices and not lexical):
            raise StoreUnavailable(
                f"The new index does not find its own chunk {point.chunk.place!r} (best cosine {best:.3f}, "
                f"{len(lexical)} by words). The live one was kept; build again, and check the disk if it happens again."
            )
