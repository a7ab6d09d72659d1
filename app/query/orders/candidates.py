"""The runs of words beside the name of a task that may mention what it is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from app.query.orders.clauses import (
    CLAUSE_BOUNDARY,
    SENTENCE_BOUNDARY,
    Words,
    clauses_around,
    consists_of,
    count_leading,
    filler_or_stop_words,
    filler_words,
)
from app.query.orders.recognition import TaskName
from app.query.vocabulary import plain, vocabulary, words
from retrieval.text.tokenize import terms

MAX_DISTANCE = 8  # words between the name of a task and a mention
MAX_WORDS = 12  # more in which a mention has to end


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of words of a text before or after the name of the task, and the words `between` the two."""

    text: str
    start: int
    end: int
    is_after: bool
    between: Words

    @property
    def is_adjacent(self) -> bool:
        """Whether nothing that says something stands between it and the task's name."""
        return consists_of(self.between, filler_or_stop_words())

    @property
    def begins_with_filler(self) -> bool:
        """Whether its first word may belong to the order: "explain tides"."""
        return plain(words(self.text)[0]) in filler_words()

    @property
    def size(self) -> int:
        """How many different terms it has."""
        return len(set(terms(self.text)))

    def contains(self, other: "Candidate") -> bool:
        return self.start <= other.start and other.end <= self.end


def find_candidates(text: str, name: TaskName) -> list[Candidate]:
    """Those after the task's name, then those before it, each the longest first."""
    return [*_on_side(text, name, is_after=True), *_on_side(text, name, is_after=False)]


def _on_side(text: str, name: TaskName, *, is_after: bool) -> Iterator[Candidate]:
    """Runs within one sentence that begin and end with a word that says something."""
    if is_after:
        side = [word for word in words(text) if word.start() >= name.end][: MAX_DISTANCE + MAX_WORDS]
    else:
        side = [word for word in words(text) if word.end() <= name.start][-MAX_DISTANCE - MAX_WORDS :]
    may_end = [_may_end_mention(word) for word in side]
    places = range(len(side))
    for first, last in sorted(product(places, places), key=lambda ends: ends[0] - ends[1]):
        run, between = side[first : last + 1], side[:first] if is_after else side[last + 1 :]
        if not run or not (may_end[first] and may_end[last]):
            continue
        start, end = run[0].start(), run[-1].end()
        is_far = sum(word.group()[0].isalnum() for word in between) > MAX_DISTANCE
        if not (is_far or SENTENCE_BOUNDARY.search(text[start:end]) or _has_count(run)):
            yield Candidate(text[start:end], start, end, is_after, between)


def _may_end_mention(word: re.Match[str]) -> bool:
    is_name = plain(word) in vocabulary("parts", "course", "whole", "this") or bool(terms(word.group()))
    return is_name and plain(word) not in vocabulary("of", "around", "joiners")


def _has_count(run: Words) -> bool:
    """Whether a number at one of its ends counts something: "2 weeks", "rivers, 5 would do"; one word and a number may name a file."""
    has_part_word = len(run) == 2 or not vocabulary("parts").isdisjoint(map(plain, run))
    return run[0].group().isdecimal() or (run[-1].group().isdecimal() and not has_part_word)


def is_in_clause(candidate: Candidate, text: str, name: TaskName) -> bool:
    """Whether it stands in the clause of the task's name, or is all that the next clause on its side says; before the task's name several
    terms will do ("tides and waves: key points").
    """
    if CLAUSE_BOUNDARY.search(candidate.text):
        return False
    gap = text[name.end : candidate.start] if candidate.is_after else text[candidate.end : name.start]
    if not CLAUSE_BOUNDARY.search(gap):
        return True
    clause = words(
        CLAUSE_BOUNDARY.split(text[candidate.start :])[0]
        if candidate.is_after
        else CLAUSE_BOUNDARY.split(text[: candidate.end])[-1]
    )
    fills_clause = count_leading(clause, filler_or_stop_words()) + len(words(candidate.text)) >= len(clause)
    if candidate.is_after:
        return fills_clause and consists_of(words(clauses_around(text, name.start, name.end)[0]), filler_words())
    return fills_clause or candidate.size > 1
