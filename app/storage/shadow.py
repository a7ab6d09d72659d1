"""A second setting beside the live one, on a share of the questions, unseen by the learner.

SHADOW names settings that differ, such as `reranker=none` or `writer=excerpts dense_weight=0.6`; SHADOW_SHARE says for
which share of the questions. The live answer is given first; then a thread answers the question once more, from the
same index version, and both answers are kept side by side in SQLite. `python -m evals shadow` compares them.

Only settings that take effect when a question is asked can differ. Another index (chunking, embedding model) is
compared by `python -m evals compare`. When questions come faster than the thread answers them, some are left out.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from app.storage.database import ANSWER, as_json, open_records
from app.types import Answer, Question
from retrieval.config import Settings, load_settings
from retrieval.errors import ConfigError, FootnoteError

ALLOWED = frozenset(
    {
        "reranker",
        "dense_weight",
        "n_rerank",
        "k",
        "passage_tokens",
        "confidence_threshold",
        "writer",
        "model",
        "fallback_model",
        "max_answer_tokens",
        "history_tokens",
    }
)
WAITING = 8  # questions; more are left out
KEPT = 5000  # pairs; about 30 KB each
_MIGRATIONS = (
    """
    CREATE TABLE pairs (
        id INTEGER PRIMARY KEY, setting TEXT NOT NULL, version TEXT NOT NULL, question TEXT NOT NULL, live TEXT NOT NULL,
        shadow TEXT NOT NULL, made REAL NOT NULL
    )
    """,
)
_log = logging.getLogger(__name__)
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


@dataclass(frozen=True, slots=True)
class ShadowPair:
    """One question with the answer that was given and the one that was not; `setting` is SHADOW at that time."""

    setting: str
    version: str
    question: Question
    live: Answer
    shadow: Answer


class ShadowBook:
    """The pairs so far. Raises ConfigError for a file that cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._database = open_records(path, _MIGRATIONS)

    def add(self, pair: ShadowPair) -> None:
        question = _QUESTION.dump_json(pair.question).decode()
        row = (pair.setting, pair.version, question, as_json(pair.live), as_json(pair.shadow), time.time())
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO pairs VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)
            connection.execute("DELETE FROM pairs WHERE id <= (SELECT max(id) FROM pairs) - ?", (KEPT,))

    def pairs(self) -> list[ShadowPair]:
        """Oldest first."""
        query = "SELECT setting, version, question, live, shadow FROM pairs ORDER BY id"
        with self._database.reading() as connection:
            rows = connection.execute(query).fetchall()
        return [
            ShadowPair(
                setting=row["setting"],
                version=row["version"],
                question=_QUESTION.validate_json(row["question"]),
                live=ANSWER.validate_json(row["live"]),
                shadow=ANSWER.validate_json(row["shadow"]),
            )
            for row in rows
        ]


Again = Callable[[Question, Answer, str], Answer | None]


class Shadow:
    """Has questions answered again by `again`, which gets question, live answer and version, and may pass (None)."""

    def __init__(
        self, setting: str, share: float, book: ShadowBook, again: Again, *, chance: Callable[[], float] = random.random
    ) -> None:
        self._setting = setting
        self._share = share
        self._book = book
        self._again = again
        self._chance = chance
        self._waiting: queue.Queue[tuple[Question, Answer, str]] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def offer(self, question: Question, live: Answer, *, version: str) -> None:
        """Takes its share of the questions, and comes back at once."""
        if live.given_before or self._chance() >= self._share:
            return
        try:
            self._waiting.put_nowait((question, live, version))
        except queue.Full:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="footnote-shadow", daemon=True)
                self._thread.start()

    def drain(self, *, seconds: float | None = None) -> None:
        """Waits until all that was taken is answered, but no longer than said."""
        done = self._waiting.all_tasks_done
        with done:
            done.wait_for(lambda: not self._waiting.unfinished_tasks, timeout=seconds)

    def _work(self) -> None:
        while True:
            question, live, version = self._waiting.get()
            try:
                answer = self._again(question, live, version)
                if answer is not None:
                    self._book.add(ShadowPair(self._setting, version, question, live, answer))
            except FootnoteError as error:
                _log.info("no shadow answer: %s", error)
            except Exception:  # the shadow's trouble must never become the learner's
                _log.exception("a shadow answer failed")
            finally:
                self._waiting.task_done()


def shadow_settings(settings: Settings) -> Settings:
    """The settings with those of SHADOW in place. Raises ConfigError for one that is unknown, or cannot differ."""
    changes = dict(_change(part) for part in settings.shadow.replace(",", " ").split())
    if not changes:
        raise ConfigError("SHADOW is empty. Name what differs from the live settings, such as SHADOW='reranker=none'.")
    return load_settings(**{**settings.model_dump(by_alias=True), **changes})


def _change(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if name.lower() not in ALLOWED or not value:
        allowed = ", ".join(sorted(ALLOWED))
        raise ConfigError(f"SHADOW has {part!r}; it takes NAME=VALUE with one of these names: {allowed}.")
    return name.lower(), value
