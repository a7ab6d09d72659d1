"""Misspelt words of a question, put right by the words of the course; when in doubt a word is left as it is.

A word that is in no list becomes the nearest word of the course with the same first letter, which is seldom mistyped (Pollock
and Zamora 1984), where the way from one to the other looks like a slip: one edit (two from eight letters on; Damerau 1964: a
letter more, less, wrong, or two swapped), and a wrong letter is a neighbour on the keyboard or a vowel for a vowel. Two
edits never concern the ending alone: that is another form or another language.

Known are the words of the course in any form, and those of pyspellchecker's list (whose only importer this is) of the
languages that the course is in; for a language without a list nothing is put right. Capitalised words and words with digits are
names. A question of which less than half is known is in another language.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein
from spellchecker import SpellChecker

from retrieval.text.tokenize import ENGLISH, stem

LISTED = frozenset({ENGLISH, "de", "es", "fr", "it", "nl", "pt"})  # languages in Latin letters that pyspellchecker has
SHORTEST, LONG = 4, 8  # letters: of a word that is looked at, of one that may have two mistakes
PART = 3  # letters of a part of a compound
ENDING = 2  # letters
VOWELS = frozenset("aeiouy")
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
STAGGER = (0.0, 0.3, 0.8)  # of the keyboard's rows, in keys
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_INSIDE = re.compile(r"\w*[\d_]\w*|\S*[./\\]\w\S*")
# British to American spelling, which is what the English list has
_AMERICAN = (
    (re.compile(r"is(?=(?:e|ed|es|er|ers|ing|ation|ations|able)$)"), "iz"),
    (re.compile(r"ys(?=(?:e|ed|es|er|ers|ing)$)"), "yz"),
    (re.compile(r"our"), "or"),
    (re.compile(r"tre(?=s?$)"), "ter"),
    (re.compile(r"ence(?=s?$)"), "ense"),
    (re.compile(r"ogue"), "og"),
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"mme(?=s?$)"), "m"),
)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A question put right, and what was changed: (as typed, as corrected), in order."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Speller:
    """`counts`: how often the course uses each word, in lower case; `languages`: that it is in. Safe to use from several threads."""

    def __init__(self, counts: Mapping[str, int], languages: Sequence[str] = (ENGLISH,)) -> None:
        self._languages = tuple(languages)
        self._known = counts.keys()
        self._stems = frozenset(stem(word, language) for word in counts for language in languages)
        # a word that the course has only once may be a misprint itself
        self._course = {word: count for word, count in counts.items() if count > 1 and len(word) >= SHORTEST}
        self._choices = list(self._course)

    def correct(self, text: str) -> Spelled:
        if not LISTED.issuperset(self._languages):
            return Spelled(text)
        words = list(dict.fromkeys(_WORD.findall(text)))
        unknown = [word for word in words if not self.knows(word)]
        if not unknown or 2 * len(unknown) > len(words):
            return Spelled(text)
        names = " ".join(_INSIDE.findall(text))
        plain = [word for word in unknown if word.islower() and word not in names]
        changes = {word: found for word in plain if (found := self._nearest(word))}
        return Spelled(respell(text, tuple(changes.items())), tuple(changes.items()))

    def knows(self, word: str) -> bool:
        """Whether it is of the course or its languages, or too short to tell."""
        return len(word) < SHORTEST or "'" in word or "’" in word or self._is_word(word.casefold())

    def _is_word(self, word: str) -> bool:
        if word in self._known or not self._stems.isdisjoint(stem(word, language) for language in self._languages):
            return True
        forms = {word, american(word), word.removesuffix("s")}
        return any(_listed(language).known(forms) for language in self._languages if language in LISTED)

    def _is_compound(self, word: str) -> bool:
        cuts = range(PART, len(word) - PART + 1)
        return any(self._is_word(word[:cut]) and self._is_word(word[cut:]) for cut in cuts)

    def _nearest(self, word: str) -> str:
        """The nearest of the course's words that it may be a slip for, of equals the most used; empty where there is none."""
        edits = 2 if len(word) >= LONG and not self._is_compound(word) else 1
        found = process.extract(word, self._choices, scorer=OSA.distance, score_cutoff=edits, limit=None)
        near = [(edit, -self._course[other], other) for other, edit, _ in found if is_slip(word, other)]
        return min(near)[2] if near else ""


def is_slip(typed: str, meant: str) -> bool:
    """Whether one may be mistyped for the other.

    >>> is_slip("contwxt", "context"), is_slip("wann", "want"), is_slip("decidendi", "decided")
    (True, False, False)
    """
    edits = OSA.distance(typed, meant)
    if typed[:1] != meant[:1] or (edits > 1 and typed[-ENDING:] != meant[-ENDING:]):
        return False
    straight = _unswapped(typed, meant)
    wrong = [edit for edit in Levenshtein.editops(straight, meant) if edit.tag == "replace"]
    return all(_near(straight[edit.src_pos], meant[edit.dest_pos]) for edit in wrong)


def _unswapped(typed: str, meant: str) -> str:
    """`typed` with each two neighbours put back that were swapped: without swaps, that costs two edits less."""
    for at in range(len(typed) - 1):
        swap = typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :]
        if Levenshtein.distance(swap, meant) <= Levenshtein.distance(typed, meant) - 2:
            typed = swap
    return typed


def _near(one: str, other: str) -> bool:
    return {one, other} <= VOWELS or other in _neighbours().get(one, "")


def american(word: str) -> str:
    """
    >>> american("summarise"), american("behaviour"), american("centre")
    ('summarize', 'behavior', 'center')
    """
    for british, ending in _AMERICAN:
        word = british.sub(ending, word)
    return word


def respell(text: str, changes: Iterable[tuple[str, str]]) -> str:
    """`text` with each word that is among the changes, (typed, meant), replaced.

    >>> respell("a contxt, a context", [("contxt", "context")])
    'a context, a context'
    """
    meant = dict(changes)
    return _WORD.sub(lambda match: meant.get(match[0], match[0]), text)


def count_words(texts: Iterable[str]) -> dict[str, int]:
    """How often each word of letters stands in the texts, in lower case, most frequent first, ties by word."""
    counts = Counter(word.casefold() for text in texts for word in _WORD.findall(text))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@lru_cache(maxsize=1)
def _neighbours() -> Mapping[str, str]:
    """The letters that lie beside and across from each."""
    place = {
        key: (at + shift, row)
        for row, (keys, shift) in enumerate(zip(KEYBOARD, STAGGER, strict=True))
        for at, key in enumerate(keys)
    }
    return {
        one: "".join(
            other for other, (x, y) in place.items() if abs(x - place[one][0]) <= 1 and abs(y - place[one][1]) <= 1
        )
        for one in place
    }


@lru_cache(maxsize=len(LISTED))
def _listed(language: str) -> SpellChecker:
    return SpellChecker(language=language, distance=1)
