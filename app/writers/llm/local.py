"""Models behind an Anthropic-compatible server (Ollama, llama.cpp, vLLM), by way of the same client.

Such servers know neither search results nor citations, so the passages are numbered text and the model types `[n]`
marks, found while the text streams in and checked as strictly as native citations: a mark only says which passage is
meant, and its quote is the unit of that passage, or the two units, that share most words with the sentence before the
mark; without enough of them the mark is dropped. Inside of code nothing is a mark. Reasoning that a model writes into
its text between `<think>` tags is left out. Nothing is cached or priced, and there is no second model.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from app.citations.marks import TYPED, code_regions
from app.citations.sentence_check import SUPPORTED, support
from app.types import CitationDropped, Cited, Documents, Finished, Question, TextPiece, Usage, WriterEvent, no_documents
from app.writers.llm.attempts import Delta, Reply, Text, write_with
from app.writers.llm.failures import Deadline
from app.writers.llm.gateway import Gateway
from app.writers.llm.messages_api import Messages
from app.writers.llm.prompt import digest, purpose_of, question_text, recent_turns, system_prompt, turn_texts
from app.writers.passages import citation_of, numbered_text, quotable_units, unit_as_sent
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import count_tokens
from retrieval.types import Passage, Unit

_THINKING, _THOUGHT = "<think>", "</think>"
_MAYBE = re.compile(r"[ \t]+$|[ \t]*\[[\d,\s]{0,24}$")  # the beginning of a mark at the end of a piece
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
        self.version = (
            f"{settings.model}/{digest([system_prompt('marks', task=task) for task in (False, True)], limits)}"
        )
        self._settings = settings
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
        passages = within(passages, tokens=MOST_TOKENS)
        turns = turn_texts(recent_turns(question.history, tokens=self._settings.history_tokens))
        asked = f"{numbered_text(passages)}\n\n{question_text(question, query)}"
        request = {
            "system": system_prompt("marks", task=bool(question.task)),
            "messages": [{"role": role, "content": text} for role, text in [*turns, ("user", asked)]],
            "max_tokens": self._settings.max_answer_tokens,
        }
        deadline = Deadline(self._settings.writer_timeout)
        yield from write_with(
            [self._settings.model],
            lambda model: _Spoken(self._messages.ask(model, request, deadline, purpose_of(question))),
            partial(_events, passages),
        )


def within(passages: Sequence[Passage], *, tokens: int) -> list[Passage]:
    """The first passages that are no more than `tokens` together, one at least."""
    sums = accumulate(count_tokens(passage.text) for passage in passages)
    return [passage for at, (passage, size) in enumerate(zip(passages, sums, strict=True)) if not at or size <= tokens]


class _Spoken:
    """A reply without its thoughts."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    @property
    def usage(self) -> Usage:
        return self._reply.usage

    @property
    def stop_reason(self) -> str:
        return self._reply.stop_reason

    def begin(self) -> None:
        self._reply.begin()

    def close(self) -> None:
        self._reply.close()

    def __iter__(self) -> Iterator[Delta]:
        texts = (delta.text for delta in self._reply if isinstance(delta, Text))
        return (Text(text) for text in without_thoughts(texts))


def _events(passages: Sequence[Passage], deltas: Iterable[Delta]) -> Iterator[TextPiece | Cited | CitationDropped]:
    parser = MarkParser()
    for delta in deltas:
        for found in parser.feed(delta.text) if isinstance(delta, Text) else ():
            if isinstance(found, str):
                yield TextPiece(found)
            else:
                yield from resolve(found, passages)
    yield from (TextPiece(found) for found in parser.flush() if isinstance(found, str))


def without_thoughts(texts: Iterable[str]) -> Iterator[str]:
    """The text without reasoning at its beginning; held back only as long as that may be what it is.

    >>> list(without_thoughts(["<thi", "nk>hm", "</think>", "\\n\\nYes."]))
    ['Yes.']
    """
    held = ""
    deciding = True
    for text in texts:
        if not deciding:
            yield text
            continue
        held += text
        begun = held.lstrip()
        if begun.startswith(_THINKING):
            _, ended, rest = begun.partition(_THOUGHT)
            held, deciding = (rest.lstrip(), not rest.strip()) if ended else (held, True)
        else:
            deciding = _THINKING.startswith(begun)
        if not deciding:
            yield held.lstrip()
    if deciding and not held.lstrip().startswith(_THINKING):
        yield held.lstrip()


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers typed in one pair of brackets, and the sentence that they follow."""

    numbers: tuple[int, ...]
    claim: str


class MarkParser:
    """Takes text in pieces of any size; gives it back without the marks, and the marks at their places."""

    def __init__(self) -> None:
        self._before = ""  # all text given back so far
        self._held = ""

    def feed(self, text: str) -> Iterator[str | Marks]:
        """Text and marks, as far as it is clear which is which."""
        self._held += text
        yield from self._marks()
        maybe = _MAYBE.search(self._held)
        ready = self._held[: maybe.start()] if maybe else self._held
        yield from self._give(ready)

    def flush(self) -> Iterator[str | Marks]:
        """The rest, at the end."""
        yield from self._give(self._held)

    def _marks(self) -> Iterator[str | Marks]:
        position = 0
        while found := TYPED.search(self._held, position):
            if self._in_code(found.end() - 1):
                position = found.end()
                continue
            before = self._held[: found.start()].rstrip(" \t")
            self._held, rest = before, self._held[found.end() :]
            yield from self._give(before)
            self._held = rest
            position = 0
            yield Marks(tuple(int(number) for number in found[1].split(",")), last_sentence(self._before))

    def _give(self, text: str) -> Iterator[str]:
        self._held = self._held[len(text) :]
        self._before += text
        if text:
            yield text

    def _in_code(self, position: int) -> bool:
        """Whether a place in the held text is in code, closed or still open."""
        text = self._before + self._held
        place = len(self._before) + position
        regions = code_regions(text)
        if any(region.start <= place < region.end for region in regions):
            return True
        line = text[text.rfind("\n", 0, place) + 1 : place]
        return line.count("`") % 2 == 1


def last_sentence(text: str) -> str:
    """The last sentence of the last line that has any."""
    line = text.rstrip().rsplit("\n", 1)[-1]
    spans = sentence_spans(line)
    return line[slice(*spans[-1])] if spans else ""


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
