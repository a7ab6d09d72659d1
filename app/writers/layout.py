"""Passages as a reader sees them: sections, and in them runs of text, lists, code and tables with what introduces them.

Pure functions over the units that retrieval gives. A heading row is no row: its names come with every other row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.plain import fold, plain_inline, row_with_columns
from retrieval.types import Passage, Unit

BlockKind = Literal["text", "list", "code", "table"]
_KINDS: dict[str, BlockKind] = {"sentence": "text", "item": "list", "code": "code", "row": "table"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit in its passage. `words`: as it reads, a row with its column names. `depth`: of a nested list item."""

    passage: Passage
    unit: Unit
    words: str
    depth: int = 0

    @property
    def source(self) -> str:
        return self.passage.slice(self.unit.start, self.unit.end)

    @property
    def key(self) -> tuple[str, int]:
        return self.passage.document_id, self.unit.start

    @property
    def size(self) -> int:
        """Words."""
        return len(self.words.split())

    @property
    def opens(self) -> bool:
        """Whether it announces what follows and says nothing without it."""
        return self.words.endswith(":")


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring pieces of one kind, in reading order; `intro` is the sentence that announces them."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    intro: Piece | None = None

    @property
    def all(self) -> tuple[Piece, ...]:
        return (self.intro, *self.pieces) if self.intro else self.pieces


@dataclass(frozen=True, slots=True)
class Place:
    """The blocks of one section that retrieval found, in reading order. `rank` is that of the best passage."""

    document_id: str
    section: tuple[str, ...]
    rank: int
    blocks: tuple[Block, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for block in self.blocks for piece in block.all)


def places(passages: Sequence[Passage]) -> list[Place]:
    """The sections of the passages that hold anything to quote, best rank first."""
    grouped: dict[tuple[str, tuple[str, ...]], list[Passage]] = {}
    for passage in passages:
        grouped.setdefault((passage.document_id, passage.section), []).append(passage)
    found = []
    for (document_id, section), members in grouped.items():
        ordered = sorted(members, key=lambda passage: passage.start)
        blocks = tuple(block for passage in ordered for block in _blocks(passage))
        if blocks:
            found.append(Place(document_id, section, min(member.rank for member in members), blocks))
    return sorted(found, key=lambda place: place.rank)


def _blocks(passage: Passage) -> Iterator[Block]:
    runs = list(_runs(_pieces(passage)))
    for index, run in enumerate(runs):
        kind = _KINDS[run[0].unit.kind]
        before = runs[index - 1] if index else []
        intro = before[-1] if before and _introduces(before[-1], run[0]) else None
        after = runs[index + 1] if index + 1 < len(runs) else []
        kept = run[:-1] if after and _introduces(run[-1], after[0]) else run
        if kept:
            yield Block(kind, tuple(kept), intro)


def _pieces(passage: Passage) -> Iterator[Piece | None]:
    """The quotable units in order; None where a heading stands between them."""
    depths: dict[str, int] = {}
    for index, unit in enumerate(passage.units):
        source = passage.slice(unit.start, unit.end)
        following = passage.units[index + 1] if index + 1 < len(passage.units) else None
        if unit.kind == "heading" or not source.strip():
            yield None
        elif unit.kind == "row":
            if not _is_header(unit, source, following):
                yield Piece(passage, unit, row_with_columns(source, unit.lead))
        elif unit.kind == "code":
            yield Piece(passage, unit, source)
        else:
            words = fold(plain_inline(source))
            yield Piece(passage, unit, words, _depth(unit, words, depths) if unit.kind == "item" else 0)


def _is_header(unit: Unit, source: str, following: Unit | None) -> bool:
    begins_table = following is not None and following.kind == "row" and bool(following.lead)
    return not unit.lead and (begins_table or "---" in source)


def _depth(unit: Unit, words: str, depths: dict[str, int]) -> int:
    """One more than that of the item that leads into it."""
    parent = depths.get(_label(unit.lead))
    depth = 0 if parent is None else parent + 1
    depths[_label(words)] = depth
    return depth


def _label(words: str) -> str:
    return without_bullet(fold(plain_inline(words))).rstrip(": ")


def _runs(pieces: Iterator[Piece | None]) -> Iterator[list[Piece]]:
    run: list[Piece] = []
    for piece in pieces:
        if run and (piece is None or _parted(run[-1].unit, piece.unit)):
            yield run
            run = []
        if piece is not None:
            run.append(piece)
    if run:
        yield run


def _parted(one: Unit, other: Unit) -> bool:
    return one.kind != other.kind or (one.kind == "row" and one.lead != other.lead)


def _introduces(piece: Piece, following: Piece) -> bool:
    """Whether a sentence announces what follows it: code always needs its sentence, a list or table where it says so."""
    if piece.unit.kind != "sentence" or following.unit.kind == "sentence":
        return False
    return piece.opens or following.unit.kind == "code" or _label(following.unit.lead) == _label(piece.words)


def without_bullet(text: str) -> str:
    """`"2. Two"` -> `"Two"`, `"• two"` -> `"two"`"""
    stripped = text.lstrip()
    mark, _, rest = stripped.partition(" ")
    return rest.lstrip() if rest and (mark in _BULLETS or number_of(stripped)) else stripped


def number_of(text: str) -> int | None:
    """The number of an ordered item: `"2. Two"` -> 2."""
    mark = text.lstrip().partition(" ")[0]
    return int(mark[:-1]) if mark[-1:] in (".", ")") and mark[:-1].isdecimal() and len(mark) < 5 else None


_BULLETS = frozenset(["-", "*", "+", "•", "◦", "▪", "–", "‣", "o"])
