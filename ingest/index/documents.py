"""The files of a plan into documents: those of unchanged files from the live version, the others from disk.

A file that cannot be read becomes a `Failure` and stops nothing. Lines that recur across plain-text documents like page
furniture are known only when all are read, so those documents are laid out once more where it matters. What a step of a
build makes lies on disk for the next, on a `Shelf`, so that memory does not grow with the corpus.
"""

import json
import posixpath
import shutil
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from textwrap import shorten
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from ingest.discover.changes import Plan
from ingest.discover.files import CourseFile, Failure
from ingest.parse.load import Loader, document_id, spoken
from ingest.parse.plain_text import blocks as plain_text
from ingest.parse.plain_text.boilerplate import repeated_lines
from ingest.parse.reader import Limits
from ingest.parse.roles import with_roles
from ingest.parse.sections import section_paths
from retrieval.config import Settings
from retrieval.errors import UnreadableFile
from retrieval.index import versions
from retrieval.index.codec import document_from_json, document_to_json
from retrieval.text.display import shown, together
from retrieval.text.markdown import picture_addresses
from retrieval.types import Document, Json

Progress = Callable[[str, int, int], None]
OWN_TITLE = "own title"  # the metadata of a document whose title names its file
_short = partial(shorten, width=100, placeholder=" …")


