"""An index version that is being read: its points, token vectors and documents, each checked against its checksum.

What is small is read and compared before the first question is answered; what is large (token vectors, documents)
afterwards in the background. A version that turns out to be damaged is left for the one before it.
"""

import json
import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMismatch, IndexMissing
from retrieval.index import checksums, versions
from retrieval.index.bm25 import LexicalStatistics
from retrieval.index.codec import document_from_json
from retrieval.index.manifest import Manifest, check_fits, made_with
from retrieval.index.token_vectors import open_states, open_vectors
from retrieval.index.versions import WORDS, folder_of, read_manifest
from retrieval.types import Document, Embedder, Point, Store

AT_ONCE = 64 << 20  # bytes that are checked before the first question
SMALL = 1 << 20  # a file up to this size is always checked before
BUILD_ONLY = "pieces/"  # read by builds alone, which check everything
POINTS = "points/"  # checked as they are copied
_log = logging.getLogger(__name__)


class Index:
    """One opened version. Close it when it is replaced. `damaged`: what was found since it was opened, or None."""

    def __init__(self, name: str, folder: Path, manifest: Manifest, store: Store, expected: Mapping[str, str]) -> None:
        self.name = name
        self.manifest = manifest
        self.store = store
        self.windows = open_vectors(folder)
        self.states = open_states(folder)
        self.lexical = LexicalStatistics.load(folder)
        self.languages = sorted({entry.language for entry in manifest.files.values()})
        self.damaged: IndexDamaged | None = None
        self._folder = folder
        self._expected = expected

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for an id that is not in this version, IndexDamaged."""
        if document_id not in {entry.document_id for entry in self.manifest.files.values()}:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return _document(self._folder, f"documents/{document_id}.json", self._expected)

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
        return dict(json.loads((self._folder / WORDS).read_text(encoding="utf-8")))

    def check_in_background(self, names: Collection[str]) -> None:
        """Reads these files; whether one is damaged shows in `damaged`."""
        threading.Thread(target=self._check, args=(names,), name="footnote-check", daemon=True).start()

    def close(self) -> None:
        self.store.close()

    def _check(self, names: Collection[str]) -> None:
        try:
            checksums.verify(self._folder, self._expected, names)
        except IndexDamaged as error:
            if self._folder.is_dir():  # not removed while it was read
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
    check_fits(manifest, made_with(settings, embedder))
    folder = folder_of(settings, name)
    expected = checksums.read_checksums(folder)
    now, later = _parted(folder, [path for path in expected if not path.startswith((BUILD_ONLY, POINTS))])
    checksums.verify(folder, expected, now)
    store = _open_store(settings, name, expected)
    try:
        index = Index(name, folder, manifest, store, expected)
    except BaseException:
        store.close()
        raise
    if later:
        index.check_in_background(later)
    return index


def stored_documents(settings: Settings, name: str, paths: Collection[str]) -> list[Document]:
    """The documents of a version that were made from these files. Raises IndexDamaged."""
    if not paths:
        return []
    folder = folder_of(settings, name)
    expected = checksums.read_checksums(folder)
    entries = read_manifest(settings, name).files
    return [
        _document(folder, f"documents/{entries[path].document_id}.json", expected) for path in entries if path in paths
    ]


def stored_points(settings: Settings, name: str) -> Iterator[Point]:
    """All points of a version, one by one; none for an empty name. Raises IndexDamaged."""
    if not name:
        return
    opened = _open_store(settings, name, checksums.read_checksums(folder_of(settings, name)))
    try:
        yield from opened.all()
    finally:
        opened.close()


def _parted(folder: Path, names: Collection[str]) -> tuple[list[str], list[str]]:
    """What is checked before the first question, and what afterwards."""
    sizes = {name: (folder / name).stat().st_size for name in names}
    if sum(sizes.values()) <= AT_ONCE:
        return list(sizes), []
    return [name for name in sizes if sizes[name] <= SMALL], [name for name in sizes if sizes[name] > SMALL]


def _open_store(settings: Settings, name: str, expected: Mapping[str, str]) -> Store:
    if settings.qdrant_url:
        from retrieval.index.qdrant_server import ServerStore

        return ServerStore(settings, name.lstrip("."))
    from retrieval.index.private_copy import PrivateCopy
    from retrieval.index.qdrant_edge import EdgeStore

    points = {path.removeprefix(POINTS): value for path, value in expected.items() if path.startswith(POINTS)}
    return EdgeStore(PrivateCopy(folder_of(settings, name) / "points", settings.index_dir, expected=points))


def _document(folder: Path, name: str, expected: Mapping[str, str]) -> Document:
    """Raises IndexMissing for one of a version that was removed meanwhile."""
    try:
        data = (folder / name).read_bytes()
        if checksums.checksum_of(data) != expected[name]:
            raise ValueError("other contents")
        return document_from_json(json.loads(data))
    except FileNotFoundError as error:
        raise IndexMissing(f"{name} is not in the index version {folder.name} any more.") from error
    except (OSError, ValueError, KeyError) as error:
        raise IndexDamaged(folder.name, name) from error
