"""Text to lexical terms, the same for index and query, in any language; and a count of tokens for sizing chunks and prompts.

Words are case folded, split at camelCase, snake_case, dots and apostrophes (the whole identifier stays a term too), numbers kept
with their decimals, "C++" and "C#" kept, and stemmed with the Snowball stemmer of the text's language, where there is one.
Accents, vowel points and the like are removed from alphabets that are also written without them; the vowel signs of Indic
scripts are letters. Scripts without spaces between words give their overlapping pairs of characters (Chinese, Japanese,
Korean, Thai, Lao, Khmer, Burmese): as good as a word segmenter for retrieval and free of one's errors (Nie, Gao, Zhang and
Zhou 2000). A word with hyphens is also a term without them, since "fine-tuning" and "finetuning" are one.
"""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

import regex
from py_rust_stemmers import SnowballStemmer

ENGLISH = "en"
# ISO 639-1 -> the stemmer's name
STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "nl": "dutch",
    ENGLISH: "english",
    "fi": "finnish",
    "fr": "french",
    "de": "german",
    "el": "greek",
    "hu": "hungarian",
    "it": "italian",
    "no": "norwegian",
    "nb": "norwegian",
    "nn": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "es": "spanish",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}

_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_LETTERS = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{_SPACELESS}]"
_WORD = regex.compile(
    rf"[A-Za-z]\+\+|[A-Za-z]\#(?!\w)|\d+(?:[.,]\d+)*|(?P<run>{_SPACELESS}[{_SPACELESS}\p{{M}}]*)|{_LETTERS}+(?:['’]{_LETTERS}+)?(?:[._-]{_LETTERS}+)*",
    regex.V1,
)
_PART = regex.compile(
    r"\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+|\d+|[[\p{L}\p{M}]--[\p{Lu}\p{Ll}]]+", regex.V1
)
_ACCENTS = regex.compile(r"[\u0300-\u036f]")
_POINTS = regex.compile(
    r"[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)  # vowels in Hebrew and Arabic, and the kashida
_LETTERS_ONLY = regex.compile(r"[\p{L}\p{M}]+")
_ANY_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\w+|[^\w\s]")
_RUN = regex.compile(rf"{_SPACELESS}+")
_SUFFIX = regex.compile(r"['’](s|re|ve|ll|d|m|t)$")
_JOINT = regex.compile("[._'’-]")

# English only: elsewhere the inverse document frequency has to do. Short on purpose: what can carry meaning stays
_STOP_WORDS = """
    a about am an and are as at be been but by can could did do does for from had has have he her his how i i'm if in into is it
    it's its just me my of on or our she should so such than that the their them then there these they this those to us was we
    were what when where which who whom why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """`"getUserName's 3.5 models"` -> `["getusernam", "get", "user", "name", "3.5", "model"]`, `"fine-tuned"` ->
    `["finetun", "fine", "tune"]`, `"北京大学"` -> `["北京", "京大", "大学"]`; order and repeats kept. `language`: of the text, ISO 639-1; words of
    one without a stemmer stay whole.
    """
    found: list[str] = []
    for match in _WORD.finditer(text):
        if match["run"]:
            found += _pairs(_plain(match["run"]))
        else:
            found += _word_terms(match[0], language)
    return found


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


@lru_cache(maxsize=65_536)
def _word_terms(word: str, language: str) -> tuple[str, ...]:
    word = _POINTS.sub("", word)
    if language != ENGLISH:  # elision: "l'article" is two words
        return tuple(term for part in word.replace("’", "'").split("'") if part for term in _parted(part, language))
    word = _plain(_SUFFIX.sub("", word))
    return _parted(word, language) if word and word.casefold() not in STOP_WORDS else ()


def _parted(word: str, language: str) -> tuple[str, ...]:
    """The word as a whole, without its hyphens, and its parts where it has several."""
    whole = word.casefold()
    parts = _parts(word)
    pieces = [part.casefold() for part in parts] if len(parts) > 1 else []
    if language == ENGLISH:
        pieces = [piece for piece in pieces if piece not in STOP_WORDS]
    closed = whole.replace("-", "")
    stems = (_plain(stem(one, language)) for one in (closed if closed.isalpha() else whole, *pieces))
    return tuple(filter(None, stems))  # a word may consist of marks


def _parts(word: str) -> list[str]:
    if word[0].isdigit() or word.endswith(("+", "#")):
        return [word]
    return [piece for part in _JOINT.split(word) for piece in _PART.findall(part)] or [word]


def _plain(word: str) -> str:
    """Without the marks of alphabets that are written without them too, compatibility forms unified."""
    return unicodedata.normalize("NFC", _POINTS.sub("", _ACCENTS.sub("", unicodedata.normalize("NFKD", word))))


@lru_cache(maxsize=len(STEMMERS))
def _stemmer(language: str) -> SnowballStemmer | None:
    return SnowballStemmer(STEMMERS[language]) if language in STEMMERS else None


def stem(word: str, language: str = ENGLISH) -> str:
    """The Snowball stem of a word in lower case; what is not all letters, or has no stemmer, stays as it is."""
    stemmer = _stemmer(language)
    return stemmer.stem_word(word) if stemmer and _LETTERS_ONLY.fullmatch(word) else word


def term_id(term: str) -> int:
    """A stable id for a term in 32 bits (blake2b): the index of its dimension in a sparse vector."""
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "big")


def count_tokens(text: str) -> int:
    """Tokens as a language model would count them, estimated: a word costs one, a long one more, a sign one, three
    characters of a script without spaces two.
    """
    dense = 0
    if not text.isascii():
        dense = sum(map(len, _RUN.findall(text)))
        text = _RUN.sub(" ", text) if dense else text
    return sum(1 + len(piece) // 9 for piece in _PIECE.findall(text)) + (2 * dense + 2) // 3


def word_ids(text: str) -> bytes:
    """Of each different word of a text, case folded, two bytes of its blake2b, ascending: what share of their words two texts have in
    common can be told by them, to about one in a thousand.
    """
    return b"".join(
        sorted({blake2b(word.encode(), digest_size=2).digest() for word in _ANY_WORD.findall(text.casefold())})
    )
