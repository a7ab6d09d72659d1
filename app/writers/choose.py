"""Which pieces make the answer: the section most likely to hold it, from it what belongs together, seldom a second one.

A list comes whole where a list is asked for or it is short, else as its fitting items with what stands above them; a
table as its fitting rows, code whole with the sentence before it unless it is very long, text as consecutive sentences
of which none hangs on one left out. One right passage is worth more than three mixed ones: another section is added
only if it is nearly as likely, or holds a side of a comparison that the first does not mention.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.writers.asked import Asked
from app.writers.layout import Block, Piece, Place

Likelihoods = Mapping[tuple[str, int], float]

TEXT_WORDS = 80  # a run of sentences
EDGE = 0.1  # share of the best sentence's likelihood that the first and last of a run need
SHORT_LIST, LONG_LIST = 60, 150  # words
SURE = 0.8  # share of a short list's likelihood from which one item alone is meant
BESIDE_LISTED = 0.05  # the same as BESIDE, for a list or table where one is asked for
LONG_CODE = 300  # words
FITTING = 0.3  # share of the best item's likelihood that others need
FITTING_ROW = 0.6  # and of the best row's
MOST_ROWS = 4
BESIDE = 0.3  # share of the best block's strength that another block of the section needs
FURTHER = 0.14  # strength that a second or third section needs
SIDE = 0.02  # likelihood that a missing side needs
MOST_GROUPS = 3
STRONGEST = 3  # pieces a section or block is judged by: a sum over all would favour long ones
REPEAT = 0.7  # share of a piece's terms that are said already, from which it is left out
_COUNT = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\b", re.I)
_LEANS = re.compile(
    r"\W*(?:this|it|its|they|their|them|that|these|those|such|he|she|his|her|both|but|so|therefore|however|and|then|"
    r"instead|otherwise|hence|thus|also|here|yet|still|likewise|either|neither|each|"
    r"the (?:former|latter|same|other|first|second))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces of one section in reading order, block by block (rows: best first)."""

    blocks: tuple[tuple[Piece, ...], ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for block in self.blocks for piece in block)

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)

    @property
    def terms(self) -> frozenset[str]:
        return frozenset().union(*(piece.terms for piece in self.pieces))


def choose(asked: Asked, found: Sequence[Place], likely: Likelihoods, *, max_words: int) -> list[Group]:
    """One group, seldom two or three, best first, about `max_words` together; empty where there is nothing to quote."""
    ranked = sorted(found, key=lambda place: (-_strength(place.pieces, likely), place.rank))
    if not ranked:
        return []
    groups = [_of_place(asked, ranked[0], likely, room=max_words)]
    for place in ranked[1:MOST_GROUPS]:
        room = max_words - sum(group.size for group in groups)
        if room > 0 and _strength(place.pieces, likely) >= FURTHER:
            _add(groups, _of_place(asked, place, likely, room=room))
    for side in asked.sides:
        _add(groups, _of_side(asked, side, groups, ranked, likely))
    return groups


def _add(groups: list[Group], group: Group) -> None:
    """What of a group is not said already."""
    said = frozenset().union(*(other.terms for other in groups))
    fresh = (tuple(piece for piece in block if not _repeats(piece, said)) for block in group.blocks)
    blocks = tuple(block for block in fresh if any(not piece.opens for piece in block))
    if blocks:
        groups.append(Group(blocks))


def _repeats(piece: Piece, said: frozenset[str]) -> bool:
    return bool(piece.terms) and len(piece.terms & said) / len(piece.terms) > REPEAT


def _of_place(asked: Asked, place: Place, likely: Likelihoods, *, room: int) -> Group:
    """The best block of a section and those nearly as good, as far as they fit."""
    ranked = sorted(place.blocks, key=lambda block: -_strength(block.all, likely))
    best = _strength(ranked[0].all, likely)
    chosen: dict[int, tuple[Piece, ...]] = {}
    for block in ranked:
        used = sum(piece.size for pieces in chosen.values() for piece in pieces)
        if chosen and (_strength(block.all, likely) < _beside(asked, block) * best or used >= room):
            continue
        pieces = _of_block(asked, block, likely, room=room - used)
        if not chosen or used + sum(piece.size for piece in pieces) <= 1.2 * room:
            chosen[place.blocks.index(block)] = pieces
    return Group(tuple(chosen[index] for index in sorted(chosen)))


def _beside(asked: Asked, block: Block) -> float:
    return BESIDE_LISTED if asked.listing and block.kind in ("list", "table") else BESIDE


