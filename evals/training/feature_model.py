"""The cheap baseline: a learned combination of retrieval features, for ranking and for answerability.

    EMBEDDING_MODEL=footnote/minilm RERANKER=none python -m evals run --questions F --corpus DIR
    EMBEDDING_MODEL=footnote/minilm RERANKER=none python -m evals.training.feature_model --data ../shared/training \\
        --questions F --corpus DIR

LambdaMART (Burges 2010, by LightGBM) orders each question's best candidates, gradient boosting tells from the same features
whether a question is answered. Both learn from the training questions, with candidates found by the published embedding
model and BM25 among a sample of the passages. They are judged on a question set as any retriever is, over the index that
the first line leaves behind. Nothing of it is shipped.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import lightgbm
import numpy as np

from evals.datasets.questions import load_questions
from evals.report.table import table
from evals.search.evaluate import measure
from evals.search.system import opened, settings_for
from evals.training import data
from retrieval.config import load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.types import Retrieval, Retriever, Scope

DEPTH = 20
PASSAGES = 700  # of the training data, each with its four questions
SEED = 7
ROUNDS = 120
TREES = {"num_leaves": 7, "learning_rate": 0.05, "min_data_in_leaf": 50, "seed": SEED, "num_threads": 1, "verbose": -1}


@dataclass(frozen=True)
class Candidate:
    """What retrieval says of a text."""

    text: str
    cosine: float
    bm25: float
    fused: float


def rows(query: str, found: Sequence[Candidate], lexical: data.BM25) -> np.ndarray:
    """(candidates, features). Scores are told by what they lack to the question's best, so that they mean the same in
    another corpus.
    """
    asked = data.terms(query)
    weights = np.array([lexical.idf(term) for term in asked]) + 1e-6
    pairs = set(pairwise(asked))
    made = []
    for one in found:
        terms = data.terms(one.text)
        kept = set(terms)
        coverage = float(weights @ np.array([term in kept for term in asked]) / weights.sum()) if asked else 0.0
        bigrams = len(pairs & set(pairwise(terms))) / max(len(pairs), 1)
        made.append([one.cosine, one.bm25, one.fused, coverage, bigrams])
    values = np.array(made)
    best = values.max(axis=0)
    ratio = values[:, 1:2] / max(float(best[1]), 1e-9)
    rank = 1 / np.arange(1, len(found) + 1)[:, None]
    return np.hstack([values[:, :1], values[:, 3:], ratio, values[:, [0, 2, 3, 4]] - best[[0, 2, 3, 4]], rank])


def summary(values: np.ndarray) -> np.ndarray:
    """(features,) of a question: those of its first candidate, the best of each, and how far the best stands out."""
    best = values.max(axis=0)
    return np.concatenate([values[0], best, best - values.mean(axis=0)])


@dataclass(frozen=True)
class Examples:
    """Per question: rows, the place of the right candidate (-1: there is none), whether it is answered at all."""

    rows: list[np.ndarray]
    right: list[int]
    answered: list[bool]


def examples(folder: Path) -> Examples:
    passages, questions = data.load(folder)
    kept = sorted(random.Random(SEED).sample(range(len(passages)), PASSAGES))
    place = {n: row for row, n in enumerate(kept)}
    embedder = FastEmbedder("footnote/minilm")
    flat = [(row, passages[n].placed(window)) for n, row in place.items() for window in passages[n].windows]
    vectors, owner = embedder.embed([text for _, text in flat]), np.array([row for row, _ in flat])
    texts = [passages[n].placed(passages[n].text) for n in kept]
    lexical = data.BM25(texts)
    made = Examples([], [], [])
    for question in questions:
        if question.passage not in place:
            continue
        cosine, _ = data.best_windows(vectors @ embedder.embed_query(question.text), owner, len(kept))
        bm25 = lexical.scores(question.text)
        fused = data.fuse(cosine, bm25)
        top = np.argsort(-fused, kind="stable")[:DEPTH].tolist()
        found = [Candidate(texts[row], cosine[row], bm25[row], fused[row]) for row in top]
        own = place[question.passage]
        made.rows.append(rows(question.text, found, lexical))
        made.right.append(top.index(own) if question.answered and own in top else -1)
        made.answered.append(question.answered)
    return made


def train(folder: Path) -> tuple[lightgbm.Booster, lightgbm.Booster]:
    """What orders candidates, and what tells whether a question is answered."""
    made = examples(folder)
    ranked = [n for n, right in enumerate(made.right) if right >= 0]
    labels = np.concatenate([np.arange(len(made.rows[n])) == made.right[n] for n in ranked]).astype(int)
    groups = [len(made.rows[n]) for n in ranked]
    pairs = lightgbm.Dataset(np.vstack([made.rows[n] for n in ranked]), labels, group=groups)
    whole = lightgbm.Dataset(np.stack([summary(one) for one in made.rows]), np.array(made.answered, dtype=int))
    return (
        lightgbm.train({"objective": "lambdarank", **TREES}, pairs, ROUNDS),
        lightgbm.train({"objective": "binary", "is_unbalance": True, **TREES}, whole, ROUNDS),
    )


@dataclass(frozen=True)
class Learned:
    """A `Retriever` that orders another one's best hits anew, by `ranker`, and is as sure as `judge` is."""

    inner: Retriever
    lexical: data.BM25
    ranker: lightgbm.Booster
    judge: lightgbm.Booster

    def retrieve(self, query: str, *, scope: Scope = Scope(), k: int = 0) -> Retrieval:
        found = self.inner.retrieve(query, scope=scope, k=max(k, DEPTH))
        if not found.hits:
            return found
        head = found.hits[:DEPTH]
        candidates = [Candidate(hit.chunk.text, hit.dense or 0.0, hit.lexical or 0.0, hit.fused) for hit in head]
        values = rows(query, candidates, self.lexical)
        order = np.argsort(-self.ranker.predict(values), kind="stable")
        hits = [replace(head[place], rank=rank) for rank, place in enumerate(order, start=1)]
        sure = float(self.judge.predict(summary(values)[None])[0])
        return replace(found, hits=(*hits, *found.hits[DEPTH:]), confidence=sure)


def main() -> None:
    parser = argparse.ArgumentParser(description="a learned combination of retrieval features, judged")
    parser.add_argument("--data", type=Path, required=True, help="folder with passages.jsonl and questions.tsv")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--split", default="all", help="dev or test (default: all)")
    options = parser.parse_args()
    questions = load_questions(options.questions, split=options.split)
    settings = settings_for(load_settings(), options.corpus)
    with opened(settings) as system:
        lexical = data.BM25([part for text in system.texts.values() for part in text.split("\n\n")])
        learned = replace(system, retriever=Learned(system.retriever, lexical, *train(options.data)))
        print(table(measure(questions, learned, name="feature-model", split=options.split)))


if __name__ == "__main__":
    main()
