"""Which of many pieces are told: evenly, by what is central, by what no other says. Pure functions."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from app.types import Target
from app.writers.tasks.material import Piece, sentences, stands_alone
from retrieval.text.tokenize import terms
from retrieval.types import Document

DAMPING = 5  # words that a sentence counts as longer than it is, so that short ones are not preferred

T = TypeVar("T")


def over(told: Sequence[Piece], count: int, document: Document, target: Target) -> list[Piece]:
    """`count` sentences of a summary: without those that say least that no other says, where most can be kept; else how it begins,
    and the most central of the rest, from end to end.
    """
    if 2 * count >= len(told):
        return covering(told, lambda kept: len(kept) <= count)
    alone = [piece for piece in told[1:] if stands_alone(piece.text)]
    rest = alone if len(alone) >= count else told[1:]
    return [*told[:1], *spread([rest], count - 1, key=central(document, target))]


def covering(told: Sequence[Piece], fits: Callable[[Sequence[Piece]], bool]) -> list[Piece]:
    """As many as fit: one after the other is left out whose words are most told by the rest, of equals the last; none on which the
    next leans.
    """
    kept = list(told)
    held = [set(terms(piece.text)) for piece in told]
    while kept and not fits(kept):
        often = Counter(word for words in held for word in words)
        free = [place for place in range(len(kept)) if place + 1 == len(kept) or stands_alone(kept[place + 1].text)]
        least = min(reversed(free), key=lambda place: sum(often[word] == 1 for word in held[place]))
        kept.pop(least)
        held.pop(least)
    return kept


def spread(
    pools: Sequence[Sequence[T]], count: int, *, key: Callable[[T], float | tuple[float, ...]] = lambda _: 0.0
) -> list[T]:
    """`count` things, evenly over the pools and over each of them, in order; of those that lie together the one of the greatest
    `key`, of equals the first.
    """
    shares = [0] * len(pools)
    for left, place in enumerate(sorted(range(len(pools)), key=lambda place: len(pools[place]))):
        shares[place] = min(len(pools[place]), max(0, count - sum(shares)) // (len(pools) - left))
    chosen: list[T] = []
    for pool, share in zip(pools, shares, strict=True):
        bounds = [number * len(pool) // share for number in range(share + 1)] if share else []
        chosen += [max(pool[start:end], key=key) for start, end in pairwise(bounds)]
    return chosen


def once(pieces: Sequence[Piece]) -> list[Piece]:
    """In order, without those that quote what one before quotes."""
    return list({(piece.document.id, piece.start, piece.end): piece for piece in reversed(pieces)}.values())[::-1]


def within(pieces: Sequence[Piece], words: int) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        words -= len(piece.text.split()) if piece.text.isascii() else max(len(piece.text.split()), len(piece.text) // 6)
        if kept and words < 0:
            break
        kept.append(piece)
    return kept


def central(document: Document, target: Target) -> Callable[[Piece], float]:
    """How many of the target's sentences have a word of a piece, in the mean over its words (Nenkova and Vanderwende 2005): what
    the target is about, rather than an aside.
    """
    counts = counts_of(document, target)

    def of(piece: Piece) -> float:
        held = set(terms(piece.text))
        return sum(counts[word] for word in held) / (len(held) + DAMPING)

    return of


def counts_of(document: Document, target: Target) -> Counter[str]:
    every = sentences(document, target.start, target.end)
    return Counter(word for piece in every for word in set(terms(piece.text)))
