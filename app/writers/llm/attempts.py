"""One answer from the first model that gives one, whatever goes wrong on the way.

A model that fails before any text was shown is followed by the next; one that fails later leaves a partial answer,
which is kept. Only when no model wrote anything does the writer fail, so that the caller can write without a model.
A model that finds no answer in its passages says so by one word (SENTINEL), of which not even the beginning is shown.
"""

import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.types import Cited, Finished, Searched, TextPiece, Usage, WriterEvent
from app.writers.llm.api.failures import ReplyFailed, timeout_failure
from app.writers.llm.api.pricing import total
from app.writers.llm.api.reply import Delta
from app.writers.llm.search_tool import SearchingReply
from retrieval.errors import WriterCut, WriterFailed

Ask = Callable[[str], SearchingReply]
SENTINEL = "NOT_COVERED"
_AROUND = " \t\r\n*_`\"'>#.:-"  # what models put around a word they were told to write alone
_WORD = re.compile(rf"[{re.escape(_AROUND)}]*{SENTINEL}(?!\w)")


def write_with(
    models: Sequence[str],
    ask: Ask,
    interpret: Callable[[Iterable[Delta]], Iterator[WriterEvent]],
    *,
    patience: float = 0.0,
) -> Iterator[WriterEvent]:
    """Events of the first model that answers, then Finished. Raises WriterFailed when none did.

    `patience`: seconds after which the next model is asked as well if the one before has not begun (a hedged request, Dean
    and Barroso 2013); 0: never. The first to begin writes, the other is closed; both are counted.
    """
    failures: list[tuple[str, ReplyFailed]] = []
    usages: list[Usage] = []
    waiting = list(models)
    while waiting and not any(failure.final for _, failure in failures):
        race = _race(waiting, ask, patience)
        usages += race.lost
        failures += race.failures
        if race.winner is None:
            continue
        model, reply = race.winner
        attempt = _Attempt(reply, interpret)
        try:
            yield from attempt.events()
            attempt.settle()
        except ReplyFailed as failure:
            usages.append(attempt.reply.usage)
            if attempt.shown:
                yield Finished(model, partial=True, usage=total(usages), notices=_notices(failures, model, failure))
                return
            failures.append((model, failure))
            continue
        usages.append(attempt.reply.usage)
        yield Finished(model, refused=attempt.refused, usage=total(usages), notices=_notices(failures, model))
        return
    first, reason = failures[0]  # the one to act on
    raise reason.for_reader(first) from failures[-1][1]


@dataclass(slots=True)
class _Race:
    """`winner`: who has begun to write, or is yet to be begun. `lost`: what those cost that were closed for it."""

    winner: tuple[str, SearchingReply] | None = None
    failures: list[tuple[str, ReplyFailed]] = field(default_factory=list)
    lost: list[Usage] = field(default_factory=list)


def _race(waiting: list[str], ask: Ask, patience: float) -> _Race:
    """The first of the waiting models, or the second where that begins before it; those that are done with are taken out."""
    if not patience or len(waiting) < 2:
        model = waiting.pop(0)
        return _Race((model, ask(model)))
    begun: queue.SimpleQueue[tuple[str, Exception | None]] = queue.SimpleQueue()
    replies: dict[str, SearchingReply] = {}

    def start(model: str) -> None:
        replies[model] = reply = ask(model)

        def work() -> None:
            error: Exception | None = None
            try:
                reply.begin()
            except Exception as failure:  # raised again by who waits
                error = failure
            begun.put((model, error))

        threading.Thread(target=work, name="footnote-reply", daemon=True).start()

    race = _Race()
    first, second = waiting[:2]
    start(first)
    running = {first}
    try:
        while running and race.winner is None:
            try:
                model, error = begun.get(timeout=patience if len(replies) == 1 else None)
            except queue.Empty:
                start(second)
                running.add(second)
                continue
            running.remove(model)
            if isinstance(error, ReplyFailed):
                race.failures.append((model, error))
                race.lost.append(replies[model].usage)
            elif error is not None:
                raise error
            else:
                race.winner = (model, replies[model])
    finally:
        for model in running:
            replies[model].close()
            race.lost.append(replies[model].usage)
    race.failures.sort(key=lambda failed: failed[0] != first)  # in the order in which they are to be named
    if race.winner is None or race.winner[0] == second:
        waiting[:] = [model for model in waiting if model not in replies]
        if first in running:
            race.failures.append((first, timeout_failure(f"it had not begun after {patience:g} s")))
    else:
        waiting.remove(first)
    return race


