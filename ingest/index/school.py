"""A build whose index is on a Qdrant server: only what the newest version there does not have is encoded and sent."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path

from ingest.index.chunks import IndexedChunk
from ingest.index.fingerprint import encoder_digest
from ingest.index.points import QUESTIONS, EncodedWindows, Material, embed_missing, points_of
from retrieval.config import Settings
from retrieval.errors import IndexMissing
from retrieval.index import version_files
from retrieval.index.codec import chunk_to_json
from retrieval.index.qdrant_server import SentPoint
from retrieval.index.qdrant_versions import ServerVersions
from retrieval.index.store import Point
from retrieval.index.version_files import number

POINTS = "points.json"  # the digest of each chunk's point, by the chunk's id
BATCH = 64  # points that wait to be sent


class SchoolTarget:
    """A `Target`: the collection of QDRANT_URL."""

    def __init__(self, settings: Settings) -> None:
        self.versions = ServerVersions(settings)
        self._number = 0
        self._before: dict[str, str] = {}  # digests of points and
        self._files: dict[str, str] = {}  # checksums of files of the newest version
        self._digests: dict[str, str] = {}

    def building(self, *, dim: int) -> AbstractContextManager[None]:
        return self.versions.building(dim=dim)

    def newest(self) -> int:
        """The number of the newest version that is published; 0 if there is none."""
        try:
            return max(map(number, self.versions.current()[1]))
        except IndexMissing:
            return 0

    def begin(self, number: int) -> None:
        """What a killed build left is removed."""
        self._number, newest = number, self.newest()
        self.versions.prepare(newest=newest)
        if newest:
            self._before = dict(json.loads(self.versions.file(POINTS, newest)))
            self._files = dict(json.loads(self.versions.file(version_files.NAME, newest)))

    def write(self, folder: Path, material: Material, *, live: Path | None) -> tuple[int, list[Point]]:
        """The digests of all points are noted in the version, for the next build; `live` is not needed."""
        encoder = encoder_digest(material.encoder)
        self._digests = {
            indexed.chunk.id: _digest(indexed, material.average, encoder)
            for indexed in chain.from_iterable(material.documents)
        }
        (folder / POINTS).write_text(json.dumps(self._digests, separators=(",", ":")), encoding="utf-8")

        def missing() -> Iterator[IndexedChunk]:
            for indexed in chain.from_iterable(material.documents):
                if self._before.get(indexed.chunk.id) != self._digests[indexed.chunk.id]:
                    yield indexed

        encoded, keys = material.encoded, frozenset(key for indexed in missing() for key in indexed.keys)
        embed_missing(missing(), keys, material.encoder, encoded, progress=material.progress)
        sample: list[Point] = []
        ready = self._ready(missing(), encoded, average=material.average)
        while batch := list(islice(ready, BATCH)):
            self.versions.send(batch, self._number)
            sample = sample or [sent.point for sent in batch[:QUESTIONS]]
        return len(keys), sample

    def finish(self, folder: Path) -> None:
        """Sends the files of a version whose checksums are written, and ends what it does not have."""
        listed = version_files.read_checksums(folder)
        files = {**listed, version_files.NAME: version_files.checksum(folder / version_files.NAME)}
        self.versions.end("chunk", _gone(self._before, self._digests), self._number)
        self.versions.end("file", [*_gone(self._files, files), version_files.NAME], self._number)
        for name, value in files.items():
            if self._files.get(name) != value:
                self.versions.send_file(name, (folder / name).read_bytes(), self._number)
        self.versions.wait_until_indexed()
        self.versions.check_held()

    def _ready(self, chunks: Iterator[IndexedChunk], encoded: EncodedWindows, *, average: float) -> Iterator[SentPoint]:
        for indexed in chunks:
            windows = [encoded[key] for key in indexed.keys]
            point = next(points_of([indexed], encoded.__getitem__, dict.fromkeys(indexed.keys, 0), average=average))
            states = tuple(window.states for window in windows if window.states is not None)
            yield SentPoint(point, self._digests[indexed.chunk.id], states)


def _digest(indexed: IndexedChunk, average: float, encoder: str) -> str:
    """Of all that a point holds. `encoder`: a digest of what gives the vectors."""
    held = [chunk_to_json(indexed.chunk), indexed.terms, b"".join(indexed.keys).hex(), average, encoder]
    return blake2b(json.dumps(held, sort_keys=True).encode(), digest_size=16).hexdigest()


def _gone(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was."""
    return [key for key, value in before.items() if now.get(key) != value]
