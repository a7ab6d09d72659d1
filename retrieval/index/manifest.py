"""What an index version says of itself, and whether it fits the settings that are running."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from retrieval.config import Settings
from retrieval.errors import IndexMismatch
from retrieval.index.fingerprint import agrees, packed_probe, terms_digest
from retrieval.text.tokenize import ENGLISH
from retrieval.types import Embedder

FORMAT = 9


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A source file of an index: its content hash, the document made from it, how much came of it, in [0, 1] how much of it
    the embedding model knows (`Embedder.known_share`), and the language that its terms are stemmed in.
    """

    digest: str
    document_id: str
    title: str
    size: int
    chunks: int
    windows: int
    known: float = 1.0
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made with and what is in it. `made_with` decides whether a version fits the settings."""

    format: int
    created: str
    corpus: str
    title: str
    made_with: Mapping[str, Any]
    bm25: Mapping[str, float]
    files: Mapping[str, FileEntry]
    skipped: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    furniture: Sequence[str] = ()
    course: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        data = json.loads(text)
        data["files"] = {path: FileEntry(**entry) for path, entry in data["files"].items()}
        return cls(**data)


def made_with(settings: Settings, embedder: Embedder) -> dict[str, Any]:
    """What an index depends on: what differs here needs a rebuild."""
    return {
        "model": embedder.name,
        "model_digest": embedder.digest,
        "dim": embedder.dim,
        "terms": terms_digest(),
        "probe": packed_probe(embedder),
        "chunk_tokens": settings.chunk_tokens,
        "window_units": settings.window_units,
        "window_overlap": settings.window_overlap,
    }


def check_fits(manifest: Manifest, running: Mapping[str, Any]) -> None:
    """Raises IndexMismatch naming what differs. Chunk sizes may differ: they matter to the next build only."""
    asked = ("model", "model_digest", "dim")
    differing = [key for key in asked if manifest.made_with.get(key) != running[key]]
    if not differing and (
        manifest.made_with.get("terms") != running["terms"]
        or not agrees(manifest.made_with.get("probe", ""), running["probe"])
    ):
        raise IndexMismatch(
            "The index was made by a program that finds words or encodes texts in another way. Run: make index"
        )
    if differing:
        pairs = "; ".join(
            f"{key} {manifest.made_with.get(key)!r} in the index, {running[key]!r} now" for key in differing
        )
        raise IndexMismatch(
            f"The index was made with other settings: {pairs}. Start Footnote again if the course's language has changed; "
            "else run make index, or set them back."
        )
