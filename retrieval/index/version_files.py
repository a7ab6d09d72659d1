"""The files of an index version: compared with their checksums, and copied for one process.

    versions/<name>/checksums.json    {"points/edge_config.json": "<hex>", ...}, every file of the version but itself
    open/<random>/                    a private copy of points/: the engine rewrites small files in what it opens
    open/<random>.lock                locked by its process as long as that lives

The engine preallocates its files: most of their length is holes. A checksum is SHA-256 over the length and over every
block of 16 KiB that is not all zeros, with its number: holes cost nothing to check, and a copy without them has the
same checksum, also where a file system knows no holes.

A copy whose process is gone is known by its lock, which the kernel releases, and by nothing else: processes of several
containers may share the folder and have the same number. Where the index can only be read, copies go where the
system keeps temporary files.
"""

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMissing, StoreUnavailable
from retrieval.index.codec import document_from_json
from retrieval.types import Document

NAME = "checksums.json"
BLOCK = 1 << 14
_ZEROS = bytes(BLOCK)
OPEN = "open"
BUILD_ONLY = "pieces/"  # read by builds alone, which check everything
POINTS = "points/"  # checked as they are copied
AT_ONCE = 64 << 20  # bytes that are checked before the first question
SMALL = 1 << 20  # a file up to this size is always checked before


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
                from retrieval.index.mirror import follower

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


class PrivateCopy:
    """A copy of `source` at `path` until `close()`."""

    def __init__(self, source: Path, index_dir: Path, *, expected: Mapping[str, str]) -> None:
        """`expected`: checksums of the files by path below `source`.

        Raises IndexDamaged for a file that is not as it was written, StoreUnavailable where there is no room.
        """
        self.source = source
        folder = _writable(index_dir)
        with _alone(folder):
            _remove_abandoned(folder)
            self.path = folder / secrets.token_hex(8)
            self._lock = (folder / f"{self.path.name}.lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            _copy_all(source, self.path, expected)
        except (IndexDamaged, OSError) as error:
            self.close()
            if isinstance(error, IndexDamaged):
                raise
            raise StoreUnavailable(
                f"The index at {source} cannot be copied to {folder} for reading: {error.strerror}. "
                "Free some disk space there, then try again."
            ) from error

    def close(self) -> None:
        """Removes the copy; doing it twice changes nothing."""
        if not self._lock.closed:
            shutil.rmtree(self.path, ignore_errors=True)
            Path(self._lock.name).unlink(missing_ok=True)
            self._lock.close()


def remove_abandoned(index_dir: Path) -> None:
    """Removes the copies of processes that are gone."""
    folder = index_dir / OPEN
    if folder.is_dir() and os.access(folder, os.W_OK):
        with _alone(folder):
            _remove_abandoned(folder)


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


def _copy_all(source: Path, target: Path, expected: Mapping[str, str]) -> None:
    target.mkdir(mode=0o700)
    for name, checksum in expected.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if not (source / name).is_file() or copy(source / name, target / name) != checksum:
            raise IndexDamaged(source.parent.name, f"{source.name}/{name}")


def _writable(index_dir: Path) -> Path:
    """The folder for copies, made if need be."""
    own = Path(tempfile.gettempdir()) / f"footnote-{os.getuid()}"
    for folder in (index_dir / OPEN, own):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            mine = folder != own or folder.stat().st_uid == os.getuid()  # anybody may make a folder there
        except OSError:
            continue
        if mine and os.access(folder, os.W_OK):
            return folder
    raise StoreUnavailable(
        f"There is no place for a private copy of the index: neither {index_dir} nor {tempfile.gettempdir()} can be "
        "written. Make one of them writable (TMPDIR names the second)."
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else adds or removes copies meanwhile."""
    with (folder / "LOCK").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove_abandoned(folder: Path) -> None:
    held = set()
    for path in folder.glob("*.lock"):
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held.add(path.stem)
    for path in folder.iterdir():
        if path.name != "LOCK" and path.stem not in held:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
