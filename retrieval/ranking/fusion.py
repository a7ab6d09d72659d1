"""Ranked lists into one: the two searches by convex combination, several questions by reciprocal rank fusion.

Scores and results are dicts id -> score; higher is better. `ranked` gives the order, ties by id.
"""

from collections.abc import Iterable, Mapping


def convex_combination(
    dense: Mapping[str, float], lexical: Mapping[str, float], *, dense_weight: float
) -> dict[str, float]:
    """`w * (cos - min cos)/(max cos - min cos) + (1 - w) * bm25/max bm25`, in [0, 1] (Bruch, Gai and Ingber, "An Analysis of
    Fusion Functions for Hybrid Retrieval", TOIS 2023). The cosine is normalised by what is observed among the candidates,
    since one model's lie between 0 and 1 and another's between 0.7 and 1; the minimum of BM25 is known to be 0. An id missing
    in a list has that list's minimum there.
    """
    highest, lowest = max(dense.values(), default=0.0), min(dense.values(), default=0.0)
    best_lexical = max(lexical.values(), default=0.0)
    fused = {}
    for key in dense.keys() | lexical.keys():
        from_dense = _share(dense[key] - lowest, highest - lowest) if key in dense else 0.0
        from_lexical = lexical.get(key, 0.0) / best_lexical if best_lexical > 0 else 0.0
        fused[key] = dense_weight * from_dense + (1.0 - dense_weight) * from_lexical
    return fused


def _share(part: float, whole: float) -> float:
    """All of it where there is nothing to tell apart."""
    return part / whole if whole > 0 else 1.0


def reciprocal_rank_fusion(rankings: Iterable[Iterable[str]]) -> dict[str, float]:
    """`sum over lists of 1/(60 + rank)`, rank from 1 (Cormack, Clarke and Büttcher, SIGIR 2009).

    >>> reciprocal_rank_fusion([["a", "b"], ["b"]])["b"] == 1 / 62 + 1 / 61
    True
    """
    fused: dict[str, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            fused[key] = fused.get(key, 0.0) + 1.0 / (60.0 + rank)
    return fused


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Ids, best first, ties by id."""
    return sorted(scores, key=lambda key: (-scores[key], key))
