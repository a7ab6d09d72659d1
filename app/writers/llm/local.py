"""Models behind an Anthropic-compatible server (Ollama, llama.cpp, vLLM), by way of the same client.

Such servers know neither search results nor citations, so the passages are numbered text and the model types `[n]`
marks, found while the text streams in and checked as strictly as native citations: a mark only says which passage is
meant, and its quote is the unit of that passage, or the two units, that share most words with the sentence before the
mark; without enough of them the mark is dropped. Inside of code nothing is a mark. Reasoning that a model writes into
its text between `<think>` tags is left out. Nothing is cached or priced, and there is no second model.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from app.citations.sentence_check import SUPPORTED, support
from app.types import (
    CitationDropped,
    Cited,
    Documents,
    Finished,
    Question,
    Search,
    Searched,
    TextPiece,
    Usage,
    WriterEvent,
    no_documents,
)
from app.writers.llm.api.failures import Deadline
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.messages import Messages
from app.writers.llm.api.reply import Delta, Found, Text, ToolCall, ToolReply
from app.writers.llm.attempts import write_with
from app.writers.llm.prompt import (
    digest,
    purpose_of,
    question_text,
    recent_turns,
    system_prompt,
    text_block,
    turn_texts,
)
from app.writers.llm.search_tool import TOOL, SearchingReply
from app.writers.llm.stream_filters import MarkParser, Marks, without_thoughts
from app.writers.passages import citation_of, numbered_text, quotable_units, unit_as_sent
from retrieval.config import Settings
from retrieval.errors import ConfigError, WriterFailed, WriterPaused, WriterRefusedKey
from retrieval.text.tokenize import count_tokens
from retrieval.types import Json, Passage, Unit

MOST_TOKENS = 60_000  # of passages; of a longer task the first part
_WORTH_ADDING = 0.2  # share of the claim's words that a second unit has to add


class LocalWriter:
    """A `Writer` for a model of one's own. Raises ConfigError without ANTHROPIC_BASE_URL."""

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        if not settings.anthropic_base_url:
            raise ConfigError(
                "WRITER=local needs a server: set ANTHROPIC_BASE_URL, for instance http://127.0.0.1:11434."
            )
        self.name = f"{settings.model} (local)"
        limits = (settings.max_answer_tokens, settings.history_tokens)
        prompts = [system_prompt("marks", searching=True, task=task) for task in (False, True)]
        self.version = f"{settings.model}/{digest(prompts, TOOL, limits)}"
        self._settings = settings
        self._takes_tools = True  # until its server says otherwise
        # a model on a slow machine reads the whole prompt before it writes its first word
        key = settings.anthropic_api_key or "local"
        self._messages = Messages(settings, silence=settings.writer_timeout, key=key, gateway=gateway)

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises WriterFailed only if nothing was written. Without passages it refuses, without asking."""
        if not passages:
            yield Finished(refused=True)
            return
        shown = within(passages, tokens=MOST_TOKENS)
        request = self._request(question, query, shown)
        yield from write_with(
            [self._settings.model],
            lambda model: self._ask(model, request, question, Deadline(self._settings.writer_timeout)),
            partial(_events, shown),
        )

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """As `write`, with a tool by which the model searches the course again. A server that does not take tools is asked
        again without, and from then on. Raises BudgetExceeded as `search` does.
        """
        if self._takes_tools:
            begun = False
            deadline = Deadline(self._settings.writer_timeout)
            try:
                for event in self._write_searching(question, query, passages, search, deadline):
                    begun = True
                    yield event
                return
            except WriterFailed as failure:
                if begun or deadline.passed() or isinstance(failure, WriterRefusedKey | WriterPaused):
                    raise
        yield from self.write(question, query, passages)
        self._takes_tools = False  # it answers, but not with tools

    def _write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search, deadline: Deadline
    ) -> Iterator[WriterEvent]:
        shown = within(passages, tokens=MOST_TOKENS)
        request = self._request(question, query, shown, searching=True)
        known = list(shown)

        def add(more: Sequence[Passage]) -> list[Json]:
            known.extend(more)
            return [text_block(numbered_text(more, first=len(known) - len(more) + 1))]

        def ask(model: str) -> SearchingReply:
            def one(asked: Mapping[str, Any]) -> ToolReply:
                return self._ask(model, asked, question, deadline)

            return SearchingReply(one, request, shown=shown, add=add, search=search, deadline=deadline)

        yield from write_with([self._settings.model], ask, partial(_events, known))

    def _ask(self, model: str, request: Mapping[str, Any], question: Question, deadline: Deadline) -> "_Spoken":
        return _Spoken(self._messages.ask(model, request, deadline, purpose_of(question)))

    def _request(
        self, question: Question, query: str, passages: Sequence[Passage], *, searching: bool = False
    ) -> dict[str, Any]:
        turns = turn_texts(recent_turns(question.history, tokens=self._settings.history_tokens))
        asked = f"{numbered_text(passages)}\n\n{question_text(question, query)}"
        return {
            "system": system_prompt("marks", searching=searching, task=bool(question.task)),
            "messages": [{"role": role, "content": text} for role, text in [*turns, ("user", asked)]],
            "max_tokens": self._settings.max_answer_tokens,
        }


def within(passages: Sequence[Passage], *, tokens: int) -> list[Passage]:
    """The first passages that are no more than `tokens` together, one at least."""
    sums = accumulate(count_tokens(passage.text) for passage in passages)
    return [passage for at, (passage, size) in enumerate(zip(passages, sums, strict=True)) if not at or size <= tokens]


class _Spoken:
    """A `ToolReply` without its thoughts."""

    def __init__(self, reply: ToolReply) -> None:
        self._reply = reply

    @property
    def usage(self) -> Usage:
        return self._reply.usage

    @property
    def stop_reason(self) -> str:
        return self._reply.stop_reason

    @property
    def calls(self) -> Sequence[ToolCall]:
        return self._reply.calls

    @property
    def content(self) -> list[Json]:
        return self._reply.content

    def begin(self) -> None:
        self._reply.begin()

    def close(self) -> None:
        self._reply.close()

    def __iter__(self) -> Iterator[Delta]:
        texts = (delta.text for delta in self._reply if isinstance(delta, Text))
        return (Text(text) for text in without_thoughts(texts))


def _events(passages: Sequence[Passage], deltas: Iterable[Delta]) -> Iterator[WriterEvent]:
    """`passages` may grow meanwhile."""
    parser = MarkParser()
    for delta in deltas:
        if isinstance(delta, Found):
            yield Searched(delta.query, delta.passages, delta.usage)
        for found in parser.feed(delta.text) if isinstance(delta, Text) else ():
            if isinstance(found, str):
                yield TextPiece(found)
            else:
                yield from resolve(found, passages)
    yield from (TextPiece(found) for found in parser.flush() if isinstance(found, str))


def resolve(marks: Marks, passages: Sequence[Passage]) -> Iterator[Cited | CitationDropped]:
    """What each number of a mark stands for; passages count from 1."""
    for number in marks.numbers:
        if not 1 <= number <= len(passages):
            yield CitationDropped(f"[{number}] points to none of the {len(passages)} passages")
            continue
        passage = passages[number - 1]
        groups = supporting_units(marks.claim, passage)
        if not groups:
            yield CitationDropped(f"[{number}] does not support {marks.claim[:80]!r}")
        for group in groups:
            yield Cited(citation_of(passage, group))


def supporting_units(claim: str, passage: Passage) -> list[list[Unit]]:
    """The unit that supports a claim best, and one more if it adds enough; neighbours in one group, in reading order.

    Ties go to the earlier unit. Empty if even the best ones together do not support it.
    """
    units = [unit for unit in quotable_units(passage) if unit.kind != "heading"]
    texts = [unit_as_sent(passage, unit) for unit in units]
    if not units:
        return []
    scores = [support(claim, text) for text in texts]
    best = max(range(len(units)), key=lambda index: (scores[index], -index))
    both = [support(claim, f"{texts[best]}\n{text}") for text in texts]
    second = max(range(len(units)), key=lambda index: (both[index], -abs(index - best), -index))
    if both[second] < SUPPORTED:
        return []
    chosen = sorted({best, second}) if both[second] - scores[best] >= _WORTH_ADDING else [best]
    if len(chosen) == 2 and chosen[1] - chosen[0] > 1:
        return [[units[index]] for index in chosen]
    return [[units[index] for index in chosen]]
