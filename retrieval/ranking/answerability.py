"""Is the question answered here? A calibrated guess from what retrieval saw.

A logistic model (Platt 1999) over a few features of one retrieval; the coefficients are in confidence.json beside this
file, one set for each set of features there may be, fitted by `python -m evals calibrate` on many fields. What a small
cross-encoder says of the best hits is one of them, where it knows the language: it tells near-topic questions better than all the
others together.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.ranking.late_interaction import LateInteraction
from retrieval.types import Hit

MODEL = Path(__file__).resolve().parent / "confidence.json"


def features(hits: Sequence[Hit], *, ceiling: float, unread: bool = False) -> dict[str, float]:
    """`cosine`: the best one of the question and a window; `words`: the best BM25 as a share of `ceiling`, the most that
    the question's terms could have; `late`: the best late interaction, where there is one, and then `unread`: 1 where no
    cross-encoder knows the language, so that nothing else tells near-topic questions. Without hits all are 0. The retriever
    adds `read`, the best log-odds of the cross-encoder, where there is one.
    """
    found = {
        "cosine": max((hit.dense or 0.0 for hit in hits), default=0.0),
        "words": max(((hit.lexical or 0.0) / ceiling for hit in hits if ceiling > 0), default=0.0),
    }
    late = [hit.opinions[LateInteraction.name] for hit in hits if LateInteraction.name in hit.opinions]
    return found | ({"late": max(late), "unread": float(unread)} if late else {})


def confidence(found: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the course answers the question."""
    return logistic(MODEL, fullest(found), found)


def logistic(file: Path, name: str, found: Mapping[str, float]) -> float:
    """Probability in [0, 1] by the model of this name in a file."""
    model = _models(file)[name]
    score = model["intercept"] + sum(weight * found[name] for name, weight in model["weights"].items())
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))


def fullest(found: Mapping[str, float]) -> str:
    """The name of the model that uses most of these features."""
    return "read" if "read" in found else "late" if "late" in found else "plain"


@cache
def _models(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
