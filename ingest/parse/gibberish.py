"""Whether words can be words of any language: fonts without a true map from shapes to letters give none."""

import re
import unicodedata
from collections.abc import Iterable

_LEAST_WORDS = 20
_WORD = re.compile(r"[^\W\d_]{4,}")
_VOWELS = frozenset("aeiouyœæøıαεηιουωаеёиоуыэюяіїє")
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC")
_UNSPEAKABLE = re.compile(r"v{4}|c{4}|^c*$")  # of vowels and consonants
_MOST_UNSPEAKABLE = 0.2  # English and French 0.01, German 0.07, Greek 0.1; English with letters shifted 0.23 to 0.9
_MOST_UNKNOWN = 0.2  # of the characters
_CODE = re.compile(r"[\\{}\[\]=_<>|#;@$&^~+*/]")
_MOST_CODE = 0.03  # of the characters: more are no prose


def is_gibberish(texts: Iterable[str]) -> bool | None:
    """None where there are too few words to tell, and of code. Many characters that are no letters of any script, or many words of four
    letters and more with four vowels or consonants in a row, or without a vowel.

    Only alphabets that write vowels are judged by them, and only words in lower case: capitals may be initials.
    """
    text = " ".join(texts)
    unknown = sum(
        char == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(char) in {"Co", "Cn", "Cc"} for char in text
    )
    if unknown > _MOST_UNKNOWN * len(text) and len(text) > _LEAST_WORDS:
        return True
    if len(_CODE.findall(text)) > _MOST_CODE * len(text):
        return None
    words = [word for word in _WORD.findall(text) if word[1:].islower()]
    words = [word for word in words if unicodedata.name(word[0], "").startswith(_ALPHABETS)]
    odd = sum(_UNSPEAKABLE.search(_sounds(word)) is not None for word in words)
    return odd > _MOST_UNSPEAKABLE * len(words) if len(words) >= _LEAST_WORDS else None


def _sounds(word: str) -> str:
    """v for a vowel and c for a consonant: `über` -> `vcvc`"""
    letters = (letter for letter in unicodedata.normalize("NFD", word.casefold()) if letter.isalpha())
    return "".join("v" if letter in _VOWELS else "c" for letter in letters)
