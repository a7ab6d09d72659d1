"""Salience of the sentences of a part of the course, and which of them make up a summary. Pure functions.

A linear score and a greedy selection that discounts words already said. The first four weights were fitted to how much of textbook lessons'
own summaries (left out of what is read) the sentences hold: 330 lessons of eleven books in English, Spanish, Polish and Chinese; rounded.
Centrality weighs most by far. Mean vectors of the shipped encoder, length and figures added nothing, nor did a list, a box or the name of
the part. What a course asks and aims at, and each term that is not mentioned yet, raise the recall of the summaries and of the glossaries'
terms (70 lessons of six books). The penalty on sentences that need context makes the result readable, at no loss.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from app.query.vocabulary import announces_task, first_count, is_objectives_heading, plain, words
from app.types import Target
from app.writers.tasks.anaphora import antecedent_heading, has_cross_reference, has_demonstrative, stands_alone
from app.writers.tasks.content import content_sections
from app.writers.tasks.pieces import Piece, blocks_in, is_next_sentence, sections_of_kind, sentences_in, source_of
from app.writers.tasks.terms.definitions import glossary_entries
from retrieval.text.tokenize import terms
from retrieval.types import Document

# Weights, each of something in [0, 1] or of a count of terms.
CENTRALITY, HEADING_OVERLAP, NEW_TERM, PARAGRAPH_OPENING = 10.0, 4.0, 2.0, 1.5
IN_OWN_SUMMARY = 3.0
QUESTION_OVERLAP = 10.0  # with what the course asks or aims at
EXAMPLE = -3.0  # it says that it is an example
NEEDS_CONTEXT = -2.0  # a demonstrative, or a rare name that was introduced in a sentence that is not selected

LENGTH_DAMPING = 3  # words added to a sentence's length, so that short ones are not preferred
SAID_DISCOUNT = 0.5  # of the weight of a word, for each selected sentence that has it
MIN_SALIENCE = 4.0  # of a sentence, unless a number of sentences was asked for
REDUNDANT_SHARE = 0.75  # of a sentence's words in one that is selected
MAX_ANTECEDENTS = 1  # sentences that are selected along with one that depends on them
MAX_NAME_SHARE = 0.2  # of a document's sentences that have a name that is not its subject
MAX_CAPITALS_SHARE = 0.2  # of words within sentences; where more have capitals (German nouns) these show no names
LETTERS_A_WORD = 6  # where words are not separated by spaces

T = TypeVar("T")
_WORD = re.compile(r"\w+")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_WORD_WITHIN_SENTENCE = re.compile(r"(?<=[\w,;)] )\w+")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A piece with what its salience is computed from; `base` is the part of that which does not depend on what is selected."""

    piece: Piece
    words: set[str]
    names: set[str]
    mentioned_terms: set[str]
    has_demonstrative: bool
    sub_part: int
    base: float


@dataclass(slots=True)
class _Selected:
    """What the selected pieces have said: words (with the weight that is left to them), names, terms, and their sub-parts."""

    weights: dict[str, float] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)
    sub_parts: set[int] = field(default_factory=set)

    def add(self, candidate: _Candidate) -> None:
        self.weights.update({word: SAID_DISCOUNT * self.weights.get(word, 1.0) for word in candidate.words})
        self.names |= candidate.names
        self.terms |= candidate.mentioned_terms
        self.sub_parts.add(candidate.sub_part)


