"""Index versions: finished folders that never change, and CURRENT, which names the live one.

    .index/CURRENT                       the name of the live version, replaced atomically
    .index/versions/<stamp>-<digest>/    points/ documents/ pieces/ states.np* words.json
                                         manifest.json health.json
    .index/open/<pid>-<n>/               private copies of points/ held by running processes

A build writes a new folder beside the live one and publishes it by one rename. Readers look at CURRENT between two
questions. Killing anything at any moment leaves CURRENT on a complete version.
"""

import itertools
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from retrieval.config import Settings
from retrieval.errors import IndexMismatch, IndexMissing
from retrieval.index.codec import document_from_json
from retrieval.index.fingerprint import agrees, packed_probe, terms_digest
from retrieval.index.token_vectors import open_states
from retrieval.types import Document, Embedder, Json, Point, Store

FORMAT = 7
WORDS = "words.json"
_counter = itertools.count()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A source file of an index: its content hash, the document made from it, how much came of it, and in [0, 1] how much
    of it the embedding model knows (`Embedder.known_share`).
    """

    digest: str
    document_id: str
    title: str
    size: int
    chunks: int
    windows: int
    known: float = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made with and what is in it. `made_with` decides whether a version fits the settings."""

    format: int
    created: str
    corpus: str
    title: str
    made_with: Mapping[str, Any]
    bm25: Mapping[str, float]
    files: Mapping[str, FileEntry]
    skipped: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    furniture: Sequence[str] = ()
    course: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        data = json.loads(text)
        data["files"] = {path: FileEntry(**entry) for path, entry in data["files"].items()}
        return cls(**data)


def made_with(settings: Settings, embedder: Embedder) -> dict[str, Any]:
    """What an index depends on: what differs here needs a rebuild."""
    return {
        "model": embedder.name,
        "model_digest": embedder.digest,
        "dim": embedder.dim,
        "terms": terms_digest(),
        "probe": packed_probe(embedder),
        "chunk_tokens": settings.chunk_tokens,
        "window_units": settings.window_units,
        "window_overlap": settings.window_overlap,
        "states": settings.wants_states,
    }


def versions(index_dir: Path) -> list[str]:
    """Names of the complete versions, oldest first."""
    folder = index_dir / "versions"
    return (
        sorted(path.name for path in folder.iterdir() if (path / "manifest.json").is_file()) if folder.is_dir() else []
    )


def current(index_dir: Path) -> str:
    """The live version's name. Raises IndexMissing if there is none."""
    try:
        name = (index_dir / "CURRENT").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise IndexMissing(f"There is no index in {index_dir} yet. Build one with: make index") from error
    if not (index_dir / "versions" / name / "manifest.json").is_file():
        raise IndexMissing(f"The live index {name!r} is not in {index_dir}. Build it again with: make index")
    return name


def publish(settings: Settings, name: str) -> None:
    """Make a complete version the live one, atomically."""
    index_dir = settings.index_dir
    if settings.qdrant_url:
        from retrieval.index.qdrant_server import switch_alias

        switch_alias(settings, name)
    draft = index_dir / f".CURRENT-{os.getpid()}"
    draft.write_text(name + "\n", encoding="utf-8")
    os.replace(draft, index_dir / "CURRENT")


def rollback(settings: Settings) -> str:
    """Make the version before the live one live. Raises IndexMissing where there is none before it."""
    index_dir = settings.index_dir
    live = current(index_dir)
    earlier = [name for name in versions(index_dir) if name < live]
    if not earlier:
        raise IndexMissing(f"There is no version before {live}: nothing was changed. Build a new one with: make index")
    publish(settings, earlier[-1])
    return earlier[-1]


def prune(settings: Settings, *, keep: int) -> list[str]:
    """Remove all but the `keep` newest versions (never the live one) and what killed processes left behind."""
    index_dir = settings.index_dir
    live = current(index_dir)
    removed = [name for name in versions(index_dir)[:-keep] if name != live]
    for name in removed:
        if settings.qdrant_url:
            from retrieval.index.qdrant_server import drop_version

            drop_version(settings, name)
        shutil.rmtree(index_dir / "versions" / name, ignore_errors=True)
    for draft in (index_dir / "versions").glob(".*"):
        shutil.rmtree(draft, ignore_errors=True)
    _remove_leftovers(index_dir)
    return removed


