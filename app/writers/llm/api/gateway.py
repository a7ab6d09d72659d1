"""What stands between every request and the service: replies that are kept, the budget, the books, and a circuit breaker
for each model.

A circuit breaker (Nygard, "Release It!", 2007) spares the learner the wait for a service that is known to be down: after
OPENS_AFTER failures in a row a model is not asked for a while, so that the next model, or the course's own words, answer at
once. The wait doubles with each further failure; after it one request goes through as a trial, and closes the circuit if
it comes to its end. A failure that any model would meet (nobody answers there, the key is refused) counts for the whole
service.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.storage.usage import Ledger, Purpose
from app.types import Usage
from app.writers.llm.api.failures import ReplyFailed
from app.writers.llm.api.reply import Replies
from retrieval.errors import RecordsUnavailable, WriterPaused

_log = logging.getLogger(__name__)
OPENS_AFTER = 2  # failures in a row; each has the client's own retries behind it
FIRST_WAIT, LONGEST_WAIT = 15.0, 300.0  # seconds
SERVICE = ""  # the circuit of all models together


@dataclass(frozen=True, slots=True)
class Outage:
    """`model` (empty: the whole service) failed `failures` times in a row, the last time because of `reason`.

    `seconds`: how long it is not asked any more; 0 where the next question tries it again.
    """

    model: str
    reason: str
    failures: int
    seconds: float


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    reason: str = ""
    until: float = 0.0
    trying: bool = False

    @property
    def open(self) -> bool:
        return self.failures >= OPENS_AFTER


class Breaker:
    """The circuits of one process. Thread safe; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[str, _Circuit] = {}

    def admit(self, model: str) -> None:
        """Before a request; every one that is admitted ends in one of the three below. Raises ReplyFailed (paused)."""
        with self._lock:
            now = self._clock()
            for name, circuit in self._of(model):
                if circuit.open and (circuit.trying or now < circuit.until):
                    wait = max(0.0, circuit.until - now)
                    why = f"it failed {circuit.failures} times in a row ({circuit.reason}) and is tried again in {wait:.0f} s"
                    raise ReplyFailed(WriterPaused, why, final=name == SERVICE)
            for _, circuit in self._of(model):
                circuit.trying = circuit.open

    def succeeded(self, model: str) -> None:
        """The request came to its end."""
        with self._lock:
            self._circuits[model] = self._circuits[SERVICE] = _Circuit()

    def abandoned(self, model: str) -> None:
        """The request was stopped, or failed for a reason of its own: it says nothing about the service."""
        with self._lock:
            for _, circuit in self._of(model):
                circuit.trying = False

    def failed(self, model: str, failure: ReplyFailed) -> None:
        if not failure.outage:
            self.abandoned(model)
            return
        with self._lock:
            circuit = self._circuits.setdefault(SERVICE if failure.final else model, _Circuit())
            if not failure.final:
                self._circuits[SERVICE] = _Circuit()  # somebody answered there
            circuit.failures += 1
            circuit.reason = failure.reason
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** max(0, circuit.failures - OPENS_AFTER))
            circuit.until = self._clock() + max(wait, min(failure.pause, LONGEST_WAIT))
            for _, tried in self._of(model):
                tried.trying = False

    def outages(self) -> tuple[Outage, ...]:
        """What is not asked at present, or only to try, in the order of names; the whole service comes first."""
        with self._lock:
            now = self._clock()
            return tuple(
                Outage(name, circuit.reason, circuit.failures, max(0.0, circuit.until - now))
                for name, circuit in sorted(self._circuits.items())
                if circuit.open
            )

    def _of(self, model: str) -> list[tuple[str, _Circuit]]:
        return [(name, self._circuits.setdefault(name, _Circuit())) for name in (SERVICE, model)]


@dataclass(frozen=True, slots=True)
class Gateway:
    """What all requests of a process share; without a ledger nothing is booked, without `replies` none is kept."""

    breaker: Breaker = field(default_factory=Breaker)
    ledger: Ledger | None = None
    replies: Replies | None = None

    def check(self, person: str) -> None:
        """Before a request that costs money. Raises BudgetExceeded."""
        if self.ledger:
            self.ledger.check(person)

    def book(self, purpose: Purpose, model: str, usage: Usage) -> None:
        """After a request. That it cannot be noted takes nothing from the answer; the next check will say so."""
        try:
            if self.ledger:
                self.ledger.book(purpose, model, usage)
        except (OSError, RecordsUnavailable):
            _log.exception("a request could not be booked")
