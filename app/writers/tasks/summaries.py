"""Outlines, summaries, key points, study guides and cards, from what stands in the parts of the course. Pure functions."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from app.query.vocabulary import is_aims, names
from app.types import Target, TaskKind, TextPiece, WriterEvent
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.markdown import written
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.tasks.content import back_matter, content_pieces, content_sections, without_introductions
from app.writers.tasks.enumerations import MAX_LIST_WORDS, lists_in
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import Parts, Piece, sections_of_kind, sentences_in
from app.writers.tasks.rendering import Lines, bullet, card
from app.writers.tasks.salience import MIN_SALIENCE, SalienceScorer, is_redundant, pick_evenly, word_count
from app.writers.tasks.terms.definitions import defined_terms
from retrieval.text.markdown import cells, fold
from retrieval.text.tokenize import terms
from retrieval.types import Document

MIN_SENTENCES = 3
MOST = 10  # points of a part
WORDS_A_SENTENCE = 40  # of a part that is smaller
FEW_LISTED = 30  # words of a list as long as a sentence
FEW_POINTS = 4  # of one of several parts
WORDS = 220  # of a summary
OWN_WORDS = 350  # of one of the course's own
MAX_GUIDE_TERMS = 40  # of a study guide
_COMMAND = re.compile(r"\\[a-z]+(?:\{aligned\})?")  # of TeX


def summary(parts: Parts, count: int = 0) -> Iterator[Sequence[WriterEvent]]:
    """The course's own summaries where it has them, whole where there is room, then what else is worth telling. `count`: of how many
    sentences at most, where that was asked for, and of one of each part.
    """
    parts = without_introductions(parts)
    share = 1 / max(1, len(parts)) ** 0.5  # of more parts more in all, and less of each
    for place, (document, target) in enumerate(parts):
        most = max(1, count // len(parts) + (place < count % len(parts))) if count else 0
        told = _told("summary", document, target)
        if (0 < most < len(told)) or (not most and sum(map(word_count, told)) > share * OWN_WORDS):
            room = math.inf if most else share * OWN_WORDS
            told = SalienceScorer(document, target).select(
                told, most or len(told), max_words=room, min_salience=-math.inf
            )
        if not most or len(told) < most:
            told += leads_of(document, target, most, room=math.inf if most else share * WORDS, told=told)
        if told and len(parts) > 1:
            yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from _bullets(told, [target], flat=0 < most <= len(told))
        if told:
            yield [TextPiece("\n")]


def key_points(parts: Parts, count: int = 0, *, without: Sequence[Piece] = ()) -> Iterator[Sequence[WriterEvent]]:
    """What the course itself lists or sums up, then what else is worth telling of what it says, `without` what is told elsewhere. The same
    number from each part.
    """
    pools, parts = list[list[Piece]](), without_introductions(parts)
    least = -math.inf if count else MIN_SALIENCE
    count = count or (_few(*parts[0]) if len(parts) == 1 else MOST)
    share = -(-count // max(1, len(parts)))
    for document, target in parts:
        worth, told = SalienceScorer(document, target), list(chain(*pools))
        summed = _told("key points", document, target) or worth.select(
            _told("summary", document, target), share, min_salience=least, selected=told
        )
        pool = [
            one
            for one in _at_length(document, target)
            if not any(other.start <= one.start < other.end for other in without)
        ]
        more = worth.select(pool, share - len(summed), min_salience=least, selected=[*told, *summed])
        pools.append([*summed, *more] or pool[:1])
    yield from _bullets(pick_evenly(pools, count), [target for _, target in parts])
    if len(parts) == 1 and least > 0:
        yield [TextPiece("\n")]
        yield from map(_whole, _tables(*parts[0]))


def study_guide(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """Of one part what is summed up, its headings, or its points where it has none, its tables, formulas and terms; of several the
    points, formulas and terms of each. No term that is told already.
    """
    parts = without_introductions(parts)
    for document, target in parts:
        rules = list(_rules(document, target))
        shown = [Piece(document, one.start, one.end) for one in rules]
        lines = [*_told_of(document, target, len(parts) > 1, shown), [TextPiece("\n")], *map(_whole, rules)]
        yield from lines
        told = [set(terms("".join(event.text for event in one if isinstance(event, TextPiece)))) for one in lines]
        fresh = [one for one in defined_terms(document, target) if not any(is_redundant(one, held) for held in told)]
        yield from titled("cards", document, target) if fresh and len(parts) == 1 else ()
        yield from map(card, pick_evenly([fresh], count // len(parts)))
        yield [TextPiece("\n")]


def _told_of(document: Document, target: Target, is_one_of: bool, without: Sequence[Piece]) -> Lines:
    """What a study guide has of a part besides its formulas and terms."""
    part = [(document, target)]
    if is_one_of:
        yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from key_points(part, FEW_POINTS, without=without)
    elif len(content_sections(document, target)) > 1:
        yield from titled("summary", document, target)
        yield from summary(part) if sections_of_kind("summary", document, target) else ()
        yield from outline(part, whole=True)
        yield [TextPiece("\n")]
        yield from map(_whole, _tables(document, target))
    else:
        yield from key_points(part, without=without)


def _whole(one: Stretch) -> Sequence[WriterEvent]:
    return [*written(Shown(one, one.units)), TextPiece("\n\n")]


def _rules(document: Document, target: Target) -> Iterator[Stretch]:
    """The first formula of each section that says more in letters than in figures, which only reckon with it, and what announces it."""
    first: dict[tuple[str, ...], Stretch] = {}
    for one in _teaching_stretches(document, target):
        told = _COMMAND.sub("", "".join(one.source(unit) for unit in one.units[one.intro :]))
        if one.kind == "formula" and sum(map(str.isalpha, told)) > sum(map(str.isdigit, told)):
            first.setdefault(one.section, one)
    yield from first.values()


def _tables(document: Document, target: Target) -> Iterator[Stretch]:
    """Those that are small, other than of two columns that tell of terms."""
    defined = [piece.start for piece in defined_terms(document, target)]
    for one in _teaching_stretches(document, target):
        if one.kind == "table" and one.words <= OWN_WORDS:
            is_of_terms = any(one.start <= start < one.end for start in defined)
            if not (is_of_terms and len(cells(one.units[-1].lead.split("\n", 1)[0])) < 3):
                yield one


def _teaching_stretches(document: Document, target: Target) -> list[Stretch]:
    apart = back_matter(document, target)
    return [
        one
        for one in stretches(document, [(target.start, target.end)])
        if not any(part.start <= one.start < part.end for part in apart)
    ]


def titled(kind: TaskKind, document: Document, target: Target) -> Lines:
    """The course's own heading over what a task of this kind makes, if it has one."""
    return ([TextPiece(f"**{fold(part.path[-1])}**\n\n")] for part in sections_of_kind(kind, document, target)[:1])


