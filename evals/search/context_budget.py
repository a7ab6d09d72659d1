"""Recall, precision and IoU of the text that fits into a context, after Chroma's evaluation of chunking (Smith and
Troynikov 2024).

The context is the ranking's first chunks as long as all of them fit into the budget; a chunk is never cut. Tokens are
counted as everywhere in the project (`retrieval.text.tokenize.count_tokens`); the shares are of characters other than
spaces, which differ from shares of tokens by little. Of several gold sets the one with the best recall counts, of
several places of a quote the best covered one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.datasets.gold import Gold, Quote
from evals.search.metrics import inside
from retrieval.text.tokenize import count_tokens
from retrieval.types import Chunk


@dataclass(frozen=True, slots=True)
class Overlap:
    """Gold text and context compared, each in [0, 1]. Without any context all are 0."""

    recall: float
    precision: float
    iou: float


def context(ranking: Sequence[Chunk], budget: int) -> list[Chunk]:
    """The first chunks whose tokens together are at most `budget`."""
    kept: list[Chunk] = []
    used = 0
    for chunk in ranking:
        used += count_tokens(chunk.text)
        if used > budget:
            break
        kept.append(chunk)
    return kept


def overlap(read: Sequence[Chunk], gold: Gold) -> Overlap:
    """Recall: share of the gold text that is in `read`. Precision: share of `read` that is gold. IoU: both over their union."""
    size = sum(_length(chunk.text) for chunk in read)
    return max((_overlap(read, quotes, size) for quotes in gold.sets), key=lambda found: found.recall)


def _overlap(read: Sequence[Chunk], quotes: Sequence[Quote], size: int) -> Overlap:
    places: dict[str, tuple[set[int], set[int]]] = {}
    lost = 0
    for quote in quotes:
        found = _best_place(read, quote)
        if found is None:
            lost += _length(quote.text)
            continue
        document_id, wanted, covered = found
        of_document = places.setdefault(document_id, (set(), set()))
        of_document[0].update(wanted)
        of_document[1].update(covered)
    gold = lost + sum(len(wanted) for wanted, _ in places.values())
    both = sum(len(covered) for _, covered in places.values())
    return Overlap(
        recall=both / gold if gold else 0.0,
        precision=both / size if size else 0.0,
        iou=both / (gold + size - both) if gold + size - both else 0.0,
    )


def _length(text: str) -> int:
    """Characters, spaces aside."""
    return sum(map(len, text.split()))


def _best_place(read: Sequence[Chunk], quote: Quote) -> tuple[str, list[int], list[int]] | None:
    """Document, the quote's offsets there, and those of them that `read` covers; None for a quote that stands nowhere."""
    best: tuple[str, list[int], list[int]] | None = None
    for place in quote.occurrences:
        mask = np.zeros(len(place.offsets), bool)
        for chunk in read:
            if chunk.document_id == place.document_id:
                mask |= inside(place.offsets, chunk)
        covered = place.offsets[mask].tolist()
        if best is None or len(covered) > len(best[2]):
            best = (place.document_id, place.offsets.tolist(), covered)
    return best
