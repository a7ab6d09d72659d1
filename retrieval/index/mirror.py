"""The folder of a host whose index is on a Qdrant server: what was fetched from there, and needs no second fetch.

Versions look as they do without a server, but for the points, which stay there. Manifest, statistics and checksums of
each published version are fetched when it appears, documents when they are first read, and all of it is compared with
its checksum. Nothing here is missed when it is deleted.
"""

import json
import os
import secrets
import shutil
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import IndexDamaged
from retrieval.index import version_files
from retrieval.index.qdrant_server import QUESTION
from retrieval.index.qdrant_versions import ServerVersions
from retrieval.index.versions import damage, number, unmark

EVERY = 1.0  # seconds between two looks at the server
BUILD_FILES = ("documents/", "pieces/", "points.json")  # a reader takes the documents one by one


class Follower:
    """What is published, seen from one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._versions = ServerVersions(settings, tries=QUESTION)
        self._lock = threading.Lock()
        self._seen: tuple[str, tuple[str, ...]] | None = None
        self._looked = -EVERY

    def current(self, *, now: bool = False) -> tuple[str, tuple[str, ...]]:
        """The live version and all published ones, as of the last second; all are in the folder afterwards."""
        with self._lock:
            if now or self._seen is None or time.monotonic() - self._looked >= EVERY:
                found = self._versions.current()
                for name in found[1]:
                    self._mirror(name)
                self._seen, self._looked = found, time.monotonic()
            return self._seen

    def fetch(self, name: str, path: str, expected: str, *, into: Path | None = None) -> None:
        """Puts one file of a version into its folder, or into another. Raises IndexMissing, IndexDamaged."""
        data = self._versions.file(path, number(name))
        if version_files.checksum_of(data) != expected:
            raise IndexDamaged(name, path)
        _put((into or self._folder(name)) / path, data)

    def _mirror(self, name: str) -> None:
        """What is damaged here is fetched again."""
        folder = self._folder(name)
        if name in damage(self._settings):
            shutil.rmtree(folder, ignore_errors=True)
            unmark(self._settings, name)
        if folder.is_dir():
            return
        draft = folder.with_name(f".{name}-{secrets.token_hex(4)}")
        try:
            draft.mkdir(mode=0o700, parents=True)
            listing = self._versions.file(version_files.NAME, number(name))
            (draft / version_files.NAME).write_bytes(listing)
            for path, expected in json.loads(listing).items():
                if not path.startswith(BUILD_FILES):
                    self.fetch(name, path, expected, into=draft)
            if not folder.is_dir():  # another process may have been faster
                draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _folder(self, name: str) -> Path:
        return self._settings.index_dir / "versions" / name


def follower(settings: Settings) -> Follower:
    """One for all callers whose settings name the same collection and folder."""
    where = settings.qdrant_url, settings.qdrant_api_key, settings.qdrant_collection, settings.index_dir
    return _follower(_Key(*where, settings))


@dataclass(frozen=True)
class _Key:
    url: str
    api_key: str
    collection: str
    index_dir: Path
    settings: Settings = field(compare=False)


@lru_cache(maxsize=8)
def _follower(key: _Key) -> Follower:
    return Follower(key.settings)


def fetch_all(settings: Settings, name: str) -> None:
    """What a build takes over from a version: all files that are not in the folder yet. Raises IndexMissing."""
    folder = settings.index_dir / "versions" / name
    for path, expected in json.loads((folder / version_files.NAME).read_text(encoding="utf-8")).items():
        if not (folder / path).is_file():
            follower(settings).fetch(name, path, expected)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    draft.write_bytes(data)
    os.replace(draft, path)
