"""An index version that is being read: its points, vectors and documents, each checked against its checksum.

What is small is read and compared before the first question is answered; what is large (token vectors, documents)
afterwards in the background. A version that turns out to be damaged is left for the one before it.
"""

import json
import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMismatch, IndexMissing
from retrieval.index import versions
from retrieval.index.bm25 import LexicalStatistics
from retrieval.index.codec import document_from_json
from retrieval.index.manifest import Manifest, check_fits, made_with
from retrieval.index.store import Point, Store
from retrieval.index.token_vectors import VECTORS, StoredVectors
from retrieval.index.version_files import checksum_of, follower, number, read_checksums, verify
from retrieval.index.versions import WORDS, read_manifest
from retrieval.text.tokenize import ENGLISH
from retrieval.types import Document, Embedder

BUILD_ONLY = "pieces/"  # read by builds alone, which check everything
POINTS = "points/"  # checked as they are copied
AT_ONCE = 64 << 20  # bytes that are checked before the first question
SMALL = 1 << 20  # a file up to this size is always checked before
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """The files of one version, each compared with its checksum; on a host that follows a server, fetched first. `expected`:
    the checksum of each, by its path in `folder`."""

    settings: Settings
    name: str
    folder: Path
    expected: Mapping[str, str]

    def read(self, path: str) -> bytes:
        """Raises IndexDamaged; IndexMissing for a file of a version that was removed meanwhile."""
        try:
            if self.settings.qdrant_url and not (self.folder / path).is_file():
                follower(self.settings).fetch(self.name, path, self.expected[path])
            data = (self.folder / path).read_bytes()
            if checksum_of(data) == self.expected[path]:
                return data
        except FileNotFoundError as error:
            raise IndexMissing(f"{path} is not in the index version {self.name} any more.") from error
        except (OSError, KeyError) as error:
            raise IndexDamaged(self.name, path) from error
        raise IndexDamaged(self.name, path)

    def document(self, document_id: str) -> Document:
        """Raises as `read`."""
        return document_from_json(json.loads(self.read(f"documents/{document_id}.json")))

    def verify(self, paths: Collection[str]) -> None:
        """Raises IndexDamaged naming the first that is not as it was written."""
        verify(self.folder, self.expected, paths)

    def parted(self) -> tuple[list[str], list[str]]:
        """What a reader checks before the first question, and what afterwards."""
        names = [path for path in self.expected if not path.startswith((BUILD_ONLY, POINTS))]
        sizes = {path: (self.folder / path).stat().st_size for path in names if (self.folder / path).is_file()}
        if sum(sizes.values()) <= AT_ONCE:
            return list(sizes), []
        return [path for path in sizes if sizes[path] <= SMALL], [path for path in sizes if sizes[path] > SMALL]


def files_of(settings: Settings, name: str) -> VersionFiles:
    """Raises IndexDamaged where they cannot be listed, or are not those that are listed."""
    folder = settings.index_dir / "versions" / name
    return VersionFiles(settings, name, folder, read_checksums(folder, partly=bool(settings.qdrant_url)))


