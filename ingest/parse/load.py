"""A file to a Document."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.parse import file_type
from ingest.parse.decode import printable
from ingest.parse.dispatch import Read, read, read_bytes
from ingest.parse.markdown import front_matter
from ingest.parse.markdown import parser as commonmark
from ingest.parse.reader import MEGABYTE, Limits
from ingest.parse.sandbox import ReaderProcess
from retrieval.types import Block, Document, Section

QUICK_BYTES = MEGABYTE


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, what was left out of its text, what was unusual about its file, what its
    author had hidden."""

    document: Document
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class Loader:
    """Reads the files below `root`: short Markdown and text here, everything else in a process that can be stopped.

    To be closed, or used in a `with` statement.
    """

    def __init__(self, root: Path, *, limits: Limits | None = None) -> None:
        self.root = root
        self.limits = limits or Limits()
        self._process = ReaderProcess(self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()

    def load(self, path: Path) -> Loaded:
        """Raises UnreadableFile with what is wrong and what to do."""
        found = read(path, self.limits) if self._is_quick(path) else self._process.read(path)
        document = make_document(found, path.relative_to(self.root))
        return Loaded(document, found.source.dropped, found.source.notes, found.source.hidden)

    def _is_quick(self, path: Path) -> bool:
        if file_type.SUFFIXES.get(path.suffix.lower()) not in {"markdown", "text"}:
            return False
        data = read_bytes(path, self.limits)
        return len(data) <= QUICK_BYTES and file_type.kind_of(path, data)[0] in {"markdown", "text"}


def load(path: Path, *, root: Path, limits: Limits | None = None) -> Document:
    """Read one file below `root`; for many files a Loader is faster. Raises UnreadableFile."""
    with Loader(root, limits=limits) as loader:
        return loader.load(path).document


def make_document(found: Read, path: Path) -> Document:
    """The document for what was read from `path` inside the corpus: front matter, title, sections and id."""
    source = found.source
    head = front_matter.read(source.text).metadata if source.markdown else {}
    metadata = {**source.metadata, **head}
    title = head.get("title") or _first_heading(found.blocks, source.text) or source.title or ""
    return Document(
        id=document_id(path.as_posix()),
        path=printable(path.as_posix()),
        title=title or _spoken(printable(path.stem)),
        text=source.text,
        blocks=found.blocks,
        sections=section_paths(found.blocks, source.text, title=title),
        pages=source.pages,
        page_word=source.page_word,
        titled=bool(title),
        markdown=source.markdown,
        metadata=metadata,
        recognised=source.recognised,
    )


def document_id(path: str) -> str:
    """16 hexadecimal digits for a path inside the corpus (posix)."""
    return hashlib.sha256(path.encode("utf-8", errors="surrogateescape")).hexdigest()[:16]


def _first_heading(blocks: tuple[Block, ...], text: str) -> str:
    heading = next((block for block in blocks if block.kind == "heading"), None)
    return commonmark.heading_words(text[heading.start : heading.end]) if heading and heading.level == 1 else ""


def _spoken(stem: str) -> str:
    """`week_1-intro` -> `week 1 intro`."""
    return re.sub(r"[\s_-]+", " ", stem).strip() or stem


def section_paths(blocks: Sequence[Block], text: str, *, title: str = "") -> tuple[Section, ...]:
    """Sections in reading order, an outer one before its sub-sections; `end` is the next heading of its level or above.

    Text before the first heading gets a section with an empty path and level 0. A level 1 heading that says the same
    as `title` adds nothing to the paths: its own is empty.
    """
    headings = [block for block in blocks if block.kind == "heading"]
    ends = _ends([heading.level for heading in headings], [heading.start for heading in headings], len(text))
    sections = _preamble(blocks, len(text))
    path: list[tuple[int, str]] = []
    for heading, end in zip(headings, ends, strict=True):
        while path and path[-1][0] >= heading.level:
            path.pop()
        words = commonmark.heading_words(text[heading.start : heading.end])
        path.append((heading.level, "" if heading.level == 1 and _same(words, title) else words))
        names = tuple(name for _, name in path if name)
        sections.append(Section(path=names, level=heading.level, start=heading.start, end=end))
    return tuple(sections)


def _preamble(blocks: Sequence[Block], length: int) -> list[Section]:
    end = next((block.start for block in blocks if block.kind == "heading"), length)
    before = [block for block in blocks if block.start < end and block.kind != "boilerplate"]
    return [Section(path=(), level=0, start=before[0].start, end=end)] if before else []


def _ends(levels: Sequence[int], starts: Sequence[int], length: int) -> list[int]:
    """For each heading where the next one of the same or a higher rank begins: levels 1 2 2 1 -> 4th, 3rd, 4th, end."""
    ends = [length] * len(levels)
    waiting: list[int] = []
    for index, level in enumerate(levels):
        while waiting and levels[waiting[-1]] >= level:
            ends[waiting.pop()] = starts[index]
        waiting.append(index)
    return ends


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
