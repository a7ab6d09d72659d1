"""How fast, and how much at once, one session may ask."""

import threading
import time
from collections import deque
from collections.abc import Callable

from retrieval.errors import BudgetExceeded

MINUTE = 60.0
LONGEST_QUESTION = 4000  # characters


class RateLimit:
    """How fast a session may ask; `clock` gives seconds. What nobody asked for in the last minute is forgotten."""

    def __init__(self, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def admit(self, session: str) -> None:
        """Counts a question of a session. Raises BudgetExceeded, without counting it, when there were too many."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            asked = self._asked.setdefault(session, deque())
            if len(asked) >= self._per_minute:
                wait = max(1, round(asked[0] + MINUTE - now))
                questions = f"{self._per_minute} questions" if self._per_minute != 1 else "1 question"
                raise BudgetExceeded(
                    f"{questions} in a minute is the limit. Wait {wait} s, then ask again; "
                    "QUESTIONS_PER_MINUTE sets the limit."
                )
            asked.append(now)

    def _forget(self, now: float) -> None:
        for session, asked in list(self._asked.items()):
            while asked and asked[0] <= now - MINUTE:
                asked.popleft()
            if not asked:
                del self._asked[session]


def check_length(question: str) -> None:
    """Raises BudgetExceeded for a question that is too long to be one."""
    if len(question) > LONGEST_QUESTION:
        raise BudgetExceeded(
            f"The question has {len(question):,} characters; the limit is {LONGEST_QUESTION:,}. Ask it more briefly."
        )