class Index:
    """One opened version. Close it when it is replaced.

    `windows[rows]` are window vectors (rows, dim), `states.of_rows(rows)` token states; both by the rows that the store
    gives with a chunk. `damaged`: what was found since the version was opened, or None.
    """

    def __init__(self, manifest: Manifest, files: VersionFiles, store: Store, *, windows: Any, states: Any) -> None:
        self.name = files.name
        self.manifest = manifest
        self.store = store
        self.windows = windows
        self.states = states
        self.lexical = LexicalStatistics.load(files.folder)
        self.languages = sorted({entry.language for entry in manifest.files.values()})
        self.damaged: IndexDamaged | None = None
        self._files = files

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for an id that is not in this version, IndexDamaged."""
        if document_id not in {entry.document_id for entry in self.manifest.files.values()}:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return self._files.document(document_id)

    @property
    def language(self) -> str:
        """That most of the documents are in, by their sizes."""
        sizes: Counter[str] = Counter()
        for entry in self.manifest.files.values():
            sizes[entry.language] += entry.windows
        return max(sizes, key=lambda language: (sizes[language], language), default=ENGLISH)

    @property
    def known_share(self) -> float:
        """In [0, 1]: how much of the documents the embedding model can read, by their sizes."""
        entries = self.manifest.files.values()
        windows = sum(entry.windows for entry in entries)
        return sum(entry.known * entry.windows for entry in entries) / windows if windows else 1.0

    def documents(self) -> dict[str, str]:
        """Document ids and titles in the order of the course."""
        return {entry.document_id: entry.title for entry in self.manifest.files.values()}

    def words(self) -> dict[str, int]:
        """How often the course uses each word, in lower case."""
        return dict(json.loads(self._files.read(WORDS)))

    def check_in_background(self, paths: Collection[str]) -> None:
        """Reads these files; whether one is damaged shows in `damaged`."""
        threading.Thread(target=self._check, args=(paths,), name="footnote-check", daemon=True).start()

    def close(self) -> None:
        self.store.close()

    def _check(self, paths: Collection[str]) -> None:
        try:
            self._files.verify(paths)
        except IndexDamaged as error:
            if self._files.folder.is_dir():  # not removed while it was read
                self.damaged = error


def open_index(settings: Settings, embedder: Embedder, *, without: Collection[str] = ()) -> Index:
    """The live version, checked against the running settings; where it is damaged, or one of those to do `without`, the
    one before it.

    Raises IndexMissing, IndexMismatch, IndexDamaged where no version is intact, StoreUnavailable.
    """
    first: IndexDamaged | None = None
    found = versions.candidates(settings)
    for candidate in [name for name in found if name not in without] or found:
        try:
            return open_version(settings, embedder, candidate)
        except IndexDamaged as error:
            _log.warning("%s", error)
            versions.mark_damaged(settings, error)
            first = first or error
        except IndexMismatch:
            if first is None:
                raise
    assert first is not None
    raise first


def open_version(settings: Settings, embedder: Embedder, name: str) -> Index:
    """One version and no other. Raises IndexMismatch, IndexDamaged, StoreUnavailable."""
    manifest = read_manifest(settings, name)
    files = files_of(settings, name)
    now, later = files.parted()
    files.verify(now)
    check_fits(manifest, made_with(settings, embedder))
    store = _open_store(files, manifest)
    try:
        with_states = bool(getattr(embedder, "has_states", False))
        windows, states = _vectors(files, store, with_states=with_states)
        index = Index(manifest, files, store, windows=windows, states=states)
    except BaseException:
        store.close()
        raise
    if later:
        index.check_in_background(later)
    return index


def stored_document(settings: Settings, name: str, document_id: str) -> Document:
    """A document of a version. Raises IndexMissing, IndexDamaged."""
    return files_of(settings, name).document(document_id)


def stored_points(settings: Settings, name: str) -> Iterator[Point]:
    """All points of a version, one by one. Raises IndexDamaged."""
    opened = _open_store(files_of(settings, name), read_manifest(settings, name))
    try:
        yield from opened.all()
    finally:
        opened.close()


def _open_store(files: VersionFiles, manifest: Manifest) -> Store:
    settings = files.settings
    if settings.qdrant_url:
        from retrieval.index.qdrant_server import QUESTION
        from retrieval.index.qdrant_versions import ServerVersions

        server = ServerVersions(settings, tries=QUESTION)
        return server.store(number(files.name), size=manifest.counts["chunks"])
    from retrieval.index.qdrant_edge import EdgeStore, PrivateCopy

    points = {path.removeprefix(POINTS): value for path, value in files.expected.items() if path.startswith(POINTS)}
    return EdgeStore(PrivateCopy(files.folder / "points", settings.index_dir, expected=points))


def _vectors(files: VersionFiles, store: Store, *, with_states: bool) -> tuple[Any, Any]:
    """Of windows and of their tokens: in files, or with the points that are fetched from a server."""
    if files.settings.qdrant_url:
        rows = store.rows  # type: ignore[attr-defined]
        return rows, rows if with_states else None
    try:
        stored = StoredVectors(files.folder)
    except (OSError, ValueError, KeyError) as error:  # removed or cut since it was compared
        raise IndexDamaged(files.name, VECTORS) from error
    return stored, stored if stored.has_states else None
