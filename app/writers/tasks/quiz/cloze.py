"""Definitions, and sentences that name what the document defines, with a gap in place of the term: questions whose key is certain."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, takewhile

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.content import content_pieces
from app.writers.tasks.pieces import MIN_LIST_ITEMS, Piece, sections_of_kind, sentences_in
from app.writers.tasks.rendering import GAP, MAX_WORDS_BEFORE_TERM, category, plain_line, quote_events
from app.writers.tasks.salience import SalienceScorer
from app.writers.tasks.terms.definitions import BOLD, phrase_count
from app.writers.tasks.terms.introduced_terms import ELISION, introduced_terms, sole_occurrence
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document

OPTIONS = 4
KIND = 6  # words in which a definition says what kind of thing it is
WORTH_ASKING = 20  # sentences of a part
FEW_WORDS = 5  # of one of several things
SAYS = 5  # words besides a term
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")  # "(1) bends, (2) hitches, and (3) loops (Figure 1)"
_LISTED = re.compile(r"[,;，、；]\s*|\n")
LEAST_STEM = 4  # letters with which words of one kin begin


def cloze_sentences(document: Document, target: Target, known: Sequence[Piece]) -> list[Piece]:
    """Of what the target sums up and is worth telling, the sentences with a gap: for what they set in bold, one of three things or more
    after a colon, a term that is `known` from elsewhere, or what their heading names.
    """
    defining = {(piece.document.id, piece.start) for piece in known}
    longest = sorted({piece.term for piece in known}, key=lambda term: (-len(term), term))
    given = introduced_terms(document, target)
    named = {one.start: one.term for one in given if not one.is_list_entry}
    summed = [
        one
        for part in sections_of_kind("summary", document, target)
        for one in sentences_in(document, part.start, part.end)
    ]
    found = [one for one in given if one.is_list_entry]
    for one in (*summed, *content_pieces(document, target)):
        if (
            one.line_spans
            or one.is_list_entry
            or (document.id, one.start) in defining
            or not stands_alone(one.text)
            or ELISION.search(one.text)
        ):
            continue
        offered = chain(
            [named.get(one.start, "")],
            _in_bold(one.text),
            [_one_listed(one.text)],
            (term for term in (sole_occurrence(one.text, term) for term in longest) if _tells(one.text, term)),
            [_subject(one)],
        )
        bare = _BRACKETS.sub("", one.text)
        asked = (replace(one, term=term) for term in offered if sole_occurrence(one.text, term) and term in bare)
        found += islice(filter(says_more, asked), 1)
    return SalienceScorer(document, target).select(found, WORTH_ASKING, min_salience=-math.inf)


def says_more(piece: Piece) -> bool:
    """Whether it has enough words besides its term to tell which that is."""
    return len(set(terms(piece.text)) - set(terms(piece.term))) >= SAYS


def _one_listed(text: str) -> str:
    """The longest of three things or more that are named after a colon, by few words each; nothing where one is named again."""
    before, _, after = text.replace("：", ":").partition(":")
    small, parts = vocabulary("joiners", "around"), _LISTED.split(_BRACKETS.sub("", after))
    if not any(plain(word) in small for word in words(parts[-1])[:1]):
        return ""
    named = [[word.span() for word in words(one) if plain(word) not in small] for one in parts]
    bounds = zip(parts, named, strict=True)
    found = [one[spans[0][0] : spans[-1][1]] for one, spans in bounds if spans]
    fit = all(len(one.split()) <= FEW_WORDS and text.count(one) == 1 for one in found)
    return max(found, key=len) if fit and len(found) >= MIN_LIST_ITEMS and terms(before) else ""


def _in_bold(text: str) -> Iterator[str]:
    """What is set in bold, other than labels."""
    return (one["term"] for one in BOLD.finditer(text) if one["term"][-1] not in ":：.")


def _tells(text: str, term: str) -> bool:
    """Whether it has a term of several words, or begins with it: one word may be said of anything ("the same elasticity")."""
    return bool(term) and (len(terms(term)) > 1 or len(text.partition(term)[0].split()) <= MAX_WORDS_BEFORE_TERM)


def _subject(piece: Piece) -> str:
    """The words with which it begins, an article aside, where they are its heading, or all on one side of a colon in that."""
    heading = "".join(piece.document.section_at(piece.start)[-1:])
    begun = piece.text.split()
    begun = begun[1:] if begun and not terms(begun[0]) else begun
    named = {frozenset(filter(str.isalpha, terms(name))) for name in (heading, *re.split("[:：]", heading))}
    said = list(takewhile(str.isalpha, begun))
    leads = (" ".join(said[:number]) for number in range(1, len(said) + 1))
    return next((lead for lead in leads if terms(lead) and frozenset(terms(lead)) in named), "")


def can_be_asked(piece: Piece) -> bool:
    """Whether it asks nothing itself, points to nothing before it, and has no more than half of the words of a term of several besides it."""
    if piece.flat_text.rstrip("\"'”’) ").endswith(("?", "？")):
        return False
    before, within, after = piece.text.partition(piece.term)
    named, held = terms(piece.term), set(terms(f"{before} {after}"))
    again = sum(any(_are_kin([word], [other]) for other in held) for word in named)
    return (not within or piece.opens_paragraph or stands_alone(piece.text)) and not (
        len(named) > 1 and 2 * again > len(named)
    )


def cloze_item(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """What it says without the term, and the term with it."""
    answer: list[WriterEvent] = [TextPiece(f"**{piece.term}** — "), *quote_events(piece)]
    if piece.term not in piece.flat_text:
        return [
            TextPiece(f"{GAP}{category(piece)} — {plain_line(_blanked(fold(piece.flat_text), piece.term))}")
        ], answer
    text = piece.flat_text.replace(f"**{piece.term}**", GAP).replace(piece.term, GAP)
    return [TextPiece(plain_line(_blanked(text, piece.term)))], answer


def open_item(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """A term with a gap in place of what it is, and both."""
    return [TextPiece(f"**{piece.term}** — {GAP}")], cloze_item(piece)[1]


def choice_item(piece: Piece, others: Iterable[Piece]) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """A definition with a gap, and terms to choose from: of the others those that are likest, and no part of it: names as it is one, with
    its words, of its document, said to be of its kind, beside it.
    """
    (question, answer), named, known = cloze_item(piece), set(terms(piece.term)), list(others)
    places = {one.term: place for place, one in reversed(list(enumerate(known)))}
    own, said = places.get(piece.term, 0), " ".join(terms(piece.text))

    def likeness(one: Piece) -> tuple[bool, int, bool, int, int]:
        words, kind = len(named & set(terms(one.term))), len(_kind(one) & _kind(piece))
        is_far = one.document.id != piece.document.id
        return _is_name(one) != _is_name(piece), -words, is_far, -kind, abs(places[one.term] - own)

    unlike = [
        known[place]
        for term, place in places.items()
        if not (set(terms(term)) <= named or named <= set(terms(term)) or phrase_count(term, said))
    ]
    likest = sorted(unlike, key=likeness)[: OPTIONS - 1]
    offered = zip("abcd", sorted([piece.term, *(one.term for one in likest)], key=str.casefold), strict=False)
    return [*question, *(TextPiece(f"\n\n{letter}. {term}") for letter, term in offered if likest)], answer


def _is_name(piece: Piece) -> bool:
    """Whether its last word has a capital."""
    return piece.term.split()[-1][0].isupper()


def _kind(piece: Piece) -> set[str]:
    """The words with which it is said what it is."""
    return set(terms(" ".join(piece.text.split()[:KIND])))


def _blanked(text: str, term: str) -> str:
    """Without the words of one kin with a term of one word: "those who conform" gives conformity away."""
    named = terms(term)
    return re.sub(
        r"[^\W_]+",
        lambda word: GAP if len(named) == 1 and _are_kin(named, terms(word.group())) else word.group(),
        text,
    )


def _are_kin(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two words begin alike, the whole of the shorter."""
    short, *long = sorted([*one, *other], key=len)
    return len(long) == 1 and long[0].startswith(short) and (len(short) >= LEAST_STEM or short == long[0])
