"""Summaries, key points and study guides of parts of the course, put together from its own pieces. Pure functions."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from app.query.vocabulary import announces_task, is_objectives_heading
from app.types import Target, TaskKind, TextPiece, WriterEvent
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.markdown import write_shown
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

MIN_SENTENCES, MAX_POINTS = 3, 10  # of a part, where no number is asked for
WORDS_PER_SENTENCE = 40  # of a part, for each sentence of its summary
POINTS_OF_EACH = 4  # key points of each of several parts in a study guide
SUMMARY_WORDS = 220
MAX_OWN_WORDS = 350  # of a summary, list or table of the course's own
MAX_SHORT_LIST_WORDS = 30  # of a list that counts as one sentence
MAX_GUIDE_TERMS = 40
_TEX_COMMAND = re.compile(r"\\[a-z]+(?:\{aligned\})?")


def summary(parts: Parts, count: int = 0) -> Iterator[Sequence[WriterEvent]]:
    """The course's own summary of each part, filled up with the most salient of what it leaves out.

    `count`: of so many sentences in all, but at least one of each part; else as many words as there is room for.
    """
    parts = without_introductions(parts)
    for place, (document, target) in enumerate(parts):
        share = max(1, count // len(parts) + (place < count % len(parts))) if count else 0
        if count:
            pieces = _summary_of_sentences(document, target, share)
        else:  # of more parts more words in all, and fewer of each
            pieces = _summary_of_words(document, target, 1 / len(parts) ** 0.5)
        if pieces and len(parts) > 1:
            yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from _bullets(pieces, [target], flat=0 < share <= len(pieces))
        if pieces:
            yield [TextPiece("\n")]


def key_points(parts: Parts, count: int = 0, *, without: Sequence[Piece] = ()) -> Iterator[Sequence[WriterEvent]]:
    """The course's own key points or the most salient of its summary, then of the rest, as many from each part.

    `without`: pieces that are shown elsewhere. Where no `count` is asked for, the tables of an only part follow.
    """
    pools, parts = list[list[Piece]](), without_introductions(parts)
    min_salience = -math.inf if count else MIN_SALIENCE
    total = count or (_sentence_count(*parts[0]) if len(parts) == 1 else MAX_POINTS)
    share = math.ceil(total / max(1, len(parts)))
    for document, target in parts:
        scorer, before = SalienceScorer(document, target), list(chain(*pools))
        own = _own_pieces("key points", document, target) or scorer.select(
            _own_pieces("summary", document, target), share, min_salience=min_salience, selected=before
        )
        rest = [
            piece
            for piece in _content_at_length(document, target)
            if not any(other.start <= piece.start < other.end for other in without)
        ]
        more = scorer.select(rest, share - len(own), min_salience=min_salience, selected=[*before, *own])
        pools.append([*own, *more] or rest[:1])
    yield from _bullets(pick_evenly(pools, total), [target for _, target in parts])
    if len(parts) == 1 and not count:
        yield [TextPiece("\n")]
        yield from map(_whole, _small_tables(*parts[0]))


def study_guide(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """Of each part an overview, its formulas, and cards of at most `count` terms that are not explained in these already."""
    parts = without_introductions(parts)
    for document, target in parts:
        formulas = list(_key_formulas(document, target))
        shown = [Piece(document, formula.start, formula.end) for formula in formulas]
        overview = _overview(document, target, shown, is_only=len(parts) == 1)
        lines = [*overview, [TextPiece("\n")], *map(_whole, formulas)]
        yield from lines
        said = [set(terms("".join(event.text for event in line if isinstance(event, TextPiece)))) for line in lines]
        new = [term for term in defined_terms(document, target) if not any(is_redundant(term, line) for line in said)]
        yield from _own_heading("cards", document, target) if new and len(parts) == 1 else ()
        yield from map(card, pick_evenly([new], count // len(parts)))
        yield [TextPiece("\n")]


def _overview(document: Document, target: Target, without: Sequence[Piece], *, is_only: bool) -> Lines:
    """Of one of several parts a few key points; of an only part its own summary, its outline and tables, or its key points if it is small."""
    part = [(document, target)]
    if not is_only:
        yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from key_points(part, POINTS_OF_EACH, without=without)
    elif len(content_sections(document, target)) > 1:
        yield from _own_heading("summary", document, target)
        yield from summary(part) if sections_of_kind("summary", document, target) else ()
        yield from outline(part, whole=True)
        yield [TextPiece("\n")]
        yield from map(_whole, _small_tables(document, target))
    else:
        yield from key_points(part, without=without)


def _summary_of_sentences(document: Document, target: Target, count: int) -> list[Piece]:
    scorer, pieces = SalienceScorer(document, target), _own_pieces("summary", document, target)
    if len(pieces) > count:
        pieces = scorer.select(pieces, count, min_salience=-math.inf)
    content = content_pieces(document, target, MAX_SHORT_LIST_WORDS)
    return pieces + scorer.select(content, count - len(pieces), min_salience=-math.inf, selected=pieces)


def _summary_of_words(document: Document, target: Target, scale: float) -> list[Piece]:
    """The own summary, shortened if it is long, with other pieces up to `SUMMARY_WORDS`; both limits are scaled."""
    scorer, pieces = SalienceScorer(document, target), _own_pieces("summary", document, target)
    if sum(map(word_count, pieces)) > scale * MAX_OWN_WORDS:
        pieces = scorer.select(pieces, len(pieces), max_words=scale * MAX_OWN_WORDS, min_salience=-math.inf)
    count = max(
        _word_count(document, target) // WORDS_PER_SENTENCE, MIN_SENTENCES, len(content_sections(document, target))
    )
    left = scale * SUMMARY_WORDS - sum(map(word_count, pieces))
    content = _content_at_length(document, target)
    return pieces + scorer.select(content, count - len(pieces), max_words=left, selected=pieces)


def _own_pieces(kind: TaskKind, document: Document, target: Target) -> list[Piece]:
    """The sentences and lists of the course's own summary, or of another section of this kind."""
    pieces: dict[int, Piece] = {}  # by their starts: the sentence that leads into a list is part of that
    for section in sections_of_kind(kind, document, target):
        sentences = sentences_in(document, section.start, section.end)
        pieces |= {piece.start: piece for piece in (*sentences, *lists_in(document, section, MAX_OWN_WORDS))}
    return [pieces[start] for start in sorted(pieces)]


