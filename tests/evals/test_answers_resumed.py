"""Answers and verdicts of a model: the price before the first request, each reply kept, and a run that goes on where it broke off."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.storage.usage import Purpose, open_ledger
from app.types import TextPiece, Usage
from app.writers.llm.api.reply import Range, RecordedReply, Recording, request_key
from evals import __main__ as command
from retrieval.config import Settings, load_settings
from tests.conftest import write_course
from tests.evals.answering_service import DOCS, LABELS, QUESTIONS, Service
from tests.fake_messages_api import FakeMessagesApi

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """`python -m evals answers` over a course of two documents, by both writers; its status, its table and what it said."""
    write_course(tmp_path / "course" / "docs", DOCS)
    (tmp_path / "course" / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), "utf-8")

    def go(*arguments: str, **changed: object) -> tuple[int, str, str]:
        settings = settings_of(tmp_path, api, **changed)
        monkeypatch.setattr("evals.answers.command.load_settings", lambda: settings)
        code = command.main(["answers", "--set", str(tmp_path / "course"), "--results", str(tmp_path), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def settings_of(folder: Path, api: FakeMessagesApi, **changed: object) -> Settings:
    given: dict[str, object] = {
        "index_dir": folder / "index",
        "data_dir": folder / "data",
        "anthropic_api_key": "test-key",
        "anthropic_base_url": api.url,
        "confidence_threshold": 0.0,
    }
    return load_settings(**{**given, **changed})


def test_the_price_is_said_first_and_holds(run: Run, api: FakeMessagesApi, tmp_path: Path) -> None:
    api.script(Service())
    code, table, said = run()
    assert code == 0, said
    requests, likely, most = re.search(r"(\d+) requests to claude-sonnet-5-5: about \$([\d.]+), at most \$([\d.]+)", said).groups()  # type: ignore[union-attr]  # fmt: skip
    assert int(requests) == len(api.asked) == LABELS + 2 * 2 + 2  # each answer of both writers is judged
    spent = open_ledger(settings_of(tmp_path, api)).spent()
    assert 0 < spent < float(most)
    assert float(likely) < float(most)
    steps = {cost.name: cost.requests for cost in open_ledger(settings_of(tmp_path, api)).costs("step")}
    assert steps == {"answer": 2, "judging": LABELS + 4}
    assert "judged by claude-sonnet-5-5/" in table
    found = json.loads((tmp_path / "answers" / "course-all.json").read_text("utf-8"))["writers"]
    assert found["claude"]["measures"]["correct"] == found["claude"]["measures"]["supported"] == 1.0
    assert found["claude"]["cost per answer"] > found["excerpts"]["cost per answer"] == 0.0


def test_a_run_that_breaks_off_goes_on_and_pays_for_nothing_twice(
    run: Run, api: FakeMessagesApi, tmp_path: Path
) -> None:
    api.script(Service(breaks_at=LABELS + 2))
    code, table, said = run()
    assert (code, table) == (2, "")
    assert "the service is overloaded (529)" in said
    assert "What came is kept" in said
    kept = len(api.asked)
    spent = open_ledger(settings_of(tmp_path, api)).spent()
    api.requests.clear()
    api.script(Service())
    code, table, said = run()
    assert code == 0
    assert said.startswith("4 requests to claude-sonnet-5-5: about")
    assert len(api.asked) == 4
    assert kept > LABELS + 2  # those that were refused
    assert open_ledger(settings_of(tmp_path, api)).spent() > spent
    again = run()
    assert (again[0], len(api.asked)) == (0, 4)
    assert again[2].startswith("0 requests to claude-sonnet-5-5: about $0.00, at most $0.00")
    assert costless(again[1]) == costless(table)


def costless(table: str) -> list[str]:
    """Without the times."""
    return [re.sub(r"writing .* percentile", "", line) for line in table.splitlines()]


def test_nothing_is_sent_that_the_budget_does_not_cover(run: Run, api: FakeMessagesApi) -> None:
    code, _, said = run(daily_budget=0.01)
    assert code == 2
    assert re.search(r"This would cost about \$0\.\d\d and \$0\.01 are left of DAILY_BUDGET=\$0\.01", said)
    assert api.asked == []


def test_a_limit_of_questions_and_several_sets(run: Run, api: FakeMessagesApi, tmp_path: Path) -> None:
    api.script(Service())
    write_course(tmp_path / "other" / "docs", DOCS)
    (tmp_path / "other" / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), "utf-8")
    code, table, said = run("--set", str(tmp_path / "other"), "--writer", "excerpts", "--limit", "1")
    assert code == 0, said
    lines = table.splitlines()
    assert lines[-4] == "| writer | correct | supported | citation precision | citation recall | cost per answer |"
    assert lines[-2] == "| excerpts | 1.00 | – | – | – | $0.0000 |"
    assert lines[-1] == "| claude | not measured: needs a key |  |  |  |  |"
    assert len(api.asked) == LABELS + 1  # both sets ask the same, so the second verdict is kept from the first


def test_a_reply_that_was_not_written_to_its_end_is_asked_for_again(tmp_path: Path) -> None:
    path, request = tmp_path / "replies.jsonl", {"messages": [{"role": "user", "content": "?"}], "max_tokens": 9}
    reply = RecordedReply((TextPiece("Yes."), Range("a", 0, 1, "x")), Usage(5, 2, cost=0.1), "end_turn", [])
    Recording(path).keep("model", request, Purpose(), reply)
    assert Recording(path).find("model", request) == reply
    assert Recording(path).find("other", request) is None
    assert Recording(path).find("model", {**request, "max_tokens": 10}) is None
    path.write_bytes(path.read_bytes()[:-20])
    assert Recording(path).find("model", request) is None
    Recording(path).keep("model", request, Purpose(), reply)
    assert Recording(path).find("model", request) == reply
    assert len(request_key("model", request)) == 32
