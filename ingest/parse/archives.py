"""Archives that are read as folders: .zip, and .imscc, the export of learning platforms; and Office files, which are
archives too, looked at before anything is unpacked.

Nothing is unpacked to disk: a file in an archive has the path `archive.zip/folder/file.md`, and its bytes are read from
there. Archives in archives are folders in folders, within the limits of the outermost one.
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
DEEPEST = 3  # archives in each other
_ENCRYPTED = 1
# what zipfile raises for damage; a compression that it does not know is a kind of RuntimeError
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
_AGAIN = "Copy or download it again, or save it anew."


def members(archive: Path, limits: Limits) -> Iterator[tuple[Path, int]]:
    """The files of an archive as (path, bytes when unpacked). Raises UnreadableFile: corrupt, encrypted, zip bomb.

    An archive in it that cannot be opened, or lies too deep, is given as a file.
    """
    return iter(_Walk(limits).members(archive, archive, depth=1))


class _Walk:
    """What an archive and those in it have held so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.count, self.unpacked = limits, 0, 0

    def members(self, source: Path | io.BytesIO, path: Path, *, depth: int) -> list[tuple[Path, int]]:
        try:
            with zipfile.ZipFile(source) as opened:
                infos = [info for info in opened.infolist() if not info.is_dir()]
                self.count_in(infos)
                return [found for info in infos for found in self._member(opened, info, path, depth)]
        except DAMAGED as error:
            message = f"The archive is damaged or incomplete: {error}."
            raise UnreadableFile("corrupt", message, remedy="Copy or download it again, or unpack it.") from error

    def count_in(self, infos: list[zipfile.ZipInfo]) -> None:
        self.count += len(infos)
        self.unpacked += sum(info.file_size for info in infos)
        most = self.limits.unpacked_bytes
        if self.count > MOST_MEMBERS or self.unpacked > most:
            message = f"It holds {self.count:,} files of {self.unpacked:,} bytes; the limits are {MOST_MEMBERS:,} and {most:,}."
            raise UnreadableFile("zip bomb", message, remedy="Take out what is not needed, or raise MAX_UNPACKED_MB.")
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise UnreadableFile("encrypted", "It is protected by a password.", remedy="Save it without one.")

    def _member(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, depth: int) -> list[tuple[Path, int]]:
        inside = PurePosixPath(info.filename)
        if inside.is_absolute() or ".." in inside.parts:
            return []
        if inside.suffix.lower() in SUFFIXES and depth < DEEPEST:
            try:
                return self.members(io.BytesIO(opened.read(info)), path / inside, depth=depth + 1)
            except UnreadableFile as error:
                if error.reason == "zip bomb":
                    raise
        return [(path / inside, info.file_size)]


def read_member(path: Path) -> bytes | None:
    """The bytes of a file in an archive; None if no part of the path is an archive. Raises UnreadableFile, OSError."""
    archive = next((above for above in path.parents if above.suffix.lower() in SUFFIXES and above.is_file()), None)
    if archive is None:
        return None
    try:
        with zipfile.ZipFile(archive) as opened:
            return _read(opened, PurePosixPath(path.relative_to(archive).as_posix()))
    except DAMAGED as error:
        remedy = "Copy or download the archive again, or unpack it."
        raise UnreadableFile("corrupt", f"The file in the archive is damaged: {error}.", remedy=remedy) from error


def _read(opened: zipfile.ZipFile, inside: PurePosixPath) -> bytes:
    """The file at this path, or in an archive that stands in its way."""
    names = {PurePosixPath(info.filename): info for info in opened.infolist()}
    if inside in names:
        return opened.read(names[inside])
    archive = next((above for above in inside.parents if above in names and above.suffix.lower() in SUFFIXES), None)
    if archive is None:
        raise UnreadableFile("missing", "The file is no longer in the archive.", remedy="Build again.")
    with zipfile.ZipFile(io.BytesIO(opened.read(names[archive]))) as inner:
        return _read(inner, inside.relative_to(archive))


def check(data: bytes, limits: Limits) -> None:
    """Of an Office file. Raises UnreadableFile: corrupt, encrypted, zip bomb. (Python's zipfile never unpacks more than
    is declared.)"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _Walk(limits).count_in(archive.infolist())
    except DAMAGED as error:
        raise UnreadableFile("corrupt", f"The file is damaged or incomplete: {error}.", remedy=_AGAIN) from error
