"""Settings that cannot work: each is named with its value and what to do, and no secret is told."""

from pathlib import Path

import pytest

from retrieval.config import Settings, load_settings
from retrieval.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("K", "0", "K='0': Input should be greater than or equal to 1"),
        ("DENSE_WEIGHT", "x", "DENSE_WEIGHT='x': Input should be a valid number"),
        ("PRICES", "{bad", 'field "prices"'),
        (
            "ANTHROPIC_BASE_URL",
            "localhost:11434",
            "ANTHROPIC_BASE_URL='localhost:11434': .* an address such as http://",
        ),
        ("ANTHROPIC_BASE_URL", "http://[", "ANTHROPIC_BASE_URL='http://\\['"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "OTEL_EXPORTER_OTLP_ENDPOINT='http://'"),
        ("QDRANT_URL", "http://127.0.0.1:99999", "QDRANT_URL: .*[Pp]ort"),
    ],
)
def test_a_setting_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"A setting cannot work.*{told}.*Correct it in the environment or .env."):
        load_settings()


def test_a_password_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(qdrant_url="ftp://me:secret@school.example")
    assert "secret" not in str(caught.value)


def test_an_env_file_that_is_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"K=5\n\xff\xfe=\x00")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(ConfigError, match="A setting cannot work"):
        load_settings()
