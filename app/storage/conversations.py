"""Conversations and feedback, kept in SQLite: a thread holds turns, a turn a question and its answer.

One table per concept. A turn is written when it is asked, without an answer, and completed when the answer is there,
so that a question is never lost. Feedback keeps its own copy of question and answer: it outlives its thread.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Row

from pydantic import TypeAdapter

from app.citations.marks import without_marks
from app.storage.database import ANSWER, as_json, open_records
from app.types import Answer, Question, Turn
from retrieval.types import Scope

TITLE_LENGTH = 60
UNREADABLE = "This answer cannot be read any more: its record is damaged. Ask the question again."

_MIGRATIONS = (
    """
    CREATE TABLE threads (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL
    );
    CREATE INDEX threads_by_owner ON threads (owner, updated);
    CREATE TABLE turns (
        id TEXT PRIMARY KEY, thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE, position INTEGER NOT NULL,
        question TEXT NOT NULL, scope TEXT NOT NULL, version TEXT NOT NULL, asked REAL NOT NULL,
        answer TEXT, failure TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '', UNIQUE (thread, position)
    );
    CREATE TABLE feedback (
        turn TEXT PRIMARY KEY, rating INTEGER NOT NULL, reason TEXT NOT NULL, question TEXT NOT NULL, scope TEXT NOT NULL,
        answer TEXT NOT NULL, version TEXT NOT NULL, given REAL NOT NULL
    )
    """,
)
_SCOPE: TypeAdapter[Scope] = TypeAdapter(Scope)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation; times are seconds since 1970."""

    id: str
    title: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A question with its answer, which is None while it is being made or if it failed (`failure` says how).

    `version` is the index version it was answered from.
    """

    id: str
    thread: str
    question: str
    scope: Scope
    version: str
    asked: float
    answer: Answer | None = None
    failure: str = ""

    @property
    def open(self) -> bool:
        """Whether it was neither answered nor failed when it was read."""
        return self.answer is None and not self.failure


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a learner thought of an answer: `rating` 1 for good, 0 for bad."""

    turn: str
    rating: int
    reason: str
    question: str
    answer: Answer
    version: str
    given: float
    scope: Scope = field(default_factory=Scope)


