"""How well confidence tells the questions that the documents answer from those they do not.

A question is refused when its confidence is below the threshold. Pure functions over confidences.
"""

from collections.abc import Mapping, Sequence

import numpy as np

LIMITS = (0.02, 0.06, 0.10)  # shares of answerable questions wrongly refused, at which the curve is read off


def refused(confidences: Sequence[float], threshold: float) -> float:
    """The share of confidences below the threshold; 0 for none."""
    return float(np.mean(np.asarray(confidences) < threshold)) if len(confidences) else 0.0


def auc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    """Probability that an answerable question has the higher confidence, ties counting half; None if a side is empty."""
    if not len(answerable) or not len(unanswerable):
        return None
    one, other = np.asarray(answerable)[:, None], np.asarray(unanswerable)[None, :]
    return float((one > other).mean() + 0.5 * (one == other).mean())


def curve(answerable: Sequence[float], unanswerable: Sequence[float]) -> list[dict[str, float]]:
    """What is refused at every threshold that matters, from refusing nothing to refusing all."""
    values = sorted({0.0, *answerable, *unanswerable})
    thresholds = [*values, float(np.nextafter(values[-1], np.inf))]
    return [
        {
            "threshold": threshold,
            "answerable_refused": refused(answerable, threshold),
            "unanswerable_refused": refused(unanswerable, threshold),
        }
        for threshold in thresholds
    ]


def operating_point(
    answerable: Sequence[float], by_kind: Mapping[str, Sequence[float]], limit: float
) -> dict[str, object]:
    """The highest threshold that wrongly refuses at most `limit` of the answerable, and what it refuses of each kind."""
    unanswerable = [value for values in by_kind.values() for value in values]
    allowed = [point for point in curve(answerable, unanswerable) if point["answerable_refused"] <= limit]
    best = allowed[-1]
    kinds = {kind: refused(values, best["threshold"]) for kind, values in by_kind.items()}
    return {**best, "by_kind": kinds}


def summary(answerable: Sequence[float], by_kind: Mapping[str, Sequence[float]], threshold: float) -> dict[str, object]:
    """The `refusal` part of a result: shares at the threshold, AUC over all and for each kind, the curve, other thresholds."""
    unanswerable = [value for values in by_kind.values() for value in values]
    return {
        "threshold": threshold,
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        "answerable_refused": refused(answerable, threshold),
        "unanswerable_refused": refused(unanswerable, threshold),
        "by_kind": {kind: refused(values, threshold) for kind, values in by_kind.items()},
        "counts": {kind: len(values) for kind, values in by_kind.items()},
        "auc": auc(answerable, unanswerable),
        "auc_by_kind": {kind: auc(answerable, values) for kind, values in by_kind.items()},
        "operating_points": {f"{limit:.2f}": operating_point(answerable, by_kind, limit) for limit in LIMITS},
        "curve": curve(answerable, unanswerable),
    }
