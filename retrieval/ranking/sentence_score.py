"""Single sentences of the best hits, beside their windows.

A window of four sentences is found by what they have in common. Where one of them answers and the others speak of
something else, its own vector is nearer to the question than the window's, and the hit gains by the difference. An index
version holds the sentences' vectors (`retrieval.index.token_vectors`), so nothing is encoded at answer time.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from retrieval.index.token_vectors import VECTOR_SCALE, StoredStates, texts_key
from retrieval.text.embedding_text import sentence_texts
from retrieval.types import Hit, Vector

NAME = "sentence"
WEIGHT = 0.6  # about the slope of the fused score in the cosine
DEPTH = 50  # hits looked at


def closer(hits: Sequence[Hit], vector: Vector, stored: StoredStates) -> list[Hit]:
    """The first `DEPTH` hits in the order of their fused score and what their best sentence has over their best window,
    then the rest. `vector`: of the question.
    """
    head = [_looked_at(hit, vector, stored) for hit in hits[:DEPTH]]
    head.sort(key=lambda hit: -(hit.rerank or 0.0))
    return [replace(hit, rank=rank) for rank, hit in enumerate([*head, *hits[DEPTH:]], start=1)]


def _looked_at(hit: Hit, vector: Vector, stored: StoredStates) -> Hit:
    best_window = max(hit.window_scores, default=0.0)
    best = max(best_window, best_sentence(hit, vector, stored))
    opinions = {**hit.opinions, NAME: best}
    return replace(hit, rerank=hit.fused + WEIGHT * (best - best_window), opinions=opinions)


def best_sentence(hit: Hit, vector: Vector, stored: StoredStates) -> float:
    """The cosine of the question and the nearest sentence; -1 where the hit has none by itself."""
    found = stored.by_key(texts_key(sentence_texts(hit.chunk)))
    return -1.0 if found is None else float((found.astype(np.float32) @ vector).max()) / VECTOR_SCALE
