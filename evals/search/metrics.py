"""Measures of a ranking against gold text. Pure functions; the averaging is in `evals.search.results`.

Share: how much of a quote (its characters, spaces aside) lies inside a chunk, or inside several together; of a quote
that stands in several places, the best covered place counts. From the shares:

- R@k: of the gold set that fares best, the mean over its quotes of the share that the first k chunks cover together.
- RR@k and P@k: a chunk is relevant if it holds at least half of a quote of any set.
- nDCG@k: a chunk gains what it adds to the covered shares of a set's quotes, so text that is found a second time gains
  nothing; what is never found counts in the ideal ranking as one chunk a quote. The set that fares best counts.

nDCG, RR and P are computed by ir-measures from the judgements made here. A ranking is given to it by its
length alone: its members are named "1", "2", ... by rank. Of several gold sets the best counts.

Recall, precision and IoU of the text that fits into a context are those of Chroma's evaluation of chunking (Smith and
Troynikov 2024). The context is the ranking's first chunks as long as all of them fit into the budget; a chunk is never
cut. The shares are of characters other than spaces, which differ from shares of tokens by little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ir_measures
import numpy as np
from ir_measures import Measure
from numpy.typing import NDArray

from evals.datasets.gold import Gold, Occurrence, Offsets, Quote
from retrieval.text.tokenize import count_tokens
from retrieval.types import Chunk

Shares = NDArray[np.float64]

HALF = 0.5  # of a quote: what a chunk must hold to count as relevant
UNIT = 1000  # qrels are whole numbers: gains are given in thousandths


class DocumentSpan(Protocol):
    """A stretch of a document; chunks are."""

    @property
    def document_id(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class JudgedRanking:
    """A ranking seen against gold text.

    `covered`: per gold set an array (quotes, n + 1): the share of each quote that the first 0..n chunks cover together.
    `held`: per gold set an array (quotes, n): the share that each chunk holds by itself.
    """

    covered: tuple[Shares, ...]
    held: tuple[Shares, ...]

    @property
    def grades(self) -> list[float]:
        """For each chunk the largest share of any quote that it holds."""
        return [float(grade) for grade in np.concatenate(self.held).max(axis=0)]

    @property
    def rank(self) -> int | None:
        """The rank of the first relevant chunk, from 1."""
        return next((rank for rank, grade in enumerate(self.grades, start=1) if grade >= HALF), None)

    def recall(self, k: int) -> float:
        """R@k in [0, 1]. A ranking shorter than `k` counts as it is."""
        return max(float(shares[:, : k + 1].max(axis=1).mean()) for shares in self.covered)


def judge(ranking: Sequence[DocumentSpan], gold: Gold) -> JudgedRanking:
    """`ranking` best first. A question without gold cannot be judged."""
    places = {
        id(quote): [_mask(ranking, place) for place in quote.occurrences] for quotes in gold.sets for quote in quotes
    }
    return JudgedRanking(
        covered=tuple(np.stack([_covered(places[id(quote)], len(ranking)) for quote in q]) for q in gold.sets),
        held=tuple(np.stack([_held(places[id(quote)], len(ranking)) for quote in q]) for q in gold.sets),
    )


def inside(offsets: Offsets, span: DocumentSpan) -> NDArray[np.bool_]:
    """Which of the offsets the span covers."""
    return (offsets >= span.start) & (offsets < span.end)


def _mask(ranking: Sequence[DocumentSpan], place: Occurrence) -> NDArray[np.bool_]:
    """(chunks, characters): which chunk covers which character of a quote at one of its places."""
    mask = np.zeros((len(ranking), len(place.offsets)), bool)
    for index, span in enumerate(ranking):
        if span.document_id == place.document_id:
            mask[index] = inside(place.offsets, span)
    return mask


def _covered(masks: Sequence[NDArray[np.bool_]], n: int) -> Shares:
    best = np.zeros(n + 1)
    for mask in masks:
        best[1:] = np.maximum(best[1:], np.logical_or.accumulate(mask, axis=0).mean(axis=1))
    return best


def _held(masks: Sequence[NDArray[np.bool_]], n: int) -> Shares:
    best = np.zeros(n)
    for mask in masks:
        best = np.maximum(best, mask.mean(axis=1))
    return best


def relevant(judged: JudgedRanking) -> Mapping[str, int]:
    """Judgements for RR and P: `{"1": 1, ...}`, the chunks (named by rank) that hold half of any quote."""
    return {str(rank): int(grade >= HALF) for rank, grade in enumerate(judged.grades, start=1)} or {"none": 0}


def gains(judged: JudgedRanking) -> list[Mapping[str, int]]:
    """Judgements for nDCG, one mapping a gold set: chunk -> its gain in thousandths, and what no chunk covers."""
    return [_gains(shares) for shares in judged.covered]


def _gains(covered: Shares) -> Mapping[str, int]:
    added = np.diff(covered, axis=1).sum(axis=0)
    found = {str(rank): round(float(gain) * UNIT) for rank, gain in enumerate(added, start=1)}
    lost = {f"lost {n}": round(float(1 - share) * UNIT) for n, share in enumerate(covered[:, -1]) if share < 1}
    return found | lost


Judgements = Mapping[str, int]


def measure(
    names: Sequence[str], rankings: Sequence[int], judgements: Sequence[Sequence[Judgements]]
) -> list[dict[str, float]]:
    """For each ranking (its length) the measures `names`, each the best over the ranking's alternative judgements."""
    qrels = {f"{at}/{number}": judged for at, found in enumerate(judgements) for number, judged in enumerate(found)}
    ranked = {query: range(1, rankings[int(query.split("/")[0])] + 1) for query in qrels}
    measured = measure_run(names, qrels, {query: list(map(str, ranks)) for query, ranks in ranked.items()})
    best: list[dict[str, float]] = [dict.fromkeys(names, 0.0) for _ in rankings]
    for query, values in measured.items():
        of_ranking = best[int(query.split("/")[0])]
        of_ranking.update((name, max(of_ranking[name], value)) for name, value in values.items())
    return best


def measure_run(
    names: Sequence[str], qrels: Mapping[str, Judgements], run: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Query id -> measures of its ranking (ids, best first). Queries that the run lacks score 0."""
    scored = {query: {name: float(len(ids) - rank) for rank, name in enumerate(ids)} for query, ids in run.items()}
    found: dict[str, dict[str, float]] = {query: dict.fromkeys(names, 0.0) for query in qrels}
    measures: dict[Measure, str] = {ir_measures.parse_measure(name): name for name in names}
    judged = {query: dict(grades) for query, grades in qrels.items()}
    for metric in ir_measures.iter_calc(list(measures), judged, scored):
        found[str(metric.query_id)][measures[metric.measure]] = float(metric.value)
    return found


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
