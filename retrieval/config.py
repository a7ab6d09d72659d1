"""Settings: one frozen object, read once from the environment and `.env` (names in capitals, e.g. `RERANKER=none`)."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from retrieval.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
_SECRET = {"qdrant_url", "qdrant_api_key", "anthropic_api_key"}  # not to be told


class Settings(BaseSettings):
    """Everything that can be set. Each field's environment variable has the field's name in capitals."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True)

    # places
    corpus: Path = Field(default=ROOT / "corpus", description="The folder of the course that is indexed.")
    index_dir: Path = Field(default=ROOT / ".index", description="Where index versions are kept.")
    data_dir: Path = Field(
        default=ROOT / ".data", description="Where conversations, usage and the answer cache are kept."
    )

    # models
    embedding_model: str = Field(
        default="auto",
        description="`auto` (a bundled encoder, by the language of the course), `footnote/study` (English), "
        "`footnote/multilingual`, or the name of a model that fastembed knows or has cached.",
    )
    reranker: str = Field(
        default="auto",
        description="`auto` (late interaction, where the encoder gives token states), `none`, or on top of `auto` a fastembed cross-encoder by name.",
    )
    threads: int = Field(default=2, ge=1, le=64, description="Texts that are encoded at a time.")

    # chunking (a change rebuilds the index)
    chunk_tokens: int = Field(
        default=250,
        ge=40,
        le=2000,
        description="Aimed-at size of a chunk, which is what a writer reads. A change rebuilds the index.",
    )
    window_units: int = Field(
        default=4,
        ge=2,
        le=20,
        description="Sentences, items or rows in a window, which is what is embedded. A change rebuilds the index.",
    )
    contexts: bool = Field(
        default=False,
        description="Search each chunk with a sentence on where it stands in its document, which FOLLOWUP_MODEL writes: `make index` says the price first. A change rebuilds the index.",
    )

    # limits for one file of the course, see ingest/parse/reader.py
    max_file_mb: int = Field(default=64, ge=1, description="Largest file that is read.")
    max_pages: int = Field(default=2000, ge=1, description="Most pages of a file that are read.")
    max_unpacked_mb: int = Field(
        default=256, ge=1, description="Most that a packed file (.docx, .pptx, archives) may unpack to."
    )
    max_file_seconds: float = Field(default=60.0, gt=0, description="Longest that reading one file may take.")
    max_memory_mb: int = Field(default=2048, ge=256, description="Most memory that reading one file may take.")
    include_hidden: bool = Field(
        default=False,
        description="Read what authors hid too: hidden slides, hidden text, comments. A change rebuilds the index.",
    )

    # store
    qdrant_url: str = Field(
        default="", repr=False, description="Address of a Qdrant server; empty: Qdrant Edge in this process."
    )
    qdrant_api_key: str = Field(default="", repr=False, description="The server's key.")
    qdrant_collection: str = Field(default="footnote", description="Name of the collection.")
    qdrant_shards: int = Field(default=1, ge=1, description="Shards of a new collection.")
    qdrant_replicas: int = Field(default=1, ge=1, description="Copies of each shard.")
    qdrant_quantization: Literal["none", "scalar", "binary"] = Field(
        default="none",
        description="How vectors are made smaller for the search, in memory; the best are scored again with the whole ones, from disk.",
    )
    keep_versions: int = Field(
        default=3, ge=1, le=100, description="Index versions that are kept, the live one among them."
    )

    # retrieval
    dense_weight: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Weight of the vectors' score where candidates are put together; words have the rest.",
    )
    n_rerank: int = Field(default=20, ge=1, le=500, description="Hits that a reranker set by RERANKER looks at.")
    k: int = Field(default=10, ge=1, le=100, description="Hits that become passages.")
    passage_tokens: int = Field(default=2000, ge=100, le=100_000, description="Most tokens of all passages together.")
    confidence_threshold: float = Field(default=0.2, ge=0.0, le=1.0, description="Below it a question is refused.")

    # writers
    writer: Literal["auto", "claude", "local", "excerpts"] = Field(
        default="auto", description="`auto`: Claude where there is a key, else the course's own words."
    )
    anthropic_api_key: str = Field(default="", repr=False, description="Key for Claude.")
    anthropic_base_url: str = Field(
        default="", description="Another server that speaks the Messages API, as of a local model; without /v1."
    )
    model: str = Field(default="claude-sonnet-5-5", description="The model that writes answers.")
    fallback_model: str = Field(
        default="claude-haiku-5-5", description="The model that writes where the first one cannot."
    )
    followup_model: str = Field(
        default="claude-haiku-5-5", description="The model that turns a follow-up into a question that stands alone."
    )
    followup_timeout: float = Field(default=3.0, gt=0, description="Seconds that may take.")
    max_answer_tokens: int = Field(default=1200, ge=64, le=64_000, description="Most tokens of an answer.")
    ask_above: float = Field(
        default=0.1,
        ge=0.0,
        description="Dollars a task may cost at most without being asked about first: the page asks, a terminal says the price.",
    )
    history_tokens: int = Field(default=1500, ge=0, description="Most tokens of earlier turns that a model sees.")
    writer_timeout: float = Field(
        default=60.0, gt=0, description="Seconds without a word after which a writer is given up."
    )
    hedge_seconds: float = Field(
        default=8.0,
        ge=0,
        description="Seconds after which FALLBACK_MODEL is asked as well if MODEL has not begun to write; the first to begin writes. 0: never.",
    )
    prices: dict[str, str] = Field(
        default={
            "claude-sonnet-5-5": "2/10/0.10",
            "claude-opus-5-5": "4/20/0.20",
            "claude-haiku-5-5": "0.10/0.50/0.01 >100000 0.50/2.50/0.05",
        },
        description="Dollars per million tokens by model, as published in November 2026: `input/output/read from the cache`, and after `>` the price of prompts with more tokens.",
    )
    answer_cache: bool = Field(
        default=True, description="Whether an answer is given again to the same question from the same index."
    )
    daily_budget: float = Field(
        default=5.0, ge=0.0, description="Dollars a day after which the course's own words answer."
    )
    person_budget: float = Field(
        default=0.0, ge=0.0, description="Dollars a day of each person who is signed in; 0: only DAILY_BUDGET holds."
    )
    questions_per_minute: int = Field(default=20, ge=1, description="Most questions of one learner in a minute.")
    managers: str = Field(
        default="",
        description="With sign-in: e-mails, or patterns as *@school.edu, of who may rebuild the index and go back.",
    )

    # observability
    otlp_endpoint: str = Field(
        default="",
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where answers are sent as OpenTelemetry spans: times, tokens and names, no words.",
    )
    shadow: str = Field(default="", description="Settings that are tried beside the live ones, as `reranker=none`.")
    shadow_share: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Share of the questions that are answered a second time so."
    )

    @field_validator("qdrant_url", "anthropic_base_url", "otlp_endpoint")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        host = parts.hostname and parts.port != 0  # raises ValueError for a port that is none
        if value.strip() and (parts.scheme not in ("http", "https") or not host):
            raise ValueError("it should be an address such as http://127.0.0.1:6333")
        return value


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with `overrides` on top. Raises ConfigError naming each bad value."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = ".".join(map(str, problem["loc"]))
            value = "" if name in _SECRET else f"={problem.get('input')!r}"
            lines.append(f"{name.upper()}{value}: {problem['msg']}")
        raise _cannot_work(" | ".join(lines)) from error
    except (SettingsError, UnicodeDecodeError, OSError) as error:  # a list that is no JSON; .env is no text, or closed
        raise _cannot_work(f"{error}{f': {error.__cause__}' if error.__cause__ else ''}") from error


def _cannot_work(why: str) -> ConfigError:
    return ConfigError(f"A setting cannot work. {why}. Correct it in the environment or .env.")
