"""Outlines, summaries, key points and cards, from what stands in the parts of the course. Pure functions."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from app.query.parts import holds
from app.query.vocabulary import ASIDE, is_aims, names
from app.types import Cited, Target, TaskKind, TextPiece, WriterEvent
from app.writers.tasks.choice import central, covering, once, over, spread, within
from app.writers.tasks.definitions import definitions, glossary, terms_by_part, terms_of
from app.writers.tasks.lines import Lines, after_dash, card, line
from app.writers.tasks.material import (
    Parts,
    Piece,
    all_of,
    leading,
    own,
    own_sentences,
    sections,
    sentences,
    stands_alone,
    telling,
)
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document, Section

MOST_LINES = 24  # of an outline
MOST_CARDS = 20
FEW_CARDS = 3  # below which headings are cards as well, if no number was asked for
FEW_LEADS = 3  # leading sentences that make a summary
MANY_LEADS = 10
FEW_POINTS = 4  # of one of several parts
OWN_WORDS = 250  # of a summary
MOST_TERMS = 40  # of a study guide


def outline(parts: Parts) -> Iterator[Sequence[WriterEvent]]:
    """Headings, nested, each with the sentence below it that tells most of it; as many levels as fit. What is said first of each
    thing where there are no headings.
    """
    kept = [(document, target, _kept(document, target)) for document, target in parts]
    depth = _depth([section for _, _, found in kept for section in found])
    for document, target, found in kept:
        above: list[tuple[str, ...]] = []
        first = _beginning(document, target, found)
        begins = bool(len(parts) > 1 or not found or (first and first.start < found[0].start))
        if begins:
            yield [TextPiece(f"- **{fold(target.path[-1])}**"), *after_dash(first)]
            leads = [piece for piece in leads_of(document, target) if not found and piece != first]
            yield from ([TextPiece("  "), *line(piece)] for piece in leads[: MOST_LINES // len(parts)])
        for section in found:
            if len(section.path) <= depth:
                indent = "  " * (sum(section.path[: len(path)] == path for path in above) + begins)
                above.append(section.path)
                yield [
                    TextPiece(f"{indent}- **{fold(section.path[-1])}**"),
                    *after_dash(_heard(document, section, found, target.beside)),
                ]


def summary(parts: Parts, count: int = 0) -> Iterator[Sequence[WriterEvent]]:
    """The course's own summaries where it has them, else what it says of each thing. `count`: of how many sentences at most, where
    that was asked for, and of one of each part.
    """
    parts = teaching(parts)
    room = int(OWN_WORDS / max(1, len(parts)) ** 0.5)  # of more parts more in all, and less of each
    for place, (document, target) in enumerate(parts):
        most = max(1, count // len(parts) + (place < count % len(parts))) if count else MANY_LEADS
        told = told_in(own("summary", document, target), document)
        leads = [] if told else leads_of(document, target, most)
        told = over(told, most, document, target) if count else told
        told = told or spread([leads], most, key=central(document, target))
        told = told if count else covering(told, lambda kept: within(kept, room) == list(kept) or len(kept) == 1)
        if told and len(parts) > 1:
            yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
        yield from (line(piece) for piece in told)
        if told:
            yield [TextPiece("\n")]


def points(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """What the course itself lists; else what it sums up, then what it says of each thing, then what it defines, as far as there
    is room. The same number from each part, in the order of the course.
    """
    pools, parts = [], teaching(parts)
    share = -(-count // max(1, len(parts)))
    for document, target in parts:
        listed = told_in(own("key points", document, target), document)
        summed = told_in(own("summary", document, target), document)
        chosen = listed or over(summed, share, document, target)
        leads = leads_of(document, target, FEW_LEADS if chosen else share)
        for more in () if listed else (leads, definitions(document, target)):
            fresh = [piece for piece in more if piece.text not in {other.text for other in chosen}]
            chosen += spread([fresh], share - len(chosen), key=central(document, target))
        pools.append(once(chosen) if listed or summed else sorted(once(chosen), key=lambda piece: piece.start))
    yield from (line(piece) for piece in spread(pools, count))


def guide(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """Of one part what is summed up, its headings and its terms; of several the points and the terms of each."""
    parts = teaching(parts)
    for document, target in parts:
        if len(parts) > 1:
            yield [TextPiece(f"**{fold(target.path[-1])}**\n\n")]
            told = list(points([(document, target)], FEW_POINTS))
        else:
            summed = within(told_in(own("summary", document, target), document), OWN_WORDS)
            told = [*titled("summary", document, target), *map(line, summed)] if summed else []
            told += [[TextPiece("\n")], *outline(parts)]
        text = "".join(event.text for events in told for event in events if isinstance(event, TextPiece)).casefold()
        cited = [event.citation for events in told for event in events if isinstance(event, Cited)]
        fresh = [piece for piece in terms_of(document, target) if piece.citation not in cited]
        known = [piece for piece in fresh if f"**{piece.term.casefold()}**" not in text]
        yield from told
        yield [TextPiece("\n")]
        yield from titled("cards", document, target) if known and len(parts) == 1 else ()
        yield from map(card, spread([known], count // len(parts)))
        yield [TextPiece("\n")]


def titled(kind: TaskKind, document: Document, target: Target) -> Lines:
    """The course's own heading over what a task of this kind makes, if it has one."""
    return ([TextPiece(f"**{fold(part.path[-1])}**\n\n")] for part in own(kind, document, target)[:1])


