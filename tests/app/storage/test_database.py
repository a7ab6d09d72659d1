"""The file of conversations deleted, overwritten, locked, or with a bad row, while it is in use."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from app.storage import database
from app.storage.conversations import UNREADABLE, Conversations
from app.storage.usage import LONGEST_QUESTION
from app.types import Answer, Question
from app.web.app_state import Desk
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, ConfigError, RecordsUnavailable
from retrieval.types import Scope


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "footnote.db"


def asked(conversations: Conversations, text: str = "What is a token?") -> str:
    thread = conversations.start("ann", text)
    turn = conversations.ask(thread.id, Question(text), version="v1")
    conversations.complete(turn.id, answer=Answer("A piece of text.", ()))
    return thread.id


@pytest.mark.attack("another user of the machine reads conversations or index", "the system refuses it")
def test_only_its_owner_can_read_it(path: Path) -> None:
    conversations = Conversations(path)
    asked(conversations)
    for one in [path.parent, *path.parent.iterdir()]:
        assert stat.S_IMODE(one.stat().st_mode) & 0o077 == 0, one


@pytest.mark.fault("the file of conversations is deleted", "made anew")
@pytest.mark.parametrize("how", ["deleted", "with its folder"])
def test_a_file_that_is_lost_is_made_anew(path: Path, how: str) -> None:
    conversations = Conversations(path)
    asked(conversations)
    for one in path.parent.glob("footnote.db*"):
        one.unlink()
    if how == "with its folder":
        path.parent.rmdir()
    assert conversations.threads("ann") == []
    assert len(conversations.turns(asked(conversations))) == 1


@pytest.mark.fault("the file of conversations is overwritten", "said with what to do")
def test_a_file_that_is_overwritten_is_named_and_moving_it_away_helps(path: Path) -> None:
    conversations = Conversations(path)
    asked(conversations)
    for one in path.parent.glob("footnote.db*"):
        one.write_bytes(b"these are no conversations " * 500)
    with pytest.raises(RecordsUnavailable, match=r"footnote\.db cannot be used now.*Move the file away"):
        conversations.threads("ann")
    with pytest.raises(ConfigError, match="Move the file away"):
        Conversations(path)
    for one in path.parent.glob("footnote.db*"):
        one.rename(one.with_name(f"old-{one.name}"))
    assert len(conversations.turns(asked(conversations))) == 1


@pytest.mark.fault("the file of conversations has a bad row", "costs one answer")
def test_one_bad_row_costs_one_answer(path: Path) -> None:
    conversations = Conversations(path)
    thread = asked(conversations)
    turn = conversations.ask(thread, Question("And then?", scope=Scope(documents=("d",))), version="v1")
    conversations.complete(turn.id, answer=Answer("So.", ()))
    conversations.rate(conversations.turns(thread)[1], 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE turns SET answer = '{\"text\": 3' WHERE id = ?", (turn.id,))
        connection.execute("UPDATE feedback SET answer = 'x'")
    first, second = conversations.turns(thread)
    assert first.answer is not None
    assert (second.question, second.answer, second.failure) == ("And then?", None, UNREADABLE)
    assert conversations.feedback() == []
    assert conversations.rating(turn.id) is None


@pytest.mark.fault("the file of conversations is locked", "said with what to do")
def test_a_locked_file_is_said_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = Conversations(path)
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(path)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RecordsUnavailable, match=r"locked.*Another program holds it"):
            asked(conversations)
        with pytest.raises(ConfigError, match=r"locked.*Another program holds it"):
            Conversations(path)
    asked(conversations)


@pytest.mark.attack("questions that are too long or too fast", "refused before anything is stored")
def test_what_is_too_long_or_too_soon_is_not_stored(settings: Settings) -> None:
    desk = Desk(settings.model_copy(update={"questions_per_minute": 2}), lambda _: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(BudgetExceeded, match="4,000"):
        desk.admit("x" * (LONGEST_QUESTION + 1), session="ann")
    for _ in range(2):
        desk.admit("What is a token?", session="ann")
    with pytest.raises(BudgetExceeded, match="2 questions in a minute"):
        desk.admit("What is a token?", session="ann")
    desk.admit("What is a token?", session="ben")
