"""Answers given before, for the same question and for the same question in other words.

An answer is found again only for exactly the circumstances it was made in: index version, writer, settings, how the
program answers (see `behaviour`), scope, and all that was said before. Among those, a question matches as typed (but for case, white space and final
punctuation), or by its gist and a cosine of at least SIMILAR, which a page says. Kept are whole
answers by the writer that was meant: no refusals, no partial ones, none with something to apologise for.

A gist is what a question asks in a form that is equal for two only if they ask the same: strict on purpose. Embeddings cannot
decide this: among the pairs of evals/live/paraphrases.jsonl those that differ in one word ("input price", "output price";
"before", "after"; "GPT-3", "GPT-4") have cosines up to 0.99, and real paraphrases go down to 0.3. So the words decide: the
same names, numbers and other words of content, in the same order (a phrase may move from the front to the end), the same kind
of question, negated or not. What may differ is the frame: "what is X", "X meaning", "could you explain X". Leaves out
synonyms, spelling mistakes and word forms other than a final s: such questions are taken for different ones.

SIMILAR was set on those pairs: those of one gist that ask the same have a cosine of 0.85 or more. See `python -m evals cache`
for hits and false hits.
"""

import hashlib
import json
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from app.storage.database import is_damaged, open_records
from app.types import Answer, Question, Usage, Writer
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.text.tokenize import STOP_WORDS
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
MOVABLE = 3  # with fewer words of content, moving one to the other end may turn a question around
_WORD = re.compile(r"\d+(?:[.,:]\d+)*%?|[^\W\d_](?:\+\+|#)|[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTENED = re.compile(
    r"\b(ca|could|should|would|wo|must|do|does|did|is|are|was|were|has|have|had|need)n['’]?t\b|\b(can)not\b"
)
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|please|pls) )*(?:(?:can|could|would|will) you )?(?:(?:please|pls) )?"
    r"(?:i (?:would like|like|want) to (?:know|understand) |do you know |"
    r"how (?:would|do|can) (?:you|we|i) (?=(?:explain|describe|define) ))?"
    r"(?:(?:tell|explain|describe|define)(?: to)?(?: me| us)?(?: please| pls)?(?: |$))?"
)
_CLOSING = re.compile(r"(?: (?:please|pls|thanks|thank you|to me|for me))+$")
_MEANING = re.compile(
    r"\b(?:meaning|definition) of\b|\b(?:meant|(?:you|we|they|people|one) mean) by\b| (?:meaning|definition|means?)$"
)
_COMPARES = re.compile(r"\b(?:vs|versus|differs?|differences?(?: between)?)\b")
_WHY = re.compile(r"\bhow come\b|\breasons?\b(?= (?:why|for|not|to|that)\b)|^reasons?\b|\bwhy\b")
_FILLERS = frozenset(["actually", "basically", "exactly", "really", "simply", "just"])
_KINDS = {"what": "what", "whats": "what", "which": "what", "who": "who", "whom": "who", "whose": "who"} | {
    word: word for word in ("when", "where", "how")
}
_AUXILIARIES = frozenset(["is", "are", "was", "were", "am", "do", "does", "did", "has", "have", "had"])
_MODALS = {
    **dict.fromkeys(("can", "ca", "could", "may", "might"), "can"),
    **dict.fromkeys(("should", "must", "ought", "shall"), "should"),
    **dict.fromkeys(("will", "would", "wo"), "will"),
}
_NEGATIONS = frozenset(["not", "no", "never", "nor", "neither", "none", "nothing", "nobody", "without"])
_DROPPED = STOP_WORDS | _FILLERS | _KINDS.keys() | _MODALS.keys() | {"not", "no"}

Embed = Callable[[str], Vector]


@dataclass(frozen=True, slots=True)
class CacheHit:
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

    def _exact(self, connection: sqlite3.Connection, where: str, text: str) -> CacheHit | None:
        query = "SELECT typed, answer FROM answers WHERE circumstances = ? AND question = ?"
        row = connection.execute(query, (where, _typed(text))).fetchone()
        return _found(row, "exact") if row else None

    def _similar(self, connection: sqlite3.Connection, where: str, text: str) -> CacheHit | None:
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


def _found(row: sqlite3.Row, match: Literal["exact", "semantic"]) -> CacheHit:
    return CacheHit(_ANSWER.validate_json(row["answer"]), row["typed"], match)


def _again(found: CacheHit, ms: float) -> Answer:
    told = f"This answer was first given to “{found.typed}”, which asks the same in other words."
    return replace(
        found.answer,
        cached=found.match,
        usage=Usage(),
        timings_ms={"cache": ms, "total": ms},
        notices=(told,) if found.match == "semantic" else (),
        trace={**found.answer.trace, "first_asked_as": found.typed},
    )


def gist(question: str) -> str:
    """Equal for questions that ask the same; empty for one without a word of content.

    >>> gist("Could you explain what a context window is?") == gist("context window meaning")
    True
    >>> gist("what do output tokens cost?") == gist("what do input tokens cost?")
    False
    """
    text = _without_frame(" ".join(_words(question)))
    plain = _WHY.sub(" ", _COMPARES.sub(" ", text))
    content = [_singular(word) for word in plain.split() if word not in _DROPPED]
    if not content:
        return ""
    compares = bool(_COMPARES.search(text))
    order = sorted(content) if compares else _first_rotation(content)
    negated = "not" if _NEGATIONS & set(text.split()) else ""
    return " | ".join((" ".join(sorted(_kinds(text, compares=compares))), negated, " ".join(order)))


def _words(question: str) -> list[str]:
    """Without accents, capitals and signs; contractions in full."""
    decomposed = unicodedata.normalize("NFKD", question.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    full = _SHORTENED.sub(lambda found: f"{found[1] or found[2]} not", plain)
    return [re.sub(r"['’](?:s|re|ve|ll|d|m)$", "", word) for word in _WORD.findall(full)]


def _without_frame(text: str) -> str:
    return _MEANING.sub(" ", _CLOSING.sub("", text[_match_end(text) :])).strip()


def _match_end(text: str) -> int:
    opening = _OPENING.match(text)
    return opening.end() if opening else 0


def _kinds(text: str, *, compares: bool) -> set[str]:
    """What is asked for: a thing, a reason, a time ...; and whether about what is, can be or should be."""
    words = text.split()
    kinds = {_KINDS[word] for word in words if word in _KINDS}
    if _WHY.search(text):
        kinds = kinds - {"what", "how"} | {"why"}
    if compares:
        kinds = kinds - {"what", "how"} | {"difference"}
    if not kinds:
        first = words[0]
        kinds = {"whether"} if first in _AUXILIARIES or first in _MODALS else {"what"}
    return kinds if "how" in kinds else kinds | {_MODALS[word] for word in words if word in _MODALS}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _first_rotation(words: Sequence[str]) -> Sequence[str]:
    """The same for a phrase at the front and at the end: `b c a` -> `a b c`."""
    if len(words) < MOVABLE:
        return words
    return min([*words[place:], *words[:place]] for place in range(len(words)))
