"""Claude writes: passages as search results, claims with native citations, more searches where they do not suffice."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from app.types import Documents, Finished, Question, Search, Searched, TextPiece, WriterEvent, no_documents
from app.writers.llm.attempts import Delta, Found, Text, write_with
from app.writers.llm.failures import Deadline
from app.writers.llm.gateway import Gateway
from app.writers.llm.messages_api import Messages
from app.writers.llm.prompt import cached_turns, digest, purpose_of, question_text, system_prompt, text_block
from app.writers.llm.search_tool import TOOL, SearchingReply
from app.writers.passages import Sources
from retrieval.config import Settings
from retrieval.types import Passage

EFFORT = "low"
THINKING_ROOM = 1000  # tokens on top of the answer's


class ClaudeWriter:
    """A `Writer`: passages as search results, claims with native citations, a second model if the first fails."""

    name = "Claude"

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        self._settings = settings
        self._messages = Messages(settings, silence=settings.writer_timeout / 3, gateway=gateway)
        self._models = tuple(dict.fromkeys(filter(None, (settings.model, settings.fallback_model))))
        limits = (settings.max_answer_tokens, settings.history_tokens, EFFORT)
        self.version = (
            f"{settings.model}/{digest(system_prompt('citations', searching=True), TOOL, self._models, limits)}"
        )

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises WriterFailed only if nothing was written. Without passages it refuses, without asking."""
        if not passages:
            yield Finished(refused=True)
            return
        sources = Sources(passages)
        deadline = Deadline(self._settings.writer_timeout)
        request = self._request(question, query, sources, searching=False)
        ask = partial(self._messages.ask, request=request, deadline=deadline, purpose=purpose_of(question))
        yield from write_with(self._models, ask, partial(_events, sources), patience=self._settings.hedge_seconds)

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """As `write`, with a tool by which the model searches the course again. Raises BudgetExceeded as `search` does."""
        sources = Sources(passages)
        deadline = Deadline(self._settings.writer_timeout)
        request = self._request(question, query, sources, searching=True)

        def ask(model: str) -> SearchingReply:
            one = partial(self._messages.ask, model, deadline=deadline, purpose=purpose_of(question))
            return SearchingReply(one, request, sources=sources, search=search, deadline=deadline)

        yield from write_with(self._models, ask, partial(_events, sources), patience=self._settings.hedge_seconds)

    def _request(self, question: Question, query: str, sources: Sources, *, searching: bool) -> dict[str, Any]:
        return {
            "system": [text_block(system_prompt("citations", searching=searching), cached=True)],
            "messages": [
                *cached_turns(question.history, tokens=self._settings.history_tokens),
                {"role": "user", "content": [*sources.blocks(), text_block(question_text(question, query))]},
            ],
            "max_tokens": self._settings.max_answer_tokens + THINKING_ROOM,
            "output_config": {"effort": EFFORT},
        }


def _events(sources: Sources, deltas: Iterable[Delta]) -> Iterator[WriterEvent]:
    for delta in deltas:
        match delta:
            case Text(text):
                yield TextPiece(text)
            case Found(query, passages, usage):
                yield Searched(query, passages, usage)
            case _:
                yield sources.resolve(delta)
