"""Copies of a version's storage for one process: the engine rewrites small files in what it opens.

    .index/open/<random>/         the copy
    .index/open/<random>.lock     locked by its process as long as that lives

A copy whose process is gone is known by its lock, which the kernel releases, and by nothing else: processes of several
containers may share the folder and have the same number. Where the index can only be read, copies go where the
system keeps temporary files.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import IndexDamaged, StoreUnavailable
from retrieval.index.checksums import copy

OPEN = "open"


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