def _of_side(
    asked: Asked, side: frozenset[str], groups: Sequence[Group], ranked: Sequence[Place], likely: Likelihoods
) -> Group:
    """What says most of a side that no group mentions yet."""
    if any(side & group.terms for group in groups):
        return Group(())
    telling = [(likely[piece.key], block) for place in ranked for block in place.blocks for piece in block.pieces if side <= piece.terms]
    score, block = max(telling, key=lambda pair: pair[0], default=(0.0, None))
    if block is None or score < SIDE:
        return Group(())
    return Group((_of_block(asked, block, likely, room=TEXT_WORDS // 2),))


def _of_block(asked: Asked, block: Block, likely: Likelihoods, *, room: int) -> tuple[Piece, ...]:
    match block.kind:
        case "text":
            return _sentences(block.pieces, likely, room=min(room, TEXT_WORDS))
        case "list":
            return block.all if _wanted_whole(asked, block, likely) else _items(block, likely)
        case "code":
            return block.all if block.size <= LONG_CODE else _parts(block, likely)
        case "table":
            return _rows(block, likely)


def _wanted_whole(asked: Asked, block: Block, likely: Likelihoods) -> bool:
    """Whether a list is asked for, or promised by a count before it, or short with no item that stands out."""
    if asked.listing or (block.intro is not None and _COUNT.search(block.intro.words)):
        return block.size <= LONG_LIST
    scores = [likely[piece.key] for piece in block.pieces]
    return block.size <= SHORT_LIST and max(scores) < SURE * sum(scores)


def _sentences(pieces: Sequence[Piece], likely: Likelihoods, *, room: int) -> tuple[Piece, ...]:
    """The most likely run of sentences around the best one that fits, from one on that can be understood by itself."""
    top = max(range(len(pieces)), key=lambda index: likely[pieces[index].key])
    spans = [
        (first, last)
        for first in range(top + 1)
        for last in range(top, len(pieces))
        if first == last or _size(pieces[first : last + 1]) <= room
    ]
    first, last = max(spans, key=lambda span: sum(likely[piece.key] for piece in pieces[span[0] : span[1] + 1]))
    floor = EDGE * likely[pieces[top].key]
    while first < top and likely[pieces[first].key] < floor:
        first += 1
    while last > top and likely[pieces[last].key] < floor:
        last -= 1
    while last + 1 < len(pieces) and _LEANS.match(pieces[last + 1].words) and _size(pieces[first : last + 2]) <= room:
        last += 1
    while last > top and pieces[last].opens:
        last -= 1
    while first > 0 and _LEANS.match(pieces[first].words):
        first -= 1
    return tuple(pieces[first : last + 1])


def _items(block: Block, likely: Likelihoods) -> tuple[Piece, ...]:
    """The fitting items, those above them, those below one that announces them, and the introduction."""
    kept = _fitting(block, likely, share=FITTING)
    above: list[int] = []
    for index, piece in enumerate(block.pieces):
        above = above[: piece.depth]
        if index in kept:
            kept |= set(above)
        elif above and above[-1] in kept and block.pieces[above[-1]].opens:
            kept.add(index)
        above.append(index)
    chosen = tuple(block.pieces[index] for index in sorted(kept))
    return (block.intro, *chosen) if block.intro else chosen


def _rows(block: Block, likely: Likelihoods) -> tuple[Piece, ...]:
    """The fitting rows, best first; the whole table in its own order if all fit."""
    order = sorted(_fitting(block, likely, share=FITTING_ROW), key=lambda index: -likely[block.pieces[index].key])
    if len(order) < len(block.pieces):
        order = order[:MOST_ROWS]
    else:
        order = sorted(order)
    chosen = tuple(block.pieces[index] for index in order)
    return (block.intro, *chosen) if block.intro else chosen


def _parts(block: Block, likely: Likelihoods) -> tuple[Piece, ...]:
    """The fitting parts of code that is long enough to have several."""
    chosen = tuple(block.pieces[index] for index in sorted(_fitting(block, likely, share=FITTING)))
    return (block.intro, *chosen) if block.intro else chosen


def _fitting(block: Block, likely: Likelihoods, *, share: float) -> set[int]:
    floor = share * max(likely[piece.key] for piece in block.pieces)
    return {index for index, piece in enumerate(block.pieces) if likely[piece.key] >= floor}


def _size(pieces: Iterable[Piece]) -> int:
    return sum(piece.size for piece in pieces)


def _strength(pieces: Sequence[Piece], likely: Likelihoods) -> float:
    """How likely the answer is in a few of the pieces."""
    return sum(sorted((likely[piece.key] for piece in pieces), reverse=True)[:STRONGEST])
