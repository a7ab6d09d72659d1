"""The files of a folder: which are documents, which are left out and why (the only importer of pathspec); and course.toml,
what a teacher may say of a course beside its documents, all of it optional."""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from ingest.parse import archives
from ingest.parse.dispatch import EXPORT, SUFFIXES
from ingest.parse.reader import Limits, printable
from retrieval.errors import ConfigError, UnreadableFile
from retrieval.types import Json

COURSE_FILE = "course.toml"
IGNORE_FILE = ".ignore"
_LEFTOVERS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "imsmanifest.xml"})
_DIGITS = re.compile(r"([0-9]{1,18})")
_Rules = tuple[tuple[Path, GitIgnoreSpec], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder that is not in the index: its path inside the folder, one word for why, a sentence, what to do; `digest`: of what
    could not be read."""

    path: str
    reason: str
    message: str
    remedy: str = ""
    digest: str = ""


def find(folder: Path, *, limits: Limits) -> tuple[list[Path], list[Failure]]:
    """The documents below `folder` and what was skipped though somebody may have meant it, both sorted by path.

    Left out silently: hidden files, what an operating system leaves behind, and what `.ignore` files name (gitignore
    syntax, each for its own folder), course.toml. Archives are folders (see `archives`). A link is followed inside `folder`, unless what it leads to is found anyway.
    Raises ConfigError if `folder` is no folder or a pattern is wrong.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder. Name the folder that holds the course.")
    search = _Search(folder, limits)
    search.walk(folder, ())
    while search.links:
        search.follow(*search.links.pop(0))
    return sorted(search.found, key=search.name), sorted(search.skipped, key=lambda item: item.path)


class _Search:
    """What has been found so far. `links` wait until everything that is really there is known."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self.found: list[Path] = []
        self.skipped: list[Failure] = []
        self.links: list[tuple[Path, _Rules]] = []
        self.seen: set[Path] = set()

    def name(self, path: Path) -> str:
        return printable(path.relative_to(self.folder).as_posix())

    def skip(self, path: Path, reason: str, message: str, remedy: str = "") -> None:
        self.skipped.append(Failure(self.name(path), reason, message, remedy))

    def walk(self, folder: Path, rules: _Rules) -> None:
        self.seen.add(folder.resolve())
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            rules = (*_rules(folder), *rules)
        except OSError as error:
            self.skip(folder, "permission", f"The folder cannot be opened: {error.strerror}.", "Make it readable.")
            return
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith((".", "~$")) or entry.name in _LEFTOVERS or _ignored(path, entry.is_dir(), rules):
                continue
            if entry.is_symlink():
                self.links.append((path, rules))
            elif entry.is_dir():
                self.walk(path, rules)
            else:
                self.file(path, regular=entry.is_file())

    def follow(self, link: Path, rules: _Rules) -> None:
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):
            self.skip(link, "link", "The link leads nowhere.", "Remove or repair it.")
            return
        if not target.is_relative_to(self.folder.resolve()):
            self.skip(link, "link", "The link leads out of the folder.", "Copy what it leads to into the folder.")
        elif target not in self.seen:
            self.walk(link, rules) if target.is_dir() else self.file(link, regular=target.is_file())

    def file(self, path: Path, *, regular: bool) -> None:
        self.seen.add(path.resolve())
        if path == self.folder / COURSE_FILE:
            return
        if not regular:
            self.skip(path, "unsupported", "This is not a regular file.")
        elif path.suffix.lower() in archives.SUFFIXES:
            self.archive(path)
        else:
            self.known(path, path.stat().st_size)

    def archive(self, path: Path) -> None:
        """What an archive holds, as if it were a folder; hidden files and what systems leave behind are left out."""
        try:
            members = list(archives.members(path, self.limits))
        except UnreadableFile as error:
            self.skip(path, error.reason, str(error), error.remedy)
            return
        for member, size in members:
            parts = member.relative_to(path).parts
            if not any(part.startswith((".", "~$")) or part in _LEFTOVERS for part in parts):
                self.known(member, size)

    def known(self, path: Path, size: int) -> None:
        if path.suffix.lower() in archives.SUFFIXES:
            message = (
                f"An archive in an archive is not opened where it is damaged, or more than {archives.DEEPEST} deep."
            )
            self.skip(path, "unsupported", message, "Unpack it.")
        elif path.suffix.lower() not in SUFFIXES:
            message = f"Files named {path.suffix} are not read." if path.suffix else "Its name does not say what it is."
            self.skip(path, "unsupported", message, EXPORT)
        elif size > self.limits.file_bytes:
            message = f"The file has {size:,} bytes; the limit is {self.limits.file_bytes:,}."
            self.skip(path, "too large", message, "Split it, or raise MAX_FILE_MB.")
        else:
            self.found.append(path)


def _rules(folder: Path) -> Iterator[tuple[Path, GitIgnoreSpec]]:
    file = folder / IGNORE_FILE
    if file.is_file():
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            yield folder, GitIgnoreSpec.from_lines(lines)
        except ValueError as error:
            raise ConfigError(f"{file}: {error}. Correct the pattern or remove it.") from error


def _ignored(path: Path, is_folder: bool, rules: _Rules) -> bool:
    """The innermost `.ignore` that says anything about the path decides."""
    for base, spec in rules:
        verdict = spec.check_file(path.relative_to(base).as_posix() + "/" * is_folder).include
        if verdict is not None:
            return verdict
    return False


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

    def order(self, path: str) -> tuple[int, list[str | int], str]:
        """Sorts files in the order of course.toml, others after them by name: week 2 before Week 10."""
        names = [document.file for document in self.documents]
        pieces = enumerate(_DIGITS.split(path.casefold()))
        named = [int(piece) if at % 2 else piece for at, piece in pieces]
        return names.index(path) if path in names else len(names), named, path

    def title_of(self, path: str) -> str:
        """The title given to a file; empty if none is."""
        return next((document.title for document in self.documents if document.file == path), "")


def read_course(folder: Path) -> CourseFile:
    """course.toml in `folder`; an empty course without one. Raises ConfigError for one that cannot be used."""
    path = folder / COURSE_FILE
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
    path = folder / COURSE_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _file(table: Json) -> ListedFile:
    return ListedFile(
        file=str(table["file"]),
        title=str(table.get("title", "")),
        description=str(table.get("description", "")),
        source=str(table.get("source", "")),
        questions=tuple(map(str, table.get("questions", ()))),
    )
