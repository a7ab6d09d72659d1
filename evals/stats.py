"""Means with bootstrap intervals, percentiles, and a paired randomisation test. Seeded: equal input, equal output.

Sources: Efron and Tibshirani 1993 (percentile bootstrap); Smucker, Allan and Carterette 2007 (which test for retrieval).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SEED = 20240517
SAMPLES = 2_000
PERMUTATIONS = 20_000


def mean(values: Sequence[float]) -> float:
    """0 for no values."""
    return float(np.mean(values)) if len(values) else 0.0


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear interpolation between neighbours; 0 for no values."""
    return float(np.percentile(values, percent)) if len(values) else 0.0


def interval(values: Sequence[float], *, level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean; (0, 0) for no values."""
    if not len(values):
        return 0.0, 0.0
    drawn = np.random.default_rng(SEED).integers(0, len(values), (SAMPLES, len(values)))
    low, high = np.quantile(np.asarray(values, float)[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems on the same questions: means, `p` (two-sided), on how many questions each is better."""

    a: float
    b: float
    p: float
    a_better: int
    b_better: int
    n: int


def compare_paired(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Fisher's randomisation test on the difference of means; `a[i]` and `b[i]` belong to one question.

    Exact over all sign changes up to 14 questions that differ, else estimated from PERMUTATIONS of them.
    """
    difference = np.asarray(b, float) - np.asarray(a, float)
    differing = difference[difference != 0]
    return Comparison(
        a=mean(a),
        b=mean(b),
        p=_randomisation(differing),
        a_better=int((difference < 0).sum()),
        b_better=int((difference > 0).sum()),
        n=len(difference),
    )


def _randomisation(differing: np.ndarray) -> float:
    n = len(differing)
    if n == 0:
        return 1.0
    observed = abs(differing.sum()) - 1e-9
    if n <= 14:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float((abs(signs @ differing) >= observed).mean())
    generator = np.random.default_rng(SEED)
    extreme = sum(
        int((abs(generator.choice([-1, 1], (1_000, n)) @ differing) >= observed).sum())
        for _ in range(PERMUTATIONS // 1_000)
    )
    return (extreme + 1) / (PERMUTATIONS + 1)
