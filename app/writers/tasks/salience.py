"""How worth telling a sentence of a part of the course is, and which of many are told. Pure functions.

A linear score. Its first four weights were fitted to how much of textbook lessons' own summaries (left out of what is read) their
sentences hold: 330 lessons of eleven books in English, Spanish, Polish and Chinese; rounded. How central a sentence is weighs most by
far. Mean vectors of the shipped encoder, length and figures added nothing, nor did a list, a box or the name of the part. What a course
asks and aims at, and each term that is not told yet, add to what is told of the summaries and to the glossary's terms (70 lessons of six
books). That nothing leans on what is not told makes it readable, at no loss.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from app.query.vocabulary import count_in, is_aims, names, plain, words
from app.types import Target
from app.writers.tasks.anaphora import antecedent_heading, has_cross_reference, has_demonstrative, stands_alone
from app.writers.tasks.content import content_sections
from app.writers.tasks.pieces import Piece, blocks_in, is_next_sentence, sections_of_kind, sentences_in, source_of
from app.writers.tasks.terms.definitions import glossary_entries
from retrieval.text.tokenize import terms
from retrieval.types import Document

CENTRAL, HEADED, TERM, LEADS = 10.0, 4.0, 2.0, 1.5  # weights, each of something in [0, 1]
SUMMED = 3.0  # more for what the course itself sums up
DAMPING = 3  # words that a sentence counts as longer than it is, so that short ones are not preferred
TOLD = 0.5  # what a word is worth after each sentence that told it
MIN_SALIENCE = 4.0  # that one has to be worth yet, unless so many were asked for
NOTHING_NEW = 0.65  # share of its words that one that is told has
EXAMPLE = -3.0  # for what says that it is an example
ASKED = 10.0  # share of words that the course asks for, or aims at
MOST_NEEDED = 1  # sentences that go before one that leans on them
LEANS = -2.0  # for a demonstrative, or a rare name that the text has introduced before and that is not told yet
FEW_NAME = 0.2  # of the sentences
NOUNS = 0.2  # share of capitals within sentences from which on they are no names

T = TypeVar("T")
_WORD = re.compile(r"\w+")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_WITHIN = re.compile(r"(?<=[\w,;)] )\w+")  # a sentence


class SalienceScorer:
    """Of the sentences of a part: how many others around it have their words, in the mean (Nenkova and Vanderwende 2005), how many words
    of their headings they have and of what the course asks or aims at, how many new terms they name, in bold or of the glossary, whether they open a
    paragraph; less where they need what was said before.
    """

    def __init__(self, document: Document, target: Target) -> None:
        every = [set(terms(piece.text)) for piece in sentences_in(document, target.start, target.end)]
        self._often = Counter(word for held in every for word in held)
        self._most = max((self._central(held, {}) for held in every), default=0.0) or 1.0
        self._headings = [(part.start, part.end, set(terms(part.path[-1]))) for part in document.sections if part.path]
        self._title = set(terms(document.title))
        self._summed = [(part.start, part.end) for part in sections_of_kind("summary", document, target)]
        self._terms = [piece.term.casefold() for piece in glossary_entries(document)]
        self._parts = _sub_parts(document, target)
        self._introduced = _introduced(document)
        self._asked = set(terms(" ".join(_asked(document))))

    def select(
        self,
        pieces: Sequence[Piece],
        count: int,
        *,
        max_words: float = math.inf,
        min_salience: float = MIN_SALIENCE,
        selected: Sequence[Piece] = (),
    ) -> list[Piece]:
        """At most `count`, and `max_words` words, in their order, of what is not `selected`: the worthiest of each sub-part, then one after the other
        the worthiest, what is told already being worth less, as long as it is worth `min_salience`; one that leans on that before it together with it.
        """
        held = [_words(piece) for piece in pieces]
        fixed = [self._of_itself(piece, words) for piece, words in zip(pieces, held, strict=True)]
        back = [has_demonstrative([plain(word) for word in words(piece.text)]) for piece in pieces]
        names_of, terms_of = list(map(self._names, pieces)), list(map(self._named_terms, pieces))
        parts = [bisect_right(self._parts, piece.start) for piece in pieces]
        again = {place for place, piece in enumerate(pieces) if piece in selected}
        with_it = [needed - again for needed in _with_what_they_lean_on(pieces)]
        left = {place for place, needed in enumerate(with_it) if needed}
        chosen, worded, covered, named, known = set[int](), dict[str, float](), set[int](), set[str](), set[str]()

        def tell(some: Sequence[Piece]) -> None:
            for one in some:
                said = _words(one)
                left.difference_update([place for place in left if is_redundant(pieces[place], said)])
                worded.update({word: TOLD * worded.get(word, 1.0) for word in said})
                covered.add(bisect_right(self._parts, one.start))
                named.update(self._names(one))
                known.update(self._named_terms(one))

        def leans(place: int) -> bool:
            before = (name for name in names_of[place] if self._introduced[name] < pieces[place].start)
            return back[place] or not named.issuperset(before)

        def worth(place: int) -> tuple[float, int]:
            new = with_it[place] - chosen
            of_all = sum(
                fixed[one]
                + CENTRAL * self._central(held[one], worded) / self._most
                + TERM * len(terms_of[one] - known)
                + LEANS * leans(one)
                for one in new
            )
            return of_all / len(new), -place

        tell(selected)
        while len(chosen) < count:
            fit = [
                place
                for place in left
                if len(chosen | with_it[place]) <= count
                and sum(word_count(pieces[one]) for one in with_it[place] - chosen) <= max_words
            ]
            if not fit:
                break
            fresh = [place for place in fit if parts[place] not in covered]
            place = max(fresh or fit, key=worth)
            if worth(place)[0] < min_salience and not fresh:
                break
            new = sorted(with_it[place] - chosen)
            chosen.update(new)
            max_words -= sum(word_count(pieces[one]) for one in new)
            tell([pieces[one] for one in new])
            left -= chosen
        return [pieces[place] for place in sorted(chosen)]

    def _central(self, held: set[str], told: dict[str, float]) -> float:
        return sum(self._often[word] * told.get(word, 1.0) for word in held) / (len(held) + DAMPING)

    def _names(self, piece: Piece) -> set[str]:
        return self._introduced.keys() & set(_WORD.findall(piece.text))

    def _named_terms(self, piece: Piece) -> set[str]:
        """Those of the glossary and in bold, else the one that it explains."""
        text = piece.text.casefold()
        return {*(term for term in self._terms if term in text), *_BOLD.findall(text)} or {piece.term} - {""}

    def _sums_up(self, piece: Piece) -> bool:
        return any(start <= piece.start < end for start, end in self._summed)

    def _of_itself(self, piece: Piece, held: set[str]) -> float:
        headed = self._title.union(*(words for start, end, words in self._headings if start <= piece.start < end))
        told = LEADS * piece.opens_paragraph + SUMMED * self._sums_up(piece)
        told += ASKED * len(held & self._asked) / (len(held) + DAMPING)
        told += EXAMPLE * names("example", piece.text)
        return HEADED * len(headed & held) / (len(headed) or 1) + told


def is_enumeration(piece: Piece) -> bool:
    """Whether it has a list, or says how many there are and which: "two kinds of knots: bends and hitches"."""
    before, colon, _ = piece.text.replace("：", ":").partition(":")
    return bool(piece.line_spans) or (bool(colon) and count_in(words(before)) > 0)


def _asked(document: Document) -> Iterator[str]:
    """Its questions, and its aims as far as these are a list: a lesson may begin below them without a heading."""
    for part in document.sections:
        if part.path and (names("quiz", part.path[-1]) or is_aims(part.path[-1])):
            told = [source_of(document, one) for one in blocks_in(document, part.start, part.end) if one.kind == "item"]
            yield from told if is_aims(part.path[-1]) else [document.text[part.start : part.end]]


def _sub_parts(document: Document, target: Target) -> list[int]:
    """Where they begin: the sections of the highest level of which it has several."""
    below = content_sections(document, target)
    levels = (
        sorted(part.start for part in below if len(part.path) == level)
        for level in sorted({len(part.path) for part in below})
    )
    return next((starts for starts in levels if len(starts) > 1), [])


def _introduced(document: Document) -> dict[str, int]:
    """Where the names are first told that no heading and few sentences have: "In Miranda's case" says nothing alone."""
    every = [(piece.start, piece.text) for piece in sentences_in(document, 0, len(document.text))]
    often = Counter(name for _, text in every for name in {word for word in _WITHIN.findall(text) if word[0].isupper()})
    if sum(often.values()) > NOUNS * sum(len(text.split()) for _, text in every):
        return {}
    headings = {word for part in document.sections for heading in part.path for word in _WORD.findall(heading)}
    rare = {name for name, count in often.items() if count <= max(2, FEW_NAME * len(every))} - headings
    rare -= {word.capitalize() for _, text in every for word in _WORD.findall(text) if word.islower()}
    return {name: start for start, text in reversed(every) for name in rare & set(_WORD.findall(text))}


def _with_what_they_lean_on(pieces: Sequence[Piece]) -> list[set[int]]:
    """Of each sentence its place and those before it in its paragraph that it leans on; none where these are missing."""
    found: list[set[int]] = []
    for place, piece in enumerate(pieces):
        before = found[-1] if place and is_next_sentence(pieces[place - 1], piece) else set[int]()
        if has_cross_reference(piece.text):
            found.append(set())
        elif stands_alone(piece.text) or antecedent_heading(piece):
            found.append({place})
        else:
            found.append(before | {place} if 0 < len(before) <= MOST_NEEDED else set())
    return found


def _words(piece: Piece) -> set[str]:
    return set(terms(f"{antecedent_heading(piece)} {piece.text}"))


def is_redundant(piece: Piece, told: set[str]) -> bool:
    """Whether it says nothing new after a sentence of these words."""
    held = set(terms(piece.text))
    return len(held & told) >= NOTHING_NEW * len(held)


def word_count(piece: Piece) -> int:
    """In words; as many as six letters each where they are not parted."""
    words = len(piece.text.split())
    return words if piece.text.isascii() else max(words, len(piece.text) // 6)


def pick_evenly(pools: Sequence[Sequence[T]], count: int) -> list[T]:
    """`count` things, evenly over the pools and over each of them, in order."""
    shares = [0] * len(pools)
    for left, place in enumerate(sorted(range(len(pools)), key=lambda place: len(pools[place]))):
        shares[place] = min(len(pools[place]), max(0, count - sum(shares)) // (len(pools) - left))
    chosen: list[T] = []
    for pool, share in zip(pools, shares, strict=True):
        bounds = [number * len(pool) // share for number in range(share + 1)] if share else []
        chosen += [pool[start] for start, _ in pairwise(bounds)]
    return chosen
