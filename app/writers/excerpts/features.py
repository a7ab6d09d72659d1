"""What retrieval and the question's words say of each unit of the stretches that were found, as numbers.

No words of any language are known here: terms of the question weighted by their rarity among what was found, cosines of
the windows a unit is in, its chunk's rank and score, its place and its form.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.writers.excerpts.stretches import Stretch
from retrieval.text.tokenize import terms
from retrieval.types import Hit, Unit

FEATURES = (
    "window", "window_to_best", "score_to_best", "rank", "own", "own_placed", "before", "stretch", "first", "announces",
    "asks", "emphasised", "length", "row", "item", "unseen", "posed",
)  # fmt: skip
Matrix = NDArray[np.float64]
_EMPHASISED = re.compile(r"[*_]{1,2}([^*_\n]{2,40})[*_]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's terms with their rarity among the stretches, ln(1 + N/df), as shares of their sum."""

    weights: Mapping[str, float]

    def share(self, held: frozenset[str]) -> float:
        """In [0, 1]: how much of the question's weight is held."""
        return sum(weight for term, weight in self.weights.items() if term in held)


def unit_terms(stretch: Stretch, unit: Unit) -> frozenset[str]:
    """Of the unit as it reads and of what leads into it."""
    lead = "" if unit.kind == "row" else unit.lead
    return frozenset(terms(f"{lead} {stretch.text(unit)}"))


def asked(query: str, held: Sequence[frozenset[str]]) -> Asked:
    """`held`: the terms of every unit that was found. Terms that none has weigh nothing."""
    wanted = frozenset(terms(query))
    counts = Counter(term for found in held for term in found & wanted)
    rarity = {term: math.log1p(len(held) / count) for term, count in sorted(counts.items())}
    total = sum(rarity.values()) or 1.0
    return Asked({term: weight / total for term, weight in rarity.items()})


def features(query: str, found: Sequence[Stretch], hits: Sequence[Hit]) -> list[Matrix]:
    """For each stretch an array (units, FEATURES)."""
    held = [[unit_terms(stretch, unit) for unit in stretch.units] for stretch in found]
    question = asked(query, [of_unit for of_stretch in held for of_unit in of_stretch])
    best = max((hit.score for hit in hits), default=0.0)
    seen = [_seen(stretch, hits, best) for stretch in found]
    top = max((window for rows in seen for window, *_ in rows), default=0.0)
    made = []
    for stretch, of_stretch, rows in zip(found, held, seen, strict=True):
        headings = frozenset(terms(" ".join(stretch.section)))
        whole = question.share(frozenset().union(headings, *of_stretch))
        own = [question.share(of_unit) for of_unit in of_stretch]
        placed = [question.share(of_unit | headings) for of_unit in of_stretch]
        form = [_form(stretch, number, question) for number in range(len(stretch.units))]
        made.append(
            np.array(
                [
                    (window, window - top, score, rank, own[n], placed[n], own[n - 1] if n else 0.0, whole, *form[n][:-1], unseen, form[n][-1])
                    for n, (window, score, rank, unseen) in enumerate(rows)
                ]
            )
        )  # fmt: skip
    return made


def _seen(stretch: Stretch, hits: Sequence[Hit], best: float) -> list[tuple[float, float, float, float]]:
    """For each unit the best cosine of a window it is in, what its hit's score lacks to the best, 1 / rank, and whether
    no hit has it: then the least of its stretch counts."""
    near = [hit for hit in hits if hit.chunk.document_id == stretch.document.id]
    near = [hit for hit in near if hit.chunk.start < stretch.end and stretch.start < hit.chunk.end]
    score = max((hit.score for hit in near), default=best) - best
    rank = 1.0 / min((hit.rank for hit in near), default=len(hits) + 1)
    windows = [
        (window, cosine) for hit in near for window, cosine in zip(hit.chunk.windows, hit.window_scores, strict=False)
    ]
    cosines = [
        max((cosine for window, cosine in windows if window.start < unit.end and unit.start < window.end), default=None)
        for unit in stretch.units
    ]
    least = min((cosine for cosine in cosines if cosine is not None), default=0.0)
    return [(least if c is None else c, score, rank, float(c is None)) for c in cosines]


def _form(stretch: Stretch, number: int, question: Asked) -> tuple[float, ...]:
    unit = stretch.units[number]
    text = stretch.text(unit)
    emphasised = (terms(words) for words in _EMPHASISED.findall(stretch.source(unit)))
    return (
        float(number == 0),
        float(text.endswith((":", "："))),
        float(text.endswith(("?", "？"))),
        float(unit.role == "definition" or any(term in question.weights for found in emphasised for term in found)),
        math.log1p(len(text.split())),
        float(unit.kind == "row"),
        float(unit.kind == "item"),
        float(stretch.posed),
    )
