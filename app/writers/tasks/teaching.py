"""What of a part of the course teaches: without aims, quizzes, glossaries, introductions and boxes. Pure functions."""

from itertools import pairwise

from app.query.parts import holds
from app.query.vocabulary import ASIDE, is_aims, names
from app.types import Target
from app.writers.tasks.lists import LISTED_WORDS, listed
from app.writers.tasks.names import lettered
from app.writers.tasks.pieces import (
    Parts,
    Piece,
    all_of,
    blocks_in,
    boxes_of,
    is_named,
    own,
    sections,
    sentences,
)
from retrieval.types import Document, Section


def teaching(parts: Parts) -> Parts:
    """Without the introductions: where most parts have a summary or a glossary of their own, those that have neither."""
    whole = [part for part in parts if any(own(kind, *part) for kind in ("summary", "key points", "cards"))]
    return whole if 2 * len(whole) > len(parts) else parts


def taught(document: Document, target: Target, most: int = LISTED_WORDS, *, boxed: bool = False) -> list[Piece]:
    """The sentences with which a target teaches, and its lists, in order; of boxes with a name only where they are wanted, too."""
    lists = [found for part in sections(document, target) for found in listed(document, part, most)]
    lists += lettered(document, target.start, target.end)
    leads = {one.start for one in lists}
    told = [one for one in sentences(document, target.start, target.end) if one.start not in leads]
    every = sorted([*told, *lists], key=lambda piece: piece.start)
    apart = [(part.start, part.end) for part in aside(document, target)]
    for part in boxes_of(document, target):
        below = next(blocks_in(document, part.start + 1, part.end), None)
        if not is_named(part):
            apart += [(below.start, below.end)] if below else []  # further down the text may go on
        elif not boxed:
            apart.append((part.start, part.end))
    return [one for one in every if not any(start <= one.start < end for start, end in apart)]


def aside(document: Document, target: Target) -> list[Section]:
    """What does not teach: quizzes, glossaries and summaries, and what follows the last summary."""
    last = {part.path[:-1]: part.start for part in own("summary", document, all_of(document))}
    return [
        part
        for part in sections(document, target)
        if any(names(kind, part.path[-1]) for kind in ASIDE) or last.get(part.path[:-1], part.start) < part.start
    ]


def kept(document: Document, target: Target) -> list[Section]:
    """The sections that may teach; neither aims, below which a lesson may begin without a heading, nor boxes without a name, nor
    what holds nothing but links.
    """
    boxes = {part.start for part in boxes_of(document, target) if not is_named(part)}
    found = [
        part
        for part in sections(document, target)
        if not is_aims(part.path[-1]) and part.start not in boxes and holds(document, part)
    ]
    again = {other.start for part, other in pairwise(found) if part.path == other.path}  # what goes on
    return [part for part in found if part.start not in again]
