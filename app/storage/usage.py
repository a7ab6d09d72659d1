"""The books: what was answered, and what each request to a model cost, with the limits on it in dollars a day; and how fast, and
how much at once, one session may ask.

Kept in SQLite are figures only, no words of anybody; a person is named as sign-in names them, and not at all without it.
Days are those of UTC. A limit is looked at before a request is sent, so requests that are sent together may exceed it by
what they cost.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.storage.database import open_records
from app.types import Answer, Usage
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, RecordsUnavailable

Outcome = Literal["answered", "refused", "partial", "cached"]
Step = Literal["answer", "task", "follow-up", "context", "judging", "check"]
Group = Literal["day", "model", "person", "step"]

MINUTE = 60.0
LONGEST_QUESTION = 4000  # characters
_MIGRATIONS = (
    """
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY, day TEXT NOT NULL, outcome TEXT NOT NULL, writer TEXT NOT NULL, model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL, cost REAL NOT NULL, ms REAL NOT NULL
    );
    CREATE INDEX answers_by_day ON answers (day)
    """,
    """
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY, day TEXT NOT NULL, person TEXT NOT NULL, step TEXT NOT NULL, model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL, cost REAL NOT NULL
    );
    CREATE INDEX requests_by_day ON requests (day);
    INSERT INTO requests (day, person, step, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost)
        SELECT day, '', CASE outcome WHEN 'ranked' THEN 'ranking' ELSE 'answer' END, model,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost
        FROM answers WHERE input_tokens + output_tokens + cost > 0;
    DELETE FROM answers WHERE outcome IN ('shadow', 'ranked', 'stopped');
    ALTER TABLE answers DROP COLUMN input_tokens;
    ALTER TABLE answers DROP COLUMN output_tokens;
    ALTER TABLE answers DROP COLUMN cache_read_tokens;
    ALTER TABLE answers DROP COLUMN cache_write_tokens;
    ALTER TABLE answers DROP COLUMN cost
    """,
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a request to a model is for, and for whom (empty: nobody is signed in)."""

    step: Step = "answer"
    person: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """What was answered on a day (YYYY-MM-DD) and what it cost; `input_tokens` with those of the prompt cache, `ms` is the mean."""

    day: str
    answers: int
    refused: int
    cached: int
    input_tokens: int
    output_tokens: int
    cost: float
    ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the requests of one group cost; `input_tokens` with those of the prompt cache, of which `cached` were read there."""

    name: str
    requests: int
    input_tokens: int
    cached: int
    output_tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """Dollars a day: of all, and of each person; 0 for a person: no limit of its own."""

    daily: float
    person: float = 0.0


class Ledger:
    """The books. `today` gives the day."""

    def __init__(self, path: Path, *, limits: DailyLimits, today: Callable[[], str] | None = None) -> None:
        self._database = open_records(path, _MIGRATIONS)
        self.limits = limits
        self._today = today or (lambda: datetime.now(UTC).date().isoformat())

    def record(self, answer: Answer) -> None:
        """A finished answer."""
        row = (self._today(), outcome_of(answer), answer.writer, answer.model, answer.timings_ms.get("total", 0.0))
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO answers (day, outcome, writer, model, ms) VALUES (?, ?, ?, ?, ?)", row)

    def book(self, purpose: Purpose, model: str, usage: Usage) -> None:
        """A request, whatever became of its answer."""
        tokens = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        row = (self._today(), purpose.person, purpose.step, model, *tokens, usage.cost)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO requests VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def spent(self, person: str | None = None) -> float:
        """Dollars today, of all or of one person."""
        query = "SELECT coalesce(sum(cost), 0) FROM requests WHERE day = ? AND (? IS NULL OR person = ?)"
        with self._database.reading() as connection:
            return float(connection.execute(query, (self._today(), person, person)).fetchone()[0])

    def left(self) -> float:
        """Dollars that may still be spent today, by all together."""
        return self.limits.daily - self.spent()

    def check(self, person: str = "") -> None:
        """Raises BudgetExceeded when today's dollars are spent, or when that cannot be known."""
        try:
            spent = self.spent()
            own = self.spent(person) if person and self.limits.person else 0.0
        except RecordsUnavailable as error:
            raise BudgetExceeded(f"What was spent today cannot be read ({error}), so nothing more is spent.") from error
        if spent >= self.limits.daily:
            raise BudgetExceeded(
                f"Today's budget is spent: ${spent:.2f} of ${self.limits.daily:.2f}. It begins anew at midnight UTC; "
                "DAILY_BUDGET sets it."
            )
        if own >= self.limits.person > 0:
            raise BudgetExceeded(
                f"Your budget for today is spent: ${own:.2f} of ${self.limits.person:.2f}. It begins anew at midnight UTC; "
                "PERSON_BUDGET sets it."
            )

    def days(self, *, last: int = 30) -> list[Day]:
        """The latest days with answers or requests, latest first."""
        query = (
            "SELECT day, sum(answers) AS answers, sum(refused) AS refused, sum(cached) AS cached, sum(input_tokens) AS input_tokens, "
            "sum(output_tokens) AS output_tokens, sum(cost) AS cost, coalesce(sum(ms) / max(sum(answers), 1), 0) AS ms FROM ("
            "SELECT day, 1 AS answers, outcome = 'refused' AS refused, outcome = 'cached' AS cached, "
            "0 AS input_tokens, 0 AS output_tokens, 0.0 AS cost, ms FROM answers UNION ALL "
            "SELECT day, 0, 0, 0, input_tokens + cache_read_tokens + cache_write_tokens, output_tokens, cost, 0.0 FROM requests"
            ") GROUP BY day ORDER BY day DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            return [Day(**dict(row)) for row in connection.execute(query, (last,))]

    def costs(self, group: Group, *, since: str = "") -> Sequence[Cost]:
        """Requests from the day `since` on (YYYY-MM-DD), by group: days latest first, the others dearest first."""
        if group not in ("day", "model", "person", "step"):
            raise ValueError(f"Costs are by day, model, person or step, not by {group!r}.")
        order = "name DESC" if group == "day" else "cost DESC, name"
        query = (
            f"SELECT {group} AS name, count(*) AS requests, "
            "sum(input_tokens + cache_read_tokens + cache_write_tokens) AS input_tokens, sum(cache_read_tokens) AS cached, "
            f"sum(output_tokens) AS output_tokens, sum(cost) AS cost FROM requests WHERE day >= ? GROUP BY {group} ORDER BY {order}"
        )
        with self._database.reading() as connection:
            return [Cost(**dict(row)) for row in connection.execute(query, (since,))]


def open_ledger(settings: Settings) -> Ledger:
    """The books in the settings' data folder. Raises ConfigError."""
    return Ledger(settings.data_dir / "usage.db", limits=DailyLimits(settings.daily_budget, settings.person_budget))


def outcome_of(answer: Answer) -> Outcome:
    """How a finished answer ended."""
    if answer.given_before:
        return "cached"
    return "refused" if answer.refused else "partial" if answer.partial else "answered"


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
