"""The files of an index version: compared with their checksums, copied, and fetched where the index is on a Qdrant server.

    versions/<name>/checksums.json    {"points/edge_config.json": "<hex>", ...}, every file of the version but itself

The engine preallocates its files: most of their length is holes. A checksum is SHA-256 over the length and over every
block of 16 KiB that is not all zeros, with its number: holes cost nothing to check, and a copy without them has the
same checksum, also where a file system knows no holes.

On a host that follows a server, versions look as they do without one, but for the points, which stay there. Manifest,
statistics and checksums of each published version are fetched when it appears, documents when they are first read, and all
of it is compared with its checksum. Nothing there is missed when it is deleted.
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import IndexDamaged

NAME = "checksums.json"
BLOCK = 1 << 14
EVERY = 1.0  # seconds between two looks at a server
BUILD_FILES = ("documents/", "pieces/", "points.json")  # a reader takes the documents one by one
_ZEROS = bytes(BLOCK)


def checksum(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return _digest(os.fstat(file.fileno()).st_size, _blocks(file.fileno()))


def checksum_of(data: bytes) -> str:
    """The checksum of a file with these contents."""
    return _digest(len(data), ((at, data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)))


def copy(source: Path, target: Path) -> str:
    """A copy that leaves holes out, in a new file; the checksum of what was copied."""
    with source.open("rb") as file, target.open("xb") as copied:
        size = os.fstat(file.fileno()).st_size
        digest = _digest(size, _written(_blocks(file.fileno()), copied.fileno()))
        os.ftruncate(copied.fileno(), size)
    return digest


def write_checksums(folder: Path) -> None:
    """Of all files below `folder`, as they are on disk now."""
    found = {name: checksum(folder / name) for name in sorted(_files(folder))}
    (folder / NAME).write_text(json.dumps(found, indent=1), encoding="utf-8")


def read_checksums(folder: Path, *, partly: bool = False) -> dict[str, str]:
    """By path below the folder. Raises IndexDamaged, also where a listed file is missing or another is there, unless only
    a part of the files is held here (`partly`)."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        listed = {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise IndexDamaged(folder.name, NAME) from error
    if not partly and (differing := listed.keys() ^ _files(folder)):
        raise IndexDamaged(folder.name, min(differing))
    return listed


def verify(folder: Path, expected: Mapping[str, str], names: Iterable[str]) -> None:
    """Raises IndexDamaged naming the first of these files that is not as it was written."""
    for name in names:
        try:
            matches = checksum(folder / name) == expected[name]
        except (OSError, KeyError) as error:
            raise IndexDamaged(folder.name, name) from error
        if not matches:
            raise IndexDamaged(folder.name, name)


def number(name: str) -> int:
    """`000007-20261122T101500-1a2b3c4d` -> 7; 0 for a name without a number."""
    first = name.lstrip(".").split("-")[0]
    return int(first) if first.isdigit() and len(first) < 10 else 0


class Follower:
    """What is published, seen from one process."""

    def __init__(self, settings: Settings) -> None:
        from retrieval.index.qdrant_server import QUESTION  # seconds to import
        from retrieval.index.qdrant_versions import ServerVersions

        self._settings = settings
        self._versions = ServerVersions(settings, tries=QUESTION)
        self._lock = threading.Lock()
        self._seen: tuple[str, tuple[str, ...]] | None = None
        self._looked = -EVERY

    def current(self, *, now: bool = False) -> tuple[str, tuple[str, ...]]:
        """The live version and all published ones, as of the last second; all are in the folder afterwards."""
        with self._lock:
            if now or self._seen is None or time.monotonic() - self._looked >= EVERY:
                self._seen, self._looked = self._versions.current(), time.monotonic()
            for name in self._seen[1]:
                if not self._folder(name).is_dir():
                    self._mirror(name)
            return self._seen

    def fetch_all(self, name: str) -> None:
        """What a build takes over from a version: all files that are not in the folder yet. Raises IndexMissing."""
        for path, expected in read_checksums(self._folder(name), partly=True).items():
            if not (self._folder(name) / path).is_file():
                self.fetch(name, path, expected)

    def fetch(self, name: str, path: str, expected: str, *, into: Path | None = None) -> None:
        """Puts one file of a version into its folder, or into another. Raises IndexMissing, IndexDamaged."""
        data = self._versions.file(path, number(name))
        if checksum_of(data) != expected:
            raise IndexDamaged(name, path)
        _put((into or self._folder(name)) / path, data)

    def _mirror(self, name: str) -> None:
        folder = self._folder(name)
        draft = folder.with_name(f".{name}-{secrets.token_hex(4)}")
        try:
            draft.mkdir(mode=0o700, parents=True)
            listing = self._versions.file(NAME, number(name))
            (draft / NAME).write_bytes(listing)
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
    with _followers_lock:
        if where not in _followers:
            _followers[where] = Follower(settings)
        return _followers[where]


_followers: dict[tuple[object, ...], Follower] = {}
_followers_lock = threading.Lock()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    draft.write_bytes(data)
    os.replace(draft, path)


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {NAME}


def _digest(size: int, blocks: Iterable[tuple[int, bytes]]) -> str:
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    for place, block in blocks:
        if block != _ZEROS[: len(block)]:
            digest.update(place.to_bytes(8, "little") + block)
    return digest.hexdigest()


def _written(blocks: Iterable[tuple[int, bytes]], target: int) -> Iterator[tuple[int, bytes]]:
    for place, block in blocks:
        if block != _ZEROS[: len(block)]:
            _write(target, block, place)
        yield place, block


def _write(target: int, block: bytes, place: int) -> None:
    written = 0
    while written < len(block):  # a disk that is nearly full takes a part
        written += os.pwrite(target, block[written:], place + written)


def _blocks(file: int) -> Iterator[tuple[int, bytes]]:
    """Offset and contents of each block that holds data, in order."""
    place, size = 0, os.fstat(file).st_size
    while place < size:
        start, end = _data(file, place, size)
        place = max(place, start // BLOCK * BLOCK)
        while place < end:
            yield place, os.pread(file, BLOCK, place)
            place += BLOCK


def _data(file: int, place: int, size: int) -> tuple[int, int]:
    """Where the next data begins and ends; all that is left where the system does not tell."""
    try:
        start = os.lseek(file, place, os.SEEK_DATA)
        return start, os.lseek(file, start, os.SEEK_HOLE)
    except AttributeError:
        return place, size
    except OSError as error:
        return (size, size) if error.errno == errno.ENXIO else (place, size)