def cards(parts: Parts, count: int) -> Iterator[Sequence[WriterEvent]]:
    """A term, and what the course says it is, each term once; where there are too few of these also headings, each with its
    telling sentence.
    """
    pools = terms_by_part(parts)
    known = {piece.citation for pool in pools for piece in pool}
    chosen = spread(pools, count or MOST_CARDS)
    headed = [
        replace(first, term=fold(part.path[-1]))
        for document, target in parts
        for part in _kept(document, target)
        if (first := telling(document, part)) and first.citation not in known
    ]
    yield from map(card, [*chosen, *once(headed)[: max(0, (count or FEW_CARDS) - len(chosen))]])


def teaching(parts: Parts) -> Parts:
    """Without the introductions: where most parts have a summary or a glossary of their own, those that have neither."""
    whole = [part for part in parts if any(own(kind, *part) for kind in ("summary", "key points", "cards"))]
    return whole if 2 * len(whole) > len(parts) else parts


def told_in(parts: Sequence[Section], document: Document) -> list[Piece]:
    return [piece for part in parts for piece in sentences(document, part.start, part.end)]


def leads_of(document: Document, target: Target, least: int = FEW_LEADS) -> list[Piece]:
    """What the target says of each thing: the telling sentence of each section, with its heading where it does not hold that, of no
    deeper ones than make up the `least` number; or, where there are hardly any, of what leads each paragraph or defines the
    half that is most central, or all sentences.
    """
    headed: list[tuple[int, Piece]] = []
    for part in _kept(document, target):
        if first := telling(document, part, target.beside) or leading(document, part.start, part.end):
            has_heading = set(terms(part.path[-1])) <= set(terms(first.text))
            headed.append((len(part.path), first if has_heading else replace(first, term=fold(part.path[-1]))))
    levels = sorted({level for level, _ in headed})
    by_level = [once([piece for level, piece in headed if level <= deepest]) for deepest in levels]
    by_section = next((found for found in by_level if len(found) >= least), by_level[-1] if by_level else [])
    if len(by_section) >= FEW_LEADS:
        return by_section
    aside = _aside(document, target)
    every = [one for one in own_sentences(document, target) if not _is_in(one.start, aside)]
    defining = {piece.start: piece for piece in definitions(document, target)}
    leads = once([defining.get(one.start, one) for one in every if one.leads or one.start in defining])
    alone = once([defining.get(one.start, one) for one in every if one.start in defining or stands_alone(one.text)])
    half = max(FEW_LEADS + 1, least if least < MANY_LEADS else 0, len(leads) // 2)
    named, worth = set(terms(target.path[-1])), central(document, target)
    known = [piece.term.casefold() for piece in glossary(document) if not set(terms(piece.term)) <= named]

    def tells(piece: Piece) -> tuple[bool, int, bool, float]:
        defines = bool(piece.term) or any(term in piece.text.casefold() for term in known)
        return defines, len(named & set(terms(piece.text))), piece.leads, worth(piece)

    return spread([alone], half, key=tells) if len(leads) >= FEW_LEADS else every


def _kept(document: Document, target: Target) -> list[Section]:
    """The sections that teach; neither aims, below which a lesson may begin without a heading, nor boxes, nor what holds nothing
    but links.
    """
    aside = _aside(document, target)
    found = [
        part
        for part in sections(document, target)
        if not (is_aims(part.path[-1]) or part.start in target.beside or _is_in(part.start, aside))
        and holds(document, part)
    ]
    again = {other.start for part, other in pairwise(found) if part.path == other.path}  # what goes on
    return [part for part in found if part.start not in again]


def _heard(document: Document, section: Section, found: Sequence[Section], beside: Collection[int]) -> Piece | None:
    """What tells of a section; where nothing stands right below its heading, of the parts that have most of its words the first."""
    inner = [part for part in found if section.start < part.start < section.end]
    told = [one for part in inner if (one := telling(document, part, beside))]
    named = set(terms(section.path[-1]))
    most = max(told, key=lambda piece: len(named & set(terms(piece.text))), default=None)
    return telling(document, section, beside) or most


def _aside(document: Document, target: Target) -> list[tuple[int, int]]:
    """From where to where a target does not teach: quizzes, glossaries and summaries, and what follows the last summary."""
    last = {part.path[:-1]: part.start for part in own("summary", document, all_of(document))}
    return [
        (part.start, part.end)
        for part in sections(document, target)
        if any(names(kind, part.path[-1]) for kind in ASIDE) or last.get(part.path[:-1], part.start) < part.start
    ]


def _is_in(start: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(begin <= start < end for begin, end in spans)


def _beginning(document: Document, target: Target, found: Sequence[Section]) -> Piece | None:
    """What is said before the first section with most of the words of the target's name; else what is said first."""
    named = set(terms(target.path[-1]))
    before = sentences(document, target.start, found[0].start if found else target.end)
    leads = [piece for piece in before if piece.leads]
    told = max(leads, key=lambda piece: len(named & set(terms(piece.text))), default=None)
    return told or leading(document, target.start, target.end)


def _depth(found: Sequence[Section]) -> int:
    """The most levels of headings that are no more lines than MOST_LINES, one at least."""
    levels = sorted({len(section.path) for section in found})
    fitting = [level for level in levels if sum(len(section.path) <= level for section in found) <= MOST_LINES]
    return max(fitting, default=levels[0] if levels else 1)
