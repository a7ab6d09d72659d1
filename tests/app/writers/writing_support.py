"""Passages and settings for tests of the writers, and what a writer's events come to."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from app.types import CitationDropped, Cited, Finished, TextPiece, WriterEvent
from retrieval.config import Settings, load_settings
from retrieval.types import Chunk, Hit, Passage, Unit, UnitKind

T = TypeVar("T")


Part = str | tuple[UnitKind, str] | tuple[UnitKind, str, str]


def _told(part: Part) -> tuple[UnitKind, str, str]:
    if isinstance(part, str):
        return "sentence", part, ""
    return (part[0], part[1], part[2] if len(part) == 3 else "")


def passage(
    *parts: Part,
    document_id: str = "evaluation",
    section: tuple[str, ...] = ("Perplexity",),
    rank: int = 1,
    start: int = 100,
    page: int | None = None,
) -> Passage:
    """A passage of one chunk, a unit for each part (a sentence unless it says what it is), with blank lines between."""
    units: list[Unit] = []
    text = ""
    for part in parts:
        kind, words, lead = _told(part)
        text += "\n\n" if text else ""
        units.append(Unit(kind, start + len(text), start + len(text) + len(words), lead))
        text += words
    title = document_id.title()
    end = start + len(text)
    chunk = Chunk(f"{document_id}-{start}", document_id, title, section, start, end, text, tuple(units), (), page)
    return Passage(rank, document_id, title, section, start, end, text, tuple(units), (Hit(chunk, rank),), page)


PERPLEXITY = passage(
    ("heading", "## Perplexity"),
    "Perplexity measures how uncertain a model is about the next token.",
    "A lower value means that the model is more certain.",
    "It falls when the context gets longer.",
    page=3,
)
PRICES = passage(
    ("row", "| small | $0.10 |", "| model | input |"),
    ("row", "| large | $4.00 |", "| model | input |"),
    document_id="prices",
    section=("Input", "Tokens"),
    rank=2,
    start=0,
)


def writer_settings(url: str, **overrides: object) -> Settings:
    """Settings for a server under test: its key, and times that a test can wait for."""
    given: dict[str, object] = {"anthropic_base_url": url, "anthropic_api_key": "test-key", "writer_timeout": 3.0}
    return load_settings(**{**given, **overrides})


class Written:
    """What came of a writer's events."""

    def __init__(self, events: Iterable[WriterEvent]) -> None:
        self.events = list(events)
        self.text = "".join(event.text for event in self._all(TextPiece))
        self.quotes = [event.citation.quote for event in self._all(Cited)]
        self.dropped = [event.reason for event in self._all(CitationDropped)]
        assert [isinstance(event, Finished) for event in self.events].count(True) == 1
        assert isinstance(self.events[-1], Finished)
        self.end: Finished = self.events[-1]

    def _all(self, kind: type[T]) -> Iterator[T]:
        return (event for event in self.events if isinstance(event, kind))