class SalienceScorer:
    """Scores the pieces of a part of the course and selects the most salient.

    A piece scores by its centrality (the mean number of sentences of the part that have its words: Nenkova and Vanderwende 2005), by the words
    it shares with its headings and with what the course asks or aims at, by the new terms it mentions, in bold or of the glossary, and if it
    opens a paragraph or is in the course's own summary; it loses if it needs context or is an example.
    """

    def __init__(self, document: Document, target: Target) -> None:
        sentences = [set(terms(piece.text)) for piece in sentences_in(document, target.start, target.end)]
        self._sentence_counts = Counter(word for sentence in sentences for word in sentence)
        self._max_centrality = max((self._centrality(sentence, {}) for sentence in sentences), default=0.0) or 1.0
        self._headings = [(part.start, part.end, set(terms(part.path[-1]))) for part in document.sections if part.path]
        self._title = set(terms(document.title))
        self._summaries = [(part.start, part.end) for part in sections_of_kind("summary", document, target)]
        self._glossary_terms = [piece.term.casefold() for piece in glossary_entries(document)]
        self._sub_part_starts = _sub_part_starts(document, target)
        self._introductions = _rare_names(document)
        self._asked = set(terms(" ".join(_questions_and_aims(document))))

    def select(
        self,
        pieces: Sequence[Piece],
        count: int,
        *,
        max_words: float = math.inf,
        min_salience: float = MIN_SALIENCE,
        selected: Sequence[Piece] = (),
    ) -> list[Piece]:
        """At most `count` pieces of at most `max_words` words in all, in their order, besides those that are `selected` already.

        First the most salient of each sub-part, then one by one the most salient of all, as long as it scores `min_salience`. A piece that
        depends on the sentence before it is selected together with that, by their mean salience.
        """
        candidates = list(map(self._candidate, pieces))
        known = {place for place, piece in enumerate(pieces) if piece in selected}
        required = [places - known for places in _with_antecedents(pieces)]
        remaining = {place for place, places in enumerate(required) if places}
        chosen, said = set[int](), _Selected()

        def add(added: Iterable[_Candidate]) -> None:
            for candidate in added:
                said.add(candidate)
                remaining.difference_update([one for one in remaining if is_redundant(pieces[one], candidate.words)])

        def fits(place: int) -> bool:
            size = sum(word_count(pieces[one]) for one in required[place] - chosen)
            return len(chosen | required[place]) <= count and size <= max_words

        def salience(place: int) -> float:
            new = required[place] - chosen
            return sum(self._salience(candidates[one], said) for one in new) / len(new)

        add(map(self._candidate, selected))
        while len(chosen) < count and (fitting := list(filter(fits, remaining))):
            uncovered = [place for place in fitting if candidates[place].sub_part not in said.sub_parts]
            best = max(uncovered or fitting, key=lambda place: (salience(place), -place))
            if not uncovered and salience(best) < min_salience:
                break
            new = sorted(required[best] - chosen)
            chosen.update(new)
            max_words -= sum(word_count(pieces[place]) for place in new)
            add(candidates[place] for place in new)
            remaining -= chosen
        return [pieces[place] for place in sorted(chosen)]

    def _salience(self, candidate: _Candidate, said: _Selected) -> float:
        """The score of a candidate in view of what is said already."""
        return (
            candidate.base
            + CENTRALITY * self._centrality(candidate.words, said.weights) / self._max_centrality
            + NEW_TERM * len(candidate.mentioned_terms - said.terms)
            + NEEDS_CONTEXT * self._needs_context(candidate, said)
        )

    def _centrality(self, sentence: set[str], weights: dict[str, float]) -> float:
        return sum(self._sentence_counts[word] * weights.get(word, 1.0) for word in sentence) / _damped_length(sentence)

    def _needs_context(self, candidate: _Candidate, said: _Selected) -> bool:
        piece = candidate.piece
        introduced_before = {name for name in candidate.names if self._introductions[name] < piece.start}
        return candidate.has_demonstrative or not introduced_before <= said.names

    def _candidate(self, piece: Piece) -> _Candidate:
        piece_words = set(terms(f"{antecedent_heading(piece)} {piece.text}"))
        return _Candidate(
            piece,
            piece_words,
            self._introductions.keys() & set(_WORD.findall(piece.text)),
            self._mentioned_terms(piece),
            has_demonstrative([plain(word) for word in words(piece.text)]),
            bisect_right(self._sub_part_starts, piece.start),
            self._base(piece, piece_words),
        )

    def _mentioned_terms(self, piece: Piece) -> set[str]:
        """Those of the glossary and those in bold; without any, the term that the piece defines."""
        text = piece.text.casefold()
        return {*(term for term in self._glossary_terms if term in text), *_BOLD.findall(text)} or {piece.term} - {""}

    def _base(self, piece: Piece, piece_words: set[str]) -> float:
        headings = (heading for start, end, heading in self._headings if start <= piece.start < end)
        heading_words = self._title.union(*headings)
        is_in_summary = any(start <= piece.start < end for start, end in self._summaries)
        base = PARAGRAPH_OPENING * piece.opens_paragraph + IN_OWN_SUMMARY * is_in_summary
        base += QUESTION_OVERLAP * len(piece_words & self._asked) / _damped_length(piece_words)
        base += EXAMPLE * announces_task("example", piece.text)
        return HEADING_OVERLAP * len(heading_words & piece_words) / (len(heading_words) or 1) + base


