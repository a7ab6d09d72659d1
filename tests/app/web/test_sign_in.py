"""Sign-in: off by default; where it is on, nobody sees anything before, and nobody another's conversations."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.storage.conversations import Conversations
from app.web.components import sign_in
from tests.app.web.fake_engine import write_index

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
        return AppTest.from_file(SITE, default_timeout=60).run()

    return opened


def words(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def test_sign_in_is_off_by_default() -> None:
    assert not sign_in.sign_in_is_on()
    assert sign_in.here() == sign_in.ANYONE


def test_nobody_sees_anything_before_signing_in(visit: Callable[[User], AppTest]) -> None:
    at = visit(NOBODY)
    assert "Sign in to see your conversations" in words(at)
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.chat_input


@pytest.mark.attack("a user reads another's conversations", "not found")
def test_each_user_has_conversations_of_their_own(visit: Callable[[User], AppTest], tmp_path: Path) -> None:
    ada = visit(somebody("Ada"))
    ada.chat_input(key="ask").set_value("What is perplexity?").run()
    kept = Conversations(tmp_path / "data" / "footnote.db")
    (thread,) = kept.threads("https://id.example Ada")
    assert "Sign out Ada" in [button.label for button in ada.button]
    assert thread.id in words(ada)
    bob = visit(somebody("Bob"))
    assert thread.id not in words(bob)
    bob.query_params["c"] = thread.id
    bob.run()
    assert "Ask anything about" in words(bob)
    assert 'class="fn-chip"' not in words(bob)


def writing(email: str, *, verified: bool | str | None = None) -> User:
    """Somebody with an e-mail; `verified` is what the provider says of it, if it does."""
    told = {} if verified is None else {"email_verified": verified}
    return User(is_logged_in=True, iss="https://id.example", sub=email, email=email, **told)


@pytest.mark.parametrize(
    ("user", "managers", "may"),
    [
        (writing("Ada@School.edu"), "bob@school.edu, ada@school.EDU", True),
        (writing("ada@staff.school.edu"), "*@staff.school.edu", True),
        (writing("ada@school.edu"), "*@staff.school.edu", False),
        (writing("ada@staff.school.edu.evil.example"), "*@staff.school.edu", False),
        (writing("ada@school.edu"), "", False),
        (writing(""), "*", False),
        (writing("ada@school.edu", verified=True), "ada@school.edu", True),
        (writing("ada@school.edu", verified="true"), "ada@school.edu", True),
        (writing("ada@school.edu", verified=False), "ada@school.edu", False),
        (NOBODY, "*", False),
    ],
)
def test_who_manages(monkeypatch: pytest.MonkeyPatch, user: User, managers: str, *, may: bool) -> None:
    assert sign_in.manages(""), "without sign-in whoever is here"
    monkeypatch.setattr(st, "user", user)
    assert sign_in.manages(managers) is may


def test_whose_budget_a_question_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_in.person() == ""
    monkeypatch.setattr(st, "user", writing("Ada@School.edu"))
    assert sign_in.person() == "ada@school.edu"
    monkeypatch.setattr(st, "user", writing("ada@school.edu", verified=False))  # says so, but nobody knows
    assert sign_in.person() == "https://id.example ada@school.edu"


@pytest.fixture
def index_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[User], AppTest]:
    """Opens the index page, from which it could be gone back one version, as a user; Ada manages."""
    monkeypatch.setenv("MANAGERS", "ada@school.edu")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    for version in ("v1", "v2"):
        write_index(tmp_path / "index", version)

    def script() -> None:
        from app.web.app_state import Desk
        from app.web.pages import index
        from retrieval.config import load_settings
        from tests.app.web.fake_engine import FakeEngine

        index.page(Desk(load_settings(), FakeEngine))

    def opened(user: User) -> AppTest:
        monkeypatch.setattr(st, "user", user)
        return AppTest.from_function(script, default_timeout=60).run()

    return opened


BUTTONS = ["Read the course again", "Go back one version …"]


def test_only_who_manages_sees_the_buttons_of_the_index_page(index_page: Callable[[User], AppTest]) -> None:
    seen = [button.label for button in index_page(writing("ada@school.edu")).button]
    assert seen == [*BUTTONS, "Make a course"]
    assert [button.label for button in index_page(writing("bob@school.edu")).button] == []


@pytest.mark.attack("a user does what only managers may", "nothing happens")
@pytest.mark.parametrize(
    "labels", [BUTTONS[:1], [BUTTONS[1], "Go back: the next answers come from the version before"]]
)
def test_a_button_from_before_does_nothing_for_another(
    index_page: Callable[[User], AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, labels: list[str]
) -> None:
    at = index_page(writing("ada@school.edu"))
    for label in labels[:-1]:
        next(button for button in at.button if button.label == label).click().run()
    monkeypatch.setattr(st, "user", writing("bob@school.edu"))
    next(button for button in at.button if button.label == labels[-1]).click().run()
    assert "Only who looks after this course" in at.toast[0].value
    assert (tmp_path / "index" / "CURRENT").read_text().split()[0] == "v2"


def test_a_user_who_does_not_manage_is_told_who_can_have_the_course_read(
    visit: Callable[[User], AppTest], tmp_path: Path
) -> None:
    (tmp_path / "index" / "CURRENT").unlink()
    at = visit(writing("bob@school.edu"))
    assert "Whoever looks after this course" in words(at)
    assert "Read the course" not in [button.label for button in at.button]


def test_the_questions_of_a_user_count_together_in_all_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", somebody("Ada"))
    assert sign_in.session() == sign_in.session() == sign_in.here()
