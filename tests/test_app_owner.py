"""Sign-in: off by default; where it is on, nobody sees anything before, and nobody another's conversations."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import owner
from app.conversation import Conversations
from tests.fake_engine import write_index

SITE = str(Path(__file__).with_name("fake_site.py"))


class User(dict[str, str | bool]):
    """What Streamlit tells of a user where sign-in is on."""

    @property
    def is_logged_in(self) -> bool:
        return bool(self["is_logged_in"])


NOBODY = User(is_logged_in=False)


def somebody(name: str) -> User:
    return User(is_logged_in=True, iss="https://id.example", sub=name, name=name)


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[User], AppTest]:
    """Opens the site as a user."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    write_index(tmp_path / "index")
    st.cache_resource.clear()

    def opened(user: User) -> AppTest:
        monkeypatch.setattr(st, "user", user)
        return AppTest.from_file(SITE, default_timeout=20).run()

    return opened


def words(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def test_sign_in_is_off_by_default() -> None:
    assert not owner.sign_in_is_on()
    assert owner.here() == owner.ANYONE


def test_nobody_sees_anything_before_signing_in(visit: Callable[[User], AppTest]) -> None:
    at = visit(NOBODY)
    assert "Sign in to see your conversations" in words(at)
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.chat_input


def test_each_user_has_conversations_of_their_own(visit: Callable[[User], AppTest], tmp_path: Path) -> None:
    ada = visit(somebody("Ada"))
    ada.chat_input(key="ask").set_value("What is perplexity?").run()
    kept = Conversations(tmp_path / "data" / "footnote.db")
    (thread,) = kept.threads("https://id.example Ada")
    assert "Sign out Ada" in [button.label for button in ada.button]
    bob = visit(somebody("Bob"))
    assert "What is perplexity?" not in [button.label for button in bob.sidebar.button]
    bob.query_params["c"] = thread.id
    bob.run()
    assert "Ask anything about" in words(bob)
    assert 'class="fn-chip"' not in words(bob)


def test_the_questions_of_a_user_count_together_in_all_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", somebody("Ada"))
    assert owner.session() == owner.session() == owner.here()
