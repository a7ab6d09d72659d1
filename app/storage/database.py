"""The SQLite file that conversations and feedback live in: opened per use, migrated by `user_version`.

WAL lets two processes (a chat and `python -m evals feedback`, or two chats) use it at once: readers never wait, a
writer waits up to five seconds for another.

A change waits for no disk: it is in the file as soon as it is made, so that a process that dies loses nothing; only where the
machine itself stops (power) may the last changes be missing, and the file is whole even then.
"""

import sqlite3
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from retrieval.errors import ConfigError

WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.05


class Database:
    """A file and the statements that bring it up to date; `migrations[n]` leads from version n to n + 1."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._migrations = migrations
        path.parent.mkdir(parents=True, exist_ok=True)
        self._migrate()
        self._keep_open()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept if the block ends well and undone if it raises."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection:
            yield connection

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
        weakref.finalize(self, idle.close)

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
        with self.transaction() as connection:
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
