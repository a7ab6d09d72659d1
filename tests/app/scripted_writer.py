"""A writer with a script, and what comes of an answer's events."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.types import (
    Answer,
    AnswerEvent,
    Cited,
    Documents,
    Done,
    Finished,
    Question,
    TextPiece,
    WriterEvent,
    no_documents,
)
from app.writers.passages import citation_of, quotable_units
from retrieval.types import Passage

Script = Callable[[Sequence[Passage]], Iterable[WriterEvent | Exception]]


@dataclass
class ScriptedWriter:
    """Does what its script says for the passages; an exception in it is raised. `asked` keeps what it was asked."""

    script: Script
    name: str = "scripted"
    version: str = "scripted-1"
    asked: list[tuple[Question, str]] = field(default_factory=list)

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        self.asked.append((question, query))
        for step in self.script(passages):
            if isinstance(step, Exception):
                raise step
            yield step


def quoting(text: str = "So it is.", *, finished: Finished = Finished("model-1")) -> Script:
    """Writes a text that cites the first quotable unit of the best passage."""

    def script(passages: Sequence[Passage]) -> Iterator[WriterEvent]:
        best = min(passages, key=lambda passage: passage.rank)
        unit = next(unit for unit in quotable_units(best) if unit.kind != "heading")
        yield TextPiece(text)
        yield Cited(citation_of(best, [unit]))
        yield finished

    return script


def saying(*steps: WriterEvent | Exception) -> Script:
    """The same whatever the passages."""
    return lambda _: steps


@dataclass
class Gate:
    """Holds a writer back after its first words until it is opened."""

    begun: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def script(self, passages: Sequence[Passage]) -> Iterator[WriterEvent]:
        yield TextPiece("Slowly. ")
        self.begun.set()
        assert self.opened.wait(20)
        yield from quoting("Done.")(passages)  # type: ignore[misc]


def done(events: Iterable[AnswerEvent]) -> Answer:
    """The answer at the end; fails unless there is exactly one, and it comes last."""
    seen = list(events)
    assert [isinstance(event, Done) for event in seen].count(True) == 1
    last = seen[-1]
    assert isinstance(last, Done)
    return last.answer