class _Attempt:
    """One model's reply on its way to the reader: what was shown of it, and whether it declined for lack of material."""

    def __init__(self, reply: SearchingReply, interpret: Callable[[Iterable[Delta]], Iterator[WriterEvent]]) -> None:
        self.reply = reply
        self.shown = False
        self._cited = False
        self._interpret = interpret
        self._filter = SentinelFilter()

    @property
    def refused(self) -> bool:
        """The sentinel came, and no claim was backed by a quote before it."""
        return self._filter.seen and not self._cited

    def events(self) -> Iterator[WriterEvent]:
        for event in self._interpret(self._filtered()):
            if isinstance(event, Searched):
                self.shown = self.shown and self._cited
            self.shown = self.shown or (isinstance(event, TextPiece) and bool(event.text.strip()))
            self._cited = self._cited or isinstance(event, Cited)
            yield event

    def _filtered(self) -> Iterator[Delta]:
        for delta in self.reply:
            if isinstance(delta, TextPiece):
                yield from _text(self._filter.feed(delta.text))
            elif isinstance(delta, Searched):
                yield delta
            elif not self._filter.silent:
                yield from _text(self._filter.flush())
                yield delta
        yield from _text(self._filter.flush())

    def settle(self) -> None:
        """Raises ReplyFailed if the reply, though it came to its end, is not a whole answer."""
        reason = self.reply.stop_reason
        if self.refused:
            return
        if reason == "refusal":
            raise ReplyFailed(WriterFailed, "the model declined to answer this", "Asking in other words may help.")
        if reason in ("max_tokens", "model_context_window_exceeded"):
            raise ReplyFailed(WriterCut, "it reached its length limit", "MAX_ANSWER_TOKENS sets the limit.")
        if reason == "tool_use":
            raise ReplyFailed(WriterCut, "it asked for one more search instead of answering")
        if not self.shown:
            raise ReplyFailed(WriterCut, "the reply was empty", "Check ANTHROPIC_BASE_URL if this happens every time.")
        if not reason:
            raise ReplyFailed(WriterCut, "the connection ended before the answer did")


def _text(text: str) -> Iterator[TextPiece]:
    if text:
        yield TextPiece(text)


def _notices(
    failures: Sequence[tuple[str, ReplyFailed]], model: str, cut: ReplyFailed | None = None
) -> tuple[str, ...]:
    """A sentence for each model that was passed over, and one on the break. That a model is paused was told before."""
    passed = [
        f"{model} wrote this answer, because {failed} could not: {why.reason}."
        for failed, why in failures
        if not why.paused
    ]
    return (*passed, f"This answer is not complete: {cut.reason}.") if cut else tuple(passed)


class SentinelFilter:
    """Takes the text in pieces of any size and gives back what may be shown.

    `seen`: the word stood on a line of its own, or began one. That line is left out; so is all that follows, if nothing was
    shown before it.
    """

    def __init__(self) -> None:
        self.seen = False
        self._shown = False
        self._held = ""  # of the present line, as long as it may still be the word
        self._line: Literal["undecided", "shown", "left out"] = "undecided"

    @property
    def silent(self) -> bool:
        """The word came first: nothing is an answer any more."""
        return self.seen and not self._shown

    def feed(self, text: str) -> str:
        """The part of the text so far that can be shown now and was not before."""
        return "".join(map(self._part, text.splitlines(keepends=True)))

    def flush(self) -> str:
        """What is still held back, once no more of it can be the word: at the end, or before a citation."""
        held, self._held = self._held, ""
        return self._decided(held, word=_WORD.match(held) is not None) if held else ""

    def _part(self, part: str) -> str:
        ends = part.endswith("\n")
        if self._line == "undecided" and not self.silent:
            part, self._held = self._held + part, ""
            word = _WORD.match(part)
            goes_on = word is not None and part[word.end() :].strip(_AROUND)
            if not ends and not goes_on and SENTINEL.startswith(part.strip(_AROUND)):
                self._held = part
                return ""
            part = self._decided(part, word=word is not None)
        elif self._line == "left out" or self.silent:
            part = ""
        self._line = "undecided" if ends else self._line
        return part

    def _decided(self, line: str, *, word: bool) -> str:
        self.seen = self.seen or word
        self._line = "left out" if word else "shown"
        self._shown = self._shown or (not word and bool(line.strip()))
        return "" if word else line
