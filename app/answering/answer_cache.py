"""Answers given before, for the same question asked again.

An answer is found again only for exactly the circumstances it was made in: index version, writer, settings, how the
program answers (see `behaviour`), scope, and all that was said before; and for the question as typed, but for case, white
space and final punctuation. Kept are whole answers by the writer that was meant: no refusals, no partial ones, none with
something to apologise for.

A question in other words is another question. Embeddings cannot tell: "input price" and "output price" have a cosine up to
0.99, and real paraphrases go down to 0.3. Rules on words knew again none of 8,097 pairs of questions on one passage.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from app.storage.database import ANSWER, as_json, is_damaged, open_records
from app.types import Answer, Question, Usage
from app.writers.protocols import Writer
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Retriever

LARGEST = 2000  # answers; about 15 KB each
_SECRETS = {"anthropic_api_key", "qdrant_api_key"}
_END = " ?!.…？！。؟"
_MIGRATIONS = (
    "",  # a table that also knew questions in other words
    """
    DROP TABLE IF EXISTS answers;
    CREATE TABLE answers (id INTEGER PRIMARY KEY, asked TEXT NOT NULL UNIQUE, answer TEXT NOT NULL)
    """,
)


class AnswerCache:
    """A file of at most `largest` answers; the oldest make room. `program`: what answers depend on besides the question."""

    def __init__(self, path: Path, *, program: str, largest: int = LARGEST) -> None:
        self._database = open_records(path, _MIGRATIONS)
        self._program = program
        self._largest = largest

    def find(self, question: Question, *, version: str) -> Answer | None:
        """The answer as it is given again: at no cost, and said to have been given before."""
        begun = time.perf_counter()
        asked = key_of(question, version=version, program=self._program)
        with self._database.reading() as connection:
            row = connection.execute("SELECT answer FROM answers WHERE asked = ?", (asked,)).fetchone()
        if row is None:
            return None
        ms = (time.perf_counter() - begun) * 1000.0
        kept = ANSWER.validate_json(row["answer"])
        return replace(kept, given_before=True, usage=Usage(), timings_ms={"cache": ms, "total": ms})

    def keep(self, question: Question, answer: Answer, *, version: str, writer: str) -> bool:
        """Keeps the answer if it is a whole one by `writer` and nothing went wrong; whether it did."""
        whole = not (answer.refused or answer.partial or answer.notices or answer.given_before)
        if not whole or answer.writer != writer:
            return False
        row = (key_of(question, version=version, program=self._program), as_json(answer))
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO answers (asked, answer) VALUES (?, ?)", row)
            connection.execute(
                "DELETE FROM answers WHERE id <= (SELECT id FROM answers ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (self._largest,),
            )
        return True


def open_cache(settings: Settings, writers: Sequence[Writer]) -> AnswerCache:
    """The cache in the settings' data folder. A damaged file is begun anew: it holds nothing that cannot be made again.

    Raises ConfigError where there can be none.
    """
    path = settings.data_dir / "answers.db"
    program = program_of(settings, writers)
    try:
        return AnswerCache(path, program=program)
    except ConfigError as error:
        if not is_damaged(error):
            raise
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return AnswerCache(path, program=program)


def key_of(question: Question, *, version: str, program: str) -> str:
    """A digest of the question and all else that an answer depends on. The order of a scope does not matter."""
    typed = " ".join(question.text.casefold().split()).rstrip(_END)
    scope = (sorted(question.scope.documents), sorted(question.scope.sections))
    return _digest([typed, version, program, scope, [asdict(turn) for turn in question.history]])


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
    passages = [[passage.text for passage in one.passages] for one in found]
    return _digest([hits, passages, [round(one.confidence, 4) for one in found]])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
