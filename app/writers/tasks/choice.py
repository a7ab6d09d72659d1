"""How worth telling a sentence of a part of the course is, and which of many are told. Pure functions.

A linear score. Its first four weights were fitted to how much of textbook lessons' own summaries (left out of what is read) their
sentences hold: 330 lessons of eleven books in English, Spanish, Polish and Chinese; rounded. How central a sentence is weighs most by
far. Mean vectors of the shipped encoder, length and figures added nothing. The others make what is told readable, and were held against
280 lessons of six further books: together they do not lower how much of the summaries is told.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from app.query.vocabulary import count_in, names, plain, words
from app.types import Target
from app.writers.tasks.definitions import glossary
from app.writers.tasks.material import Piece, boxes_of, own, points_back, points_elsewhere, sentences, stands_alone
from retrieval.text.tokenize import terms
from retrieval.types import Document

CENTRAL, HEADED, TERM, LEADS = 10.0, 4.0, 1.0, 1.5  # weights, each of something in [0, 1]
BOLD = 1.0  # times a term, for one in bold
SUMMED = 3.0  # more for what the course itself sums up
EXAMPLE = -3.0  # for what says that it is an example
DAMPING = 3  # words that a sentence counts as longer than it is, so that short ones are not preferred
COVERING = 30  # where all are worth telling and only their number counts: so that those are told that tell more
TOLD = 0.5  # what a word is worth after each sentence that told it
LEAST = 4.0  # that one has to be worth yet, unless so many were asked for
NOTHING_NEW = 0.65  # share of its words that one that is told has
CONTEXT = 1000  # words among which it is counted how many sentences have a word
SUBJECT = 1.0  # to begin with the name of the part
FIRST_WORDS = 6
LISTS = 1.0  # with a list
EARLY = 1.5  # in the first paragraph of a section, half of it in the second
BOXED = -4.0  # in a box beside the text
LEANS = -2.0  # for a demonstrative, or a name that the text has introduced before and few sentences have
FEW_NAME = 0.2  # of the sentences
NOUNS = 0.2  # share of capitals within sentences from which on they are no names

T = TypeVar("T")
_WITHIN = re.compile(r"(?<=[\w,;)] )\w+")  # a sentence


class Worth:
    """Of the sentences of a part: how many others around it have their words, in the mean (Nenkova and Vanderwende 2005), how many words
    of their headings they have, whether they name a term, in bold or of the glossary, open a paragraph, stand early, begin with the name
    of the part or enumerate; less where they need what was said before.
    """

    def __init__(self, document: Document, target: Target, *, damping: int = DAMPING) -> None:
        self._damping = damping
        start, end = _around(document, target)
        every = [set(terms(piece.text)) for piece in sentences(document, start, end)]
        self._often = Counter(word for held in every for word in held)
        self._most = max((self._central(held, {}) for held in every), default=0.0) or 1.0
        self._headings = [(part.start, part.end, set(terms(part.path[-1]))) for part in document.sections if part.path]
        self._title = set(terms(document.title))
        self._summed = [(part.start, part.end) for part in own("summary", document, target)]
        self._name = set(terms(target.path[-1]))
        self._boxes = [(part.start, part.end) for part in boxes_of(document, target)]
        self._terms = [piece.term.casefold() for piece in glossary(document)]
        self._paragraphs = [block.start for block in document.blocks]
        self._introduced = _introduced(document)

    def best(self, pieces: Sequence[Piece], count: int, *, room: float = math.inf, least: float = LEAST) -> list[Piece]:
        """At most `count`, and `room` words, in their order: one after the other the worthiest, what is told already being worth less,
        as long as it is worth `least`; none that leans on one before it which is not told.
        """
        held = [set(terms(piece.text)) for piece in pieces]
        fixed = [self._of_itself(piece, words) for piece, words in zip(pieces, held, strict=True)]
        alone = [stands_alone(piece.text) for piece in pieces]
        after = [bool(place) and _goes_on(*pieces[place - 1 : place + 1]) for place in range(len(pieces))]
        left = {place for place, piece in enumerate(pieces) if not points_elsewhere(piece.text)}
        chosen, told = set[int](), dict[str, float]()

        def worth(place: int) -> tuple[float, int]:
            return fixed[place] + CENTRAL * self._central(held[place], told) / self._most, -place

        while len(chosen) < count:
            fit = [
                place
                for place in left
                if (alone[place] or (after[place] and place - 1 in chosen)) and size(pieces[place]) <= room
            ]
            if not fit:
                break
            place = max(fit, key=worth)
            if worth(place)[0] < least:
                break
            left = {one for one in left if one != place and not is_in(pieces[one], held[place])}
            chosen.add(place)
            room -= size(pieces[place])
            told |= {word: TOLD * told.get(word, 1.0) for word in held[place]}
        return [pieces[place] for place in sorted(chosen)]

    def _central(self, held: set[str], told: dict[str, float]) -> float:
        return sum(self._often[word] * told.get(word, 1.0) for word in held) / (len(held) + self._damping)

    def _sums_up(self, piece: Piece) -> bool:
        return any(start <= piece.start < end for start, end in self._summed)

    def _of_itself(self, piece: Piece, held: set[str]) -> float:
        headed = self._title.union(*(words for start, end, words in self._headings if start <= piece.start < end))
        text = piece.text.casefold()
        has_term = (bool(piece.term) or any(term in text for term in self._terms)) + BOLD * ("**" in text)
        told = (
            TERM * has_term
            + LEADS * piece.leads
            + SUMMED * self._sums_up(piece)
            + LISTS * enumerates(piece)
            + EXAMPLE * names("example", piece.text)
        )
        leans = points_back([plain(word) for word in words(piece.text)]) or any(
            self._introduced.get(name, piece.start) < piece.start for name in _named(piece.text)
        )
        begun = set(terms(" ".join(piece.text.split()[:FIRST_WORDS])))
        below = max((start for start, end, _ in self._headings if start <= piece.start < end), default=0)
        nth = bisect_right(self._paragraphs, piece.start) - bisect_right(self._paragraphs, below)
        told += EARLY / max(1, nth)
        told += SUBJECT * len(begun & self._name) / (len(self._name) or 1)
        told += BOXED * any(start <= piece.start < end for start, end in self._boxes)
        return HEADED * len(headed & held) / (len(headed) or 1) + LEANS * leans + told


def enumerates(piece: Piece) -> bool:
    """Whether it has a list, or says how many there are and which: "two kinds of knots: bends and hitches"."""
    before, colon, _ = piece.text.replace("：", ":").partition(":")
    return bool(piece.lines) or (bool(colon) and count_in(words(before)) > 0)


def _around(document: Document, target: Target) -> tuple[int, int]:
    """The smallest part that holds the target and has CONTEXT words, else the document."""
    holding = [
        (part.start, part.end) for part in document.sections if part.start <= target.start and target.end <= part.end
    ]
    large = [
        one for one in [*holding, (target.start, target.end)] if len(document.text[slice(*one)].split()) >= CONTEXT
    ]
    return min(large, key=lambda one: one[1] - one[0], default=(0, len(document.text)))


def _named(text: str) -> set[str]:
    """The words with a capital within a sentence."""
    return {word for word in _WITHIN.findall(text) if word[0].isupper()}


def _introduced(document: Document) -> dict[str, int]:
    """Where the names are first told that no heading and few sentences have: "In Miranda's case" says nothing alone."""
    every = list(sentences(document, 0, len(document.text)))
    named = [(piece.start, _named(piece.text)) for piece in every]
    often = Counter(name for _, held in named for name in held)
    if sum(often.values()) > NOUNS * sum(len(piece.text.split()) for piece in every):
        return {}
    headings = set(re.findall(r"\w+", " ".join(word for part in document.sections for word in part.path)))
    rare = {name for name, count in often.items() if count <= max(2, FEW_NAME * len(every))} - headings
    return {name: start for start, held in reversed(named) for name in held & rare}


def _goes_on(before: Piece, piece: Piece) -> bool:
    """Whether it is the next sentence of the same paragraph."""
    return not piece.leads and not before.document.text[before.end : piece.start].strip()


def is_in(piece: Piece, told: set[str]) -> bool:
    """Whether it says nothing new after a sentence of these words."""
    held = set(terms(piece.text))
    return len(held & told) >= NOTHING_NEW * len(held)


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
