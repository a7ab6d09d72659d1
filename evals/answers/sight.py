"""What of the gold an answer shows: a stretch of text is in sight if a footnote quotes it.

Share of a gold quote: of its characters, spaces aside, at the place where most of it is quoted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.datasets.gold import Gold
from evals.search.metrics import Span, judge

ALL = 0.95  # share of each quote from which all of it counts as shown: a list mark or full stop may be missing


@dataclass(frozen=True, slots=True)
class Shown:
    """`recall`: the mean share of the quotes of the gold set that fares best; `whole`: whether all of any set is there."""

    recall: float
    whole: bool


def shown(spans: Sequence[Span], gold: Gold) -> Shown:
    """Of gold that has at least one set; nothing shown is nothing found."""
    if not spans or not gold.sets:
        return Shown(0.0, False)
    covered = judge(spans, gold).covered
    last = [shares[:, -1] for shares in covered]
    return Shown(max(float(shares.mean()) for shares in last), any(bool((shares >= ALL).all()) for shares in last))
