"""An answer being made, apart from the page that watches it.

The answer is made in a thread of its own, so that Stop takes effect at once even while a writer waits for the network,
and a page that is reloaded, or that left for the reader and came back, finds its answer grown. Whoever ends it first (the engine, a failure, a stop) has
its result saved; what comes later is ignored.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from app.types import Answer, AnswerEvent, Done, Footnote, Reading, Searching, Writing
from retrieval.errors import NO_THREAD, FootnoteError

Stage = Literal["waiting", "searching", "reading", "writing", "done", "failed"]
TOGETHER = 0.1  # seconds
STOPPED = "You stopped this answer."
OVERTAKEN = "The next question was asked before this answer was complete."
OUR_FAULT = "Something went wrong in Footnote itself. The details are in its log; please ask again."
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an answer is. `passages` counts what is being read; `step` grows with every change."""

    stage: Stage = "waiting"
    query: str = ""
    passages: int = 0
    version: str = ""
    text: str = ""
    footnotes: tuple[Footnote, ...] = ()
    answer: Answer | None = None
    failure: str = ""
    step: int = 0

    @property
    def finished(self) -> bool:
        return self.stage in ("done", "failed")


Save = Callable[[Progress], None]
Change = Callable[[Progress], Progress]


class Run:
    """One answer in the making. `save` is called once, with its last progress, before anybody sees that it is finished."""

    def __init__(self, make: Callable[[], Iterator[AnswerEvent]], save: Save) -> None:
        self._make = make
        self._save = save
        self._changed = threading.Condition()
        self._progress = Progress()
        self._thread = threading.Thread(target=self._work, name="footnote-answer", daemon=True)

    def start(self) -> "Run":
        try:
            self._thread.start()
        except RuntimeError:
            self._fail(NO_THREAD)
        return self

    @property
    def progress(self) -> Progress:
        return self._progress

    def watch(self, *, every: float) -> Iterator[Progress]:
        """The progress when it changed, and at least every `every` seconds; the last one is finished. Changes that follow each other
        at once are one: to draw each would take longer than to make them."""
        progress = self._progress
        yield progress
        while not progress.finished:
            progress = self._after(progress.step, timeout=every)
            yield progress

    def stop(self, *, why: str = STOPPED) -> None:
        """Keeps what is there as a partial answer, and says why it is one."""
        self._finish(partial(_stopped, why=why))

    def _after(self, step: int, *, timeout: float) -> Progress:
        with self._changed:
            self._changed.wait_for(lambda: self._progress.finished, timeout=TOGETHER)
            self._changed.wait_for(lambda: self._progress.step != step, timeout=timeout)
            return self._progress

    def _work(self) -> None:
        try:
            for event in self._make():
                if self._progress.finished:
                    return
                self._take(event)
            self._fail("The answer broke off. Please ask again.")
        except FootnoteError as error:
            self._fail(str(error))
        except Exception:
            _log.exception("an answer failed")
            self._fail(OUR_FAULT)

    def _take(self, event: AnswerEvent) -> None:
        match event:
            case Searching():
                self._advance(lambda now: replace(now, stage="searching", query=event.query))
            case Reading(retrieval):
                count, version = len(retrieval.passages), retrieval.version
                self._advance(lambda now: replace(now, stage="reading", passages=count, version=version))
            case Writing():
                self._advance(lambda now: replace(now, stage="writing", text=event.text, footnotes=event.footnotes))
            case Done():
                self._finish(lambda now: replace(now, stage="done", answer=event.answer))

    def _fail(self, message: str) -> None:
        self._finish(lambda now: replace(now, stage="failed", failure=message))

    def _advance(self, change: Change) -> None:
        with self._changed:
            if not self._progress.finished:
                self._progress = replace(change(self._progress), step=self._progress.step + 1)
                self._changed.notify_all()

    def _finish(self, change: Change) -> None:
        with self._changed:
            if self._progress.finished:
                return
            last = replace(change(self._progress), step=self._progress.step + 1)
            try:
                self._save(last)
            except Exception:  # the page must not wait for ever because the disk is full
                _log.exception("an answer could not be saved")
            self._progress = last
            self._changed.notify_all()


def _stopped(now: Progress, *, why: str) -> Progress:
    answer = Answer(text=now.text, footnotes=now.footnotes, partial=True, notices=(why,), searched=now.query)
    return replace(now, stage="done", answer=answer)


@dataclass(slots=True)
class Runs:
    """The answers being made in this process, by turn."""

    _runs: dict[str, Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, turn: str, run: Run) -> Run:
        with self._lock:
            self._runs = {key: other for key, other in self._runs.items() if not other.progress.finished}
            self._runs[turn] = run
        return run.start()

    def stop(self, turns: Iterable[str], *, why: str) -> None:
        """Stops those of these turns that are being answered."""
        for run in filter(None, map(self.get, turns)):
            run.stop(why=why)

    def get(self, turn: str) -> Run | None:
        with self._lock:
            return self._runs.get(turn)
