"""Chunks into points: vectors for their windows, BM25 weights for their terms; where points go; and whether a new version
finds them.

A `PointTarget` takes the points of a version: here the engine in this process, whose version is a folder and needs no other;
in `school` a server.
"""

import errno
import math
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np

from ingest.index.chunks import CourseChunks, DocumentChunks, IndexedChunk, window_texts
from ingest.index.documents import Progress, Shelf
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import StoreUnavailable
from retrieval.index.bm25 import LexicalStatistics, chunk_terms, fit, query_terms
from retrieval.index.opened_index import Index
from retrieval.index.qdrant_edge import EdgeWriter
from retrieval.index.store import Point
from retrieval.index.token_vectors import PackedWindow, StoredVectors, packed, write_vectors
from retrieval.text.markdown import lexical_text
from retrieval.types import Scope

REPORT_EVERY = 0.2  # seconds
STEP = 1.1
BATCH = 256  # texts that wait to be embedded, and points that are written, at a time
QUESTIONS = 5  # points that a new version is asked for
DEPTH = 20
RESERVE = 16 << 20  # bytes that are free before each batch: about twice what it takes


class EncodedWindows:
    """Windows that were encoded, by the key of their text, in a new file. A key that is there already keeps its window."""

    def __init__(self, path: Path, *, dim: int) -> None:
        self._file, self._dim = path.open("x+b"), dim
        self._places: dict[bytes, tuple[int, int, int]] = {}  # offset, tokens, width of a token's state
        self._end = 0

    def add(self, key: bytes, window: PackedWindow) -> None:
        if key not in self._places:
            tokens, width = (0, 0) if window.states is None else window.states.shape
            data = window.vector.tobytes() + (b"" if window.states is None else window.states.tobytes())
            self._file.write(data)
            self._places[key] = self._end, tokens, width
            self._end += len(data)

    def __getitem__(self, key: bytes) -> PackedWindow:
        start, tokens, width = self._places[key]
        self._file.flush()
        data = os.pread(self._file.fileno(), 2 * self._dim + tokens * width, start)
        vector = np.frombuffer(data, np.float16, self._dim)
        return PackedWindow(
            vector, np.frombuffer(data[2 * self._dim :], np.int8).reshape(tokens, width) if width else None
        )

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Material:
    """What a version is made of. `average`: BM25's mean length."""

    documents: Shelf[DocumentChunks]
    course: CourseChunks
    average: float
    encoder: FastEmbedder
    encoded: EncodedWindows
    progress: Progress


class PointTarget(Protocol):
    """Where the points of a version go."""

    def building(self, *, dim: int) -> AbstractContextManager[None]:
        """Nobody else builds there meanwhile. Raises IndexBusy."""
        ...

    def begin(self, number: int) -> None:
        """Version `number` is about to be made."""
        ...

    def write(self, folder: Path, material: Material, *, live: Path | None) -> tuple[int, list[Point]]:
        """Encodes and stores what is not there yet; how many windows were encoded, and some of the points. `live`: the folder
        of a version whose vectors can be taken over."""
        ...

    def finish(self, folder: Path) -> None:
        """All files of the version are in the folder."""
        ...


class EmbeddedTarget:
    """A `PointTarget`: the folder itself."""

    def building(self, *, dim: int) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self, number: int) -> None:
        pass

    def write(self, folder: Path, material: Material, *, live: Path | None) -> tuple[int, list[Point]]:
        encoded, keys = material.encoded, material.course.windows
        stored = StoredVectors(live) if live else None

        def window(key: bytes) -> PackedWindow:
            return encoded[key] if stored is None or key in encoded else stored.by_key(key)

        missing = frozenset(keys) if stored is None else frozenset(key for key in keys if key not in stored)
        texts = chain.from_iterable(material.documents)
        embed_missing(texts, missing, material.encoder, encoded, progress=material.progress)
        write_vectors(folder, keys, window, dim=material.encoder.dim)
        rows = {key: row for row, key in enumerate(keys)}
        points = points_of(chain.from_iterable(material.documents), window, rows, average=material.average)
        return len(missing), self._store(folder, points, material)

    def finish(self, folder: Path) -> None:
        pass

    def _store(self, folder: Path, points: Iterator[Point], material: Material) -> list[Point]:
        """Some of the points, to ask the new version for."""
        writer, count = EdgeWriter(folder / "points", dim=material.encoder.dim), material.course.counts["chunks"]
        sample: list[Point] = []
        for done in range(0, count, BATCH):
            material.progress("writing", done, count)
            batch = list(islice(points, BATCH))
            check_room(folder)
            writer.add(batch)
            sample += [point for at, point in enumerate(batch, done) if at % max(1, count // QUESTIONS) == 0]
        writer.finish()
        material.progress("writing", count, count)
        return sample


def check_room(folder: Path) -> None:
    """The engine maps its files: on a full disk a write to them ends the process. Raises OSError."""
    if shutil.disk_usage(folder).free < RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def embed_missing(
    chunks: Iterable[IndexedChunk],
    missing: Collection[bytes],
    encoder: FastEmbedder,
    encoded: EncodedWindows,
    *,
    progress: Progress,
) -> None:
    """Encode each window whose key is missing. Vectors are halved in precision at once, so that one that is taken over from
    a version is the same as one that is made anew."""
    shown, done = time.monotonic(), 0
    texts = _texts(chunks, missing)
    while batch := list(islice(texts, BATCH)):
        for (key, _), found in zip(batch, encoder.stream([text for _, text in batch]), strict=True):
            states = None if found.states is None else packed(found.states)
            encoded.add(key, PackedWindow(found.vector.astype(np.float16), states))
            done += 1
            if time.monotonic() - shown > REPORT_EVERY:
                progress("embedding", done, len(missing))
                shown = time.monotonic()
    progress("embedding", len(missing), len(missing))


def _texts(chunks: Iterable[IndexedChunk], missing: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
    """Keys and texts of the missing windows, each once."""
    left = set(missing)
    for indexed in chunks if missing else ():
        if left.intersection(indexed.keys):
            for key, text in zip(indexed.keys, window_texts(indexed.chunk), strict=True):
                if key in left:
                    left.remove(key)
                    yield key, text


def lexical_statistics(chunks: Iterable[IndexedChunk]) -> LexicalStatistics:
    """What BM25 knows of all chunks. Their mean length is taken in steps of a tenth: every chunk's weights depend on it, and a
    build that adds a page is not to change them all."""
    found = fit(indexed.terms for indexed in chunks)
    return replace(found, average_length=in_steps(found.average_length))


def in_steps(length: float) -> float:
    """The nearest power of STEP: off by a twentieth at most. 0 stays 0."""
    return STEP ** round(math.log(length, STEP)) if length > 0 else 0.0


def points_of(
    chunks: Iterable[IndexedChunk],
    window: Callable[[bytes], PackedWindow],
    rows: Mapping[bytes, int],
    *,
    average: float,
) -> Iterator[Point]:
    """The points in the order of the chunks; windows and their `rows` by their keys."""
    for indexed in chunks:
        vectors = np.stack([window(key).vector for key in indexed.keys]).astype(np.float32)
        yield Point(
            indexed.chunk, vectors, chunk_terms(indexed.terms, average), tuple(rows[key] for key in indexed.keys)
        )


def verify_version(index: Index, sample: Sequence[Point]) -> None:
    """A new version is asked before it is published: counts the points and looks up those of a sample by their own vector
    and words.

    Raises StoreUnavailable when a chunk is not found. Many chunks may say the same, so near the top is enough.
    """
    count = index.manifest.counts["chunks"]
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