def _few(document: Document, target: Target) -> int:
    """How many sentences a part is told in."""
    return min(MOST, max(MIN_SENTENCES, _size(document, target) // WORDS_A_SENTENCE))


def _size(document: Document, target: Target) -> int:
    return sum(map(word_count, content_pieces(document, target)))


def _told(kind: TaskKind, document: Document, target: Target) -> list[Piece]:
    """The sentences and lists of the course's own."""
    told: dict[int, Piece] = {}
    for part in sections_of_kind(kind, document, target):
        told |= {
            one.start: one
            for one in (*sentences_in(document, part.start, part.end), *lists_in(document, part, OWN_WORDS))
        }
    return [told[start] for start in sorted(told)]


def leads_of(
    document: Document, target: Target, count: int = 0, *, room: float = math.inf, told: Sequence[Piece] = ()
) -> list[Piece]:
    """What is worth telling of what the target says besides what is `told`: `count` sentences in all, or lists no longer than one;
    else what has `room` words in all.
    """
    every = content_pieces(document, target, FEW_LISTED) if count else _at_length(document, target)
    least = -math.inf if count else MIN_SALIENCE
    count = count or max(
        _size(document, target) // WORDS_A_SENTENCE, MIN_SENTENCES, len(content_sections(document, target))
    )
    room -= sum(map(word_count, told))
    return SalienceScorer(document, target).select(
        every, count - len(told), max_words=room, min_salience=least, selected=told
    )


def _bullets(pieces: Sequence[Piece], targets: Sequence[Target], *, flat: bool = False) -> Lines:
    """One for each piece. The first piece from below a heading within the targets is shown with that heading if it has none of its words:
    "Applies to laws that ..." says nothing without "Strict scrutiny". Headings of summaries and of aims say nothing of what follows.
    """
    known = {fold(target.path[-1]) for target in targets}
    for piece in pieces:
        heading = _heading(piece)
        is_generic = names("summary", heading) or names("key points", heading) or is_aims(heading)
        is_new = heading not in known and not is_generic
        needs_heading = is_new and set(terms(heading)).isdisjoint(terms(piece.text))
        yield bullet(piece, heading=heading, flat=flat, needs_heading=needs_heading)
        known.add(heading)


def _heading(piece: Piece) -> str:
    """That it stands below."""
    return fold("".join(piece.document.section_at(piece.start)[-1:])).rstrip(" :：")


def _at_length(document: Document, target: Target) -> list[Piece]:
    """The same, with longer lists where the target is but one section."""
    return content_pieces(
        document, target, MAX_LIST_WORDS if len(content_sections(document, target)) > 1 else OWN_WORDS
    )
