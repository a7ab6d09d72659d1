"""Outlines, summaries, key points, cards and texts with gaps, from what stands in the parts of the course. Pure functions."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from app.query.wishes import ASIDE, is_aims
from app.types import Cited, Target, TextPiece, WriterEvent
from app.writers.tasks.material import Piece, definitions, glossary, leading, own, sections, sentences
from retrieval.text.markdown import fold, row_with_columns, table_rows
from retrieval.types import Document, Section

MOST_LINES = 24  # of an outline
FEW_CARDS = 5  # below which headings are cards as well
FEW_LEADS = 3  # leading sentences that make a summary
OWN_WORDS = 250  # of a summary

T = TypeVar("T")
Parts = Sequence[tuple[Document, Target]]


def outline(parts: Parts) -> Iterator[Sequence[WriterEvent]]:
    """Headings, nested, each with the leading sentence below it; as many levels as fit."""
    kept = [(document, target, _kept(document, target)) for document, target in parts]
    depth = _depth([section for _, _, found in kept for section in found])
    for document, target, found in kept:
        told: set[int] = set()
        above: list[tuple[str, ...]] = []
        if len(parts) > 1 or not found:
            found = [Section((), 0, target.start, target.end), *found]
        for section in found:
            first = leading(document, section.start, section.end)
            if len(section.path) > depth or (section.path and (first is None or first.start in told)):
                continue
            told |= {first.start} if first else set()
            indent = "  " * sum(section.path[: len(path)] == path for path in above)
            above.append(section.path)
            heading = section.path[-1] if section.path else target.path[-1]
            yield [TextPiece(f"{indent}- **{fold(heading)}**"), *after_dash(first)]


def summary(parts: Parts, count: int = 0) -> Iterator[Sequence[WriterEvent]]:
    """The course's own summaries where it has them, else what it says first of each thing. `count`: of how many sentences at
    most, where that was asked for, and of one of each part.
    """
    room, most = OWN_WORDS // max(1, len(parts)), max(1, count // max(1, len(parts)))
    for document, target in parts:
        told = _told(own("summary", document, target), document) or _leads(document, target)
        told = within(_first(once(told), most if count else len(told)), room)
        if told and len(parts) > 1:
            yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from (line(piece) for piece in told)
        if told:
            yield [TextPiece("\n")]


def points(parts: Parts, count: int, *, define: bool = True) -> Iterator[Sequence[WriterEvent]]:
    """What the course itself lists; else what it sums up, with sentences that `define` as far as there is room; else those and
    the leading ones. The same number from each part, in the order of the course.
    """
    pools = []
    for document, target in parts:
        listed = _told(own("key points", document, target), document)
        summed = _told(own("summary", document, target), document)
        defined = [
            piece
            for piece in definitions(document, target)
            if define and (piece.term not in piece.text or piece.text.rstrip()[-1:] in ".!。！")
        ]
        more = (
            spread([defined], max(0, count // len(parts) - len(summed)))
            if summed
            else [*defined, *_leads(document, target)]
        )
        pools.append(sorted(once(listed or [*summed, *more]), key=lambda piece: piece.start))
    yield from (line(piece) for piece in spread(pools, count))


def cards(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """A term, and what the course says it is; where there are too few of these also headings, each with its leading sentence."""
    chosen = spread([terms_of(document, target) for document, target in parts], count)
    if len(chosen) < min(count, FEW_CARDS):
        headed = [
            Piece(document, first.start, first.end, fold(part.path[-1]))
            for document, target in parts
            for part in _kept(document, target)
            if (first := leading(document, part.start, part.end))
        ]
        known = {(piece.document.id, piece.start) for piece in chosen}
        chosen += [piece for piece in once(headed) if (piece.document.id, piece.start) not in known][
            : count - len(chosen)
        ]
    for piece in chosen:
        yield [TextPiece(f"- **{piece.term}** — "), *quoted(piece), TextPiece("\n")]


def gaps(parts: Parts, count: int) -> list[tuple[list[WriterEvent], list[WriterEvent]]]:
    """Definitions with a gap in place of the term, each with the term."""
    pools = [list(filter(_stands_alone, terms_of(document, target))) for document, target in parts]
    return [_with_gap(piece) for piece in spread(pools, count)]


def _with_gap(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    if piece.term not in piece.text:
        return [TextPiece(f"_____ — {fold(piece.text)}")], [TextPiece(f"**{piece.term}** — "), *quoted(piece)]
    text = piece.text.replace(f"**{piece.term}**", "_____").replace(piece.term, "_____")
    return [TextPiece(fold(text))], quoted(piece)


def _stands_alone(piece: Piece) -> bool:
    """Whether it points to nothing before it: an entry of a glossary, the first sentence of a paragraph, or one that begins with
    the term, an article aside.
    """
    before, named, _ = piece.text.partition(piece.term)
    return not named or piece.leads or len(before.split()) <= 1


def terms_of(document: Document, target: Target) -> list[Piece]:
    """The definitions of the target, and those of the document's glossary whose terms it uses."""
    inside = definitions(document, target)
    known = {piece.term.casefold() for piece in inside}
    text = document.text[target.start : target.end].casefold()
    others = (piece for piece in glossary(document) if piece.term.casefold() not in known)
    return inside + [piece for piece in others if piece.term.casefold() in text]


