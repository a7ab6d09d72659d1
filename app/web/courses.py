"""The courses of one desk: the course that the settings name, and those made in the browser, each with a folder of its own; and
their documents.

DATA_DIR/courses/<key>/documents/     what was dropped, and course.toml with its title
                       index/         the versions of its index
                       footnote.db …  its conversations, its answer cache
"""

import json
import os
import re
import time
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import ConfigError

LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """`key` is what its address says (`?course=`), empty for the course of the settings."""

    key: str
    title: str


class Courses:
    """`settings` are those of the program; each course has its own, made of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_dir / "courses"

    def known(self) -> list[CourseEntry]:
        """The course of the settings, then the others by their names."""
        keys = sorted(path.name for path in self._folder.glob("*/") if (path / "documents").is_dir())
        return [CourseEntry("", _title(self._settings.corpus)), *(self._entry(key) for key in keys)]

    def settings_of(self, key: str) -> Settings:
        """Raises ConfigError for a course that is not here."""
        if not key:
            return self._settings
        folder = self._folder / key
        if key != _key(key) or not (folder / "documents").is_dir():
            raise ConfigError(f"There is no course {key!r} on this desk. Look whether its address is complete.")
        return self._settings.model_copy(
            update={
                "corpus": folder / "documents",
                "index_dir": folder / "index",
                "data_dir": folder,
                "qdrant_collection": f"{self._settings.qdrant_collection}-{key}",
            }
        )

    def create(self, title: str) -> str:
        """Makes an empty course; its key. Raises ConfigError where the title cannot serve, or the folder cannot be written."""
        title = " ".join(title.split())
        key = _key(title)
        if not key:
            raise ConfigError(f"{title!r} cannot name a course: it needs a letter or a digit.")
        documents = self._folder / key / "documents"
        try:
            documents.mkdir(parents=True)
            (documents / "course.toml").write_text(
                f"title = {json.dumps(title, ensure_ascii=False)}\n", encoding="utf-8"
            )
        except FileExistsError:
            raise ConfigError(f"There is a course {key!r} on this desk already. Choose another name.") from None
        except OSError as error:
            raise ConfigError(
                f"{documents} cannot be written ({error.strerror}). Set DATA_DIR to a folder that can."
            ) from error
        return key

    def _entry(self, key: str) -> CourseEntry:
        return CourseEntry(key, _title(self._folder / key / "documents") or key)


def _title(corpus: Path) -> str:
    """From its course.toml; empty if that says none."""
    try:
        return str(tomllib.loads((corpus / "course.toml").read_text(encoding="utf-8")).get("title", ""))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""


def _key(title: str) -> str:
    """`"Cell biology, part 2"` -> `"cell-biology-part-2"`"""
    return re.sub(r"\W+", "-", title.casefold()).strip("-_")[:LONGEST_KEY].strip("-_")


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
