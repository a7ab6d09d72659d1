"""Text to lexical terms, the same for index and query; and a count of tokens for sizing chunks and prompts.

Words are case folded, accents removed, split at camelCase, snake_case and dots (the whole identifier stays a term
too), numbers kept with their decimals, "C++" and "C#" kept, and stemmed with the Snowball English stemmer. A word with
hyphens is also a term without them, since "fine-tuning" and "finetuning" are one. Function words that carry no topic are
left out.
"""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from py_rust_stemmers import SnowballStemmer

_WORD = re.compile(r"[A-Za-z]\+\+|[A-Za-z]#(?!\w)|\d+(?:[.,]\d+)*|[^\W_]+(?:['’][^\W_]+)?(?:[._-][^\W_]+)*", re.U)
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+", re.U)
_PIECE = re.compile(r"\w+|[^\w\s]")

# short on purpose: question words and negations stay out of it where they can carry meaning
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "she",
        "should",
        "so",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "us",
        "was",
        "we",
        "were",
        "will",
        "with",
        "would",
        "you",
        "your",
        "am",
        "i'm",
        "it's",
        "what",
        "which",
        "who",
        "whom",
        "how",
        "when",
        "where",
        "why",
        "about",
        "just",
    ]
)


def terms(text: str) -> list[str]:
    """`"getUserName's 3.5 models"` -> `["getusernam", "get", "user", "name", "3.5", "model"]`, `"fine-tuned"` ->
    `["finetun", "fine", "tune"]`; order and repeats kept.
    """
    found: list[str] = []
    for word in _WORD.findall(text):
        found.extend(_word_terms(word))
    return found


@lru_cache(maxsize=65_536)
def _word_terms(word: str) -> tuple[str, ...]:
    word = _without_accents(re.sub(r"['’](s|re|ve|ll|d|m|t)$", "", word))
    whole = word.casefold()
    if whole in STOP_WORDS:
        return ()
    parts = _parts(word)
    pieces = [part.casefold() for part in parts] if len(parts) > 1 else []
    closed = whole.replace("-", "")
    return (stem(closed if closed.isalpha() else whole), *(stem(piece) for piece in pieces if piece not in STOP_WORDS))


def _parts(word: str) -> list[str]:
    if word[0].isdigit() or word.endswith(("+", "#")):
        return [word]
    return [piece for part in re.split(r"[._'’-]", word) for piece in _PART.findall(part)] or [word]


def _without_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=1)
def _stemmer() -> SnowballStemmer:
    return SnowballStemmer("english")


def stem(word: str) -> str:
    """The Snowball stem of a word in lower case; what is not all letters stays as it is."""
    return _stemmer().stem_word(word) if word.isalpha() else word


def term_id(term: str) -> int:
    """A stable id for a term in 32 bits (blake2b): the index of its dimension in a sparse vector."""
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "big")


def count_tokens(text: str) -> int:
    """Tokens as a language model would count them, estimated: a word costs one, a long one more, a sign one."""
    return sum(1 + len(piece) // 9 for piece in _PIECE.findall(text))
