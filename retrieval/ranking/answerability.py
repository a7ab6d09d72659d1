"""Is the question answered here? A calibrated guess from what retrieval saw.

A logistic model over features of one retrieval (Platt 1999); the coefficients are in confidence.json beside this file,
one set for each set of features there may be, fitted by `python -m evals calibrate` on the dev half of the project's own
questions. The best cosine tells a question about something else; the cross-encoder, which was trained on questions that
their passage does not answer, one on the topic that the course happens not to answer. What the cross-encoder says of a
question from far off means little, so a low cosine counts more than in proportion.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from retrieval.types import Hit

MODEL = Path(__file__).resolve().parent / "confidence.json"
READER = "footnote/reader"
FAR = 0.3  # cosine below which a question is about something else


def features(hits: Sequence[Hit]) -> dict[str, float]:
    """`cosine`: of the query and the best window; `bm25`: the best lexical score; without hits both are 0. `far`: what the
    cosine lacks to FAR. `read`: the best log-odds that the bundled cross-encoder gave, where it is among the rerankers.
    """
    found = {
        "cosine": max((hit.dense for hit in hits if hit.dense is not None), default=0.0),
        "bm25": max((hit.lexical for hit in hits if hit.lexical is not None), default=0.0),
    }
    found["far"] = max(0.0, FAR - found["cosine"])
    read = [hit.opinions[READER] for hit in hits if READER in hit.opinions]
    return found | ({"read": max(read)} if read else {})


def confidence(found: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the course answers the question."""
    model = _models()["with reader" if "read" in found else "without reader"]
    score = model["intercept"] + sum(weight * found[name] for name, weight in model["weights"].items())
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


@lru_cache(maxsize=1)
def _models() -> Any:
    return json.loads(MODEL.read_text(encoding="utf-8"))
