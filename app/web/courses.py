"""The courses of one desk: the one that the settings name, and those made in the browser, each with a folder of its own.

DATA_DIR/courses/<key>/documents/     what was dropped, and course.toml with its title
                       index/         the versions of its index
                       footnote.db …  its conversations, its answer cache
"""

import json
import re
import tomllib
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
