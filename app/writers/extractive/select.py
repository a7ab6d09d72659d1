"""Which sections make the answer: the one most likely to hold it, seldom a second or third.

One right passage is worth more than three mixed ones: another section is added, and shortly, only where it is likely
enough in itself and beside the first, or where it has a side of a comparison that the first does not mention. From a
section comes its best block, and with it those that are nearly as good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.writers.extractive.blocks import Block, Piece, Place, without_bullet
from app.writers.extractive.excerpt import Likelihoods, compares, excerpt, leans, words
from app.writers.extractive.markdown import inline
from app.writers.extractive.question_type import Asked
from retrieval.text.tokenize import terms

# shares of the strength of a section's best block that another block of it needs
BESIDE = 0.2
BESIDE_LISTED = 0.02  # a list or table, where one is asked for
BESIDE_CODE = 1.0  # code, where none is asked for

# what a second or third section needs: strength, and a share of that of the first; and how many words it gets
FURTHER, RELATIVE = 0.1, 0.25
FURTHER_WORDS = 50
SIDE = 0.02  # likelihood that a missing side needs
SIDE_WORDS = 40
MOST_SECTIONS = 3
STRONGEST = 3
HEADING_WORDS = 6
REPEAT = 0.7  # share of a piece's terms that are said already, from which it is left out


@dataclass(frozen=True, slots=True)
class Group:
    """What is quoted of one section: the excerpts of its blocks in reading order."""

    blocks: tuple[tuple[Piece, ...], ...]
    heading: str = ""

    @property
    def title(self) -> str:
        """The section's heading, if it is short and the excerpts need it: no word of it is in them, or they begin by
        pointing back.
        """
        short = len(self.heading.split()) <= HEADING_WORDS
        needed = leans(self.pieces[0]) or not frozenset(terms(self.heading)) & self.terms
        return self.heading if short and needed else ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for block in self.blocks for piece in block)

    @property
    def terms(self) -> frozenset[str]:
        return frozenset().union(*(piece.terms for piece in self.pieces))


def choose(asked: Asked, found: Sequence[Place], likely: Likelihoods, *, max_words: int) -> list[Group]:
    """One group, seldom more, best first, `max_words` together; empty where there is nothing to quote.

    Ties go to the better rank. Only code that is asked for may run over, or an item with all that it announces.
    """
    ranked = sorted(found, key=lambda place: (-_strength(place.pieces, likely), place.rank))
    if not ranked:
        return []
    groups = [_of_place(asked, ranked[0], likely, room=max_words)]
    floor = max(FURTHER, RELATIVE * _strength(ranked[0].pieces, likely))
    for place in ranked[1:MOST_SECTIONS]:
        room = min(FURTHER_WORDS, max_words - _words(groups))
        done = bool(asked.sides) and all(side & groups[0].terms for side in asked.sides)
        if room > 0 and not done and _strength(place.pieces, likely) >= floor:
            further = _of_place(asked, place, likely, room=room)
            groups += _fresh(further, groups) if words(further.pieces) <= room else []
    for side in asked.sides:
        if not any(side & group.terms for group in groups):
            further = _of_side(asked, side, ranked, likely)
            groups += _fresh(further, groups) if _words([*groups, further]) <= max_words else []
    return groups


def _words(groups: Sequence[Group]) -> int:
    return sum(words(group.pieces) for group in groups)


def _strength(pieces: Sequence[Piece], likely: Likelihoods) -> float:
    """How likely the answer is in a few of the pieces; a sum over all would favour what is long."""
    return sum(sorted((likely[piece.key] for piece in pieces), reverse=True)[:STRONGEST])


def _fresh(group: Group, before: Sequence[Group]) -> list[Group]:
    """The group without what is said before it; nothing if no statement is left."""
    said = frozenset().union(*(other.terms for other in before))
    blocks = (tuple(piece for piece in block if not _repeats(piece, said)) for block in group.blocks)
    kept = tuple(block for block in blocks if any(not piece.opens for piece in block))
    return [Group(kept, group.heading)] if kept else []


def _repeats(piece: Piece, said: frozenset[str]) -> bool:
    return bool(piece.terms) and len(piece.terms & said) > REPEAT * len(piece.terms)


def _of_place(asked: Asked, place: Place, likely: Likelihoods, *, room: int) -> Group:
    ranked = sorted(place.blocks, key=lambda block: -_strength(block.all, likely))
    best = _strength(ranked[0].all, likely)
    chosen: dict[int, tuple[Piece, ...]] = {}
    used = 0
    for block in ranked:
        near = _strength(block.all, likely) >= _beside(asked, block) * best
        if chosen and (used >= room or not near):
            continue
        pieces = excerpt(asked, block, likely, room=room - used)
        if not chosen or used + words(pieces) <= room:
            chosen[place.blocks.index(block)] = pieces
            used += words(pieces)
    heading = inline(without_bullet(place.section[-1])).rstrip(".:?! ") if place.section else ""
    return Group(tuple(chosen[index] for index in sorted(chosen)), heading)


def _beside(asked: Asked, block: Block) -> float:
    if block.numbers(asked.count) or compares(asked, block):
        return 0.0
    if asked.listing and block.kind in ("list", "table"):
        return BESIDE_LISTED
    return BESIDE_CODE if block.kind == "code" and not asked.code else BESIDE


def _of_side(asked: Asked, side: frozenset[str], ranked: Sequence[Place], likely: Likelihoods) -> Group:
    """An excerpt of the block with the likeliest piece that names the whole side."""
    blocks = [block for place in ranked for block in place.blocks]
    telling = [(likely[piece.key], block) for block in blocks for piece in block.pieces if side <= piece.terms]
    score, block = max(telling, key=lambda pair: pair[0], default=(0.0, None))
    if block is None or score < SIDE:
        return Group(())
    return Group((excerpt(asked, block, likely, room=SIDE_WORDS),))
