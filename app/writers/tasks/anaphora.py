"""Whether a sentence depends on context: on the sentence before it, on its heading, or on another place of the course.

Decided by demonstratives and connectives, listed for five languages in `app/query/words.toml`.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from app.query.vocabulary import gives_example, has_connective, number_words, parse_count, plain, vocabulary, words
from app.writers.tasks.pieces import Piece, source_of

OPENING_WORDS = 6  # of a sentence: the antecedent of a demonstrative among them stands before the sentence
_CROSS_REFERENCE = re.compile(
    r"(?<![(\w])[^\W\d]\w* \d+\.\d+"
)  # "Figure 5.1"; not in brackets, where it can be ignored


def stands_alone(text: str) -> bool:
    """Whether a sentence can be understood without the one before it and without another place of the course."""
    tokens = [plain(word) for word in words(text)]
    if not tokens or tokens[0] in vocabulary("back") or text.lstrip()[0] in '([（“„«"—–':
        return False
    opening = [token for token in tokens if token not in vocabulary("of")]
    commas = "".join(f" {token} " if token != "," else "," for token in tokens)
    depends = (
        not (vocabulary("this") - {"that"}).isdisjoint(opening[1:2])  # "through these", "all of these"
        or not vocabulary("back").isdisjoint(re.findall(r", (\w+) (?=,|$)", commas))  # ", however, "
        or not (vocabulary("such").isdisjoint(opening[1:3]) or gives_example(text))  # "through such ropes"
        or has_demonstrative(tokens[:OPENING_WORDS])  # "The reason for these"
        or _ends_in_bare_number(tokens)
    )
    return not (depends or has_connective(text) or has_cross_reference(text))


def can_open(piece: Piece) -> bool:
    """Whether a sentence can be understood below its heading: it stands alone, or is the first of its paragraph and has no anaphoric word first."""
    is_first = piece.opens_paragraph and vocabulary("back").isdisjoint(plain(word) for word in words(piece.text)[:1])
    return is_first or stands_alone(piece.text)


def _ends_in_bare_number(tokens: Sequence[str]) -> bool:
    """Whether it ends in an article and a number, of things that were named before: "neither of the two"."""
    if len(tokens) < 2 or tokens[-2] not in vocabulary("around"):
        return False
    return any(tokens[-1] in spoken for spoken in number_words()[1:])


def has_cross_reference(text: str) -> bool:
    """Whether it speaks of "this chapter", "the following" or, other than in brackets, of "Figure 5.1"."""
    tokens = [plain(word) for word in words(text)]
    return (
        names_course_part(tokens) or bool(_CROSS_REFERENCE.search(text)) or not vocabulary("ahead").isdisjoint(tokens)
    )


def has_demonstrative(tokens: Sequence[str]) -> bool:
    """Whether there is a demonstrative among the words, other than those that are also articles or begin clauses."""
    ambiguous = vocabulary("around") | {"it", "that", "those", "es", "ce"}
    return not ((vocabulary("this") & vocabulary("back")) - ambiguous).isdisjoint(tokens)


def names_course_part(tokens: Sequence[str]) -> bool:
    """Whether it says "this chapter" or the like."""
    return any(
        first in vocabulary("this") and not parse_count(first, least=1) and second in vocabulary("parts")
        for first, second in pairwise(tokens)
    )


def antecedent_heading(piece: Piece) -> str:
    """The heading right above a sentence that depends on it, else nothing: "RAG" above "It lets the model fetch ..."."""
    if not piece.opens_paragraph or stands_alone(piece.text):
        return ""
    blocks = piece.document.blocks
    place = bisect_right(blocks, piece.start, key=lambda block: block.start) - 2
    is_heading = place >= 0 and blocks[place].kind == "heading"
    return source_of(piece.document, blocks[place]).lstrip("# ") if is_heading else ""
