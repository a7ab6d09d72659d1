"""The documents of a course as files: dropped ones are put into its folder, removed and replaced ones are kept aside."""

import os
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import ConfigError

LONGEST_NAME = 120
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file as a browser sends it."""

    name: str
    data: bytes


class CourseFolder:
    """`folder` holds the documents; what is taken out of it goes to `aside`."""

    def __init__(self, folder: Path, *, aside: Path) -> None:
        self._folder = folder
        self._aside = aside

    def replaces(self, name: str) -> bool:
        """Whether there is a document of this name."""
        return (self._folder / file_name(name)).exists()

    def put(self, files: Sequence[Dropped]) -> None:
        """Each whole or not at all; one of the same name is kept aside. Raises ConfigError where that cannot be done."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                path = self._folder / file_name(file.name)
                if path.exists():
                    self._keep(path)
                draft = path.with_name(f".{path.name}.part")
                draft.write_bytes(file.data)
                os.replace(draft, path)
        except OSError as error:
            raise ConfigError(
                f"{self._folder} cannot be written: {error.strerror}. Make it writable, or set CORPUS."
            ) from error

    def remove(self, path: str) -> Path:
        """Takes a document out, by its path inside the folder; where it is kept. Raises ConfigError if that cannot be done."""
        there = (self._folder / path).resolve()
        if not there.is_relative_to(self._folder.resolve()) or not there.is_file():
            raise ConfigError(f"{path!r} is no document of this course any more. Read the course again.")
        try:
            return self._keep(there)
        except OSError as error:
            raise ConfigError(f"{path} cannot be taken out: {error.strerror}. Make its folder writable.") from error

    def _keep(self, path: Path) -> Path:
        self._aside.mkdir(parents=True, exist_ok=True)
        kept = self._aside / f"{time.strftime('%Y%m%d-%H%M%S')}-{path.name}"
        number = 1
        while kept.exists():
            number += 1
            kept = kept.with_name(f"{time.strftime('%Y%m%d-%H%M%S')}-{number}-{path.name}")
        kept.write_bytes(path.read_bytes())  # perhaps another disk, so no rename
        path.unlink()
        return kept


def file_name(name: str) -> str:
    """What a dropped file is called in the folder: its last part, with no sign that a file system minds, never hidden.

    >>> file_name("../week 1\\\\notes: a.md")
    'notes_ a.md'
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    fit = _UNFIT.sub("_", last).strip().lstrip(".~") or "document"
    stem, suffix = os.path.splitext(fit)
    return stem[: LONGEST_NAME - len(suffix)] + suffix
