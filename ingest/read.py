"""The files of a plan into documents: those of unchanged files from the live version, the others from disk.

A file that cannot be read becomes a `Failure` and stops nothing. Lines that recur across plain-text documents like page
furniture are known only when all are read, so those documents are laid out once more where it matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ingest import plain_text
from ingest.boilerplate import repeated_lines
from ingest.course import Course
from ingest.limits import Limits
from ingest.load import Loader
from ingest.plan import Plan
from ingest.sections import section_paths
from retrieval import store
from retrieval.config import Settings
from retrieval.errors import UnreadableFile
from retrieval.types import Document

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that is not in the index: one word for why, a sentence, and what to do about it."""

    path: str
    digest: str
    reason: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All documents in the order of the plan. `fresh`: paths to be chunked again. `furniture`: recurring lines that
    were kept out. `remarks`: per path, what was unusual and what was left out of the text."""

    documents: tuple[Document, ...]
    fresh: frozenset[str]
    failures: tuple[Failure, ...]
    furniture: frozenset[str] = frozenset()
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_documents(plan: Plan, course: Course, settings: Settings, *, limits: Limits, progress: Progress) -> Reading:
    """Reads what has changed; see `Reading`."""
    kept = {document.path: document for document in store.stored_documents(settings.index_dir, plan.live, plan.kept)}
    documents: list[Document] = []
    failures = [Failure(item.path, "", item.reason, item.message, item.remedy) for item in plan.skipped]
    remarks: dict[str, tuple[str, ...]] = {}
    with Loader(settings.corpus.resolve(), limits=limits) as loader:
        for done, (path, source) in enumerate(plan.sources.items()):
            progress("reading", done, len(plan.sources))
            if path in kept:
                documents.append(kept[path])
                continue
            try:
                loaded = loader.load(source.path)
            except UnreadableFile as error:
                failures.append(Failure(path, source.digest, error.reason, str(error), error.remedy))
                continue
            documents.append(_titled(loaded.document, course))
            remarks[path] = (*loaded.notes, *(f"left out: {text}" for text in loaded.dropped))
    progress("reading", len(plan.sources), len(plan.sources))
    return _without_furniture(
        Reading(tuple(documents), frozenset(plan.sources) - plan.kept, tuple(failures), remarks=remarks), plan
    )


def _without_furniture(reading: Reading, plan: Plan) -> Reading:
    furniture = repeated_lines([document.text for document in reading.documents if not document.markdown])
    same = furniture == plan.furniture
    documents, fresh = [], set(reading.fresh)
    for document in reading.documents:
        lay_out = not document.markdown and ((document.path in fresh and furniture) or not same)
        relaid = _laid_out(document, furniture) if lay_out else document
        if relaid.blocks != document.blocks:
            fresh.add(document.path)
        documents.append(relaid)
    return replace(reading, documents=tuple(documents), fresh=frozenset(fresh), furniture=furniture)


def _laid_out(document: Document, furniture: frozenset[str]) -> Document:
    blocks = plain_text.blocks(document.text, furniture=furniture)
    title = document.title if document.titled else ""
    return replace(document, blocks=blocks, sections=section_paths(blocks, document.text, title=title))


def _titled(document: Document, course: Course) -> Document:
    title = course.title_of(document.path)
    return replace(document, title=title, titled=True) if title else document
