"""An answer in front of the local server that speaks the Messages API: what was searched for, quoted and spent, in Markdown."""

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest import mock

from app.answering.answer import SecondSearch
from app.answering.answer import answer as answered
from app.storage.usage import Ledger, DailyLimits, Purpose
from app.types import Answer, Done, Question, Searching, Usage
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.writer import ClaudeWriter
from ingest.build import build
from retrieval.config import load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import HybridRetriever
from retrieval.index.opened_index import open_index
from retrieval.text.display import counted
from retrieval.types import Passage
from tests.conftest import write_course
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Json, Say, Step, Use, answer, search_results

Script = Callable[[Json], Step] | Step


class Books(Ledger):
    """Also keeps each request in order."""

    def __init__(self, path: Path, *, limits: DailyLimits) -> None:
        super().__init__(path, limits=limits)
        self.booked: list[tuple[str, Usage]] = []

    def book(self, purpose: Purpose, model: str, usage: Usage) -> None:
        super().book(purpose, model, usage)
        self.booked.append((model, usage))

    @property
    def all(self) -> Usage:
        return sum((usage for _, usage in self.booked), Usage())


def cites(body: Json, words: str, said: str) -> Say:
    """A sentence that cites the block with these words."""
    blocks = [
        (n, at, block["text"]) for n, one in enumerate(search_results(body)) for at, block in enumerate(one["content"])
    ]
    number, at = next((number, at) for number, at, text in blocks if words in text)
    return Say(said, (Cite(number, at, at + 1),))


def look(query: str, **more: str) -> Step:
    return answer(Use({"query": query}, **more), stop_reason="tool_use")


def both(body: Json) -> Step:
    """The whole answer, from what was found by then."""
    return answer(
        cites(body, "reads as one unit", "A token is a piece of text that a model reads as one unit."),
        cites(body, "sixteen hours", " Cats sleep up to sixteen hours a day."),
        cites(body, "words they share", " BM25 ranks documents by the words they share with the query."),
    )


def first_only(body: Json) -> Step:
    return answer(cites(body, "words they share", "BM25 ranks documents by the words they share with the query."))


@cache
def embedder() -> FastEmbedder:
    return FastEmbedder("footnote/study")


def ask(
    folder: Path,
    files: dict[str, str],
    question: Question,
    *steps: Script,
    spent_before: float = 0.0,
    **changed: object,
) -> tuple[Answer, list[str], Books]:
    """The answer, what was searched for on the way, and the books. An index that is in the folder is used again."""
    with FakeMessagesApi() as api, contextlib.ExitStack() as opened:
        api.script(*steps)
        settings = load_settings(
            corpus=folder / "corpus",
            index_dir=folder / "index",
            anthropic_api_key=api.key,
            anthropic_base_url=api.url,
            **changed,
        )
        if not settings.index_dir.is_dir():
            write_course(settings.corpus, files)
            build(settings)
        retriever = HybridRetriever(open_index(settings, embedder()), embedder(), settings)
        opened.callback(retriever.close)
        books = Books(Path(opened.enter_context(tempfile.TemporaryDirectory())) / "books.db", limits=DailyLimits(5.0))
        books.book(Purpose(), "", Usage(cost=spent_before))
        books.booked.clear()
        writers = [ClaudeWriter(settings, Gateway(ledger=books)), ExcerptsWriter()]
        index = retriever.index
        events = list(
            answered(question, retriever, writers, threshold=0.0, documents=index.document, titles=index.documents())
        )
    told = [f"searched for: {event.query}" for event in events if isinstance(event, Searching)]
    last = events[-1]
    assert isinstance(last, Done)
    return last.answer, told, books


def spent(books: Books) -> Iterator[str]:
    yield "| request | model | tokens read | of them from the cache | written | price |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for number, (model, usage) in enumerate(books.booked, start=1):
        yield f"| {number} | {model} | {usage.read_tokens:,} | {usage.cache_read_tokens:,} | {usage.output_tokens} | ${usage.cost:.5f} |"
    yield f"| all | | {books.all.read_tokens:,} | {books.all.cache_read_tokens:,} | {books.all.output_tokens} | ${books.all.cost:.5f} |"


def quoted(made: Answer) -> Iterator[str]:
    yield "\n".join(f"> {line}".rstrip() for line in made.text.strip().splitlines())
    yield ""
    for note in made.footnotes:
        yield f"{note.number}. “{note.quote}” ({' > '.join(note.path)})"


def said(run: Callable[[], int]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        run()
    return out.getvalue()


def lines_of(text: str) -> str:
    """What a terminal showed, without times."""
    text = re.sub(r"writing [\d.]+ ms .*?percentile; ", "", text)
    return "\n>\n".join(f"> {line}" for line in text.splitlines())


@contextlib.contextmanager
def failing(query: str) -> Iterator[None]:
    """A course in which searching for this fails."""
    found = SecondSearch.__call__

    def call(again: SecondSearch, asked: str, scope: str = "") -> list[Passage]:
        if asked == query:
            raise FootnoteError("The index cannot be read.")
        return list(found(again, asked, scope))

    with mock.patch.object(SecondSearch, "__call__", call):
        yield


def outcome(made: Answer) -> str:
    if made.refused:
        return "“The course does not cover this”, with the nearest sections"
    notes = counted(len(made.footnotes), "footnote")
    who = f"an answer by {made.model}, {notes}" if made.writer == "Claude" else "an answer of the course's own words"
    told = " ".join(made.notices)
    return f"{who}; told: {told}" if told else who
