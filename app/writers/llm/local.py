"""Models behind an Anthropic-compatible server (Ollama, llama.cpp, vLLM), by way of the same client.

Such servers know neither search results nor citations, so the passages are numbered text and the model types `[n]`
marks, which are checked as strictly as native citations. Reasoning that a model writes into its text between
`<think>` tags is left out. Nothing is cached or priced, and there is no second model.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from app.types import CitationDropped, Cited, Documents, Finished, Question, TextPiece, Usage, WriterEvent, no_documents
from app.writers.llm.attempts import Delta, Reply, Text, write_with
from app.writers.llm.claude import Messages
from app.writers.llm.failures import Deadline
from app.writers.llm.prompt import digest, question_text, recent_turns, system_prompt, turn_texts
from app.writers.llm.typed_citations import MarkParser, resolve
from app.writers.passages import numbered_text
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Passage

_THINKING, _THOUGHT = "<think>", "</think>"


class LocalWriter:
    """A `Writer` for a model of one's own. Raises ConfigError without ANTHROPIC_BASE_URL."""

    def __init__(self, settings: Settings) -> None:
        if not settings.anthropic_base_url:
            raise ConfigError(
                "WRITER=local needs a server: set ANTHROPIC_BASE_URL, for instance http://127.0.0.1:11434."
            )
        self.name = f"{settings.model} (local)"
        limits = (settings.max_answer_tokens, settings.history_tokens)
        self.version = f"{settings.model}/{digest(system_prompt('marks'), limits)}"
        self._settings = settings
        # a model on a slow machine reads the whole prompt before it writes its first word
        self._messages = Messages(settings, silence=settings.writer_timeout, key=settings.anthropic_api_key or "local")

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Raises WriterFailed only if nothing was written. Without passages it refuses, without asking."""
        if not passages:
            yield Finished(refused=True)
            return
        turns = turn_texts(recent_turns(question.history, tokens=self._settings.history_tokens))
        asked = f"{numbered_text(passages)}\n\n{question_text(question, query)}"
        request = {
            "system": system_prompt("marks"),
            "messages": [{"role": role, "content": text} for role, text in [*turns, ("user", asked)]],
            "max_tokens": self._settings.max_answer_tokens,
        }
        deadline = Deadline(self._settings.writer_timeout)
        yield from write_with(
            [self._settings.model],
            lambda model: _Spoken(self._messages.ask(model, request, deadline)),
            partial(_events, passages),
        )


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
