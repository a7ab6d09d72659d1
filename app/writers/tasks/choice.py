"""How worth telling a sentence of a part of the course is, and which of many are told. Pure functions.

A linear score of four measurements, fitted to how much of textbook lessons' own summaries (left out of what is read) their sentences
hold: 330 lessons of eleven books in English, Spanish, Polish and Chinese; rounded. How central a sentence is
weighs most by far. Mean vectors of the shipped encoder, length, place in the section, names and figures added nothing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from app.query.vocabulary import names
from app.types import Target
from app.writers.tasks.definitions import glossary
from app.writers.tasks.material import Piece, own, sentences, stands_alone
from retrieval.text.tokenize import terms
from retrieval.types import Document

CENTRAL, HEADED, TERM, LEADS = 10.0, 4.0, 1.0, 1.0  # weights, each of something in [0, 1]
SUMMED = 3.0  # more for what the course itself sums up
EXAMPLE = -2.0  # for what says that it is an example
DAMPING = 3  # words that a sentence counts as longer than it is, so that short ones are not preferred
COVERING = 30  # where all are worth telling and only their number counts: so that those are told that tell more
TOLD = 0.5  # what a word is worth after each sentence that told it

T = TypeVar("T")


class Worth:
    """Of the sentences of a part: how many others have their words, in the mean (Nenkova and Vanderwende 2005), how many words of
    their headings they have, whether they name a term, in bold or of the glossary, and whether they open a paragraph.
    """

    def __init__(self, document: Document, target: Target, *, damping: int = DAMPING) -> None:
        self._damping = damping
        every = [set(terms(piece.text)) for piece in sentences(document, target.start, target.end)]
        self._often = Counter(word for held in every for word in held)
        self._most = max((self._central(held, {}) for held in every), default=0.0) or 1.0
        self._headings = [(part.start, part.end, set(terms(part.path[-1]))) for part in document.sections if part.path]
        self._title = set(terms(document.title))
        self._summed = [(part.start, part.end) for part in own("summary", document, target)]
        self._terms = [piece.term.casefold() for piece in glossary(document)]

    def best(self, pieces: Sequence[Piece], count: int, *, room: float = math.inf) -> list[Piece]:
        """At most `count`, and `room` words, in their order: one after the other the worthiest, what is told already being worth less;
        none that leans on one before it which is not told.
        """
        held = [set(terms(piece.text)) for piece in pieces]
        fixed = [self._of_itself(piece, words) for piece, words in zip(pieces, held, strict=True)]
        alone = [stands_alone(piece.text) for piece in pieces]
        left, chosen, told = set(range(len(pieces))), set[int](), dict[str, float]()
        while len(chosen) < count:
            fit = [place for place in left if (alone[place] or place - 1 in chosen) and size(pieces[place]) <= room]
            if not fit:
                break
            worth = {place: fixed[place] + CENTRAL * self._central(held[place], told) / self._most for place in fit}
            place = max(fit, key=lambda place: (worth[place], -place))
            left.remove(place)
            chosen.add(place)
            room -= size(pieces[place])
            told |= {word: TOLD * told.get(word, 1.0) for word in held[place]}
        return [pieces[place] for place in sorted(chosen)]

    def _central(self, held: set[str], told: dict[str, float]) -> float:
        return sum(self._often[word] * told.get(word, 1.0) for word in held) / (len(held) + self._damping)

    def _of_itself(self, piece: Piece, held: set[str]) -> float:
        headed = self._title.union(*(words for start, end, words in self._headings if start <= piece.start < end))
        text = piece.text.casefold()
        has_term = bool(piece.term) or "**" in text or any(term in text for term in self._terms)
        summed = any(start <= piece.start < end for start, end in self._summed)
        told = TERM * has_term + LEADS * piece.leads + SUMMED * summed + EXAMPLE * names("example", piece.text)
        return HEADED * len(headed & held) / (len(headed) or 1) + told


def size(piece: Piece) -> int:
    """In words; as many as six letters each where they are not parted."""
    words = len(piece.text.split())
    return words if piece.text.isascii() else max(words, len(piece.text) // 6)


def spread(pools: Sequence[Sequence[T]], count: int) -> list[T]:
    """`count` things, evenly over the pools and over each of them, in order."""
    shares = [0] * len(pools)
    for left, place in enumerate(sorted(range(len(pools)), key=lambda place: len(pools[place]))):
        shares[place] = min(len(pools[place]), max(0, count - sum(shares)) // (len(pools) - left))
    chosen: list[T] = []
    for pool, share in zip(pools, shares, strict=True):
        bounds = [number * len(pool) // share for number in range(share + 1)] if share else []
        chosen += [pool[start] for start, _ in pairwise(bounds)]
    return chosen