def is_enumeration(piece: Piece) -> bool:
    """Whether it has a list, or says how many there are and which: "two kinds of knots: bends and hitches"."""
    before, colon, _ = piece.text.replace("：", ":").partition(":")
    return bool(piece.line_spans) or (bool(colon) and first_count(words(before)) > 0)


def is_redundant(piece: Piece, said: set[str]) -> bool:
    """Whether a piece says nothing new after one with these words."""
    piece_words = set(terms(piece.text))
    return len(piece_words & said) >= REDUNDANT_SHARE * len(piece_words)


def word_count(piece: Piece) -> int:
    """Its words; where the script does not separate them at least as many as its letters make."""
    count = len(piece.text.split())
    return count if piece.text.isascii() else max(count, len(piece.text) // LETTERS_A_WORD)


def pick_evenly(pools: Sequence[Sequence[T]], count: int) -> list[T]:
    """`count` things, as many from each pool as far as it has them, spread evenly over it, in order."""
    shares = [0] * len(pools)
    by_size = sorted(range(len(pools)), key=lambda place: len(pools[place]))
    for done, place in enumerate(by_size):
        shares[place] = min(len(pools[place]), max(0, count - sum(shares)) // (len(pools) - done))
    picked: list[T] = []
    for pool, share in zip(pools, shares, strict=True):
        bounds = [number * len(pool) // share for number in range(share + 1)] if share else []
        picked += [pool[start] for start, _ in pairwise(bounds)]
    return picked


def _damped_length(words: set[str]) -> int:
    return len(words) + LENGTH_DAMPING


def _questions_and_aims(document: Document) -> Iterator[str]:
    """The texts of its quizzes, and of its aims the list items: a lesson may begin below the aims without a heading of its own."""
    for section in document.sections:
        if section.path and is_objectives_heading(section.path[-1]):
            blocks = blocks_in(document, section.start, section.end)
            yield from (source_of(document, block) for block in blocks if block.kind == "item")
        elif section.path and announces_task("quiz", section.path[-1]):
            yield document.text[section.start : section.end]


def _sub_part_starts(document: Document, target: Target) -> list[int]:
    """Where the sub-parts begin: the sections of the highest level that has several."""
    sections = content_sections(document, target)
    for level in sorted({len(section.path) for section in sections}):
        starts = sorted(section.start for section in sections if len(section.path) == level)
        if len(starts) > 1:
            return starts
    return []


def _rare_names(document: Document) -> dict[str, int]:
    """Names that no heading and few sentences have, each with the start of the sentence that introduces it.

    "In Miranda's case" says nothing without the sentence that introduces Miranda. Names are words with a capital within a sentence that the
    document never has without one.
    """
    sentences = [(piece.start, piece.text) for piece in sentences_in(document, 0, len(document.text))]
    counts = Counter(
        name
        for _, text in sentences
        for name in {word for word in _WORD_WITHIN_SENTENCE.findall(text) if word[0].isupper()}
    )
    if counts.total() > MAX_CAPITALS_SHARE * sum(len(text.split()) for _, text in sentences):
        return {}
    in_headings = {word for part in document.sections for heading in part.path for word in _WORD.findall(heading)}
    lower_case = {word for _, text in sentences for word in _WORD.findall(text) if word.islower()}
    max_count = max(2, MAX_NAME_SHARE * len(sentences))
    rare = {name for name, count in counts.items() if count <= max_count} - in_headings
    rare -= {word.capitalize() for word in lower_case}
    return {name: start for start, text in reversed(sentences) for name in rare & set(_WORD.findall(text))}


def _with_antecedents(pieces: Sequence[Piece]) -> list[set[int]]:
    """For each piece its place and those of the sentences before it in the paragraph that it depends on.

    None for a piece that cannot be selected: it refers to another place, or what it depends on is missing or too much.
    """
    required: list[set[int]] = []
    for place, piece in enumerate(pieces):
        is_next = place > 0 and is_next_sentence(pieces[place - 1], piece)
        before = required[-1] if is_next else set[int]()
        if has_cross_reference(piece.text):
            required.append(set())
        elif stands_alone(piece.text) or antecedent_heading(piece):
            required.append({place})
        else:
            required.append(before | {place} if 0 < len(before) <= MAX_ANTECEDENTS else set())
    return required
