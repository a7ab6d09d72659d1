"""What the doctor finds, and that it never tells a key."""

import re
from pathlib import Path

import pytest

from retrieval.config import Settings
from retrieval.index import qdrant_server
from tests.app.cli.cli_support import run
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Say, Use, answer


def test_doctor_is_content(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["ok", f"{name}:"] for name in ("model", "index", "qdrant", "writer", "budget", "disk")
    ]
    assert "3 documents" in out


def test_doctor_says_which_chunks_have_no_context(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTEXTS", "true")
    _, out, _ = run(capsys, "doctor")
    chunks = re.search(r"documents, (\d+) chunks", out)[1]  # type: ignore[index]
    assert f"; {chunks} chunks without a sentence of context: make index" in out


def test_doctor_with_a_good_key(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    code, out, _ = run(capsys, "doctor")
    assert code == 0, out
    assert "ok      writer: claude-sonnet-5-5" in out
    assert "claude: claude-sonnet-5-5 has all that is used; claude-haiku-5-5 has all that is used" in out
    paths = [request.path for request in api.requests]
    assert paths == ["/v1/messages/count_tokens", "/v1/models/claude-sonnet-5-5", "/v1/models/claude-haiku-5-5"]  # free


def test_doctor_knows_what_a_model_cannot_do(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    for lacking, told in [
        ("batch", "ok      claude: claude-sonnet-5-5 lacks batches"),
        ("citations", "FAILED  claude: claude-sonnet-5-5 cannot cite"),
        ("lifecycle", "FAILED  claude: claude-sonnet-5-5 is retired"),
    ]:
        api.lacking = frozenset({lacking})
        assert told in run(capsys, "doctor")[1]


def test_doctor_tries_what_costs_money_only_when_told_to(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    cites = answer(Say("In 1902.", (Cite(0, 0, 1),)))
    api.script(cites, cites, answer(Use({"query": "south window"}), stop_reason="tool_use"))
    code, out, _ = run(capsys, "doctor", "--paid")
    assert code == 0, out
    stated = float(re.search(r"for at most \$([\d.]+)", out)[1])  # type: ignore[index]
    paid = [float(cost) for cost in re.findall(r"out, \$([\d.]+)", out)]
    assert len(paid) == 3
    assert 0 < sum(paid) < stated
    assert [line.split()[1] for line in out.splitlines() if line.startswith("ok")][6:] == [
        "claude:", "citations:", "caching:", "tools:", "batches:",
    ]  # fmt: skip
    assert [batch.cancelled for batch in api.batches.values()] == [True]
    _, spent, _ = run(capsys, "usage")
    assert f"{sum(paid):.4f}" in spent


def test_doctor_says_what_does_not_work(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    api.script(answer("In 1902."))
    code, out, _ = run(capsys, "doctor", "--paid")
    assert code == 1
    assert "FAILED  citations: claude-sonnet-5-5 answered, but cited nothing." in out
    assert "FAILED  tools: claude-sonnet-5-5 did not search" in out


def test_doctor_keeps_to_the_budget(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("DAILY_BUDGET", "0")
    _, out, _ = run(capsys, "doctor", "--paid")
    assert "FAILED  budget: Today's budget is spent" in out
    assert api.asked == []


def test_doctor_names_what_is_wrong_and_never_a_key(
    course: Settings,
    api: FakeMessagesApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-1")
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(qdrant_server, "FIRST_WAIT", 0.001)
    monkeypatch.setenv("QDRANT_API_KEY", "sk-secret-2")
    (tmp_path / "data").write_text("a file where a folder belongs", encoding="utf-8")
    with pytest.warns(UserWarning, match="."):
        code, out, err = run(capsys, "doctor")
    assert code == 1
    failed = {line.split()[1]: line for line in out.splitlines() if line.startswith("FAILED")}
    assert list(failed) == ["index:", "qdrant:", "writer:", "budget:", "claude:"]
    assert "QDRANT_URL" in failed["qdrant:"]
    assert "ANTHROPIC_API_KEY" in failed["writer:"]
    assert "DATA_DIR" in failed["budget:"]
    assert "secret" not in out + err


def test_a_key_of_one_letter_leaves_the_words_whole(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    _, out, _ = run(capsys, "doctor")
    assert "127.0.0.1 cannot be reached. Check the network and ANTHROPIC_BASE_URL." in out


def test_doctor_survives_a_damaged_index(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = tmp_path / "index" / "versions" / "v1"
    version.mkdir(parents=True)
    (version / "manifest.json").write_text("{ half a manif", encoding="utf-8")
    (tmp_path / "index" / "CURRENT").write_text("v1\n", encoding="utf-8")
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "FAILED  index:" in out
    assert "Traceback" not in out


def test_doctor_knows_a_model_that_is_none(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("MODEL", "claude-unknown-1")
    _, out, _ = run(capsys, "doctor")
    assert "FAILED  writer: claude-unknown-1" in out
