"""What the course is called, and its documents, as the live index knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    well (`app.answering.starters`), once that is known.
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
