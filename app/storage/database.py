"""The SQLite files that answers are kept in, each for its own concern: opened per use, migrated by `user_version`.

WAL lets two processes (a chat and `python -m evals feedback`, or two chats) use it at once: readers never wait, a
writer waits up to five seconds for another.

A change waits for no disk: it is in the file as soon as it is made, so that a process that dies loses nothing; only where the
machine itself stops (power) may the last changes be missing, and the file is whole even then.
"""

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from app.types import Answer
from retrieval.errors import ConfigError, RecordsUnavailable

WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.05
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


class Database:
    """A file and the statements that bring it up to date; `migrations[n]` leads from version n to n + 1.

    Only its owner can read it. One that is deleted while it is in use is made anew; in use, everything else
    that is wrong with it is a RecordsUnavailable.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._migrations = migrations
        self._let_go: Callable[[], object] = lambda: None
        self._create()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept if the block ends well and undone if it raises."""
        with self._in_words(), closing(self._current()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._in_words(), closing(self._current()) as connection:
            yield connection

    def _current(self) -> sqlite3.Connection:
        """A connection to a file that has all tables."""
        if self._path.is_file():
            connection = self._connect()
            if connection.execute("PRAGMA user_version").fetchone()[0] == len(self._migrations):
                return connection
            connection.close()
        self._create()
        return self._connect()

    def _create(self) -> None:
        self._let_go()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT, 0o600))
        self._path.chmod(0o600)
        self._migrate()
        self._keep_open()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except (sqlite3.Error, OSError) as error:
            raise RecordsUnavailable(f"{self._path} cannot be used now: {error}. {_remedy(error)}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _keep_open(self) -> None:
        """One connection that stays: whoever closes the last one copies the whole log into the file and waits for the disk."""
        idle = sqlite3.connect(self._path, timeout=WAIT_SECONDS, check_same_thread=False)
        idle.execute("PRAGMA user_version").fetchall()
        self._let_go = weakref.finalize(self, idle.close)

    def _use_wal(self) -> None:
        """A new file is switched by who comes first; SQLite itself does not wait for the other to be done with that."""
        given_up = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                with closing(self._connect()) as connection:
                    connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > given_up:
                    raise
                time.sleep(PAUSE_SECONDS)

    def _migrate(self) -> None:
        self._use_wal()
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > len(self._migrations):
                raise ConfigError(
                    f"{self._path} has version {version}; this program knows {len(self._migrations)}. "
                    "Use the newer program, or set DATA_DIR to another folder."
                )
            for number, script in enumerate(self._migrations[version:], start=version + 1):
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _remedy(error: Exception) -> str:
    said = str(error)
    if "locked" in said:
        return "Another program holds it: close that, then try again."
    if "full" in said or "disk I/O" in said:
        return "Free some disk space, then try again."
    if "readonly" in said or isinstance(error, OSError):
        return "Make the file and its folder writable, or set DATA_DIR to another folder."
    return "Move the file away: a new one is made, and what can be saved can be saved from the old one."


def as_json(answer: Answer) -> str:
    """As `ANSWER` reads it."""
    return ANSWER.dump_json(answer, fallback=str).decode()


def open_records(path: Path, migrations: Sequence[str]) -> Database:
    """Raises ConfigError for a folder that cannot be written, a file that is no database, or one that another holds."""
    try:
        return Database(path, migrations)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{path} cannot be opened: {error}. {_remedy(error)}") from error


def is_damaged(error: ConfigError) -> bool:
    """Whether the file itself is at fault, not its folder, the disk or another process."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)
