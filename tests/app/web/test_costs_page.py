"""The cost page: who sees it, and that its figures are those of the books."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.storage.usage import DailyLimits, Ledger, Purpose
from app.types import Usage
from app.web.pages.costs import SPENDERS, costs
from tests.app.web.fake_engine import write_index
from tests.app.web.page_support import Reader
from tests.app.web.test_sign_in import writing

SONNET = Usage(1000, 100, 2000, 1000, 0.25)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "data" / "usage.db", limits=DailyLimits(5.0, person=1.0))


def test_the_figures_of_the_books(ledger: Ledger) -> None:
    ledger.book(Purpose("answer", "ada@school.edu"), "claude-sonnet-5-5", SONNET)
    ledger.book(Purpose("follow-up"), "claude-haiku-5-5", Usage(10, 1, cost=0.001))
    text = Reader(costs(ledger, since="")).text
    assert "$0.25 of $5.00 are spent today (UTC). Each person may spend $1.00 of it." in text
    for row in ("claude-sonnet-5-514,00050%1000.2500", "claude-haiku-5-51100%10.0010", "ada@school.edu14,000"):
        assert row in text
    assert "not signed in" in text
    assert "follow-up110" in text


def test_before_any_request(ledger: Ledger) -> None:
    assert "excerpts cost nothing" in Reader(costs(ledger, since="")).text


def test_who_spends_least_is_not_listed(ledger: Ledger) -> None:
    for number in range(SPENDERS + 2):
        ledger.book(Purpose(person=f"p{number:02}<b>"), "m", Usage(1, 1, cost=1.0 + number))
    markup = costs(ledger, since="")
    text = Reader(markup).text
    assert "p02<b>" in text
    assert "p01<b>" not in text
    assert "2 more spent less." in text


def test_only_managers_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger) -> None:
    monkeypatch.setenv("MANAGERS", "ada@school.edu")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    write_index(tmp_path / "index")
    ledger.book(Purpose("answer", "ada@school.edu"), "claude-sonnet-5-5", SONNET)

    def script() -> None:
        from app.web.app_state import Desk
        from app.web.pages import costs
        from retrieval.config import load_settings
        from tests.app.web.fake_engine import FakeEngine

        costs.page(Desk(load_settings(), FakeEngine))

    def seen(email: str) -> str:
        monkeypatch.setattr(st, "user", writing(email))
        at = AppTest.from_function(script, default_timeout=60).run()
        assert not at.exception
        return "\n".join(element.proto.body for element in at.get("html"))

    assert "claude-sonnet-5-5" in seen("ada@school.edu")
    assert "claude-sonnet-5-5" not in seen("bob@school.edu")
