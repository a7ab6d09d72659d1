"""The SQLite files that are kept of answers, opened so that what is wrong with one is said in words."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from app.storage.database import Database
from retrieval.errors import ConfigError


def open_records(path: Path, migrations: Sequence[str]) -> Database:
    """Raises ConfigError for a folder that cannot be written, or a file that is no database."""
    try:
        return Database(path, migrations)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            f"{path} cannot be opened ({error}). Set DATA_DIR to a folder that can be written, or move the file away."
        ) from error


def is_damaged(error: ConfigError) -> bool:
    """Whether the file itself is at fault, not its folder, the disk or another process."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)