def _content_at_length(document: Document, target: Target) -> list[Piece]:
    """What the target teaches, with longer lists where it is but one section."""
    is_one_section = len(content_sections(document, target)) <= 1
    return content_pieces(document, target, MAX_OWN_WORDS if is_one_section else MAX_LIST_WORDS)


def _sentence_count(document: Document, target: Target) -> int:
    """How many key points a part has by its length."""
    return min(MAX_POINTS, max(MIN_SENTENCES, _word_count(document, target) // WORDS_PER_SENTENCE))


def _word_count(document: Document, target: Target) -> int:
    return sum(map(word_count, content_pieces(document, target)))


def _bullets(pieces: Sequence[Piece], targets: Sequence[Target], *, flat: bool = False) -> Lines:
    """Each piece as a list item, the first from below a heading within the targets with that heading if it shares no word with it.

    "Applies to laws that ..." says nothing without "Strict scrutiny". Headings of summaries and of aims say nothing of what follows.
    """
    known = {fold(target.path[-1]) for target in targets}
    for piece in pieces:
        heading = _heading(piece)
        is_generic = (
            announces_task("summary", heading)
            or announces_task("key points", heading)
            or is_objectives_heading(heading)
        )
        is_new = heading not in known and not is_generic
        needs_heading = is_new and set(terms(heading)).isdisjoint(terms(piece.text))
        yield bullet(piece, heading=heading, flat=flat, needs_heading=needs_heading)
        known.add(heading)


def _heading(piece: Piece) -> str:
    """The heading of the section that a piece stands in."""
    return fold("".join(piece.document.section_at(piece.start)[-1:])).rstrip(" :：")


def _own_heading(kind: TaskKind, document: Document, target: Target) -> Lines:
    """The heading of the course's own section of this kind, if it has one."""
    return ([TextPiece(f"**{fold(part.path[-1])}**\n\n")] for part in sections_of_kind(kind, document, target)[:1])


def _whole(stretch: Stretch) -> Sequence[WriterEvent]:
    return [*write_shown(Shown(stretch, stretch.units)), TextPiece("\n\n")]


def _key_formulas(document: Document, target: Target) -> Iterator[Stretch]:
    """The first formula of each section, with its lead-in, that has more letters than digits: others only calculate an example."""
    first: dict[tuple[str, ...], Stretch] = {}
    for stretch in _content_stretches(document, target):
        formula = "".join(stretch.source(unit) for unit in stretch.units[stretch.lead_in_count :])
        symbols = _TEX_COMMAND.sub("", formula)
        if stretch.kind == "formula" and sum(map(str.isalpha, symbols)) > sum(map(str.isdigit, symbols)):
            first.setdefault(stretch.section, stretch)
    yield from first.values()


def _small_tables(document: Document, target: Target) -> Iterator[Stretch]:
    """The small tables, other than those of two columns that define terms."""
    defined = [piece.start for piece in defined_terms(document, target)]
    for stretch in _content_stretches(document, target):
        if stretch.kind == "table" and stretch.words <= MAX_OWN_WORDS:
            columns = cells(stretch.units[-1].lead.split("\n", 1)[0])
            if len(columns) >= 3 or not any(stretch.start <= start < stretch.end for start in defined):
                yield stretch


def _content_stretches(document: Document, target: Target) -> list[Stretch]:
    excluded = back_matter(document, target)
    return [
        stretch
        for stretch in stretches(document, [(target.start, target.end)])
        if not any(section.start <= stretch.start < section.end for section in excluded)
    ]
