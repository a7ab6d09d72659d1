"""Settings: one frozen object, read once from the environment and `.env` (names in capitals, e.g. `RERANKER=none`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything that can be set. Each field's environment variable has the field's name in capitals."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True)

    # places
    corpus: Path = ROOT / "corpus"
    index_dir: Path = ROOT / ".index"
    data_dir: Path = ROOT / ".data"

    # models
    embedding_model: str = "footnote/study"
    reranker: str = "auto"
    threads: int = Field(default=2, ge=1, le=64)

    # chunking (a change rebuilds the index)
    chunk_tokens: int = Field(default=250, ge=40, le=2000)
    window_units: int = Field(default=4, ge=1, le=20)
    window_overlap: int = Field(default=1, ge=0, le=19)

    # limits for one file of the course, see ingest/parse/limits.py
    max_file_mb: int = Field(default=64, ge=1)
    max_pages: int = Field(default=2000, ge=1)
    max_unpacked_mb: int = Field(default=256, ge=1)
    max_file_seconds: float = Field(default=60.0, gt=0)
    max_memory_mb: int = Field(default=2048, ge=256)

    # store
    qdrant_url: str = ""
    qdrant_api_key: str = ""
    qdrant_collection: str = "footnote"
    qdrant_shards: int = Field(default=1, ge=1)
    qdrant_replicas: int = Field(default=1, ge=1)
    qdrant_on_disk: bool = False
    qdrant_quantization: Literal["none", "scalar", "binary"] = "none"
    keep_versions: int = Field(default=3, ge=1, le=100)

    # retrieval
    fusion: Literal["convex", "rrf"] = "convex"
    dense_weight: float = Field(default=0.85, ge=0.0, le=1.0)
    n_candidates: int = Field(default=200, ge=1, le=5000)
    n_rerank: int = Field(default=20, ge=1, le=500)
    n_read: int = Field(default=8, ge=1, le=100)
    k: int = Field(default=10, ge=1, le=100)
    passage_tokens: int = Field(default=2000, ge=100, le=100_000)
    confidence_threshold: float = Field(default=0.27, ge=0.0, le=1.0)

    # writers
    writer: Literal["auto", "claude", "local", "extractive"] = "auto"
    anthropic_api_key: str = Field(default="", repr=False)
    anthropic_base_url: str = ""
    model: str = "claude-sonnet-5-5"
    fallback_model: str = "claude-haiku-5-5"
    followup_model: str = "claude-haiku-5-5"
    followup_timeout: float = Field(default=3.0, gt=0)
    max_answer_tokens: int = Field(default=1200, ge=64, le=64_000)
    history_tokens: int = Field(default=1500, ge=0)
    writer_timeout: float = Field(default=60.0, gt=0)
    # dollars per million tokens, as "input/output"
    prices: dict[str, str] = {
        "claude-sonnet-5-5": "2/10",
        "claude-opus-5-5": "4/20",
        "claude-haiku-5-5": "0.10/0.50",
    }
    answer_cache: bool = True
    daily_budget: float = Field(default=5.0, ge=0.0)
    questions_per_minute: int = Field(default=20, ge=1)
    managers: str = ""  # with sign-in: e-mails, or patterns as *@school.edu, of who may rebuild the index and go back

    # observability
    otlp_endpoint: str = Field(default="", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    shadow: str = ""
    shadow_share: float = Field(default=0.0, ge=0.0, le=1.0)

    @property
    def wants_states(self) -> bool:
        """Whether late interaction is set, which needs the windows' token states in the index."""
        return self.reranker in ("auto", "footnote", "late", "claude")

    @field_validator("window_overlap")
    @classmethod
    def _overlap_below_window(cls, value: int, info: object) -> int:
        units = getattr(info, "data", {}).get("window_units", 3)
        if value >= units:
            raise ValueError(f"must be below window_units ({units})")
        return value


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with `overrides` on top. Raises ConfigError naming each bad value."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, problem['loc'])).upper()}={problem.get('input')!r}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ConfigError(
            "A setting cannot work. " + " | ".join(lines) + ". Correct it in the environment or .env."
        ) from error
