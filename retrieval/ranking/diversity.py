"""Hits in an order that covers the whole question: for "what is X, and how does Y differ?" one hit on each, early.

By scores alone the first hits often say the same thing again, and what a second half of the question asks about comes
late. Here each next hit is the one with the best sum of its score and of what it adds to the words of the question that
are matched already: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) with a gain in coverage instead of a
penalty for likeness, the greedy algorithm for facility location (Lin and Bilmes, ACL 2011).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from retrieval.ranking.late_interaction import LateInteraction
from retrieval.text.embedding_text import window_text
from retrieval.types import Hit, Vector

WEIGHT = 1.0  # of a gain in coverage beside a score; chosen on development questions
DEPTH = 20  # hits that are put in order


def covered(query: str, hits: Sequence[Hit], late: LateInteraction) -> list[Hit]:
    """The first `DEPTH` hits in covering order, then the rest. The best hit stays the best."""
    head, tail = hits[:DEPTH], hits[DEPTH:]
    if not head:
        return []
    matches = np.stack([_matches(query, hit, late) for hit in head])
    scores = np.array([hit.fused if hit.rerank is None else hit.rerank for hit in head])
    order = covering_order(scores, matches, late.weights(query))
    ordered = [replace(head[at], rerank=worth) for at, worth in order]
    return [replace(hit, rank=rank) for rank, hit in enumerate([*ordered, *tail], start=1)]


def covering_order(
    scores: Vector, matches: Vector, weights: Vector, *, weight: float = WEIGHT
) -> list[tuple[int, float]]:
    """Positions of texts (n,), the one with the best of `scores` (n,) first, then always the one with the highest
    `score + weight * gain`, with that sum; ties in order. Sums do not rise: the first counts as no less than the second.

    `matches` (n, m): how well each text matches each token of the question; gain: by how much a text raises the best
    match so far, as a mean over the tokens by their `weights` (m,).
    """
    share = weights / max(float(weights.sum()), 1e-9)
    left = list(range(len(scores)))
    first = int(np.argmax(scores))
    left.remove(first)
    reached = matches[first]
    order: list[tuple[int, float]] = []
    while left:
        sums = scores[left] + weight * (np.maximum(matches[left] - reached, 0.0) @ share)
        best = int(np.argmax(sums))
        order.append((left.pop(best), float(sums[best])))
        reached = np.maximum(reached, matches[order[-1][0]])
    return [(first, max([float(scores[first]), *(worth for _, worth in order[:1])])), *order]


def _matches(query: str, hit: Hit, late: LateInteraction) -> Vector:
    """(m,): each token's best match in any of the hit's windows."""
    texts = [window_text(hit.chunk, window) for window in hit.chunk.windows]
    return np.asarray(late.matches(query, texts).max(axis=0))
