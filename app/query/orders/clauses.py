"""Clauses of a text, and runs of words that are all of one kind."""

import re
from collections.abc import Collection, Sequence

from app.query.vocabulary import first_count, plain, vocabulary
from retrieval.text.tokenize import STOP_WORDS, stem

SENTENCE_BOUNDARY = re.compile(r"(?<=[.!?…])(?<!\bv\.)(?<!\bvs\.)\s+|(?<=[。！？])")
CLAUSE_BOUNDARY = re.compile(rf"{SENTENCE_BOUNDARY.pattern}|[,:;]\s|[，：；]|\s[–—-]+\s|\s(?=[(（])")

Words = Sequence[re.Match[str]]


def clauses_around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after `text[start:end]` in the same clause."""
    return CLAUSE_BOUNDARY.split(text[:start])[-1], CLAUSE_BOUNDARY.split(text[end:])[0]


def sentence_before(text: str, end: int) -> str:
    """What stands before an offset in the same sentence."""
    return SENTENCE_BOUNDARY.split(text[:end])[-1]


def filler_words() -> frozenset[str]:
    """Words that may stand beside the name of a task without saying what it is about: "please give me a short ... of"."""
    return vocabulary("of", "around", "openers")


def filler_or_stop_words() -> frozenset[str]:
    return filler_words() | STOP_WORDS


def count_leading(found: Words, among: Collection[str], *, numbers: bool = True) -> int:
    """How many of the first words are `among` these, as they stand or by their stem ("giving" is "give"), or, with `numbers`, numbers."""
    for place, word in enumerate(found):
        if not ({plain(word), stem(plain(word))} & set(among) or (numbers and first_count([word]))):
            return place
    return len(found)


def consists_of(found: Words, among: Collection[str]) -> bool:
    """Whether all words are `among` these, or numbers."""
    return count_leading(found, among) == len(found)
