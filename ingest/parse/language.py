"""The language of a document, which decides how its words are stemmed; and whether a text is in any at all."""

import re
import unicodedata
from collections.abc import Iterable

from retrieval.text.language import identify
from retrieval.text.tokenize import ENGLISH
from retrieval.types import Document

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
    odd = sum(_UNSPEAKABLE.search(_sounds(word)) is not None for word in words)
    return odd > _MOST_UNSPEAKABLE * len(words) if len(words) >= _LEAST_WORDS else None


def _sounds(word: str) -> str:
    """v for a vowel and c for a consonant: `über` -> `vcvc`"""
    letters = (letter for letter in unicodedata.normalize("NFD", word.casefold()) if letter.isalpha())
    return "".join("v" if letter in _VOWELS else "c" for letter in letters)
