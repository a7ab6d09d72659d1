"""Outlines: headings with what is defined, listed and told below them. Pure functions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.content import back_matter, content_pieces, content_sections, without_introductions
from app.writers.tasks.enumerations import lettered_captions, run_in_paragraphs
from app.writers.tasks.pieces import Parts, Piece, sections_in
from app.writers.tasks.rendering import bullet, gloss_after_dash
from app.writers.tasks.salience import SalienceScorer, is_enumeration, is_redundant
from app.writers.tasks.terms.definitions import defined_terms, glossary_entries, phrase_count, term_key
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document, Section

MOST_HEADINGS = 24
MOST_LINES = 40
MOST_OF_ONE = 5  # lines below a heading; of what it lists and introduces MOST_LISTED
MOST_LISTED = 8
OPENINGS = 2  # first sentences of paragraphs, one of which is told beside a heading
WORDS_A_LINE = 200  # of a section, for what it only tells
LISTED_WORDS = 40  # of a list, MOST_WORDS where there is room
MOST_WORDS = 250

Placed = tuple[int, Piece]


@dataclass(frozen=True, slots=True)
class _Topic:
    """A line of an outline: what is told beside its `name`, what it lists and introduces, each with its place, and what else is worth
    telling.
    """

    path: tuple[str, ...]
    name: str
    first: Piece | None = None
    listed: Sequence[Placed] = ()
    more: Sequence[Piece] = ()


def outline(parts: Parts, *, whole: bool = False) -> Iterator[Sequence[WriterEvent]]:
    """Headings, nested, as many levels as fit, each with what the glossary says of it, or what is worth telling below it before the next
    one; then what it lists, the terms it introduces, and what else is worth telling of long ones. A heading with nothing below it is left
    out. `whole`: with longer lists, as far as there is room.
    """
    room = LISTED_WORDS
    if whole:
        lists = sum(bool(one.line_spans) for part in parts for one in content_pieces(*part, MOST_WORDS))
        room = max(room, min(MOST_WORDS, MOST_HEADINGS * LISTED_WORDS // max(1, lists)))
    apart = [back_matter(*part) for part in parts]
    found = [
        [one for one in content_sections(*part) if one not in those] for part, those in zip(parts, apart, strict=True)
    ]
    depth = _depth(list(chain(*found)))
    shown = [[one for one in sections if len(one.path) <= depth] for sections in found]
    teaches = without_introductions(parts)
    most = min(MOST_OF_ONE, MOST_HEADINGS // max(1, sum(map(len, shown)))) - 1
    telling = [
        list(_topics(*part, headings, room, most, is_one=len(parts) == 1, teaches=part in teaches))
        for part, headings in zip(parts, shown, strict=True)
    ]
    every = list(chain(*telling))
    fits = (
        most for most in range(MOST_LISTED, 0, -1) if sum(1 + len(one.listed[:most]) for one in every) <= MOST_LINES
    )
    listed = next(fits, 0)
    for topics in telling:
        above: list[tuple[str, ...]] = []
        for topic in topics:
            indent = "  " * sum(topic.path[: len(path)] == path for path in above)
            above.append(topic.path)
            yield [TextPiece(f"{indent}- **{topic.name}**"), *gloss_after_dash(topic.first, indent)]
            told = [*topic.listed[:listed], *((one.start, one) for one in topic.more)]
            yield from (bullet(one, f"{indent}  ") for _, one in sorted(told, key=lambda placed: placed[0]))


def _topics(
    document: Document,
    target: Target,
    found: Sequence[Section],
    room: int,
    most: int,
    *,
    is_one: bool,
    teaches: bool,
) -> Iterator[_Topic]:
    """What stands before the first heading, then the headings below which anything does, each with `most` sentences that are worth it."""
    known = {term_key(piece.term): piece for piece in glossary_entries(document)}
    worth, lists = SalienceScorer(document, target), _lists(document, target)
    every = [
        one
        for one in content_pieces(document, target, room, with_boxes=True)
        if not any(other.start <= one.start < other.end for other in lists)
    ]
    headed = {_term(part.path[-1]) for part in found}
    offered = [
        one for one in defined_terms(document, target) if not one.is_list_entry and term_key(one.term) not in headed
    ]
    introduced = list(_introduced(offered, every))
    for place, part in enumerate([Section((), 0, target.start, target.end), *found]):
        inner = [other for other in found[place:] if part.start <= other.start < part.end]
        end = inner[0].start if inner else part.end
        name = fold((part.path or target.path)[-1])
        here, listing = ([one for one in pieces if part.start <= one.start < end] for pieces in (every, lists))
        below = any(part.start <= one.start < part.end for one in [*every, *lists])
        if not (here or listing) and not (below and (part.path or (not is_one and name != fold(inner[0].path[-1])))):
            continue
        if not teaches:
            yield _Topic(part.path, name)
            continue
        text = " ".join(terms(document.text[part.start : end]))
        new = [placed for placed in introduced if part.start <= placed[0] < end]
        new.sort(key=lambda placed: -phrase_count(placed[1].term, text))
        begun = [one for one in [*here[:1], *listing] if one.line_spans]
        nearly = [one for _, one in new if _is_of(one.term, name)]
        meant = [(part.start, one) for one in nearly if len(nearly) == 1]
        opening = [one for one in here if one.opens_paragraph]
        best = [*worth.select(opening[:OPENINGS], 1), *listing, *(here if not (inner or new) else ())]
        first = known.get(_term(name)) or next(iter([] if meant else [*begun, *best]), None)
        told = set(terms(first.text)) if first else set()
        listing += [one for one in here if is_enumeration(one)]
        new = [placed for placed in new if placed[1] not in (one for _, one in meant)]
        listed = [*meant, *((one.start, one) for one in listing if one != first)]
        listed += [placed for placed in new if not is_redundant(placed[1], told)]
        left = min(len(document.text[part.start : end].split()) // WORDS_A_LINE, most - len(listed))
        more = worth.select(here, left, selected=[*filter(None, [first]), *(one for _, one in listed)])
        yield _Topic(part.path, name, first, listed, more)


def _is_of(term: str, heading: str) -> bool:
    """Whether a heading names a term, with another word more or less: "Bone Remodeling" remodeling."""
    wanted, held = set(terms(heading.rpartition(":")[2])), set(terms(term))
    return wanted <= held or (held <= wanted and 2 * len(held) >= len(wanted)) if wanted and held else False


def _lists(document: Document, target: Target) -> list[Piece]:
    """What its sections list without a list."""
    apart = back_matter(document, target)
    found = [
        *(one for part in sections_in(document, target) for one in run_in_paragraphs(document, part)),
        *lettered_captions(document, target.start, target.end),
    ]
    return [one for one in found if not any(part.start <= one.start < part.end for part in apart)]


def _term(name: str) -> object:
    return term_key(fold(name).rpartition(":")[2])


def _introduced(offered: Sequence[Piece], told: Sequence[Piece]) -> Iterator[Placed]:
    """Each term with where it is introduced: what sets it in bold, else what has it first, else what has its stems."""
    texts = [one.text.casefold() for one in told]
    held = [" ".join(terms(text)) for text in texts]
    starts = {one.start for one in told}
    for piece in offered:
        if piece.start in starts:
            yield piece.start, piece
            continue
        term = piece.term.casefold()
        bold = (one for one, text in zip(told, texts, strict=True) if f"**{term}" in text)
        plain = (one for one, text in zip(told, texts, strict=True) if re.search(rf"\b{re.escape(term)}\b", text))
        stem = (one for one, text in zip(told, held, strict=True) if phrase_count(piece.term, text))
        yield from ((one.start, piece) for one in islice(chain(bold, plain, stem), 1))


def _depth(found: Sequence[Section]) -> int:
    """The most levels of headings that are no more lines than MOST_HEADINGS, one at least."""
    levels = sorted({len(section.path) for section in found})
    fitting = [level for level in levels if sum(len(section.path) <= level for section in found) <= MOST_HEADINGS]
    return max(fitting, default=levels[0] if levels else 1)
