"""Definitions, and sentences that name what the document defines, with a gap in place of the term: questions whose key is certain."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, takewhile

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.choice import Worth, is_in
from app.writers.tasks.lines import FEW_BEFORE, GAP, quoted, shown
from app.writers.tasks.material import LEAST_LISTED, Piece, own, sentences, stands_alone
from app.writers.tasks.teaching import taught
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document

OPTIONS = 4
WORTH_ASKING = 10  # sentences of a part
FEW_WORDS = 5  # of one of several things
SAYS = 6  # words besides a term
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")  # "(1) bends, (2) hitches, and (3) loops (Figure 1)"
_LISTED = re.compile(r"[,;，、；]\s*|\n")
LEAST_STEM = 4  # letters with which words of one kin begin


def mentions(document: Document, target: Target, known: Sequence[Piece]) -> list[Piece]:
    """The sentences that can stand alone and name once what is `known` from elsewhere, or begin with what their heading names, with
    it for their term.
    """
    defining = {(piece.document.id, piece.start) for piece in known}
    longest = sorted({piece.term for piece in known}, key=lambda term: (-len(term), term))
    found = []
    for piece in sentences(document, target.start, target.end):
        named = (
            re.findall(rf"(?<!\w)(?i:{re.escape(term[0])}){re.escape(term[1:])}(?!\w)", piece.text) for term in longest
        )
        told = (found[0] for found in named if len(found) == 1 and _tells(piece.text, found[0]))
        term = next(told, "") or _subject(piece)
        if term and (document.id, piece.start) not in defining and stands_alone(piece.text):
            found.append(replace(piece, term=term))
    return found


def facts(document: Document, target: Target) -> list[Piece]:
    """Of the target's own summaries, then of what is worth telling, the sentences that name three things or more after a colon, with one of
    them for their term, or begin with several words that come again, with those; none that repeats another.
    """
    summed = [one for part in own("summary", document, target) for one in sentences(document, part.start, part.end)]
    told = Worth(document, target).best([one for one in taught(document, target) if not one.listed], WORTH_ASKING)
    found: list[Piece] = []
    for one in (*summed, *told):
        term = (_one_listed(one.text) or _begun(one)) if stands_alone(one.text) else ""
        fact = replace(one, term=term)
        gives_away = not says_more(fact) and not set(terms(term)).isdisjoint(terms(one.text.replace(term, "")))
        if term and not gives_away and not any(is_in(one, set(terms(other.text))) for other in found):
            found.append(fact)
    return found


def named(document: Document, target: Target) -> list[Piece]:
    """The sentences that can stand alone and have once, within, words with capitals in a row that the target has again: the longest such."""
    around, found = document.text[target.start : target.end], list[Piece]()
    for piece in filter(lambda one: stands_alone(one.text), sentences(document, target.start, target.end)):
        groups = groupby(words(piece.text), lambda one: one.group()[0].isupper() and len(one.group()) > 1)
        runs = [run for run in (list(group) for has, group in groups if has) if len(run) > 1 and run[0].start()]
        names = [piece.text[run[0].start() : run[-1].end()] for run in runs]
        term = max((name for name in names if piece.text.count(name) == 1 < around.count(name)), key=len, default="")
        found += [replace(piece, term=term)] if term else []
    return found


def says_more(piece: Piece) -> bool:
    """Whether it has enough words besides its term to tell which that is."""
    return len(set(terms(piece.text)) - set(terms(piece.term))) >= SAYS


def _one_listed(text: str) -> str:
    """The longest of three things or more that are named after a colon, by few words each; nothing where one is named again."""
    before, _, after = text.replace("：", ":").partition(":")
    small, parts = vocabulary("joiners", "around"), _LISTED.split(_BRACKETS.sub("", after))
    named = [[word.span() for word in words(one) if plain(word) not in small] for one in parts]
    bounds = zip(parts, named, strict=True)
    found = [one[spans[0][0] : spans[-1][1]] for one, spans in bounds if spans]
    fit = all(len(one.split()) <= FEW_WORDS and text.count(one) == 1 for one in found)
    return max(found, key=len) if fit and len(found) >= LEAST_LISTED and terms(before) else ""


def _begun(piece: Piece) -> str:
    """The words with which it begins, an article aside, as far as the document has them more than twice, and as the end of something
    ("person may" is none), and none of them is small; nothing where they go on with a small word, "of" or "the".
    """
    told = words(piece.text)
    told = told[1:] if told and not terms(told[0].group()) else told
    run = list(
        takewhile(lambda word: terms(word.group()) and word.group()[0].isalnum() and len(word.group()) > 1, told)
    )
    small = vocabulary("of", "around")
    for size in range(min(len(run), len(told) - 1), 1, -1):
        begun, after = piece.text[run[0].start() : run[size - 1].end()], told[size]
        again = re.findall(rf"(?<!\w){re.escape(begun)}(?!\w)([.,;:)])?", piece.document.text, re.I)
        if len(again) > 2 and any(again):
            return "" if plain(after) in small or not after.group()[0].isalnum() else begun
    return ""


def _tells(text: str, term: str) -> bool:
    """Whether it has a term of several words, or begins with it: one word may be said of anything ("the same elasticity")."""
    return len(terms(term)) > 1 or len(text.partition(term)[0].split()) < FEW_BEFORE


def _subject(piece: Piece) -> str:
    """The words with which it begins, an article aside, where they are its heading, or all on one side of a colon in that."""
    inside = [part for part in piece.document.sections if part.path and part.start <= piece.start < part.end]
    heading = max(inside, key=lambda part: part.level).path[-1] if inside else ""
    begun = piece.text.split()
    begun = begun[1:] if begun and not terms(begun[0]) else begun
    named = {frozenset(filter(str.isalpha, terms(name))) for name in (heading, *re.split("[:：]", heading))}
    said = list(takewhile(str.isalpha, begun))
    leads = (" ".join(said[:number]) for number in range(1, len(said) + 1))
    return next((lead for lead in leads if terms(lead) and frozenset(terms(lead)) in named), "")


def can_be_asked(piece: Piece) -> bool:
    """Whether it points to nothing before it, and has no more than half of the words of a term of several besides the term."""
    before, within, after = piece.text.partition(piece.term)
    named, held = terms(piece.term), set(terms(f"{before} {after}"))
    again = sum(any(_are_kin([word], [other]) for other in held) for word in named)
    return (not within or piece.leads or stands_alone(piece.text)) and not (len(named) > 1 and 2 * again > len(named))


def with_gap(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """What it says without the term, and the term with it."""
    answer: list[WriterEvent] = [TextPiece(f"**{piece.term}** — "), *quoted(piece)]
    if piece.term not in piece.said:
        return [TextPiece(f"{GAP} — {shown(_blanked(fold(piece.said), piece.term))}")], answer
    text = piece.said.replace(f"**{piece.term}**", GAP).replace(piece.term, GAP)
    return [TextPiece(shown(_blanked(text, piece.term)))], answer


def without_definition(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """A term with a gap in place of what it is, and both."""
    return [TextPiece(f"**{piece.term}** — {GAP}")], with_gap(piece)[1]


def with_options(piece: Piece, others: Iterable[str]) -> tuple[list[WriterEvent], list[WriterEvent]]:
    """A definition with a gap, and terms to choose from: of the others those that are likest to the one that is missing, and no part of
    it, then those beside it.
    """
    (question, answer), named, known = with_gap(piece), set(terms(piece.term)), list(dict.fromkeys(others))
    own = known.index(piece.term) if piece.term in known else 0
    unlike = [one for one in known if not (set(terms(one)) <= named or named <= set(terms(one)))]
    likest = sorted(unlike, key=lambda one: (-len(named & set(terms(one))), abs(known.index(one) - own)))[: OPTIONS - 1]
    offered = zip("abcd", sorted([piece.term, *likest], key=str.casefold), strict=False)
    return [*question, *(TextPiece(f"\n\n{letter}. {term}") for letter, term in offered if likest)], answer


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
