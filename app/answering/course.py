"""The course as it is answered from: what it is called, its documents, and the index version that is in use.

A version is opened once, and closed when it is retired and the last answer from it is done.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from retrieval.errors import IndexMissing
from retrieval.types import Document

if TYPE_CHECKING:  # a page knows what the course is before the models' libraries are loaded
    from retrieval.hybrid import HybridRetriever

DOCUMENTS_HELD = 16


@dataclass(frozen=True, slots=True)
class CourseDocument:
    """A document of the course; `questions` are suggested to a learner who has not asked anything yet."""

    id: str
    title: str
    path: str
    description: str = ""
    source: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """The course's title (empty if it has none), its documents in order, and questions that were found to be answered
    well (`app.answering.suggestions`), once that is known.
    """

    title: str
    documents: tuple[CourseDocument, ...]
    starters: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """Suggested questions: the starters, until they are known the teacher's, the first of every document before the
        second of any.
        """
        if self.starters:
            return self.starters
        longest = max((len(document.questions) for document in self.documents), default=0)
        return tuple(
            document.questions[turn]
            for turn in range(longest)
            for document in self.documents
            if turn < len(document.questions)
        )

    def document(self, document_id: str) -> CourseDocument | None:
        return next((document for document in self.documents if document.id == document_id), None)


def course_of(data: Mapping[str, Any]) -> Course:
    """From `Manifest.course`."""
    return Course(
        title=data.get("title", ""),
        documents=tuple(
            CourseDocument(**{**entry, "questions": tuple(entry["questions"])}) for entry in data.get("documents", [])
        ),
    )


class Lease:
    """A retriever over one version. Thread safe; `enter` and `leave` go in pairs. `behaviour`: see `answer_cache`."""

    def __init__(self, retriever: "HybridRetriever") -> None:
        self.retriever = retriever
        self.behaviour = ""
        self._document = lru_cache(DOCUMENTS_HELD)(retriever.index.document)
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return self.retriever.index.name

    @property
    def course(self) -> Course:
        return course_of(self.retriever.index.manifest.course)

    @property
    def circumstances(self) -> str:
        """What an answer from it may be given again under: the version, and how it is answered from."""
        return f"{self.version} {self.behaviour}"

    def document(self, document_id: str) -> Document | None:
        """None in a version that was pruned while it is in use. Raises IndexDamaged."""
        try:
            return self._document(document_id)
        except IndexMissing:
            return None

    def enter(self) -> None:
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            self._close_if_done()

    def retire(self) -> None:
        """Nobody may enter any more. Doing it twice changes nothing."""
        with self._lock:
            if not self._retired:
                self._retired = True
                self._close_if_done()

    def _close_if_done(self) -> None:
        if self._retired and not self._users:
            self.retriever.close()
