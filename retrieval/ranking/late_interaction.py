"""Late interaction over stored token states as a stage of the order (ColBERT, Khattab and Zaharia, SIGIR 2020).

A question's score against a window is the mean, over the question's tokens, of the best cosine to a token of the window
(MaxSim); tokens count by their inverse document frequency, so that what the question is about outweighs how it is put. No
second model: the states are those that are averaged to a vector when a text is embedded, projected to fewer
dimensions. An index version holds the states of its windows, so nothing but the question is encoded at answer time.

How far the scores of one question spread differs from model to model and from long texts to short ones. So they are
added by their distance from the mean of the hits that are looked at, in standard deviations: where late interaction tells
nothing apart by much, it still moves nothing far.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import add

import numpy as np

from retrieval.encoders.embedder import FastEmbedder
from retrieval.index.token_vectors import SCALE, StoredVectors
from retrieval.types import Hit, Vector

WEIGHT = 0.2  # of a standard deviation beside the fused score
DEPTH = 20  # hits looked at; fifty gain nothing over sixteen sets, and are fetched for nothing


class LateInteraction:
    """A `Ranker` over the stored states of one index version. Its opinion of a hit is a mean cosine in [-1, 1]."""

    name = "late"
    depth = DEPTH

    def __init__(self, encoder: FastEmbedder, stored: StoredVectors) -> None:
        self._encoder, self._stored = encoder, stored

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        head, tail = hits[: self.depth], hits[self.depth :]
        if not head:
            return []
        matches = self._matches(query, head)
        spread = standardised(np.array([max(one) for one in matches]))
        scores = [hit.score + WEIGHT * float(more) for hit, more in zip(head, spread, strict=True)]
        order = sorted(range(len(head)), key=lambda at: (-scores[at], head[at].chunk.id))
        ordered = [_judged(head[at], rank, matches[at], scores[at]) for rank, at in enumerate(order, start=1)]
        drop = max(0.0, max((hit.score for hit in tail), default=0.0) - ordered[-1].score)
        return ordered + [replace(hit, scores={**hit.scores, self.name: hit.score - drop}) for hit in tail]

    def _matches(self, query: str, hits: Sequence[Hit]) -> list[list[float]]:
        """Of each hit the MaxSim of each window."""
        question, weights = self._encoder.query_states(query)
        packed, starts = self._stored.of_rows([row for hit in hits for row in hit.rows])
        found = max_sims(question / np.float32(SCALE), weights, packed.astype(np.float32), starts)
        scores = iter(found.tolist())
        return [[next(scores) for _ in hit.rows] for hit in hits]


class TextLateInteraction:
    """A `Reranker` by late interaction for texts that are in no index: each is encoded when it is asked about."""

    name = LateInteraction.name

    def __init__(self, encoder: FastEmbedder, *, depth: int = DEPTH) -> None:
        self.depth = depth
        self._encoder = encoder

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Mean cosines in [-1, 1]."""
        question, weights = self._encoder.query_states(query)
        return [float(max_sims(question, weights, self._encoder.token_states(text), [0])[0]) for text in texts]


def _judged(hit: Hit, rank: int, matches: Sequence[float], score: float) -> Hit:
    """The window that counts is the best by cosine and match together, the first of equals."""
    both = list(map(add, matches, hit.window_scores))
    return replace(
        hit,
        rank=rank,
        opinions={**hit.opinions, LateInteraction.name: max(matches)},
        scores={**hit.scores, LateInteraction.name: score},
        window=both.index(max(both)),
        window_matches=tuple(matches),
    )


def standardised(values: Vector) -> Vector:
    """Distances from the mean in standard deviations; all 0 where they are equal."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)


def max_sims(question: Vector, weights: Vector, states: Vector, starts: Sequence[int]) -> Vector:
    """(n_texts,): the MaxSim of each of several texts, whose tokens stand one after the other.

    `question` (m, d) and its `weights` (m,); `states` (n_tokens, d), `starts` (n_texts,) the first token of each text. The mean of
    the best matches by their weights; 0 for a text without tokens, or if nothing has a weight.
    """
    total = float(weights.sum())
    lengths = np.diff([*starts, len(states)])
    scores = np.zeros(len(starts), np.float32)
    if total > 0.0 and (filled := lengths > 0).any():
        best = np.maximum.reduceat(states @ question.T, np.asarray(starts)[filled], axis=0)
        scores[filled] = (best @ weights) / total
    return scores
