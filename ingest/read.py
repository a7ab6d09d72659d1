"""The files of a plan into documents: those of unchanged files from the live version, the others from disk.

A file that cannot be read becomes a `Failure` and stops nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.course import Course
from ingest.limits import Limits
from ingest.load import load
from ingest.plan import Plan
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


def read_documents(
    plan: Plan, course: Course, settings: Settings, *, limits: Limits, progress: Progress
) -> tuple[list[Document], list[Failure]]:
    """Documents in the order of the plan."""
    kept = {document.path: document for document in store.stored_documents(settings.index_dir, plan.live, plan.kept)}
    documents: list[Document] = []
    failures = [Failure(item.path, "", item.reason, item.message, item.remedy) for item in plan.skipped]
    for done, (path, source) in enumerate(plan.sources.items()):
        progress("reading", done, len(plan.sources))
        if path in kept:
            documents.append(kept[path])
            continue
        try:
            documents.append(_titled(load(source.path, root=settings.corpus.resolve(), limits=limits), course))
        except UnreadableFile as error:
            failures.append(Failure(path, source.digest, error.reason, str(error), error.remedy))
    progress("reading", len(plan.sources), len(plan.sources))
    return documents, failures


def _titled(document: Document, course: Course) -> Document:
    title = course.title_of(document.path)
    return replace(document, title=title, titled=True) if title else document
