"""One answer from the first model that gives one, whatever goes wrong on the way.

A model that fails before any text was shown is followed by the next; one that fails later leaves a partial answer,
which is kept. Only when no model wrote anything does the writer fail, so that the caller can write without a model.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.types import Cited, Finished, TextPiece, Usage, WriterEvent
from app.writers.llm.api.failures import ReplyFailed, timeout_failure
from app.writers.llm.api.pricing import total
from app.writers.llm.api.reply import Delta, Found, Reply, Text
from app.writers.llm.stream_filters import SentinelFilter
from retrieval.errors import WriterCut, WriterFailed

Ask = Callable[[str], Reply]


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

    winner: tuple[str, Reply] | None = None
    failures: list[tuple[str, ReplyFailed]] = field(default_factory=list)
    lost: list[Usage] = field(default_factory=list)


def _race(waiting: list[str], ask: Ask, patience: float) -> _Race:
    """The first of the waiting models, or the second where that begins before it; those that are done with are taken out."""
    if not patience or len(waiting) < 2:
        model = waiting.pop(0)
        return _Race((model, ask(model)))
    begun: queue.SimpleQueue[tuple[str, Exception | None]] = queue.SimpleQueue()
    replies: dict[str, Reply] = {}

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

    def __init__(self, reply: Reply, interpret: Callable[[Iterable[Delta]], Iterator[WriterEvent]]) -> None:
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
            self.shown = self.shown or (isinstance(event, TextPiece) and bool(event.text.strip()))
            self._cited = self._cited or isinstance(event, Cited)
            yield event

    def _filtered(self) -> Iterator[Delta]:
        for delta in self.reply:
            if isinstance(delta, Text):
                yield from _text(self._filter.feed(delta.text))
            elif isinstance(delta, Found):
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
        if not self.shown:
            raise ReplyFailed(WriterCut, "the reply was empty", "Check ANTHROPIC_BASE_URL if this happens every time.")
        if not reason:
            raise ReplyFailed(WriterCut, "the connection ended before the answer did")


def _text(text: str) -> Iterator[Text]:
    if text:
        yield Text(text)


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
