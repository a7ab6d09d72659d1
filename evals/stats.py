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


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean; (0, 0) for no values."""
    return stratified_interval([values])


def stratified_interval(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of the groups' means, drawn within each group; (0, 0) for no values."""
    generator = np.random.default_rng(SEED)
    drawn = [
        np.asarray(group, float)[generator.integers(0, len(group), (SAMPLES, len(group)))].mean(axis=1)
        for group in groups
        if len(group)
    ]
    if not drawn:
        return 0.0, 0.0
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
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


def stratified_p(groups: Sequence[Sequence[float]]) -> float:
    """Two-sided randomisation test that the mean over the groups of the means of paired differences is 0; 1 where none
    differs."""
    shares = [np.asarray(group, float) / len(group) for group in groups if len(group)]
    differences = np.concatenate(shares) if shares else np.zeros(0)
    return _randomisation(differences[differences != 0])


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
