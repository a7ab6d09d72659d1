"""Training data: questions and passages, split by source, cut into sentences and the windows the product embeds.

Reads passages.jsonl and questions.tsv (see their README), and three files beside this one: answers.tsv, which says by
number which sentences of its passage answer a question (judged one by one); premises.tsv, further questions on the same
passages that take something for granted, rightly or wrongly; and notes.jsonl, terse notes of made-up courses with
questions in a learner's words, since documentation is all prose. Nothing here reads an evaluation set. The held-out
sources are whole repositories or subjects, so that validation asks what the models will be asked: text of an author they
have not seen.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from py_rust_stemmers import SnowballStemmer

HELD_OUT = frozenset(
    {
        "stanfordnlp/dspy",
        "google/eng-practices",
        "mlabonne/llm-course",
        "donnemartin/system-design-primer",
        "notes/technology and crafts",
    }
)
ANSWERS = Path(__file__).with_name("answers.tsv")
PREMISES = Path(__file__).with_name("premises.tsv")
NOTES = Path(__file__).with_name("notes.jsonl")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[\"'(\[A-Z0-9`*])|\n+")
_TERM = re.compile(r"[A-Za-z]+(?:\+\+|#)?|\d+(?:\.\d+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_stem = SnowballStemmer("english").stem_word


@dataclass(frozen=True)
class TrainingPassage:
    id: str
    source: str
    file: str
    context: str
    text: str
    sentences: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]  # of each window: its first sentence and the one after its last

    @property
    def windows(self) -> tuple[str, ...]:
        return tuple("\n".join(self.sentences[start:end]) for start, end in self.spans)

    def placed(self, text: str) -> str:
        """`text` with the passage's context on the line before it, as `retrieval.text.markdown.window_text` has it."""
        return f"{self.context}\n{text}"


@dataclass(frozen=True)
class TrainingQuestion:
    passage: int  # position in the list of passages
    kind: str  # p, s, l, n: written to be answered by the passage; u: on its topic, not to be; t, f: with a true, a false premise
    text: str
    answer: frozenset[int]  # positions of the sentences that do answer it

    @property
    def answered(self) -> bool:
        return bool(self.answer)

    def holds(self, span: tuple[int, int]) -> int:
        """How many of the sentences that answer lie in a window."""
        return len(self.answer.intersection(range(*span)))


def sentences(text: str) -> list[str]:
    """Rough sentences or lines, nothing dropped: 'A b. C d.\\nE' -> ['A b.', 'C d.', 'E']."""
    return [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]


def windows(
    parts: Sequence[str], *, size: int = 3, stride: int = 2, max_words: int = 90
) -> tuple[tuple[int, int], ...]:
    """Overlapping runs of `size` sentences, as (start, end); a run of short lines goes on until it has about 40 words."""
    runs: list[tuple[int, int]] = []
    start = 0
    while start < len(parts):
        end, words = start, 0
        while end < len(parts) and (end - start < size or words < 40) and words < max_words:
            words += len(parts[end].split())
            end += 1
        runs.append((start, end))
        if end >= len(parts):
            break
        start = max(start + 1, min(start + stride, end - 1))
    return tuple(runs)


def load(folder: Path) -> tuple[list[TrainingPassage], list[TrainingQuestion]]:
    rows = [json.loads(line) for line in (folder / "passages.jsonl").read_text().splitlines()]
    passages = [_passage(row) for row in rows]
    place = {passage.id: n for n, passage in enumerate(passages)}
    answers = load_answers(ANSWERS)
    lines = (line.split("\t") for line in (folder / "questions.tsv").read_text().splitlines())
    questions = [
        TrainingQuestion(place[key], kind, text, answers[key, kind]) for key, kind, text in lines if key in place
    ]
    premises = (line.split("\t") for line in PREMISES.read_text().splitlines())
    questions += [
        TrainingQuestion(place[key], kind, text, frozenset(_positions(numbers)))
        for key, kind, numbers, text in premises
        if key in place
    ]
    for row in map(json.loads, NOTES.read_text().splitlines()):
        questions += [_note_question(len(passages), asked) for asked in row["questions"]]
        passages.append(_note(row))
    return passages, questions


def _note(row: dict[str, Any]) -> TrainingPassage:
    lines, title = tuple(row["lines"]), row["context"].split(" > ")[0]
    return TrainingPassage(row["id"], row["source"], title, row["context"], "\n".join(lines), lines, windows(lines))


def _note_question(passage: int, asked: dict[str, Any]) -> TrainingQuestion:
    kind = "n" if asked["lines"] else "u"
    return TrainingQuestion(passage, kind, asked["q"], frozenset(number - 1 for number in asked["lines"]))


def _passage(row: dict[str, str]) -> TrainingPassage:
    parts = tuple(sentences(row["text"]))
    return TrainingPassage(row["id"], row["source"], row["file"], row["context"], row["text"], parts, windows(parts))


def load_answers(file: Path) -> dict[tuple[str, str], frozenset[int]]:
    """By passage and kind of question: positions from 0 of what the file has as numbers from 1, "2,5-7", or "-" for none."""
    rows = (line.split("\t") for line in file.read_text().splitlines())
    return {(key, kind): frozenset(_positions(numbers)) for key, kind, numbers in rows}


def _positions(numbers: str) -> Iterator[int]:
    for part in numbers.split(",") if numbers != "-" else ():
        first, _, last = part.partition("-")
        yield from range(int(first) - 1, int(last or first))


def is_held_out(passages: list[TrainingPassage], question: TrainingQuestion) -> bool:
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
