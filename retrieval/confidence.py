"""Is the question answered here? A calibrated guess from what retrieval saw.

A logistic model over features of one retrieval (Platt 1999); the coefficients are in confidence.json beside this file,
fitted on the dev half of the project's own questions. Only the best cosine has a weight: term coverage, gaps between
scores and bigrams, fitted on questions about other material, did worse on every set they were not fitted on. So it tells
a question about something else well, and one on the topic that the course happens not to answer badly; writers may
refuse as well.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from retrieval.types import Hit

MODEL = Path(__file__).resolve().parent / "confidence.json"


def features(hits: Sequence[Hit]) -> dict[str, float]:
    """`cosine`: of the query and the best window; `bm25`: the best lexical score. Without hits both are 0."""
    return {
        "cosine": max((hit.dense for hit in hits if hit.dense is not None), default=0.0),
        "bm25": max((hit.lexical for hit in hits if hit.lexical is not None), default=0.0),
    }


def confidence(found: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the course answers the question."""
    model = _model()
    score = model["intercept"] + sum(weight * found.get(name, 0.0) for name, weight in model["weights"].items())
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


@lru_cache(maxsize=1)
def _model() -> Any:
    return json.loads(MODEL.read_text(encoding="utf-8"))
