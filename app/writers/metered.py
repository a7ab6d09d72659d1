"""A writer within the day's budget: what it costs is looked at before, and booked also if nobody waits for its end."""

import time
from collections.abc import Iterator, Sequence

from app.storage.usage import Entry, Ledger
from app.types import (
    Documents,
    Finished,
    Question,
    Search,
    Searched,
    SearchingWriter,
    TextPiece,
    Usage,
    Writer,
    WriterEvent,
    no_documents,
)
from app.writers.llm.pricing import priced, read_prices, total
from app.writers.llm.prompt import system_prompt
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded
from retrieval.text.tokenize import count_tokens
from retrieval.types import Passage


class Paid:
    """A writer that costs money: it begins only within the budget, and is booked also if nobody waits for its end.

    The service tells what an answer cost when it is finished; one that is stopped before is estimated, without the
    rebate for cached prompts.
    """

    def __init__(self, writer: Writer, ledger: Ledger, settings: Settings) -> None:
        self.name = writer.name
        self.version = writer.version
        self._writer = writer
        self._ledger = ledger
        self._model = settings.model
        self._prices = read_prices(settings.prices)

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises BudgetExceeded, and what the writer raises."""
        self._ledger.check()
        yield from self._booked(self._writer.write(question, query, passages, documents), question, passages)

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """The same for a writer that may search: before each search the budget is looked at."""
        if not isinstance(self._writer, SearchingWriter):
            yield from self.write(question, query, passages)
            return

        def within_budget(query: str, scope: str = "") -> Sequence[Passage]:
            self._ledger.check()
            return search(query, scope)

        self._ledger.check()
        events = self._writer.write_searching(question, query, passages, within_budget)
        yield from self._booked(events, question, passages)

    def _booked(
        self, events: Iterator[WriterEvent], question: Question, passages: Sequence[Passage]
    ) -> Iterator[WriterEvent]:
        written: list[str] = []
        searched: list[Usage] = []
        usage: Usage | None = None
        begun = time.perf_counter()
        try:
            for event in events:
                if isinstance(event, TextPiece):
                    written.append(event.text)
                elif isinstance(event, Searched):
                    searched.append(event.usage)
                elif isinstance(event, Finished):
                    usage = event.usage
                yield event
        except (GeneratorExit, BudgetExceeded):
            estimated = self._estimated(question, passages, "".join(written))
            usage = usage or total([*searched, estimated])
            self._ledger.record(Entry("stopped", self.name, self._model, usage, (time.perf_counter() - begun) * 1000.0))
            raise

    def _estimated(self, question: Question, passages: Sequence[Passage], written: str) -> Usage:
        said = "\n".join(f"{turn.question}\n{turn.answer}" for turn in question.history)
        shown = [f"{passage.place}\n{passage.text}" for passage in passages]
        read = sum(map(count_tokens, [system_prompt("citations"), said, question.text, *shown]))
        return priced(Usage(read, count_tokens(written)), self._model, self._prices)
