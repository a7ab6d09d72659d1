"""What the embedding model is shown: questions with what answers them and what retrieval puts high though it does not.

Candidates: each question's best passages, a passage by its best window, as the product's first stages find them (the best
window's cosine and BM25, fused, the best of them ordered again by late interaction). Examples: a question, the window that
answers it, and one that does not. Needs no torch.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.training import data
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index.token_vectors import packed, unpacked
from retrieval.ranking.late_interaction import WEIGHT, max_sims, standardised

FOUND = 24  # passages of a question
_ARRAYS = ("passage", "window", "score", "cosine", "own", "own_score")
HARD = 8  # candidates that negatives are drawn from
OWN_PASSAGE = 0.25  # share of negatives from the question's own passage
PREMISES = "tf"  # kinds of question that are left out: whether a premise is true is not a matter of place


@dataclass(frozen=True)
class Candidates:
    """Of each question its best passages, best first: `passage`, `window` (position in `texts`), `score`, `cosine`, all
    (questions, FOUND). `own`: its own passage's best and second best window, (questions, 2), of those that hold most of
    the answer, where there is one; the same one twice where there is only one. `own_score`: the own passage's score.
    """

    texts: list[str]
    passage: np.ndarray
    window: np.ndarray
    score: np.ndarray
    cosine: np.ndarray
    own: np.ndarray
    own_score: np.ndarray

    def negatives(
        self, n: int, passages: Sequence[data.TrainingPassage], questions: Sequence[data.TrainingQuestion]
    ) -> list[int]:
        """Windows of question `n`'s candidates that do not answer it, best first.

        Left out: held-out passages, and those of the same file that score above the right one: they may answer it too.
        """
        home = questions[n].passage
        return [
            int(window)
            for at, window, score in zip(self.passage[n], self.window[n], self.score[n], strict=True)
            if at != home
            and passages[at].source not in data.HELD_OUT
            and not (passages[at].file == passages[home].file and score > self.own_score[n])
        ]


class Corpus:
    """Passages with the vectors and token states of their windows."""

    def __init__(self, passages: Sequence[data.TrainingPassage], embedder: FastEmbedder) -> None:
        flat = [(n, passage.placed(window)) for n, passage in enumerate(passages) for window in passage.windows]
        self.size = len(passages)
        self.owner = np.array([n for n, _ in flat])
        self.texts = [text for _, text in flat]
        encoded = list(embedder.stream(self.texts))
        self.vectors = np.stack([one.vector for one in encoded])
        self.states = [packed(one.states) for one in encoded if one.states is not None]
        self.lexical = data.BM25([passage.placed(passage.text) for passage in passages])
        self.starts = np.searchsorted(self.owner, np.arange(len(passages) + 1))

    def fused(self, query: str, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per passage: fused score, best cosine, best window."""
        cosine, best = data.best_windows(self.vectors @ vector, self.owner, self.size)
        return data.fuse(cosine, self.lexical.scores(query)), cosine, best


def answering(passage: data.TrainingPassage, question: data.TrainingQuestion, scores: np.ndarray) -> np.ndarray:
    """Positions of the passage's windows that hold most of the sentences that answer, all where none does; best first."""
    held = np.array([question.holds(span) for span in passage.spans])
    order = np.lexsort((-scores, -held))
    return order[held[order] == held.max()]


def find(
    corpus: Corpus,
    passages: Sequence[data.TrainingPassage],
    questions: Sequence[data.TrainingQuestion],
    embedder: FastEmbedder,
) -> Candidates:
    rows: list[tuple[np.ndarray, ...]] = []
    for question in questions:
        vector = embedder.embed_query(question.text)
        states, weights = embedder.query_states(question.text)
        fused, cosine, best = corpus.fused(question.text, vector)
        top = np.argsort(-fused, kind="stable")[:FOUND]
        top = top if question.passage in top else np.append(top[:-1], question.passage)
        late = np.array([max_sims(states, weights, unpacked(corpus.states[best[n]]), [0])[0] for n in top])
        scores = fused[top] + WEIGHT * standardised(late)
        order = np.argsort(-scores, kind="stable")
        first, last = corpus.starts[question.passage], corpus.starts[question.passage + 1]
        inside = np.array([max_sims(states, weights, unpacked(corpus.states[n]), [0])[0] for n in range(first, last)])
        own = first + answering(passages[question.passage], question, inside + corpus.vectors[first:last] @ vector)[:2]
        own_score = scores[top.tolist().index(question.passage)]
        rows.append(
            (top[order], best[top[order]], scores[order], cosine[top[order]], np.resize(own, 2), np.array(own_score))
        )
    return Candidates(corpus.texts, *(np.stack(column) for column in zip(*rows, strict=True)))


def load_or_find(
    folder: Path, cache: Path, model: str
) -> tuple[list[data.TrainingPassage], list[data.TrainingQuestion], Candidates]:
    """All questions and their candidates over all passages; kept in `cache`, since it takes minutes."""
    passages, questions = data.load(folder)
    file = cache / "candidates.npz"
    if file.exists():
        with np.load(file) as kept:
            return passages, questions, Candidates(kept["texts"].tolist(), *(kept[name] for name in _ARRAYS))
    embedder = FastEmbedder(model)
    found = find(Corpus(passages, embedder), passages, questions, embedder)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(file, texts=np.array(found.texts), **{name: getattr(found, name) for name in _ARRAYS})
    return passages, questions, found


@dataclass(frozen=True)
class Example:
    """A question, the window that answers it, and one that retrieval puts high and that does not."""

    question: int
    window: int
    negative: int


def examples(
    passages: list[data.TrainingPassage], questions: list[data.TrainingQuestion], found: Candidates, rng: random.Random
) -> list[Example]:
    """Each answered question that is not held out, with a negative drawn anew: of another passage, or, seldom, a window
    of its own passage that holds nothing of the answer.
    """
    made = []
    starts = np.cumsum([0, *(len(passage.spans) for passage in passages)])
    for n, question in enumerate(questions):
        if not question.answered or question.kind in PREMISES or data.is_held_out(passages, question):
            continue
        spans = passages[question.passage].spans
        silent = [int(starts[question.passage]) + at for at, span in enumerate(spans) if not question.holds(span)]
        others = found.negatives(n, passages, questions)[:HARD]
        own = found.own[n, 0] if rng.random() < 0.9 else found.own[n, 1]
        if others:
            negative = rng.choice(silent if silent and rng.random() < OWN_PASSAGE else others)
            made.append(Example(n, int(own), negative))
    return made


def example_batches(
    made: list[Example], questions: list[data.TrainingQuestion], *, size: int, rng: random.Random
) -> list[list[Example]]:
    """Batches in which no passage answers two questions; what is left over in the end is dropped."""
    rng.shuffle(made)
    out: list[list[Example]] = []
    waiting = made
    while len(waiting) >= size:
        taken: dict[int, Example] = {}
        left = []
        for example in waiting:
            home = questions[example.question].passage
            if len(taken) < size and home not in taken:
                taken[home] = example
            else:
                left.append(example)
        if len(taken) < size:
            break
        out.append(list(taken.values()))
        waiting = left
    return out
