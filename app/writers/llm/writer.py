"""Answers by a model: passages go in, text and citations come out as they stream, more searches where they do not suffice.

`ClaudeWriter` for Claude; `LocalWriter` for a model behind a server that speaks the Messages API without search results and
citations (Ollama, llama.cpp, vLLM). A task over more of the course than fits one request is written part by part, in the
course's order, at a price that can be asked for first (`offer`).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from app.storage.usage import Purpose
from app.types import Documents, Finished, Offer, Question, TextPiece, Usage, WriterEvent, no_documents
from app.writers.llm.api.failures import Deadline
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.messages import Messages
from app.writers.llm.api.pricing import check_prices, prompt_tokens, total
from app.writers.llm.attempts import write_with
from app.writers.llm.citing import Citable, NumberedPassages, SearchResults
from app.writers.llm.prompt import Citing, cached_turns, digest, question_text, system_prompt, text_block
from app.writers.llm.search_tool import TOOL, SearchingReply
from app.writers.passages import runs
from app.writers.protocols import Search
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, ConfigError, WriterFailed, WriterPaused, WriterRefusedKey
from retrieval.text.tokenize import count_tokens
from retrieval.types import Json, Passage

EFFORT = "low"
THINKING_ROOM = 1000  # tokens on top of the answer's
PART_TOKENS = 40_000  # of material in one request; a longer task is written part by part
LIKELY_TOKENS = 800  # of a part's reply with its thoughts: a guess, for a price
FAR_OFF = 2.0  # the service counts no more than so many times our tokens
SO_FAR = 6_000  # characters of what was written for the parts before


class ModelWriter:
    """A `Writer` and `SearchingWriter` by the first of `models` that answers; `citing` says how they are given passages."""

    name = "model"
    citing: Citing
    citable: type[Citable]

    def __init__(self, settings: Settings, messages: Messages, models: Sequence[str]) -> None:
        self._settings, self._messages, self._models = settings, messages, models
        self._longest = settings.max_answer_tokens + THINKING_ROOM
        prompts = [system_prompt(self.citing, searching=not task, task=task) for task in (False, True)]
        limits = (settings.max_answer_tokens, settings.history_tokens, EFFORT, PART_TOKENS)
        self.version = f"{settings.model}/{digest(prompts, TOOL, models, limits)}"

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises WriterFailed only if nothing was written. Without passages it refuses, without asking."""
        return self._written(question, query, passages, None)

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """As `write`, with a tool by which the model searches the course again, unless it is a task. Raises BudgetExceeded
        as `search` does.
        """
        return self._written(question, query, passages, search)

    def _written(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search | None
    ) -> Iterator[WriterEvent]:
        parts = in_parts(passages) if question.task else [passages]
        if not passages:
            yield Finished(refused=True)
        elif len(parts) > 1:
            yield from self._write_parts(question, query, parts)
        else:
            yield from self._write_one(question, query, passages, search=None if question.task else search)

    def _write_one(
        self,
        question: Question,
        query: str,
        passages: Sequence[Passage],
        *,
        told: str = "",
        search: Search | None = None,
    ) -> Iterator[WriterEvent]:
        """A task is not hedged: nobody waits for its first word, and what two models write of it is paid twice."""
        given = self.citable(passages)
        deadline = Deadline(self._settings.writer_timeout)
        request = self._request(question, query, given, told=told, searching=search is not None)
        purpose = Purpose("task" if question.task else "answer", question.person)

        def ask(model: str) -> SearchingReply:
            one = partial(self._messages.ask, model, deadline=deadline, purpose=purpose)
            return SearchingReply(one, request, shown=passages, add=given.add, search=search, deadline=deadline)

        patience = 0.0 if question.task else self._settings.hedge_seconds
        yield from write_with(self._models, ask, given.events, patience=patience)

    def _write_parts(self, question: Question, query: str, parts: Sequence[Sequence[Passage]]) -> Iterator[WriterEvent]:
        """One after the other. What was written stays if a later one fails."""
        written = ""
        ends: list[Finished] = []
        for number, part in enumerate(parts, start=1):
            told = part_text(number, len(parts), written)
            gap = bool(written)
            try:
                for event in self._write_one(question, query, part, told=told):
                    if isinstance(event, Finished):
                        ends.append(event)
                        continue
                    if isinstance(event, TextPiece):
                        yield from [TextPiece("\n\n")] if gap else []
                        gap = False
                        written += event.text
                    yield event
            except (WriterFailed, BudgetExceeded) as failure:
                if not written.strip():
                    raise
                told = f"This answer is not complete: part {number} of {len(parts)} could not be written. {failure}"
                yield _together([*ends, Finished(partial=True, notices=(told,))])
                return
        yield _together(ends)

    def _request(
        self, question: Question, query: str, given: Citable, *, told: str = "", searching: bool = False
    ) -> dict[str, Any]:
        """`told`: what stands before the question."""
        prompt = system_prompt(self.citing, searching=searching, task=bool(question.task))
        asked = "\n\n".join(filter(None, (told, question_text(question, query))))
        return {
            "system": [text_block(prompt, cached=True)],
            "messages": [
                *cached_turns(question.history, tokens=self._settings.history_tokens),
                {"role": "user", "content": [*given.content(), text_block(asked)]},
            ],
            "max_tokens": self._longest,
            "output_config": {"effort": EFFORT},
        }


