"""What to quote of a block: what belongs together in it, and no more than is asked for.

A list comes whole where a list is asked for or it is short, else as its fitting items with what stands above them; a
table as its fitting rows, whole where it compares what is to be compared; code whole with the sentence before it, but of
long code that nobody asked to see, the definitions that fit; text as consecutive sentences, none of which hangs on one
left out. Every block has at least one piece in the result.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from app.writers.extractive.blocks import Block, Piece
from app.writers.extractive.question_type import Asked
from retrieval.text.tokenize import terms

Likelihoods = Mapping[tuple[str, int], float]

# in words
MOST_TEXT, MOST_CODE = 80, 100
LEAST_TEXT = 6
SHORT_LIST = 60
LONG_CODE = 300

EDGE = 0.05  # share of the best sentence's likelihood that the first and the last of a run need
FITTING = 0.4  # share of the best item's or row's likelihood that others need
SURE = 0.7  # share of a short list's likelihood from which one item alone is meant
MOST_ROWS = 2

_COUNT = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\b", re.I)
_LEANS = re.compile(
    r"\W*(?:this|it|its|they|their|them|that|these|those|such|he|she|his|her|both|but|so|therefore|however|and|then|"
    r"instead|otherwise|hence|thus|also|here|yet|still|likewise|either|neither|each|"
    r"the (?:former|latter|same|other|first|second))\b",
    re.I,
)


def excerpt(asked: Asked, block: Block, likely: Likelihoods, *, room: int) -> tuple[Piece, ...]:
    """Pieces in reading order (rows best first), the introduction before them.

    A list or table comes whole, and text goes on, only if it fits `room` words.
    """
    match block.kind:
        case "text":
            return _run(block.pieces, likely, room=room, most=MOST_TEXT)
        case "list":
            whole = block.size <= room and _wanted_whole(asked, block, likely)
            return block.all if whole else _introduced(block, _items(block, likely, room=room))
        case "code":
            if block.size <= (LONG_CODE if asked.showing else room):
                return block.all
            parts = _run(block.pieces, likely, room=room, most=MOST_CODE)
            return (block.intro, *parts) if block.intro else parts
        case "table":
            whole = compares(asked, block) or block.numbers(asked.count)
            return block.all if whole and block.size <= room else _introduced(block, _rows(block, likely))


def compares(asked: Asked, block: Block) -> bool:
    """Whether a table has a column for each of the things to be compared."""
    if block.kind != "table" or not asked.sides:
        return False
    names = frozenset(terms(block.pieces[0].unit.lead))
    return all(side & names for side in asked.sides)


def words(pieces: Iterable[Piece]) -> int:
    return sum(piece.size for piece in pieces)


def _introduced(block: Block, chosen: Iterable[int]) -> tuple[Piece, ...]:
    pieces = tuple(block.pieces[index] for index in chosen)
    return (block.intro, *pieces) if block.intro else pieces


def _run(pieces: Sequence[Piece], likely: Likelihoods, *, room: int, most: int) -> tuple[Piece, ...]:
    """The most likely run of `most` words around the best sentence (or part of code), without weak ends, from one on
    that stands by itself; it may take up to `room` words to get there.

    Sentences at the beginning of the block that lean on what is not there are left out unless the best one is of them.
    """
    top = max(range(len(pieces)), key=lambda index: likely[pieces[index].key])
    leaning = next((index for index, piece in enumerate(pieces) if not leans(piece)), 0)
    if 0 < leaning <= top:
        pieces, top = pieces[leaning:], top - leaning
    first, last = _likeliest_run(pieces, likely, top, min(room, most))
    floor = EDGE * likely[pieces[top].key]
    while last > top and likely[pieces[last].key] < floor and words(pieces[first:last]) >= LEAST_TEXT:
        last -= 1
    while first < top and likely[pieces[first].key] < floor and words(pieces[first + 1 : last + 1]) >= LEAST_TEXT:
        first += 1
    while last + 1 < len(pieces) and leans(pieces[last + 1]) and words(pieces[first : last + 2]) <= min(room, most):
        last += 1
    while last > top and pieces[last].opens:  # what it announces is not there
        last -= 1
    while first > 0 and leans(pieces[first]) and (first == top or words(pieces[first - 1 : top + 1]) <= room):
        first -= 1
    while last > top and words(pieces[first : last + 1]) > room:
        last -= 1
    return tuple(pieces[first : last + 1])


def _likeliest_run(pieces: Sequence[Piece], likely: Likelihoods, top: int, room: int) -> tuple[int, int]:
    """First and last index of the run around `top` that is most likely in sum and fits; `top` alone if none does."""
    best, run = -1.0, (top, top)
    for first in range(top, -1, -1):
        for last in range(top, len(pieces)):
            if first < last and words(pieces[first : last + 1]) > room:
                break
            total = sum(likely[piece.key] for piece in pieces[first : last + 1])
            if total > best:
                best, run = total, (first, last)
    return run


def _counts(piece: Piece) -> bool:
    """Whether it says how many things it announces."""
    return piece.opens and bool(_COUNT.search(piece.words))


def leans(piece: Piece) -> bool:
    """Whether it begins like a sentence that needs the one before it."""
    return bool(_LEANS.match(piece.words))


def _wanted_whole(asked: Asked, block: Block, likely: Likelihoods) -> bool:
    """Whether a list is asked for, or promised by a count before it, or short with no item that stands out."""
    promised = block.intro is not None and _COUNT.search(block.intro.words)
    if asked.listing or promised or block.numbers(asked.count):
        return True
    scores = [likely[piece.key] for piece in block.pieces]
    return block.size <= SHORT_LIST and max(scores) < SURE * sum(scores)


def _items(block: Block, likely: Likelihoods, *, room: int) -> list[int]:
    """The fitting items, best first as long as they fit `room` words, each with all its sentences and the items above it,
    and with those below it that it announces; all of a few that are counted above them.
    """
    kept: set[int] = set()
    for index in _best_first(block, likely):
        item = _item_parts(block, index)
        own = item.union(*(_announced(block, part) for part in item if part >= index))
        counted = own.union(*(_announced(block, part) for part in item if _counts(block.pieces[part])))
        wanted = counted if _size(block, kept | counted) <= room else own
        if not kept or _size(block, kept | wanted) <= room:
            kept |= wanted
    return sorted(kept)


def _best_first(block: Block, likely: Likelihoods) -> list[int]:
    return sorted(_fitting(block, likely), key=lambda index: (-likely[block.pieces[index].key], index))


def _size(block: Block, indices: Iterable[int]) -> int:
    return words(block.pieces[index] for index in indices)


def _item_parts(block: Block, index: int) -> set[int]:
    """An item from its first sentence to its last, and the items above it."""
    pieces = block.pieces
    first = last = index
    while first > 0 and pieces[first].goes_on:
        first -= 1
    while last + 1 < len(pieces) and pieces[last + 1].goes_on:
        last += 1
    parts = set(range(first, last + 1))
    depth = pieces[first].depth
    for above in range(first - 1, -1, -1):
        if depth and not pieces[above].goes_on and pieces[above].depth < depth:
            depth = pieces[above].depth
            parts.add(above)
    return parts


def _announced(block: Block, index: int) -> set[int]:
    """The items below one that ends by announcing them."""
    pieces = block.pieces
    if not pieces[index].opens:
        return set()
    below = index + 1
    while below < len(pieces) and (pieces[below].goes_on or pieces[below].depth > pieces[index].depth):
        below += 1
    return set(range(index + 1, below))


def _rows(block: Block, likely: Likelihoods) -> list[int]:
    """The fitting rows, best first; in the table's order if all fit."""
    kept = _fitting(block, likely)
    if len(kept) == len(block.pieces):
        return sorted(kept)
    return sorted(kept, key=lambda index: (-likely[block.pieces[index].key], index))[:MOST_ROWS]


def _fitting(block: Block, likely: Likelihoods) -> set[int]:
    floor = FITTING * max(likely[piece.key] for piece in block.pieces)
    return {index for index, piece in enumerate(block.pieces) if likely[piece.key] >= floor}
