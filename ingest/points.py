"""Chunks into points: vectors for their windows, BM25 weights for their terms."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.embed import FastEmbedder
from retrieval.lexical import chunk_terms, fit
from retrieval.render import lexical_text, window_text
from retrieval.states import Packed, StoredStates, kept_states, packed, text_key
from retrieval.tokenize import terms
from retrieval.types import Chunk, Point, Vector

Progress = Callable[[str, int, int], None]
REPORT_EVERY = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Made:
    """Chunks and, for each, its windows' vectors (n_windows, dim); how many vectors are new and how many taken over.

    `states`: the windows' token states by `states.text_key`, where they are wanted.
    """

    chunks: tuple[Chunk, ...]
    vectors: tuple[Vector, ...]
    embedded: int
    reused: int
    states: Mapping[bytes, Packed]


def embed_chunks(
    chunks: Sequence[Chunk],
    kept: Iterable[Point],
    embedder: FastEmbedder,
    *,
    progress: Progress,
    stored: StoredStates | None = None,
    with_states: bool = False,
) -> Made:
    """A window whose text is in a kept point takes its vector from there; equal texts are embedded once.

    With `with_states` a window is new as well when its token states are not among the `stored` ones.
    """
    known: dict[bytes, Vector] = {}
    for point in kept:
        for window, vector in zip(point.chunk.windows, point.vectors, strict=True):
            known[text_key(window_text(point.chunk, window))] = vector
    texts = [[window_text(chunk, window) for window in chunk.windows] for chunk in chunks]
    wanted = {text_key(text): text for group in texts for text in group}
    states = kept_states(stored, wanted) if with_states else {}
    fresh = {key: text for key, text in wanted.items() if key not in known or (with_states and key not in states)}
    shown = time.monotonic()
    for done, (key, encoded) in enumerate(zip(fresh, embedder.stream(list(fresh.values())), strict=True)):
        known[key] = encoded.vector
        if with_states and encoded.states is not None:
            states[key] = packed(encoded.states)
        if time.monotonic() - shown > REPORT_EVERY:
            progress("embedding", done, len(fresh))
            shown = time.monotonic()
    progress("embedding", len(fresh), len(fresh))
    vectors = tuple(np.stack([known[text_key(text)] for text in group]) for group in texts)
    return Made(tuple(chunks), vectors, len(fresh), sum(map(len, texts)) - len(fresh), states)


def to_points(made: Made) -> tuple[list[Point], float]:
    """Points, and the mean length of a chunk in terms."""
    found = [terms(lexical_text(chunk)) for chunk in made.chunks]
    statistics = fit(found)
    points = [
        Point(chunk, vectors, chunk_terms(words, statistics.average_length))
        for chunk, vectors, words in zip(made.chunks, made.vectors, found, strict=True)
    ]
    return points, statistics.average_length
