"""Checksums of a version's files, so that damage is noticed before anything is answered from it.

    checksums.json    {"points/edge_config.json": "<hex>", ...}, every file of the version but itself

The engine preallocates its files: most of their length is holes. A checksum is SHA-256 over the length and over every
block of 16 KiB that is not all zeros, with its number: holes cost nothing to check, and a copy without them has the
same checksum, also where a file system knows no holes.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from retrieval.errors import IndexDamaged

NAME = "checksums.json"
BLOCK = 1 << 14
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
