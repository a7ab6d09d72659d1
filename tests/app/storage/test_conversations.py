"""Conversations in SQLite: kept, found, separate by owner, safe with two processes."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from app.storage.conversations import Conversations, history
from app.storage.database import Database
from app.types import Answer, Question, Turn
from retrieval.config import ROOT
from retrieval.errors import ConfigError
from retrieval.types import Scope
from tests.app.web.fake_engine import ANSWER_TEXT, FIRST, SECOND

ANSWER = Answer(
    ANSWER_TEXT, (FIRST, SECOND), confidence=0.9, writer="excerpts", trace={"index": "v1"}, suggestions=("Next?",)
)


@pytest.fixture
def clock() -> Iterator[int]:
    return count(1_700_000_000)


@pytest.fixture
def kept(tmp_path: Path, clock: Iterator[int]) -> Conversations:
    return Conversations(tmp_path / "data" / "footnote.db", now=lambda: float(next(clock)))


def answered(kept: Conversations, owner: str, question: str, answer: Answer = ANSWER) -> tuple[str, str]:
    thread = kept.start(owner, question)
    turn = kept.ask(thread.id, Question(question, scope=Scope(sections=(("d", "A"),))), version="v1")
    kept.complete(turn.id, answer=answer)
    return thread.id, turn.id


def test_a_turn_comes_back_as_it_was(kept: Conversations) -> None:
    thread, _ = answered(kept, "me", "What is perplexity?")
    (turn,) = kept.turns(thread)
    assert turn.answer == ANSWER
    assert turn.scope == Scope(sections=(("d", "A"),))
    assert (turn.question, turn.version, turn.failure) == ("What is perplexity?", "v1", "")
    assert history([turn]) == (
        Turn(
            "What is perplexity?",
            "Perplexity says how unsure a model is about the next token. It falls when the context gets longer.",
        ),
    )


def test_a_question_is_there_before_its_answer_and_keeps_its_failure(kept: Conversations) -> None:
    thread = kept.start("me", "q")
    turn = kept.ask(thread.id, Question("q"), version="v1")
    assert kept.turns(thread.id) == [turn]
    assert history([turn]) == ()
    kept.complete(turn.id, failure="No key.")
    assert kept.turns(thread.id)[0].failure == "No key."


def test_turns_keep_their_order(kept: Conversations) -> None:
    thread = kept.start("me", "a")
    for text in ("a", "b", "c"):
        kept.ask(thread.id, Question(text), version="")
    assert [turn.question for turn in kept.turns(thread.id)] == ["a", "b", "c"]


def test_threads_latest_first_and_only_the_owners(kept: Conversations) -> None:
    first, _ = answered(kept, "me", "first")
    second, _ = answered(kept, "me", "second")
    other, _ = answered(kept, "you", "third")
    assert [thread.id for thread in kept.threads("me")] == [second, first]
    kept.ask(first, Question("again"), version="")
    assert [thread.id for thread in kept.threads("me")] == [first, second]
    assert kept.thread("me", other) is None
    kept.rename("me", other, "mine now")
    kept.delete("me", other)
    assert [thread.title for thread in kept.threads("you")] == ["third"]


def test_search_looks_at_titles_questions_and_answers(kept: Conversations) -> None:
    thread, _ = answered(kept, "me", "What is PERPLEXITY?")
    answered(kept, "me", "100% sure", Answer("nothing", ()))
    assert [found.id for found in kept.threads("me", search="perplexity longer")] == [thread]
    assert [found.title for found in kept.threads("me", search="100%")] == ["100% sure"]
    assert kept.threads("me", search="0_s") == []
    kept.rename("me", thread, "About measures")
    assert [found.id for found in kept.threads("me", search="measures")] == [thread]


def test_rename_and_delete(kept: Conversations) -> None:
    thread, turn = answered(kept, "me", "q")
    kept.rename("me", thread, "   ")
    kept.rename("me", thread, "A " * 60)
    (found,) = kept.threads("me")
    assert found.title.endswith("…")
    assert len(found.title) <= 60
    kept.rate(kept.turns(thread)[0], 1)
    kept.delete("me", thread)
    assert kept.threads("me") == []
    assert kept.turns(thread) == []
    kept.complete(turn, answer=ANSWER)
    assert [given.question for given in kept.feedback()] == ["q"]


def test_feedback_is_one_per_turn_and_can_be_taken_back(kept: Conversations) -> None:
    thread, turn_id = answered(kept, "me", "q")
    (turn,) = kept.turns(thread)
    kept.rate(turn, 0)
    kept.rate(turn, 1, reason="clear")
    (given,) = kept.feedback()
    assert (given.rating, given.reason, given.version, given.answer, given.scope) == (
        1,
        "clear",
        "v1",
        ANSWER,
        turn.scope,
    )
    assert kept.rating(turn_id) == given
    kept.rate(turn, None)
    assert kept.feedback() == []


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "footnote.db"
    program = f"""
from pathlib import Path
from app.storage.conversations import Conversations
from app.types import Question
kept = Conversations(Path({str(path)!r}))
thread = kept.start("me", "q")
for number in range(40):
    kept.ask(thread.id, Question(str(number)), version="")
"""
    writers = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    kept = Conversations(path)
    assert sorted(len(kept.turns(thread.id)) for thread in kept.threads("me")) == [40, 40]


def test_an_older_file_is_brought_up_to_date_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    Database(path, ("CREATE TABLE a (x)",))
    with Database(path, ("CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO b VALUES (1)")).reading() as connection:
        assert connection.execute("SELECT x FROM b").fetchone()[0] == 1
    with pytest.raises(ConfigError, match=r"version 2.*knows 1.*DATA_DIR"):
        Database(path, ("CREATE TABLE a (x)",))


def test_a_change_waits_for_no_disk_and_is_there_when_the_process_is_killed(tmp_path: Path) -> None:
    path, log = tmp_path / "x.db", tmp_path / "x.db-wal"
    program = (
        "import os, pathlib; from app.storage.database import Database\n"
        f"database = Database(pathlib.Path({str(path)!r}), ('CREATE TABLE a (x)',))\n"
        "with database.transaction() as connection: connection.execute('INSERT INTO a VALUES (7)')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == -9
    database = Database(path, ("CREATE TABLE a (x)",))
    with database.transaction() as connection:
        assert connection.execute("SELECT x FROM a").fetchone()[0] == 7
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1
        connection.execute("INSERT INTO a VALUES (8)")
    assert log.stat().st_size > 0, "the log was copied into the file, which waits for the disk"
    del database
    assert not log.exists()


def insert_twice(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO a VALUES (1)")
        connection.execute("INSERT INTO a VALUES (1)")


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db", ("CREATE TABLE a (x UNIQUE)",))
    with pytest.raises(sqlite3.IntegrityError):
        insert_twice(database)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM a").fetchone()[0] == 0
