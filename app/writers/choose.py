"""Which pieces make the answer: the section most likely to hold it, from it what belongs together, seldom a second one.

A list comes whole where a list is asked for, else its fitting items with their introduction; a table as its fitting
rows; code whole with the sentence before it; text as consecutive sentences, none of which hangs on one left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.writers.asked import Asked
from app.writers.layout import Block, Piece, Place
from app.writers.relevance import piece_terms, rarity, share

Likelihoods = Mapping[tuple[str, int], float]

TEXT_WORDS = 60
SMALL_LIST = 45
LONG_LIST = 150
FITTING = 0.3
BESIDE = 0.3
SECOND = 0.5
MISSING = 0.25
MISSING_FLOOR = 0.1
REPEAT = 0.7
MOST_GROUPS = 3
_LEANS = re.compile(
    r"\W*(?:this|it|its|they|their|them|that|these|those|such|he|she|his|her|both|but|so|therefore|however|and|then|"
    r"instead|otherwise|hence|thus|also|here|yet|still|likewise|either|neither|each|the (?:former|latter|same|other|first|second))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces of one section in reading order, block by block."""

    place: Place
    blocks: tuple[tuple[Piece, ...], ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for block in self.blocks for piece in block)

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)


def choose(asked: Asked, found: Sequence[Place], likely: Likelihoods, *, max_words: int) -> list[Group]:
    """At most three groups, best first, about `max_words` together; empty where there is nothing to quote."""
    ranked = sorted(found, key=lambda place: (-_mass(place.pieces, likely), place.rank))
    if not ranked:
        return []
    first = ranked[0]
    best = _mass(first.pieces, likely)
    groups = [Group(first, _from_place(asked, first, likely, room=max_words))]
    weights = rarity(asked.terms, [piece_terms(piece) for place in found for piece in place.pieces])
    for place in ranked[1:]:
        if len(groups) == MOST_GROUPS:
            break
        room = max_words - sum(group.size for group in groups)
        if room <= 0:
            break
        said = set().union(*(piece_terms(piece) for group in groups for piece in group.pieces))
        mass = _mass(place.pieces, likely)
        top = max(place.pieces, key=lambda piece: likely[piece.key])
        news = share(weights, said | piece_terms(top)) - share(weights, said)
        if not (mass >= SECOND * best or (news >= MISSING and mass >= MISSING_FLOOR * best)):
            continue
        blocks = _without_repeats(_from_place(asked, place, likely, room=room), said)
        if blocks:
            groups.append(Group(place, blocks))
    return groups


def _from_place(asked: Asked, place: Place, likely: Likelihoods, *, room: int) -> tuple[tuple[Piece, ...], ...]:
    """The best block of a section and those nearly as good, in reading order."""
    ranked = sorted(place.blocks, key=lambda block: -_mass(block.all, likely))
    best = _mass(ranked[0].all, likely)
    chosen: dict[int, tuple[Piece, ...]] = {}
    for block in ranked:
        used = sum(piece.size for pieces in chosen.values() for piece in pieces)
        if chosen and (_mass(block.all, likely) < BESIDE * best or used >= room):
            break
        pieces = _from_block(asked, block, likely, room=max(room - used, 0))
        if chosen and used + sum(piece.size for piece in pieces) > 1.2 * room:
            continue
        chosen[place.blocks.index(block)] = pieces
    return tuple(chosen[index] for index in sorted(chosen))


def _from_block(asked: Asked, block: Block, likely: Likelihoods, *, room: int) -> tuple[Piece, ...]:
    if block.kind == "code":
        return block.all
    if block.kind == "text":
        return _run_of_text(block.pieces, likely, room=min(room, TEXT_WORDS))
    if block.kind == "table":
        return _fitting(block, likely)
    size = sum(piece.size for piece in block.all)
    if size <= SMALL_LIST or (asked.listing and size <= LONG_LIST):
        return block.all
    return _fitting(block, likely)


def _fitting(block: Block, likely: Likelihoods) -> tuple[Piece, ...]:
    best = max(likely[piece.key] for piece in block.pieces)
    kept = {piece.key for piece in block.pieces if likely[piece.key] >= FITTING * best}
    return tuple(piece for piece in block.all if piece.key in kept or piece is block.intro)


def _run_of_text(pieces: Sequence[Piece], likely: Likelihoods, *, room: int) -> tuple[Piece, ...]:
    top = max(range(len(pieces)), key=lambda index: likely[pieces[index].key])
    spans = [
        (first, last)
        for first in range(top + 1)
        for last in range(top, len(pieces))
        if first == last == top or sum(piece.size for piece in pieces[first : last + 1]) <= room
    ]
    first, last = max(spans, key=lambda span: _mass(pieces[span[0] : span[1] + 1], likely))
    while first > 0 and _LEANS.match(pieces[first].words):
        first -= 1
    return tuple(pieces[first : last + 1])


def _without_repeats(blocks: Sequence[tuple[Piece, ...]], said: set[str]) -> tuple[tuple[Piece, ...], ...]:
    fresh = (tuple(piece for piece in block if not _repeats(piece, said)) for block in blocks)
    return tuple(block for block in fresh if block)


def _repeats(piece: Piece, said: set[str]) -> bool:
    held = piece_terms(piece)
    return bool(held) and len(held & said) / len(held) > REPEAT


def _mass(pieces: Sequence[Piece], likely: Likelihoods) -> float:
    return sum(likely[piece.key] for piece in pieces)
