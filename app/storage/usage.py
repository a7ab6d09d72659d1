"""What answers cost, per answer and per day, and the limit on it in dollars a day.

Kept in SQLite are figures only, no words of anybody. Days are those of UTC. The limit is looked at before an answer is
begun, so answers that begin together may exceed it by what they cost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.storage.database import open_records
from app.types import Answer, Usage
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, RecordsUnavailable

Outcome = Literal["answered", "refused", "partial", "cached", "stopped", "shadow", "ranked"]

_MIGRATIONS = (
    """
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY, day TEXT NOT NULL, outcome TEXT NOT NULL, writer TEXT NOT NULL, model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL, cost REAL NOT NULL, ms REAL NOT NULL
    );
    CREATE INDEX answers_by_day ON answers (day)
    """,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer in the books. `usage` of a stopped one is estimated."""

    outcome: Outcome
    writer: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    ms: float = 0.0


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


class Ledger:
    """The books. `daily_budget` in dollars; `today` gives the day."""

    def __init__(self, path: Path, *, daily_budget: float, today: Callable[[], str] | None = None) -> None:
        self._database = open_records(path, _MIGRATIONS)
        self._budget = daily_budget
        self._today = today or (lambda: datetime.now(UTC).date().isoformat())

    def record(self, entry: Entry) -> None:
        usage = entry.usage
        tokens = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        row = (self._today(), entry.outcome, entry.writer, entry.model, *tokens, usage.cost, entry.ms)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO answers VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def spent(self) -> float:
        """Dollars today."""
        with self._database.reading() as connection:
            query = "SELECT coalesce(sum(cost), 0) FROM answers WHERE day = ?"
            return float(connection.execute(query, (self._today(),)).fetchone()[0])

    def check(self) -> None:
        """Raises BudgetExceeded when today's dollars are spent, or when that cannot be known."""
        try:
            spent = self.spent()
        except RecordsUnavailable as error:
            raise BudgetExceeded(f"What was spent today cannot be read ({error}), so nothing more is spent.") from error
        if spent >= self._budget:
            raise BudgetExceeded(
                f"Today's budget is spent: ${spent:.2f} of ${self._budget:.2f}. It begins anew at midnight UTC; "
                "DAILY_BUDGET sets it."
            )

    def days(self, *, last: int = 30) -> list[Day]:
        """The latest days with answers, latest first. Shadow answers and rerankings count for what they cost only."""
        query = (
            "SELECT day, sum(outcome NOT IN ('shadow', 'ranked')) AS answers, sum(outcome = 'refused') AS refused, "
            "sum(outcome = 'cached') AS cached, sum(input_tokens + cache_read_tokens + cache_write_tokens) AS input_tokens, "
            "sum(output_tokens) AS output_tokens, sum(cost) AS cost, "
            "coalesce(avg(CASE WHEN outcome NOT IN ('shadow', 'ranked', 'stopped') THEN ms END), 0) AS ms "
            "FROM answers GROUP BY day ORDER BY day DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            return [Day(**dict(row)) for row in connection.execute(query, (last,))]


def open_ledger(settings: Settings) -> Ledger:
    """The books in the settings' data folder. Raises ConfigError."""
    return Ledger(settings.data_dir / "usage.db", daily_budget=settings.daily_budget)


def entry_of(answer: Answer) -> Entry:
    """A finished answer as it goes into the books."""
    outcome: Outcome = "answered"
    if answer.cached:
        outcome = "cached"
    elif answer.refused:
        outcome = "refused"
    elif answer.partial:
        outcome = "partial"
    return Entry(outcome, answer.writer, answer.model, answer.usage, answer.timings_ms.get("total", 0.0))
