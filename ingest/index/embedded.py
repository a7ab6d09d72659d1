"""A build whose index is searched by the engine in this process: a version is a folder, and needs no other."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from ingest.index.chunks import Cut, Pieces
from ingest.index.documents import Progress
from ingest.index.points import QUESTIONS, Encoder, embed_missing, points_of
from ingest.index.scratch import EncodedWindows, Shelf
from retrieval.index.qdrant_edge import EdgeWriter
from retrieval.index.token_vectors import PackedWindow, StoredVectors, write_vectors
from retrieval.types import Point

BATCH = 256  # points written at a time
RESERVE = 16 << 20  # bytes that are free before each batch: about twice what it takes


@dataclass(frozen=True, slots=True)
class Material:
    """What a version is made of. `average`: BM25's mean length; `timed`: a context that notes how long a stage takes."""

    pieces: Shelf[Pieces]
    cut: Cut
    average: float
    encoder: Encoder
    encoded: EncodedWindows
    progress: Progress
    timed: Callable[[str], AbstractContextManager[None]]


class Target(Protocol):
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
    """A `Target`: the folder itself."""

    def building(self, *, dim: int) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self, number: int) -> None:
        pass

    def write(self, folder: Path, material: Material, *, live: Path | None) -> tuple[int, list[Point]]:
        encoded, keys = material.encoded, material.cut.windows
        stored = StoredVectors(live) if live else None

        def window(key: bytes) -> PackedWindow:
            return encoded[key] if stored is None or key in encoded else stored.by_key(key)

        with material.timed("embed"):
            missing = frozenset(keys) if stored is None else frozenset(key for key in keys if key not in stored)
            texts = chain.from_iterable(material.pieces)
            embed_missing(texts, missing, material.encoder, encoded, progress=material.progress)
        with material.timed("write"):
            write_vectors(folder, keys, window, dim=material.encoder.dim)
            rows = {key: row for row, key in enumerate(keys)}
            points = points_of(chain.from_iterable(material.pieces), window, rows, average=material.average)
            return len(missing), self._store(folder, points, material)

    def finish(self, folder: Path) -> None:
        pass

    def _store(self, folder: Path, points: Iterator[Point], material: Material) -> list[Point]:
        """Some of the points, to ask the new version for."""
        writer, count = EdgeWriter(folder / "points", dim=material.encoder.dim), material.cut.chunks
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
