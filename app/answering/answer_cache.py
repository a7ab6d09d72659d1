"""Answers given before, for the same question and for the same question in other words.

An answer is found again only for exactly the circumstances it was made in: index version, writer, settings, how the
program answers (see `behaviour`), scope, and all that was said before. Among those, a question matches as typed (but for case, white space and final
punctuation), or by its gist (`app.answering.cache_key`) and a cosine of at least SIMILAR, which a page says. Kept are whole
answers by the writer that was meant: no refusals, no partial ones, none with something to apologise for.

SIMILAR was set on evals/paraphrases.jsonl: pairs of one gist that ask the same have a cosine of 0.85 or more. See
`python -m evals cache` for hits and false hits.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from app.answering.cache_key import gist
from app.storage.database import is_damaged, open_records
from app.types import Answer, Question, Usage, Writer
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Embedder, Retriever, Vector

SIMILAR = 0.8
LARGEST = 2000  # answers; about 15 KB each
_SECRETS = {"anthropic_api_key", "qdrant_api_key"}
_MIGRATIONS = (
    """
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY, circumstances TEXT NOT NULL, question TEXT NOT NULL, gist TEXT NOT NULL,
        typed TEXT NOT NULL, vector BLOB NOT NULL, answer TEXT NOT NULL, made REAL NOT NULL,
        UNIQUE (circumstances, question)
    );
    CREATE INDEX answers_by_gist ON answers (circumstances, gist)
    """,
)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)

Embed = Callable[[str], Vector]


@dataclass(frozen=True, slots=True)
class Found:
    """A cached answer, and the question it was first given to."""

    answer: Answer
    typed: str
    match: Literal["exact", "semantic"]


class AnswerCache:
    """A file of at most `largest` answers; the oldest make room. `program`: what answers depend on besides the question."""

    def __init__(self, path: Path, *, program: str, embed: Embed, largest: int = LARGEST) -> None:
        self._database = open_records(path, _MIGRATIONS)
        self._program = program
        self._embed = embed
        self._largest = largest

    def find(self, question: Question, *, version: str) -> Answer | None:
        """The answer as it is given again: with no cost, marked as cached, and with a note if the words were others."""
        begun = time.perf_counter()
        where = circumstances(question, version=version, program=self._program)
        with self._database.reading() as connection:
            found = self._exact(connection, where, question.text) or self._similar(connection, where, question.text)
        return _again(found, (time.perf_counter() - begun) * 1000.0) if found else None

    def keep(self, question: Question, answer: Answer, *, version: str, writer: str) -> bool:
        """Keeps the answer if it is a whole one by `writer` and nothing went wrong; whether it did."""
        whole = not (answer.refused or answer.partial or answer.notices or answer.cached)
        if not whole or answer.writer != writer or not _typed(question.text):
            return False
        row = (
            circumstances(question, version=version, program=self._program),
            _typed(question.text),
            gist(question.text),
            question.text.strip(),
            self._embed(question.text).astype(np.float32).tobytes(),
            _ANSWER.dump_json(answer, fallback=str).decode(),
            time.time(),
        )
        with self._database.transaction() as connection:
            columns = "circumstances, question, gist, typed, vector, answer, made"
            connection.execute(f"INSERT OR REPLACE INTO answers ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute(
                "DELETE FROM answers WHERE id <= (SELECT id FROM answers ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (self._largest,),
            )
        return True

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])

    def _exact(self, connection: sqlite3.Connection, where: str, text: str) -> Found | None:
        query = "SELECT typed, answer FROM answers WHERE circumstances = ? AND question = ?"
        row = connection.execute(query, (where, _typed(text))).fetchone()
        return _found(row, "exact") if row else None

    def _similar(self, connection: sqlite3.Connection, where: str, text: str) -> Found | None:
        """The nearest of those with the same gist; ties go to the latest."""
        asked = gist(text)
        query = "SELECT typed, answer, vector FROM answers WHERE circumstances = ? AND gist = ? ORDER BY id DESC"
        rows = connection.execute(query, (where, asked)).fetchall() if asked else []
        if not rows:
            return None
        cosines = np.stack([np.frombuffer(row["vector"], np.float32) for row in rows]) @ self._embed(text)
        best = int(np.argmax(cosines))
        return _found(rows[best], "semantic") if cosines[best] >= SIMILAR else None


def open_cache(settings: Settings, embedder: Embedder, writers: Sequence[Writer]) -> AnswerCache:
    """The cache in the settings' data folder. A damaged file is begun anew: it holds nothing that cannot be made again.

    Raises ConfigError where there can be none.
    """
    path = settings.data_dir / "answers.db"
    program = program_of(settings, writers)
    try:
        return AnswerCache(path, program=program, embed=embedder.embed_query)
    except ConfigError as error:
        if not is_damaged(error):
            raise
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return AnswerCache(path, program=program, embed=embedder.embed_query)


def circumstances(question: Question, *, version: str, program: str) -> str:
    """A digest of all that an answer depends on but the question's own words. The order of a scope does not matter."""
    scope = (sorted(question.scope.documents), sorted(question.scope.sections))
    return _digest([version, program, scope, [asdict(turn) for turn in question.history]])


def program_of(settings: Settings, writers: Sequence[Writer]) -> str:
    """A digest of what this program was told to answer with: its writers, and all settings but secrets."""
    chosen = settings.model_dump(mode="json", exclude=_SECRETS)
    return _digest([[writer.version for writer in writers], chosen])


def behaviour(retriever: Retriever, queries: Sequence[str]) -> str:
    """A digest of how this program searches an index, so that answers of one that ranks in another way are not given
    again: what it finds for `queries`, in which order, with which scores to four decimals, and how sure it is.
    """
    found = [retriever.retrieve(query) for query in queries]
    hits = [[(hit.chunk.id, round(hit.fused, 4), round(hit.score, 4)) for hit in one.hits] for one in found]
    return _digest(
        [
            hits,
            [[passage.text for passage in one.passages] for one in found],
            [round(one.confidence, 4) for one in found],
        ]
    )


def _typed(text: str) -> str:
    """Without what nobody means by it: white space, case, final punctuation."""
    return " ".join(text.casefold().split()).rstrip(" ?!.")


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _found(row: sqlite3.Row, match: Literal["exact", "semantic"]) -> Found:
    return Found(_ANSWER.validate_json(row["answer"]), row["typed"], match)


def _again(found: Found, ms: float) -> Answer:
    told = f"This answer was first given to “{found.typed}”, which asks the same in other words."
    return replace(
        found.answer,
        cached=found.match,
        usage=Usage(),
        timings_ms={"cache": ms, "total": ms},
        notices=(told,) if found.match == "semantic" else (),
        trace={**found.answer.trace, "first_asked_as": found.typed},
    )
