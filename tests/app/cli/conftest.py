"""The small course, as a command finds it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.config import Settings
from tests.fake_messages_api import FakeMessagesApi


@pytest.fixture
def course(course_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The small course, as a command finds it."""
    monkeypatch.setenv("INDEX_DIR", str(course_settings.index_dir))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CONFIDENCE_THRESHOLD", "0.0")
    monkeypatch.setenv("EMBEDDING_MODEL", course_settings.embedding_model)
    for name in ("ANTHROPIC_API_KEY", "WRITER", "QDRANT_URL", "SHADOW", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, "")
    return course_settings


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMessagesApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeMessagesApi() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server
