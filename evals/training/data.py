"""Training data: questions and passages, split by source, cut into the windows the product embeds, with mined negatives.

Reads passages.jsonl and questions.tsv (see their README). Nothing here reads an evaluation set. The held-out sources are
whole repositories, so that validation asks what the models will be asked: text of an author they have not seen.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from py_rust_stemmers import SnowballStemmer

HELD_OUT = frozenset(
    {"stanfordnlp/dspy", "google/eng-practices", "mlabonne/llm-course", "donnemartin/system-design-primer"}
)
CHUNK_WORDS = 150  # about 200 word pieces
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[\"'(\[A-Z0-9`*])|\n+")
_TERM = re.compile(r"[A-Za-z]+(?:\+\+|#)?|\d+(?:\.\d+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_stem = SnowballStemmer("english").stem_word


@dataclass(frozen=True)
class Passage:
    id: str
    source: str
    file: str
    context: str
    text: str
    windows: tuple[str, ...]

    def placed(self, text: str) -> str:
        """`text` with the passage's context before it, as the product embeds it."""
        return f"{self.context}\n{text}" if self.context else text


@dataclass(frozen=True)
class Question:
    passage: int  # position in the list of passages
    kind: str  # p, s, l: answered by the passage; u: on its topic, not answered by it
    text: str

    @property
    def answered(self) -> bool:
        return self.kind != "u"


def sentences(text: str) -> list[str]:
    """Rough sentences or lines, nothing dropped: 'A b. C d.\\nE' -> ['A b.', 'C d.', 'E']."""
    return [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]


def windows(text: str, *, size: int = 3, stride: int = 2, max_words: int = 90) -> tuple[str, ...]:
    """Overlapping runs of `size` sentences; a run of short lines goes on until it has about 40 words."""
    parts = sentences(text)
    runs: list[str] = []
    start = 0
    while start < len(parts):
        end, words = start, 0
        while end < len(parts) and (end - start < size or words < 40) and words < max_words:
            words += len(parts[end].split())
            end += 1
        runs.append("\n".join(parts[start:end]))
        if end >= len(parts):
            break
        start = max(start + 1, min(start + stride, end - 1))
    return tuple(runs)


def load(folder: Path) -> tuple[list[Passage], list[Question]]:
    rows = [json.loads(line) for line in (folder / "passages.jsonl").read_text().splitlines()]
    passages = [Passage(r["id"], r["source"], r["file"], r["context"], r["text"], windows(r["text"])) for r in rows]
    place = {passage.id: n for n, passage in enumerate(passages)}
    lines = (line.split("\t") for line in (folder / "questions.tsv").read_text().splitlines())
    return passages, [Question(place[key], kind, text) for key, kind, text in lines if key in place]


def is_held_out(passages: list[Passage], question: Question) -> bool:
    return passages[question.passage].source in HELD_OUT


def terms(text: str) -> list[str]:
    """Lower-case stems; camelCase, snake_case and dots split: 'topK C++ 7.5' -> ['top', 'k', 'c++', '7.5']."""
    return [_stem(term.lower()) for term in _TERM.findall(_CAMEL.sub(" ", text))]


class BM25:
    """BM25 (k1 1.2, b 0.75) with idf ln(1 + (N - df + 0.5) / (df + 0.5)) over an inverted index."""

    def __init__(self, texts: list[str], *, k1: float = 1.2, b: float = 0.75) -> None:
        counts = [Counter(terms(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1.0))
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for n, count in enumerate(counts):
            for term, tf in count.items():
                rows, weights = postings.setdefault(term, ([], []))
                rows.append(n)
                weights.append(tf * (k1 + 1) / (tf + norm[n]))
        self.size = len(texts)
        self.postings = {term: (np.array(rows), np.array(weights)) for term, (rows, weights) in postings.items()}

    def idf(self, term: str) -> float:
        df = len(self.postings[term][0]) if term in self.postings else 0
        return math.log(1 + (self.size - df + 0.5) / (df + 0.5))

    def scores(self, query: str) -> np.ndarray:
        """(documents,) float64, higher is better, 0 where no term matches."""
        out = np.zeros(self.size)
        for term in set(terms(query)):
            if term in self.postings:
                rows, weights = self.postings[term]
                out[rows] += self.idf(term) * weights
        return out


def fuse(dense: np.ndarray, lexical: np.ndarray) -> np.ndarray:
    """Convex combination with theoretical min-max (Bruch et al. 2023): cosine in [-1, 1], BM25 from 0."""
    fused: np.ndarray = 0.8 * (dense + 1) / (dense.max() + 1) + 0.2 * lexical / max(float(lexical.max()), 1e-9)
    return fused


def best_windows(similarity: np.ndarray, owner: np.ndarray, documents: int) -> tuple[np.ndarray, np.ndarray]:
    """Per document its best window's similarity and that window's position: (windows,), (windows,) -> two (documents,)."""
    order = np.argsort(similarity, kind="stable")  # the last write wins: the best
    best = np.zeros(documents, dtype=np.int64)
    best[owner[order]] = order
    return similarity[best], best


def wait_while_paused(flag: Path | None) -> None:
    """Sleep while the file exists: somebody else needs the machine."""
    while flag is not None and flag.exists():
        time.sleep(5)
