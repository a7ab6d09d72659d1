"""Misspelt words of a question, put right by the words of the course and of general English.

A word that nobody knows, in no form of it, becomes the nearest word of the course, or failing that the nearest common
one: at most one edit away (two from eight letters on; Damerau 1964: a letter more, less, wrong, or two swapped), and
with the same first letter, which is seldom mistyped (Pollock and Zamora 1984). Known are the words of the course, those
of the embedding model's vocabulary and those of pyspellchecker's list (whose only importer this is). A compound of two
common words ("docstring") counts as misspelt only where the course has a word one edit away. A word with a digit or a
capital is a name, unless it is the first. Nothing is changed in a question of several words of which less than half is
known: that is another language.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from retrieval.config import ROOT
from retrieval.text.tokenize import stem

VOCABULARY = ROOT / "retrieval" / "models" / "minilm" / "tokenizer.json"
SHORTEST, LONG = 4, 8  # letters: of a word that is looked at, of one that may have two mistakes
FEW = 2  # misspelt words that are put right whatever the others are
COMMON = 12_000  # the vocabulary's words up to this place are common ones
PART = 3  # letters of a part of a compound
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_INSIDE = re.compile(r"\w*[\d_]\w*|\S*[./\\]\w\S*")
_PLAIN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A question put right, and what was changed: (as typed, as corrected), in order."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Speller:
    """`counts`: how often the course uses each word, in lower case. Safe to use from several threads."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        vocabulary = _vocabulary()
        # a word that the course has only once may be a misprint itself
        self._course = {word: count for word, count in counts.items() if count > 1 and len(word) >= SHORTEST}
        self._common = [word for word, place in vocabulary.items() if place <= COMMON and len(word) >= SHORTEST]
        self._parts = self._course.keys() | {word for word, place in vocabulary.items() if place <= COMMON}
        self._known = counts.keys() | vocabulary.keys()
        self._stems = frozenset(map(stem, self._known))

    def correct(self, text: str) -> Spelled:
        names = " ".join(_INSIDE.findall(text))
        words = list(dict.fromkeys(_WORD.findall(text)))
        unknown = [word for word in words if not self._knows(word) and word not in names]
        if not unknown or len(unknown) > max(len(words) / 2, FEW):
            return Spelled(text)
        plain = [word for word in unknown if _PLAIN.fullmatch(word[1:] if word == words[0] else word)]
        changes = {word: found for word in plain if (found := self._nearest(word))}
        return Spelled(respell(text, tuple(changes.items())), tuple(changes.items()))

    def _knows(self, word: str) -> bool:
        lower = word.casefold()
        return len(word) < SHORTEST or "'" in word or "’" in word or self._is_word(lower)

    def _is_word(self, word: str) -> bool:
        return word in self._known or stem(word) in self._stems or bool(_english().known([word]))

    def _is_common(self, word: str) -> bool:
        return word in self._parts or stem(word) in self._parts

    def _nearest(self, word: str) -> str:
        """The course's words before common ones, the nearest first, then the most used; empty where there is none."""
        lower = word.casefold()
        compound = any(
            self._is_common(lower[:cut]) and self._is_common(lower[cut:]) for cut in range(PART, len(lower) - PART + 1)
        )
        edits = 2 if len(lower) >= LONG and not compound else 1
        near = [(edit, -self._course[other], other) for edit, other in _near(lower, list(self._course), edits)]
        if not near and not compound:
            near = [(edit, at, other) for at, (edit, other) in enumerate(_near(lower, self._common, edits))]
        return min(near)[2] if near else ""


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


def _near(word: str, choices: list[str], edits: int) -> list[tuple[int, str]]:
    """(edits, word) of those within `edits` (optimal string alignment) and with the same first letter, in their order."""
    found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=edits, limit=None)
    return [(int(edit), other) for other, edit, _ in sorted(found, key=lambda item: item[2]) if other[0] == word[0]]


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, int]:
    """Whole words of the embedding model's vocabulary and their places, the most common first."""
    pieces = json.loads(VOCABULARY.read_text(encoding="utf-8"))["model"]["vocab"]
    return {word: place for word, place in pieces.items() if len(word) > 1 and re.fullmatch("[a-z]+", word)}


@lru_cache(maxsize=1)
def _english() -> SpellChecker:
    return SpellChecker(language="en", distance=1)
