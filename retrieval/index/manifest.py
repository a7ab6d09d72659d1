"""What an index version says of itself, and whether it fits the settings that are running.

What it is made with is known from what its parts produce for fixed probes: no list of files, no number kept by hand. A
change that alters an output alters the digest, wherever it was made; a changed comment alters nothing.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from retrieval.config import Settings
from retrieval.errors import IndexMismatch
from retrieval.index.bm25 import chunk_terms, fit, query_terms
from retrieval.text.tokenize import ENGLISH, STEMMERS, terms
from retrieval.types import Embedder, Vector

FORMAT = 11
AGREE = 0.98  # cosine: int8 arithmetic differs a little between kinds of processor, another pooling by far more
TEXTS = (
    "Running tests: parse_config(path) calls HTTPServer.serve_forever() 3.5 times; C++ and fine-tuning cost $0.10.",
    "Die Wärmeübertragungen der Häuser. Les élèves étudiaient l'économie. Los niños comían manzanas.",
    "叶绿体进行光合作用。機械学習のモデル。인공지능 모델을 학습한다.",
    "تقع القاهرة على نهر النيل. הספר נמצא על השולחן. Собаки бежали по улицам. पौधे भोजन बनाते हैं। พืชสร้างอาหาร",
)
WINDOWS = (
    "Notes > Metrics\nPerplexity measures how unsure a model is about the next token.",
    "\nLa fotosíntesis convierte la luz en energía química.",
    "化学 > 光合作用\n叶绿体吸收光能。",
)


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
        known = {one.name for one in fields(cls)}  # an earlier program of this format may have written more
        return cls(**{name: value for name, value in data.items() if name in known})


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


def digest(value: object) -> str:
    """16 hexadecimal digits of anything that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def terms_digest() -> str:
    """Of the terms of fixed texts in many scripts, stemmed in each language, and of their weights in a chunk and in a query."""
    found = [terms(text, language) for text in TEXTS for language in STEMMERS]
    statistics = fit(found)
    weights = [chunk_terms(one, statistics.average_length).values for one in found]
    asked = [query_terms(text, statistics).values for text in TEXTS]
    return digest([found, [[round(value, 6) for value in row] for row in (*weights, *asked)]])


def probe_vectors(embedder: Embedder) -> Vector:
    """(2 * len(WINDOWS), dim): the probes as windows, then as queries."""
    return np.vstack([embedder.embed(WINDOWS), *(embedder.embed_query(text) for text in WINDOWS)])


def packed_probe(embedder: Embedder) -> str:
    """The probes' vectors as text of about 3 kB, to be kept with an index and compared by `agrees`."""
    return base64.b64encode(np.round(probe_vectors(embedder) * 127).astype(np.int8).tobytes()).decode()


def agrees(stored: str, running: str) -> bool:
    """Whether two `packed_probe` are of encoders whose vectors can be compared: each cosine at least AGREE."""
    one, other = (np.frombuffer(base64.b64decode(text), np.int8).astype(np.float32) for text in (stored, running))
    if one.shape != other.shape:
        return False
    rows = 2 * len(WINDOWS)
    one, other = one.reshape(rows, -1), other.reshape(rows, -1)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return bool(np.all(np.sum(one * other, axis=1) >= AGREE * lengths))