class Conversations:
    """The threads of all owners; an owner never sees another's. `now` gives seconds since 1970."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        """Raises ConfigError where the file cannot be used."""
        self._database = open_records(path, _MIGRATIONS)
        self._now = now

    def start(self, owner: str, question: str) -> Thread:
        """A new thread, named after its first question."""
        thread = Thread(secrets.token_urlsafe(9), title_of(question), self._now(), self._now())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO threads VALUES (?, ?, ?, ?, ?)",
                (thread.id, owner, thread.title, thread.created, thread.updated),
            )
        return thread

    def threads(self, owner: str, *, search: str = "") -> list[Thread]:
        """Latest first; with `search`, those whose title, questions or answers hold all of its words."""
        words = search.casefold().split()
        clause = " AND words LIKE ? ESCAPE '\\'" * len(words)
        query = (
            "SELECT id, title, created, updated FROM (SELECT threads.*, (SELECT coalesce(group_concat(turns.words, ' '), '') "
            "FROM turns WHERE thread = threads.id) || ' ' || title AS words FROM threads WHERE owner = ?) "
            f"WHERE 1{clause} ORDER BY updated DESC, id"
        )
        with self._database.reading() as connection:
            rows = connection.execute(query, (owner, *map(_pattern, words))).fetchall()
        return [Thread(**row) for row in map(dict, rows)]

    def thread(self, owner: str, thread: str) -> Thread | None:
        query = "SELECT id, title, created, updated FROM threads WHERE owner = ? AND id = ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (owner, thread)).fetchone()
        return None if row is None else Thread(**dict(row))

    def rename(self, owner: str, thread: str, title: str) -> None:
        """An empty title changes nothing."""
        if title.strip():
            with self._database.transaction() as connection:
                connection.execute(
                    "UPDATE threads SET title = ? WHERE owner = ? AND id = ?", (title_of(title), owner, thread)
                )

    def delete(self, owner: str, thread: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM threads WHERE owner = ? AND id = ?", (owner, thread))

    def turns(self, thread: str) -> list[SavedTurn]:
        """In the order in which they were asked."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM turns WHERE thread = ? ORDER BY position", (thread,)).fetchall()
        return [_turn(row) for row in rows]

    def turn(self, turn: str) -> SavedTurn | None:
        """None where it was deleted."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM turns WHERE id = ?", (turn,)).fetchone()
        return None if row is None else _turn(row)

    def ask(self, thread: str, question: Question, *, version: str) -> SavedTurn:
        """Writes down a question that is about to be answered."""
        turn = SavedTurn(secrets.token_urlsafe(9), thread, question.text, question.scope, version, self._now())
        scope = _SCOPE.dump_json(turn.scope).decode()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO turns (id, thread, position, question, scope, version, asked, words) "
                "SELECT ?, ?, coalesce(max(position), 0) + 1, ?, ?, ?, ?, ? FROM turns WHERE thread = ?",
                (turn.id, thread, turn.question, scope, version, turn.asked, turn.question.casefold(), thread),
            )
            connection.execute("UPDATE threads SET updated = ? WHERE id = ?", (turn.asked, thread))
        return turn

    def recent_scopes(self, owner: str, *, limit: int) -> list[Scope]:
        """Parts of the course that were asked, each once, latest first; questions to the whole course aside."""
        query = (
            "SELECT scope, max(asked) AS last FROM turns JOIN threads ON threads.id = turns.thread "
            "WHERE owner = ? GROUP BY scope ORDER BY last DESC"
        )
        with self._database.reading() as connection:
            scopes = [_SCOPE.validate_json(row["scope"]) for row in connection.execute(query, (owner,))]
        return [scope for scope in scopes if scope][:limit]

    def forget_from(self, turn: str) -> None:
        """Removes a question and all that was asked after it in its thread. Feedback stays."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM turns WHERE thread = (SELECT thread FROM turns WHERE id = ?1) "
                "AND position >= (SELECT position FROM turns WHERE id = ?1)",
                (turn,),
            )

    def complete(self, turn: str, *, answer: Answer | None = None, failure: str = "", version: str = "") -> None:
        """Writes down the answer, or why there is none. Without effect if the thread was deleted meanwhile."""
        text = None if answer is None else as_json(answer)
        words = "" if answer is None else " " + answer.text.casefold()
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE turns SET answer = ?, failure = ?, words = words || ?, version = coalesce(nullif(?, ''), version) "
                "WHERE id = ?",
                (text, failure, words, version, turn),
            )

    def rate(self, turn: SavedTurn, rating: int | None, *, reason: str = "") -> None:
        """One rating per turn: a later one replaces it, None takes it back."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM feedback WHERE turn = ?", (turn.id,))
            if rating is not None and turn.answer is not None:
                scope = _SCOPE.dump_json(turn.scope).decode()
                values = (
                    turn.id,
                    rating,
                    reason,
                    turn.question,
                    scope,
                    as_json(turn.answer),
                    turn.version,
                    self._now(),
                )
                connection.execute("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def rating(self, turn: str) -> Feedback | None:
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM feedback WHERE turn = ?", (turn,)).fetchone()
        return None if row is None else _feedback(row)

    def feedback(self) -> list[Feedback]:
        """All of it, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM feedback ORDER BY given, turn").fetchall()
        return [one for row in rows if (one := _feedback(row)) is not None]


def history(turns: list[SavedTurn]) -> tuple[Turn, ...]:
    """What came before, for a follow-up: answered turns, oldest first, their texts without marks."""
    return tuple(
        Turn(turn.question, without_marks(turn.answer.text), turn.answer.searched)
        for turn in turns
        if turn.answer is not None
    )


def title_of(question: str) -> str:
    """On one line, cut between words."""
    text = " ".join(question.split())
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _turn(row: Row) -> SavedTurn:
    """A turn whose record is damaged is a failed one: the others of its thread can still be read."""
    scope, answer, failure = Scope(), None, row["failure"]
    try:
        scope = _SCOPE.validate_json(row["scope"])
        answer = None if row["answer"] is None else ANSWER.validate_json(row["answer"])
    except ValueError:
        failure = UNREADABLE
    return SavedTurn(
        id=row["id"],
        thread=row["thread"],
        question=row["question"],
        scope=scope,
        version=row["version"],
        asked=row["asked"],
        answer=answer,
        failure=failure,
    )


def _feedback(row: Row) -> Feedback | None:
    """None where its record is damaged."""
    values = dict(row)
    try:
        values["answer"] = ANSWER.validate_json(values["answer"])
        values["scope"] = _SCOPE.validate_json(values["scope"])
    except ValueError:
        return None
    return Feedback(**values)
