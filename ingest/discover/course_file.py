"""course.toml: what a teacher may say of a course beside its documents. All of it is optional."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import ConfigError
from retrieval.types import Json

NAME = "course.toml"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A `[[document]]` table: how a file is called and described; `questions` are suggested in the chat."""

    file: str
    title: str = ""
    description: str = ""
    source: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseFile:
    """The title of the course and its documents in order."""

    title: str = ""
    documents: tuple[ListedFile, ...] = ()

    def order(self, path: str) -> tuple[int, str]:
        """Sorts files in the order of course.toml, others after them by name."""
        names = [document.file for document in self.documents]
        return (names.index(path) if path in names else len(names), path)

    def title_of(self, path: str) -> str:
        """The title given to a file; empty if none is."""
        return next((document.title for document in self.documents if document.file == path), "")


def read_course(folder: Path) -> CourseFile:
    """course.toml in `folder`; an empty course without one. Raises ConfigError for one that cannot be used."""
    path = folder / NAME
    if not path.is_file():
        return CourseFile()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return CourseFile(title=str(data.get("title", "")), documents=tuple(map(_file, data.get("document", []))))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(
            f'{path} cannot be used: {error!r}. It needs `title = "..."` and `[[document]]` tables with file, title, '
            "description, source and questions; or remove it, it is optional."
        ) from error


def course_digest(folder: Path) -> str:
    """The content hash of course.toml, empty without one."""
    path = folder / NAME
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _file(table: Json) -> ListedFile:
    return ListedFile(
        file=str(table["file"]),
        title=str(table.get("title", "")),
        description=str(table.get("description", "")),
        source=str(table.get("source", "")),
        questions=tuple(map(str, table.get("questions", ()))),
    )
