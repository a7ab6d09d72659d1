"""Cloze items: definitions, and sentences that name a term of the document, with a gap in place of the term. The key, the term, is certain."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, takewhile
from typing import NamedTuple

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.anaphora import can_open, stands_alone
from app.writers.tasks.content import content_pieces
from app.writers.tasks.pieces import MIN_LIST_ITEMS, Piece, list_marker_length, sections_of_kind, sentences_in
from app.writers.tasks.rendering import GAP, MAX_WORDS_BEFORE_TERM, category, plain_line, quote_events
from app.writers.tasks.salience import SalienceScorer
from app.writers.tasks.terms.definitions import BOLD, phrase_count
from app.writers.tasks.terms.introduced_terms import ELISION, introduced_terms, is_phrase, sole_occurrence
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import terms
from retrieval.types import Document

OPTIONS = 4  # of an item, the key included
GENUS_WORDS = 6  # with which a definition begins, and says what kind of thing its term is
MAX_SENTENCES = 20  # of a part
MAX_ENUMERATED_WORDS = 5  # of one of the things that a sentence enumerates
MIN_CONTEXT_WORDS = 5  # besides the term
MIN_STEM_LETTERS = 4  # that words of one family share
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")  # "(1) bends, (2) hitches, and (3) loops (Figure 1)"
_COMMAS = re.compile(r"[,;，、；]\s*|\n")


class Item(NamedTuple):
    """A question of a quiz: its stem, with options if it has any, and its key with the source."""

    stem: list[WriterEvent]
    key: list[WriterEvent]


def cloze_sentences(document: Document, target: Target, known: Sequence[Piece]) -> list[Piece]:
    """The most salient sentences of a target, and of its own summary, that can be cloze items, each with its key as its term. `known` are the
    definitions of the course: their terms can be keys, their own sentences are items already.

    The key of a sentence is the first of these that it has exactly once, outside of brackets: a term that it introduces, one in bold, the longest
    of the things that it enumerates, a known term, its subject where this is its heading.
    """
    defining = {(piece.document.id, piece.start) for piece in known}
    known_terms = sorted({piece.term for piece in known}, key=lambda term: (-len(term), term))
    introduced = introduced_terms(document, target)
    introduced_at = {piece.start: piece.term for piece in introduced if not piece.is_list_entry}
    summed_up = [
        one
        for part in sections_of_kind("summary", document, target)
        for one in sentences_in(document, part.start, part.end)
    ]
    selected = [piece for piece in introduced if piece.is_list_entry]
    for sentence in (*summed_up, *content_pieces(document, target)):
        text = sentence.text
        is_list_or_definition = (
            sentence.line_spans or sentence.is_list_entry or (document.id, sentence.start) in defining
        )
        if is_list_or_definition or not stands_alone(text) or ELISION.search(text):
            continue
        keys = chain(
            [introduced_at.get(sentence.start, "")],
            (term for term in _bold_terms(text) if _is_about(text, term) and is_phrase(term)),
            [_longest_enumerated(text)],
            (term for term in (sole_occurrence(text, name) for name in known_terms) if _is_about(text, term)),
            [_subject(sentence)],
        )
        without_brackets = _BRACKETS.sub("", text)
        items = (replace(sentence, term=key) for key in keys if sole_occurrence(text, key) and key in without_brackets)
        selected += islice(filter(has_context, items), 1)
    return SalienceScorer(document, target).select(selected, MAX_SENTENCES, min_salience=-math.inf)


def announced_lists(document: Document, target: Target) -> Iterator[Piece]:
    """The lists of a target that are announced by a clause that stands alone, which is their term."""
    for piece in content_pieces(document, target):
        announced, *lines = piece.line_spans or ((0, 0),)
        clause = document.text[slice(*announced)]
        is_lead_in = clause.endswith((":", "：")) and not list_marker_length(clause) and stands_alone(clause)
        if is_lead_in and len(lines) >= MIN_LIST_ITEMS and not piece.is_partial:
            term = fold(plain_inline(clause)).rstrip(" :：")
            yield replace(piece, start=lines[0][0], term=term, line_spans=tuple(lines), is_list_entry=True)


def has_context(piece: Piece) -> bool:
    """Whether it has enough words besides its term to tell which term that is."""
    context = set(terms(piece.text)) - set(terms(piece.term))
    return sum(map(str.isalpha, context)) >= MIN_CONTEXT_WORDS


def _longest_enumerated(text: str) -> str:
    """The longest of three short phrases or more after a colon, the last of which a conjunction begins; none where one of them comes twice."""
    before, _, after = text.replace("：", ":").partition(":")
    function_words, parts = vocabulary("joiners", "around"), _COMMAS.split(_BRACKETS.sub("", after))
    if not any(plain(word) in function_words for word in words(parts[-1])[:1]):
        return ""
    spans = ([word.span() for word in words(part) if plain(word) not in function_words] for part in parts)
    phrases = [part[held[0][0] : held[-1][1]] for part, held in zip(parts, spans, strict=True) if held]
    are_short = all(len(phrase.split()) <= MAX_ENUMERATED_WORDS and text.count(phrase) == 1 for phrase in phrases)
    return max(phrases, key=len) if are_short and len(phrases) >= MIN_LIST_ITEMS and terms(before) else ""


def _bold_terms(text: str) -> Iterator[str]:
    """What is in bold, other than labels."""
    return (bold["term"] for bold in BOLD.finditer(text) if bold["term"][-1] not in ":：.")


def _is_about(text: str, term: str) -> bool:
    """Whether a sentence has a term of several words, or begins with it: a single word may be said of anything ("the same elasticity")."""
    return bool(term) and (len(terms(term)) > 1 or len(text.partition(term)[0].split()) <= MAX_WORDS_BEFORE_TERM)


def _subject(sentence: Piece) -> str:
    """The words with which a sentence begins, without an article, where they are its heading, or one side of a colon in that; else nothing."""
    heading = "".join(sentence.document.section_at(sentence.start)[-1:])
    titles = {frozenset(filter(str.isalpha, terms(name))) for name in (heading, *re.split("[:：]", heading))}
    tokens = sentence.text.split()
    tokens = list(takewhile(str.isalpha, tokens[1:] if tokens and not terms(tokens[0]) else tokens))
    subjects = (" ".join(tokens[:size]) for size in range(1, len(tokens) + 1))
    return next((subject for subject in subjects if terms(subject) and frozenset(terms(subject)) in titles), "")


def can_be_asked(piece: Piece) -> bool:
    """Whether an item of a piece can be answered, and not too easily: it is no question, and what is no entry of a glossary stands alone and does
    not give its term away.
    """
    if piece.flat_text.rstrip("\"'”’) ").endswith(("?", "？")):
        return False
    is_entry = piece.term not in piece.text
    stands = is_entry or can_open(piece)
    return bool(piece.line_spans) or (stands and not gives_away(piece)) or (is_entry and not piece.is_list_entry)


def gives_away(piece: Piece) -> bool:
    """Whether it has more than half of the words of a term of several words, or their family, besides the term."""
    before, _, after = piece.text.partition(piece.term)
    key, context = terms(piece.term), set(terms(f"{before} {after}"))
    given_away = sum(any(_are_related(word, other) for other in context) for word in key)
    return len(key) > 1 and 2 * given_away > len(key)


def item(piece: Piece) -> Item:
    """A cloze item; of a list, and of a definition that would give it away, the name is given and the rest is asked for."""
    return open_item(piece) if piece.line_spans or gives_away(piece) else cloze_item(piece)


def cloze_item(piece: Piece) -> Item:
    """The piece with a gap in place of its term, which is the key."""
    key: list[WriterEvent] = [TextPiece(f"**{piece.term}** — "), *quote_events(piece)]
    if piece.term not in piece.flat_text:
        definition = plain_line(_without_family(fold(piece.flat_text), piece.term))
        return Item([TextPiece(f"{GAP}{category(piece)} — {definition}")], key)
    text = piece.flat_text.replace(f"**{piece.term}**", GAP).replace(piece.term, GAP)
    return Item([TextPiece(plain_line(_without_family(text, piece.term)))], key)


def open_item(piece: Piece) -> Item:
    """A term with a gap in place of its definition, which is the key."""
    return Item([TextPiece(f"**{piece.term}**{category(piece)} — {GAP}")], cloze_item(piece).key)


def choice_item(piece: Piece, others: Iterable[Piece]) -> Item:
    """A definition as a cloze item, with its term and distractors as options.

    Distractors are the terms of other definitions that are most like the key: names for a name; then with words of the key, of its document, with
    words of its genus, close to it. None is a part of the key or has it as a part, or stands in the stem.
    """
    stem, key = cloze_item(piece)
    known = list(others)
    places = {other.term: place for place, other in reversed(list(enumerate(known)))}
    own_place, key_words = places.get(piece.term, 0), set(terms(piece.term))
    text = " ".join(terms(piece.text))

    def unlikeness(other: Piece) -> tuple[bool, int, bool, int, int]:
        shared_words = len(key_words & set(terms(other.term)))
        shared_genus = len(_genus(other) & _genus(piece))
        is_elsewhere = other.document.id != piece.document.id
        distance = abs(places[other.term] - own_place)
        return _is_name(other) != _is_name(piece), -shared_words, is_elsewhere, -shared_genus, distance

    def is_apart(term: str) -> bool:
        term_words = set(terms(term))
        return not (term_words <= key_words or key_words <= term_words or phrase_count(term, text))

    candidates = [known[place] for term, place in places.items() if is_apart(term)]
    distractors = [other.term for other in sorted(candidates, key=unlikeness)[: OPTIONS - 1]]
    options = zip("abcd", sorted([piece.term, *distractors], key=str.casefold), strict=False)
    return Item([*stem, *(TextPiece(f"\n\n{letter}. {term}") for letter, term in options if distractors)], key)


def _is_name(piece: Piece) -> bool:
    """Whether the last word of its term is capitalized."""
    return piece.term.split()[-1][0].isupper()


def _genus(piece: Piece) -> set[str]:
    """The words that say what kind of thing its term is."""
    return set(terms(" ".join(piece.text.split()[:GENUS_WORDS])))


def _without_family(text: str, term: str) -> str:
    """A text with gaps for the words of the same family as a term of one word: "those who conform" gives conformity away."""
    key = terms(term)

    def gap_or_word(match: re.Match[str]) -> str:
        words = terms(match.group())
        return GAP if len(words) == 1 and _are_related(words[0], key[0]) else match.group()

    return re.sub(r"[^\W_]+", gap_or_word, text) if len(key) == 1 else text


def _are_related(word: str, other: str) -> bool:
    """Whether one word begins with the whole of the other, "conform" and "conformity", and this is not too short."""
    short, long = sorted((word, other), key=len)
    return long.startswith(short) and (len(short) >= MIN_STEM_LETTERS or short == long)
