"""What a writer of answers is, and what some writers can do besides."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from app.types import Documents, Offer, Question, WriterEvent
from retrieval.types import Passage, Retrieval


class Search(Protocol):
    """Looks into the course again, in the document that is called `scope`, or where the question looks."""

    def __call__(self, query: str, scope: str = "") -> Sequence[Passage]:
        """Raises FootnoteError, and BudgetExceeded where nothing more may be spent."""
        ...


class Writer(Protocol):
    """Writes an answer from passages, and from the documents they are part of. May raise `WriterFailed` before, or after, the first event.

    `name` is shown to the learner; `version` changes whenever the same input could give another answer (prompt, model).
    """

    name: str
    version: str

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = ...
    ) -> Iterator[WriterEvent]: ...


@runtime_checkable
class SearchingWriter(Protocol):
    """A writer that may search the course again, where it is given a `search`."""

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]: ...


@runtime_checkable
class SeparateWriter(Protocol):
    """A writer that answers several questions at once each from what was found for it."""

    def write_each(
        self, question: Question, found: Sequence[Retrieval], documents: Documents = ...
    ) -> Iterator[WriterEvent]: ...


@runtime_checkable
class OfferingWriter(Protocol):
    """A writer that says what a task costs before it begins."""

    def offer(self, question: Question, passages: Sequence[Passage]) -> Offer | None:
        """None for what need not be asked about."""
        ...
