"""Archives that are read as folders: .zip, and .imscc, the export of learning platforms.

Nothing is unpacked to disk: a file in an archive has the path `archive.zip/folder/file.md`, and its bytes are read from
there. An archive in an archive is not opened.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile

SUFFIXES = frozenset({".zip", ".imscc"})
MOST_MEMBERS = 10_000
_ENCRYPTED = 1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_AGAIN = "Copy or download it again, or save it anew."


def members(archive: Path, limits: Limits) -> Iterator[tuple[Path, int]]:
    """The files of an archive as (path, bytes when unpacked). Raises UnreadableFile: corrupt, encrypted, zip bomb."""
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
    except _DAMAGED as error:
        remedy = "Copy or download it again, or unpack it."
        raise UnreadableFile("corrupt", f"The archive is damaged or incomplete: {error}.", remedy=remedy) from error
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > MOST_MEMBERS or unpacked > limits.unpacked_bytes:
        message = (
            f"The archive holds {len(infos):,} files of {unpacked:,} bytes; the limits are {MOST_MEMBERS:,} files and "
            f"{limits.unpacked_bytes:,} bytes."
        )
        raise UnreadableFile("zip bomb", message, remedy="Unpack what the course needs, or raise MAX_UNPACKED_MB.")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        message = "The archive is protected by a password."
        raise UnreadableFile("encrypted", message, remedy="Unpack it, or save it without one.")
    for info in infos:
        inside = PurePosixPath(info.filename)
        if not inside.is_absolute() and ".." not in inside.parts:
            yield archive / inside, info.file_size


def read_member(path: Path) -> bytes | None:
    """The bytes of a file in an archive; None if no part of the path is an archive. Raises UnreadableFile, OSError."""
    archive = next((above for above in path.parents if above.suffix.lower() in SUFFIXES and above.is_file()), None)
    if archive is None:
        return None
    inside = PurePosixPath(path.relative_to(archive).as_posix())
    try:
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                if PurePosixPath(info.filename) == inside:
                    return opened.read(info)
        raise UnreadableFile("missing", "The file is no longer in the archive.", remedy="Build again.")
    except _DAMAGED as error:
        remedy = "Copy or download the archive again, or unpack it."
        raise UnreadableFile("corrupt", f"The file in the archive is damaged: {error}.", remedy=remedy) from error


def check(data: bytes, limits: Limits) -> None:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb. (Python's zipfile never unpacks more than is declared.)"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableFile("corrupt", f"The file is damaged or incomplete: {error}.", remedy=_AGAIN) from error
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile("encrypted", "The file is protected by a password.", remedy="Save it without one.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        message = f"The file unpacks to {unpacked:,} bytes; the limit is {limits.unpacked_bytes:,}."
        raise UnreadableFile(
            "zip bomb", message, remedy="Save it anew with smaller pictures, or raise MAX_UNPACKED_MB."
        )
