"""Which language a text or a document is in, and whether it is in any at all: by its script where that tells, else by py3langid
(its only importer; loaded when it is needed, which takes half a second)."""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from retrieval.text.tokenize import ENGLISH
from retrieval.types import Document

_SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "GUJARATI": "gu",
    "ARABIC": "ar",
    "HEBREW": "he",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "THAI": "th",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
}
_SEVERAL = frozenset({"en", "ru", "ar", "hi"})  # codes that stand for a script of several languages
_LETTERS = 200  # by which the script is known
_loading = Lock()  # who comes while it is loaded waits for it
_SAMPLE = 20_000  # characters
_BYTES = 256
ENOUGH, SAMPLE = 200, 4000  # characters of prose: below which nothing is guessed, and how many are looked at
SURE = 0.7  # probability from which a guess counts: below are short or mixed texts, and code
PROSE = ("paragraph", "item", "heading")
_LEAST_WORDS = 20
_WORD = re.compile(r"[^\W\d_]{4,}")
_VOWELS = frozenset("aeiouyœæøıαεηιουωаеёиоуыэюяіїє")
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC")
_UNSPEAKABLE = re.compile(r"v{4}|c{4}|^c*$")  # of vowels and consonants
_MOST_UNSPEAKABLE = 0.2  # English and French 0.01, German 0.07, Greek 0.1; English with letters shifted 0.23 to 0.9
_MOST_UNKNOWN = 0.2  # of the characters
_CODE = frozenset("\\{}[]=_<>|#;@$&^~+*/")
_MOST_CODE = 0.03  # of the characters: more are no prose


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language that most of a text is in."""
    script = by_script(text)
    return identify(text[:_SAMPLE])[0] if script in _SEVERAL and text.strip() else script


def by_script(text: str) -> str:
    """The commonest language of the script that most letters are in; kana makes Japanese of Chinese characters."""
    letters = [char for char in text[: 10 * _LETTERS] if char.isalpha()][:_LETTERS]
    if all(char < "\u0370" for char in letters):
        return "en"
    scripts = Counter(_SCRIPTS.get(unicodedata.name(char, "").partition(" ")[0], "en") for char in letters)
    if scripts["ja"] and scripts["ja"] + scripts["zh"] > len(letters) / 2:
        return "ja"
    return scripts.most_common(1)[0][0]


def identify(text: str, *, among: Collection[str] = ()) -> tuple[str, float]:
    """ISO 639-1 code (639-3 where there is none), and its probability in [0, 1], among all of the model or those named.

    Among fewer a short text is told better; one that is a dialect of another there would make both unsure.
    """
    with _loading:
        identifier = _identifier(frozenset(among))
    language, probability = identifier.classify(text)
    return str(language), float(probability)


@lru_cache(maxsize=2)
def _identifier(among: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    weights, priors, classes, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    kept = [column for column, name in enumerate(classes) if not among or name in among]
    return LanguageIdentifier(
        weights[:, kept],
        priors[kept],
        [classes[column] for column in kept],
        _Moves(moves, rows),
        array("i", features),
        norm_probs=True,
        tk_row=rows,
    )


class _Moves:
    """The moves of the identifier's automaton in a tenth of their memory: most are those after the last letter alone."""

    def __init__(self, moves: Sequence[int], rows: Sequence[int]) -> None:
        """`moves`: for each row 256 states, by the next byte; `rows`: the row of each state, the first one's at the beginning."""
        table, row_of = np.asarray(moves).reshape(-1, _BYTES), np.asarray(rows)
        last = np.zeros(len(table), np.intp)  # the byte that leads to a row
        for byte in range(_BYTES):
            last[row_of[table[:, byte]]] = byte
        usual, kinds = np.unique(row_of[table[row_of[0]][last]], return_inverse=True)
        self._moves: array[int] = array("I", table[usual].ravel())
        self._usual: array[int] = array("H", kinds)
        own, bytes_ = np.nonzero(table != table[usual[kinds]])
        self._bytes: bytes = bytes_.astype(np.uint8).tobytes()
        self._own: array[int] = array("I", table[own, bytes_])
        self._ends: array[int] = array("I", np.searchsorted(own, np.arange(len(table) + 1)))

    def __getitem__(self, place: int) -> int:
        row, byte = divmod(place, _BYTES)
        found = self._bytes.find(byte, self._ends[row], self._ends[row + 1])
        return self._own[found] if found >= 0 else self._moves[self._usual[row] * _BYTES + byte]


def document_language(document: Document) -> str:
    """ISO 639-1 (639-3 where there is none); English where there is little prose or the guess is unsure.

    A wrong guess costs little: a course's questions are stemmed in all languages that its documents are in.
    """
    sample = ""
    for block in document.blocks:
        if block.kind in PROSE and len(sample) < SAMPLE:
            sample += document.text[block.start : block.end] + "\n"
    if len(sample) < ENOUGH:
        return ENGLISH
    language, probability = identify(sample[:SAMPLE])
    return language if probability >= SURE else ENGLISH


def is_gibberish(texts: Iterable[str]) -> bool | None:
    """None where there are too few words to tell, and of code. Many characters that are no letters of any script, or many words of four
    letters and more with four vowels or consonants in a row, or without a vowel. Told from the first characters.

    Only alphabets that write vowels are judged by them, and only words in lower case: capitals may be initials.
    """
    text = " ".join(texts)[:SAMPLE]
    unknown = sum(
        char == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(char) in {"Co", "Cn", "Cc"} for char in text
    )
    if unknown > _MOST_UNKNOWN * len(text) and len(text) > _LEAST_WORDS:
        return True
    if sum(char in _CODE for char in text) > _MOST_CODE * len(text):
        return None
    words = [word for word in _WORD.findall(text) if word[1:].islower()]
    words = [word for word in words if unicodedata.name(word[0], "").startswith(_ALPHABETS)]
    different = {word.casefold() for word in words}  # titles name one thing again and again
    odd = sum(_UNSPEAKABLE.search(_sounds(word)) is not None for word in different)
    return odd > _MOST_UNSPEAKABLE * len(different) if len(words) >= _LEAST_WORDS else None


def _sounds(word: str) -> str:
    """v for a vowel and c for a consonant: `über` -> `vcvc`"""
    letters = (letter for letter in unicodedata.normalize("NFD", word.casefold()) if letter.isalpha())
    return "".join("v" if letter in _VOWELS else "c" for letter in letters)