class ClaudeWriter(ModelWriter):
    """Passages as search results, claims with native citations, a second model if the first fails."""

    name = "Claude"
    citing = "citations"
    citable = SearchResults

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        """Raises ConfigError as `check_prices` does."""
        check_prices(settings)
        messages = Messages(settings, silence=settings.writer_timeout / 3, gateway=gateway)
        models = tuple(dict.fromkeys(filter(None, (settings.model, settings.fallback_model))))
        super().__init__(settings, messages, models)

    def offer(self, question: Question, passages: Sequence[Passage]) -> Offer | None:
        """None up to ASK_ABOVE dollars at most, which is what it costs if each part is written by both models. The service is asked
        how it counts (free of charge) where that may matter.
        """
        requests = [self._request(question, "", SearchResults(part)) for part in in_parts(passages)]
        made = self._offer(requests, 1.0)
        if made.most * FAR_OFF > self._settings.ask_above:
            with suppress(WriterFailed):  # who cannot be asked will not write either
                made = self._offer(requests, self._messages.scale(self._settings.model, requests[0]))
        return made if made.most > self._settings.ask_above else None

    def _offer(self, requests: Sequence[Json], scale: float) -> Offer:
        likely = most = 0.0
        for request in requests:
            size = round(scale * prompt_tokens(request))
            longest = Usage(size + (SO_FAR if len(requests) > 1 else 0), self._longest)
            likely += self._messages.priced(self._settings.model, Usage(size, LIKELY_TOKENS)).cost
            most += sum(self._messages.priced(model, longest).cost for model in self._models)
        return Offer(len(requests), likely, most)


class LocalWriter(ModelWriter):
    """Numbered passages and typed marks; nothing is cached or priced, and there is no second model."""

    citing = "marks"
    citable = NumberedPassages

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        """Raises ConfigError without ANTHROPIC_BASE_URL."""
        if not settings.anthropic_base_url:
            raise ConfigError(
                "WRITER=local needs a server: set ANTHROPIC_BASE_URL, for instance http://127.0.0.1:11434."
            )
        self.name = f"{settings.model} (local)"
        self._takes_tools = True  # until its server says otherwise
        # a model on a slow machine reads the whole prompt before it writes its first word
        key = settings.anthropic_api_key or "local"
        messages = Messages(settings, silence=settings.writer_timeout, key=key, gateway=gateway)
        super().__init__(settings, messages, (settings.model,))

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """A server that does not take tools is asked again without, and from then on."""
        if self._takes_tools:
            begun = False
            deadline = Deadline(self._settings.writer_timeout)
            try:
                for event in super().write_searching(question, query, passages, search):
                    begun = True
                    yield event
                return
            except WriterFailed as failure:
                refused = isinstance(failure, WriterRefusedKey | WriterPaused)
                if begun or question.task or deadline.passed() or refused:
                    raise
        yield from self.write(question, query, passages)
        self._takes_tools = False  # it answers, but not with tools

    def _request(
        self, question: Question, query: str, given: Citable, *, told: str = "", searching: bool = False
    ) -> dict[str, Any]:
        """In plain strings, which every server takes, and nothing that only Claude knows."""
        request = super()._request(question, query, given, told=told, searching=searching)
        messages = [{**message, "content": _plain(message["content"])} for message in request["messages"]]
        return {
            "system": _plain(request["system"]),
            "messages": messages,
            "max_tokens": request["max_tokens"],
        }


def _plain(blocks: Sequence[Json]) -> str:
    return "\n\n".join(block["text"] for block in blocks)


def in_parts(passages: Sequence[Passage]) -> list[list[Passage]]:
    """In order, each of about PART_TOKENS at most, unless one passage alone is more."""
    return runs(passages, lambda passage: count_tokens(passage.text), limit=PART_TOKENS)


def part_text(number: int, count: int, written: str) -> str:
    """Which part of a long task this is, and the end of what was `written` for those before."""
    so_far = (
        f"\n\nWritten for the parts before, to go on from:\n<written>\n{written[-SO_FAR:]}\n</written>"
        if written
        else ""
    )
    return f"The passages are part {number} of {count} of the material.{so_far}"


def _together(ends: Sequence[Finished]) -> Finished:
    """The ends of the parts of one answer as its end."""
    return Finished(
        next((end.model for end in reversed(ends) if end.model), ""),
        refused=all(end.refused for end in ends),
        partial=any(end.partial for end in ends),
        usage=total(end.usage for end in ends),
        notices=tuple(dict.fromkeys(notice for end in ends for notice in end.notices)),
    )
