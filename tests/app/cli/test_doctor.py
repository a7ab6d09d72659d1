"""What the doctor finds, and that it never tells a key."""

from pathlib import Path

import pytest

from retrieval.config import Settings
from retrieval.index import qdrant_server
from tests.app.cli.cli_support import run
from tests.fake_messages_api import FakeMessagesApi


def test_doctor_is_content(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["ok", f"{name}:"] for name in ("model", "index", "qdrant", "writer", "budget", "disk")
    ]
    assert "3 documents" in out


def test_doctor_with_a_good_key(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "ok      writer: claude-sonnet-5-5" in out
    assert [request.path for request in api.requests] == ["/v1/messages/count_tokens"]  # which costs nothing


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
    assert list(failed) == ["index:", "qdrant:", "writer:", "budget:"]
    assert "QDRANT_URL" in failed["qdrant:"]
    assert "ANTHROPIC_API_KEY" in failed["writer:"]
    assert "DATA_DIR" in failed["budget:"]
    assert "secret" not in out + err


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
