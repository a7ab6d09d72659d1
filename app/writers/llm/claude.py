"""Claude writes: passages as search results, claims with native citations, more searches where they do not suffice.

A task over more of the course than fits one request is written part by part, in the course's order, at a price that can be
asked for first (`offer`).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from app.types import (
    Documents,
    Finished,
    Offer,
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
from app.writers.llm.api.pricing import prompt_tokens, total
from app.writers.llm.api.reply import Delta, Found, Text
from app.writers.llm.attempts import write_with
from app.writers.llm.prompt import (
    cached_turns,
    digest,
    purpose_of,
    question_text,
    system_prompt,
    text_block,
)
from app.writers.llm.search_tool import TOOL, SearchingReply
from app.writers.passages import Sources
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, WriterFailed
from retrieval.text.tokenize import count_tokens
from retrieval.types import Passage

EFFORT = "low"
THINKING_ROOM = 1000  # tokens on top of the answer's
PART_TOKENS = 40_000  # of material in one request; a longer task is written part by part
LIKELY_TOKENS = 800  # of a part's reply with its thoughts: a guess, for a price
SO_FAR = 6_000  # characters of what was written for the parts before


class ClaudeWriter:
    """A `Writer`: passages as search results, claims with native citations, a second model if the first fails."""

    name = "Claude"

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        self._settings = settings
        self._messages = Messages(settings, silence=settings.writer_timeout / 3, gateway=gateway)
        self._models = tuple(dict.fromkeys(filter(None, (settings.model, settings.fallback_model))))
        limits = (settings.max_answer_tokens, settings.history_tokens, EFFORT, PART_TOKENS)
        prompts = [system_prompt("citations", searching=True, task=task) for task in (False, True)]
        self.version = f"{settings.model}/{digest(prompts, TOOL, self._models, limits)}"

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises WriterFailed only if nothing was written. Without passages it refuses, without asking."""
        if not passages:
            yield Finished(refused=True)
            return
        yield from self._part(question, query, passages, "")

    def write_searching(
        self, question: Question, query: str, passages: Sequence[Passage], search: Search
    ) -> Iterator[WriterEvent]:
        """As `write`, with a tool by which the model searches the course again; a long task part by part, without it.

        Raises BudgetExceeded as `search` does.
        """
        parts = in_parts(passages)
        if question.task and len(parts) > 1:
            yield from self._write_parts(question, query, parts)
            return
        sources = Sources(passages)
        deadline = Deadline(self._settings.writer_timeout)
        request = self._request(question, query, sources, searching=True)

        def ask(model: str) -> SearchingReply:
            one = partial(self._messages.ask, model, deadline=deadline, purpose=purpose_of(question))
            return SearchingReply(one, request, shown=passages, add=sources.add, search=search, deadline=deadline)

        yield from write_with(self._models, ask, partial(_events, sources), patience=self._settings.hedge_seconds)

    def offer(self, question: Question, passages: Sequence[Passage]) -> Offer | None:
        """None up to ASK_ABOVE dollars at most. Not counted in: that a model fails and the next one writes a part again."""
        parts = in_parts(passages)
        likely = most = 0.0
        for part in parts:
            size = prompt_tokens(self._request(question, "", Sources(part)))
            likely += self._priced(size, LIKELY_TOKENS)
            most += self._priced(size + (SO_FAR if len(parts) > 1 else 0), self._longest)
        return Offer(len(parts), likely, most) if most > self._settings.ask_above else None

    @property
    def _longest(self) -> int:
        return self._settings.max_answer_tokens + THINKING_ROOM

    def _priced(self, read: int, written: int) -> float:
        return self._messages.priced(self._settings.model, Usage(read, written)).cost

    def _write_parts(self, question: Question, query: str, parts: Sequence[Sequence[Passage]]) -> Iterator[WriterEvent]:
        """One after the other. What was written stays if a later one fails."""
        written = ""
        ends: list[Finished] = []
        for number, part in enumerate(parts, start=1):
            told = part_text(number, len(parts), written)
            gap = bool(written)
            try:
                for event in self._part(question, query, part, told):
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

    def _part(self, question: Question, query: str, part: Sequence[Passage], told: str) -> Iterator[WriterEvent]:
        sources = Sources(part)
        deadline = Deadline(self._settings.writer_timeout)
        request = self._request(question, query, sources, told=told)
        ask = partial(self._messages.ask, request=request, deadline=deadline, purpose=purpose_of(question))
        yield from write_with(self._models, ask, partial(_events, sources), patience=self._settings.hedge_seconds)

    def _request(
        self, question: Question, query: str, sources: Sources, *, searching: bool = False, told: str = ""
    ) -> dict[str, Any]:
        """`told`: what stands before the question."""
        prompt = system_prompt("citations", searching=searching, task=bool(question.task))
        asked = "\n\n".join(filter(None, (told, question_text(question, query))))
        return {
            "system": [text_block(prompt, cached=True)],
            "messages": [
                *cached_turns(question.history, tokens=self._settings.history_tokens),
                {"role": "user", "content": [*sources.blocks(), text_block(asked)]},
            ],
            "max_tokens": self._longest,
            "output_config": {"effort": EFFORT},
        }


def in_parts(passages: Sequence[Passage]) -> list[list[Passage]]:
    """In order, each of about PART_TOKENS at most, unless one passage alone is more."""
    parts: list[list[Passage]] = []
    room = 0
    for passage in passages:
        size = count_tokens(passage.text)
        if not parts or size > room:
            parts.append([])
            room = PART_TOKENS
        parts[-1].append(passage)
        room -= size
    return parts


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


def _events(sources: Sources, deltas: Iterable[Delta]) -> Iterator[WriterEvent]:
    for delta in deltas:
        match delta:
            case Text(text):
                yield TextPiece(text)
            case Found(query, passages, usage):
                yield Searched(query, passages, usage)
            case _:
                yield sources.resolve(delta)
