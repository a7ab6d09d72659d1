"""A build whose index is on a Qdrant server: only what the newest version there does not have is encoded and sent."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from ingest.index.chunk_store import Piece
from retrieval.config import Settings
from retrieval.errors import IndexMissing
from retrieval.index import checksums
from retrieval.index.codec import chunk_to_json
from retrieval.index.mirror import LOCAL
from retrieval.index.qdrant_server import SentPoint
from retrieval.index.qdrant_versions import ServerVersions
from retrieval.index.token_vectors import Packed
from retrieval.index.versions import number
from retrieval.types import Point

POINTS = "points.json"  # the digest of each chunk's point, by the chunk's id
BATCH = 64  # points that wait to be sent


class SchoolBuild:
    """One build; `encoder`: a digest of what gives the vectors."""

    def __init__(self, settings: Settings, *, encoder: str) -> None:
        self.versions = ServerVersions(settings)
        self._encoder = encoder
        self._number = 0
        self._before: dict[str, str] = {}  # digests of points and
        self._files: dict[str, str] = {}  # checksums of files of the newest version
        self._digests: dict[str, str] = {}

    def newest(self) -> int:
        """The number of the newest version that is published; 0 if there is none."""
        try:
            return max(map(number, self.versions.current()[1]))
        except IndexMissing:
            return 0

    def begin(self, number: int) -> None:
        """Version `number` is about to be sent; what a killed build left is removed."""
        self._number, newest = number, self.newest()
        self.versions.prepare(newest=newest)
        if newest:
            self._before = dict(json.loads(self.versions.file(POINTS, newest)))
            self._files = dict(json.loads(self.versions.file(checksums.NAME, newest)))

    def missing(self, pieces: Iterable[Piece], *, average: float) -> frozenset[str]:
        """The ids of the chunks whose points have to be sent. `average`: BM25's mean length, in their weights."""
        self._digests = {piece.chunk.id: self._digest(piece, average) for piece in pieces}
        return frozenset(key for key, digest in self._digests.items() if self._before.get(key) != digest)

    def send(self, points: Iterable[Point], keys: Iterable[Sequence[bytes]], states: Mapping[bytes, Packed]) -> None:
        """`keys` of each point's windows; `states` by key, empty for a model without."""
        ready = self._ready(points, keys, states)
        while batch := list(islice(ready, BATCH)):
            self.versions.send(batch, self._number)

    def save(self, folder: Path) -> None:
        """Notes in the version what was sent, for the next build."""
        (folder / POINTS).write_text(json.dumps(self._digests, separators=(",", ":")), encoding="utf-8")

    def finish(self, folder: Path) -> None:
        """Sends the files of a version whose checksums are written, and ends what it does not have."""
        listed = checksums.read_checksums(folder)
        files = {name: value for name, value in listed.items() if name not in LOCAL}
        files[checksums.NAME] = checksums.checksum(folder / checksums.NAME)
        self.versions.end("chunk", _gone(self._before, self._digests), self._number)
        self.versions.end("file", [*_gone(self._files, files), checksums.NAME], self._number)
        for name, value in files.items():
            if self._files.get(name) != value:
                self.versions.send_file(name, (folder / name).read_bytes(), self._number)
        self.versions.wait_until_indexed()

    def _ready(
        self, points: Iterable[Point], keys: Iterable[Sequence[bytes]], states: Mapping[bytes, Packed]
    ) -> Iterator[SentPoint]:
        for point, windows in zip(points, keys, strict=True):
            held = tuple(states[key] for key in windows) if states else ()
            yield SentPoint(point, self._digests[point.chunk.id], held)

    def _digest(self, piece: Piece, average: float) -> str:
        held = [chunk_to_json(piece.chunk), piece.terms, b"".join(piece.keys).hex(), average, self._encoder]
        return blake2b(json.dumps(held, sort_keys=True).encode(), digest_size=16).hexdigest()


def _gone(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was."""
    return [key for key, value in before.items() if now.get(key) != value]
