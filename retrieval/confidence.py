"""Is the question answered here? A calibrated guess from what retrieval saw.

A logistic model over a few features of one retrieval; the coefficients are in confidence.json beside this file, fitted
by evals/training/confidence.py on questions about other material (Platt 1999; Guo et al. 2017 on why it is calibrated
after the fact). It cannot know what a passage means: a question whose words all occur together somewhere may still be
unanswered, which is why writers may refuse as well.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from retrieval.lexical import idf
from retrieval.render import lexical_text
from retrieval.tokenize import terms
from retrieval.types import Hit

MODEL = Path(__file__).resolve().parent / "confidence.json"
DEPTH = 5


def features(query: str, hits: Sequence[Hit], *, size: int, frequency: Mapping[str, int]) -> dict[str, float]:
    """What is known of a ranking: cosines, gaps, and how much of the question's words the best chunks hold.

    `size` is the number of chunks in the index, `frequency` in how many of them each term occurs. Coverages are shares
    of the query's IDF mass in [0, 1]. Without hits all are 0.
    """
    top = list(hits[:DEPTH])
    cosines = sorted((hit.dense for hit in hits if hit.dense is not None), reverse=True) or [0.0]
    weights = {term: idf(size, frequency.get(term, 0)) for term in set(terms(query))}
    mass = sum(weights.values())
    found = [set(terms(lexical_text(hit.chunk))) for hit in top]
    shares = [sum(weights[term] for term in weights if term in chunk) / mass if mass else 0.0 for chunk in found]
    known = sum(weight for term, weight in weights.items() if frequency.get(term))
    return {
        "cosine": cosines[0],
        "cosine_gap": cosines[0] - cosines[min(len(cosines), 10) - 1],
        "coverage_first": shares[0] if shares else 0.0,
        "coverage_best": max(shares, default=0.0),
        "coverage_union": _union(weights, found, mass),
        "known": known / mass if mass else 0.0,
        "rarest": _rarest(weights, found),
        "length": math.log1p(len(weights)),
    }


def confidence(found: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the course answers the question."""
    model = _model()
    score = model["intercept"] + sum(weight * found.get(name, 0.0) for name, weight in model["weights"].items())
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


def _union(weights: Mapping[str, float], found: Sequence[set[str]], mass: float) -> float:
    together = set().union(*found) if found else set()
    return sum(weights[term] for term in weights if term in together) / mass if mass else 0.0


def _rarest(weights: Mapping[str, float], found: Sequence[set[str]]) -> float:
    """1 if the query's rarest term is in one of the best chunks, else 0."""
    if not weights:
        return 0.0
    rarest = max(sorted(weights), key=lambda term: weights[term])
    return float(any(rarest in chunk for chunk in found))


@lru_cache(maxsize=1)
def _model() -> Any:
    return json.loads(MODEL.read_text(encoding="utf-8"))