def _told(parts: Sequence[Section], document: Document) -> list[Piece]:
    return [piece for part in parts for piece in sentences(document, part.start, part.end)]


def _leads(document: Document, target: Target) -> list[Piece]:
    """What the target says first of each thing: the leading sentence of each section, or, where there are hardly any, of
    each paragraph and those that define, or all sentences.
    """
    by_section = [piece for part in _kept(document, target) if (piece := leading(document, part.start, part.end))]
    every = list(sentences(document, target.start, target.end))
    defining = {piece.start: piece for piece in definitions(document, target)}
    by_paragraph = [defining.get(piece.start, piece) for piece in every if piece.leads or piece.start in defining]
    return next((once(found) for found in (by_section, by_paragraph) if len(once(found)) >= FEW_LEADS), every)


def _kept(document: Document, target: Target) -> list[Section]:
    """The sections that teach: neither aims, quizzes and glossaries, nor those without a sentence."""
    aside = [part for kind in ASIDE for part in own(kind, document, target)]
    return [
        part
        for part in sections(document, target)
        if not is_aims(part.path[-1])
        and not any(other.start <= part.start < other.end for other in aside)
        and leading(document, part.start, part.end)
    ]


def _depth(found: Sequence[Section]) -> int:
    """The most levels of headings that are no more lines than MOST_LINES, one at least."""
    levels = sorted({len(section.path) for section in found})
    fitting = [level for level in levels if sum(len(section.path) <= level for section in found) <= MOST_LINES]
    return max(fitting, default=levels[0] if levels else 1)


def quoted(piece: Piece) -> list[WriterEvent]:
    """As it stands; rows of a table as lines of their cells."""
    return [TextPiece("\n".join(in_words(piece.text.strip(), between="\n"))), Cited(piece.citation)]


def line(piece: Piece) -> list[WriterEvent]:
    """A line of a list; a definition out of a glossary with its term."""
    named = f"**{piece.term}** — " if piece.term and piece.term not in piece.text else ""
    parts = in_words(piece.text, between=" / ")
    text = fold((" / " if "\n|" in f"\n{piece.text}" else " ").join(part for part in parts if part.strip()))
    return [TextPiece(f"- {named}{text}"), Cited(piece.citation), TextPiece("\n")]


def in_words(text: str, *, between: str) -> list[str]:
    """The lines of a text, the rows of a table put together as one, with `between` them and each cell under its column's name:
    `["| a | b |", "| --- | --- |", "| 1 | 2 |"]` -> `["a: 1; b: 2"]`. Where the header is not among them, the cells alone.
    """
    told: list[str] = []
    for is_row, group in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        rows = list(group)
        if not is_row:
            told += rows
            continue
        header = rows[0] if len(rows) > 2 and not table_rows(rows[1], "") else ""
        told.append(between.join(row_with_columns(row, header) for row in table_rows("\n".join(rows), header)))
    return told


def after_dash(piece: Piece | None) -> list[WriterEvent]:
    told: list[WriterEvent] = [TextPiece(f" — {fold(piece.text)}"), Cited(piece.citation)] if piece else []
    return [*told, TextPiece("\n")]


def spread(pools: Sequence[Sequence[T]], count: int) -> list[T]:
    """`count` things, evenly over the pools and over each of them, in order."""
    filled = [pool for pool in pools if pool]
    chosen: list[T] = []
    for place, pool in enumerate(filled):
        share = (count - len(chosen)) // (len(filled) - place)
        step = max(1.0, len(pool) / share) if share else 1.0
        chosen += [pool[int(number * step)] for number in range(min(share, len(pool)))]
    return chosen


def once(pieces: Sequence[Piece]) -> list[Piece]:
    """In order, without those that quote what one before quotes."""
    return list({(piece.document.id, piece.start, piece.end): piece for piece in reversed(pieces)}.values())[::-1]


def _first(pieces: Sequence[Piece], count: int) -> list[Piece]:
    """As many as are wanted, those that define before others, in order."""
    chosen = sorted(pieces, key=lambda piece: not piece.term)[:count]
    return [piece for piece in pieces if piece in chosen]


def within(pieces: Sequence[Piece], words: int) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        words -= len(piece.text.split()) if piece.text.isascii() else max(len(piece.text.split()), len(piece.text) // 6)
        if kept and words < 0:
            break
        kept.append(piece)
    return kept