def stored_documents(index_dir: Path, name: str, paths: Collection[str]) -> list[Document]:
    """The documents of a version that were made from these files."""
    if not paths:
        return []
    folder = index_dir / "versions" / name / "documents"
    entries = read_manifest(index_dir, name).files
    return [_read_document(folder / f"{entries[path].document_id}.json") for path in entries if path in paths]


def stored_points(settings: Settings, name: str) -> Iterator[Point]:
    """All points of a version, one by one; none for an empty name."""
    if not name:
        return
    opened = _open_store(settings, name, settings.index_dir / "versions" / name)
    try:
        yield from opened.all()
    finally:
        opened.close()


def read_manifest(index_dir: Path, name: str) -> Manifest:
    return Manifest.from_json((index_dir / "versions" / name / "manifest.json").read_text(encoding="utf-8"))


def read_health(index_dir: Path, name: str) -> Json:
    """What the build of a version saw, see `ingest.index.report`; empty where it is missing."""
    path = index_dir / "versions" / name / "health.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


class Index:
    """One opened version: its points, its documents. Close it when it is replaced."""

    def __init__(self, name: str, folder: Path, manifest: Manifest, store: Store) -> None:
        self.name = name
        self.manifest = manifest
        self.store = store
        self.states = open_states(folder)
        self._folder = folder

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for an id that is not in this version."""
        path = self._folder / "documents" / f"{document_id}.json"
        if document_id not in {entry.document_id for entry in self.manifest.files.values()}:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return _read_document(path)

    def documents(self) -> dict[str, str]:
        """Document ids and titles in the order of the course."""
        return {entry.document_id: entry.title for entry in self.manifest.files.values()}

    def words(self) -> dict[str, int]:
        """How often the course uses each word, in lower case."""
        return dict(json.loads((self._folder / WORDS).read_text(encoding="utf-8")))

    def close(self) -> None:
        self.store.close()


def _read_document(path: Path) -> Document:
    return document_from_json(json.loads(path.read_text(encoding="utf-8")))


def open_index(settings: Settings, embedder: Embedder, *, name: str = "") -> Index:
    """The live version (or `name`), checked against the running settings.

    Raises IndexMissing, IndexMismatch, StoreUnavailable.
    """
    name = name or current(settings.index_dir)
    manifest = read_manifest(settings.index_dir, name)
    check_fits(manifest, made_with(settings, embedder))
    folder = settings.index_dir / "versions" / name
    return Index(name, folder, manifest, _open_store(settings, name, folder))


def check_fits(manifest: Manifest, running: Mapping[str, Any]) -> None:
    """Raises IndexMismatch naming what differs. Chunk sizes may differ: they matter to the next build only."""
    if manifest.format != FORMAT:
        raise IndexMismatch(f"The index has format {manifest.format}, this program reads {FORMAT}. Run: make index")
    asked = ("model", "model_digest", "dim")
    differing = [key for key in asked if manifest.made_with.get(key) != running[key]]
    if not differing and (
        manifest.made_with.get("terms") != running["terms"]
        or not agrees(manifest.made_with.get("probe", ""), running["probe"])
    ):
        raise IndexMismatch(
            "The index was made by a program that finds words or encodes texts in another way. Run: make index"
        )
    if differing:
        pairs = "; ".join(
            f"{key} {manifest.made_with.get(key)!r} in the index, {running[key]!r} now" for key in differing
        )
        raise IndexMismatch(f"The index was made with other settings: {pairs}. Run make index, or set them back.")


def _open_store(settings: Settings, name: str, folder: Path) -> Store:
    if settings.qdrant_url:
        from retrieval.index.qdrant_server import ServerStore

        return ServerStore(settings, name)
    from retrieval.index.qdrant_edge import EdgeStore

    private = settings.index_dir / "open" / f"{os.getpid()}-{next(_counter)}"
    private.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(settings.index_dir)
    return EdgeStore(folder / "points", private=private)


def _remove_leftovers(index_dir: Path) -> None:
    """Private copies of processes that are gone."""
    folder = index_dir / "open"
    for path in folder.iterdir() if folder.is_dir() else ():
        pid = path.name.split("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