class Named(Protocol):
    """`id`: the document's."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Named)


class Shelf(Generic[T]):
    """Values in a new folder, one JSON file per document; iterating reads them one by one, in the order they were put."""

    def __init__(self, folder: Path, to_json: Callable[[T], Json], from_json: Callable[[Json], T]) -> None:
        folder.mkdir(parents=True)
        self._folder, self._to_json, self._from_json = folder, to_json, from_json
        self._ids: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[T]:
        return self.some(self._ids)

    def __getitem__(self, document_id: str) -> T:
        return self._from_json(json.loads(self._path(document_id).read_text(encoding="utf-8")))

    def some(self, ids: Container[str]) -> Iterator[T]:
        """Those whose id is among `ids`."""
        return (self[document_id] for document_id in list(self._ids) if document_id in ids)

    def put(self, value: T) -> None:
        """One with the same id is replaced and keeps its place."""
        self._path(value.id).write_text(
            json.dumps(self._to_json(value), ensure_ascii=False, separators=(",", ":")), "utf-8"
        )
        self._ids[value.id] = None

    def take_over(self, document_id: str, folder: Path) -> None:
        """A copy of what a finished version has: no damage to a file is damage to two versions."""
        shutil.copyfile(folder / f"{document_id}.json", self._path(document_id))
        self._ids[document_id] = None

    def _path(self, document_id: str) -> Path:
        return self._folder / f"{document_id}.json"


def document_shelf(folder: Path) -> Shelf[Document]:
    return Shelf(folder, document_to_json, document_from_json)


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """What came of the files. `fresh`: paths of the documents that are not as they are in the live version.
    `furniture`: recurring lines that were kept out. `remarks`: per path that was read, what was unusual and what was
    left out of the text."""

    fresh: frozenset[str]
    failures: tuple[Failure, ...]
    furniture: frozenset[str] = frozenset()
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_documents(
    plan: Plan, course: CourseFile, settings: Settings, shelf: Shelf[Document], *, limits: Limits, progress: Progress
) -> ReadFiles:
    """Reads what has changed and puts all documents on the shelf, in the order of the plan."""
    live = settings.index_dir / "versions" / plan.live
    known = versions.read_manifest(settings, plan.live).files if plan.kept else {}
    failures = list(plan.skipped)
    remarks: dict[str, tuple[str, ...]] = {}
    titles: dict[str, tuple[str, str]] = {}
    with Loader(settings.corpus.resolve(), limits=limits) as loader:
        for done, (path, source) in enumerate(plan.sources.items()):
            progress("reading", done, len(plan.sources))
            if path in plan.kept:
                shelf.take_over(known[path].document_id, live / "documents")
                shown_as = known[path].title
                own = own_title(shelf[known[path].document_id]) if shown_as.endswith(")") else shown_as
                titles[path] = own, shown_as
                continue
            try:
                loaded = loader.load(source.path)
            except UnreadableFile as error:
                failures.append(Failure(path, error.reason, str(error), error.remedy, source.digest))
                continue
            shelf.put(document := _titled(loaded.document, course))
            titles[path] = document.title, document.title
            hidden = (f"hidden, left out (INCLUDE_HIDDEN=true reads it): {_short(text)}" for text in loaded.hidden)
            said = (*loaded.notes, *(f"left out: {_short(text)}" for text in loaded.dropped), *hidden)
            remarks[path] = tuple(dict.fromkeys(said))
    progress("reading", len(plan.sources), len(plan.sources))
    failures = _without_pictures(failures, shelf)
    reading = _without_furniture(ReadFiles(frozenset(remarks), tuple(failures), remarks=remarks), shelf, plan)
    return replace(reading, fresh=reading.fresh | _told_apart(titles, shelf))


def _told_apart(titles: Mapping[str, tuple[str, str]], shelf: Shelf[Document]) -> frozenset[str]:
    """Gives documents that call themselves alike (each chapter by the name of the course) the names of their files too.
    Paths of those whose title is another now. `titles`: by path their own, and that which they have."""
    names = {
        title: distinct_names(paths)
        for title, paths in together((path, own) for path, (own, _) in titles.items()).items()
    }
    changed: set[str] = set()
    for path, (own, current) in titles.items():
        wanted = f"{own} ({names[own][path]})" if path in names[own] else own
        if wanted != current:
            document = shelf[document_id(path)]
            shelf.put(replace(document, title=wanted, metadata={**document.metadata, OWN_TITLE: own}))
            changed.add(path)
    return frozenset(changed)


def own_title(document: Document) -> str:
    """Its title, without what tells it from others of that title."""
    return document.metadata.get(OWN_TITLE, document.title)


def distinct_names(paths: Sequence[str]) -> dict[str, str]:
    """Of several files by their paths, what tells them apart: their names, else those of a folder, else the whole paths.

    `["a/week_1.md", "a/week_2.md"]` -> `week 1, week 2`; `["a/index.md", "b/index.md"]` -> `a, b`; of one file nothing.
    """
    parts = [tuple(reversed(PurePosixPath(path).with_suffix("").parts)) for path in paths]
    different = (level for level in zip_longest(*parts) if len(set(level)) == len(paths) and all(level))
    names = next(different, paths) if len(paths) > 1 else ()
    return dict(zip(paths, map(spoken, names), strict=False))


def _without_pictures(failures: list[Failure], shelf: Shelf[Document]) -> list[Failure]:
    """A picture is not missing where a document shows it."""
    if not any(failure.reason == "unsupported" for failure in failures):
        return failures
    in_sight = {
        posixpath.normpath(posixpath.join(posixpath.dirname(document.path), unquote(address)))
        for document in shelf
        if document.markdown
        for address in picture_addresses(document.text)
    }
    return [failure for failure in failures if failure.reason != "unsupported" or failure.path not in in_sight]


def _without_furniture(reading: ReadFiles, shelf: Shelf[Document], plan: Plan) -> ReadFiles:
    plain = frozenset(document.id for document in shelf if not document.markdown)
    furniture = repeated_lines(document.text for document in shelf.some(plain))
    fresh = set(reading.fresh)
    for document in shelf.some(plain):
        if furniture == plan.furniture and (document.path not in fresh or not furniture):
            continue
        relaid = _laid_out(document, furniture)
        if relaid.blocks != document.blocks:
            shelf.put(relaid)
            fresh.add(document.path)
    return replace(reading, fresh=frozenset(fresh), furniture=furniture)


def _laid_out(document: Document, furniture: frozenset[str]) -> Document:
    blocks = with_roles(plain_text.blocks(document.text, known=furniture), document.text)
    title = own_title(document) if document.titled else ""
    return replace(document, blocks=blocks, sections=section_paths(blocks, document.text, title=title))


def _titled(document: Document, course: CourseFile) -> Document:
    title = course.title_of(document.path)
    return replace(document, title=shown(title or document.title), titled=document.titled or bool(title))
