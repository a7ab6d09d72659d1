"""Passages as a reader sees them: sections, and in them runs of text, lists, code and tables with what introduces them.

Pure functions over the units that retrieval gives. A table's header is no row: its names come with every other row.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from retrieval.text.markdown import fold, plain_inline, row_with_columns
from retrieval.text.tokenize import terms
from retrieval.types import Passage, Unit, UnitKind

BlockKind = Literal["text", "list", "code", "table"]
_KINDS: dict[str, BlockKind] = {"sentence": "text", "item": "list", "code": "code", "row": "table"}
CAPTION_WORDS = 6
BORDER = 8  # characters between two passages that follow each other
FEW_LINES, PART_LINES, MOST_LINES = 3, 8, 20  # of code
_DEFINES = re.compile(
    r"[ \t]*(?:@\w|(?:(?:async|export|public|private|static|pub) )*(?:def|class|func|fn|function|interface) )"
)
_WORD = re.compile(r"\w")
_BLANK_BEFORE = re.compile(r"(?:^|\n)[ \t]*\n[ \t]*$|^\s*$")
_BLANK_AFTER = re.compile(r"[ \t]*(?:\n[ \t]*(?:\n|$)|$)")
_BULLETS = frozenset(["-", "*", "+", "•", "◦", "▪", "–", "‣", "o"])


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit in its passage.

    `kind` is that of the unit, but the sentences of a long list item are items; `goes_on`: it continues the item
    before it. `words`: as it reads, a row with its column names. `terms`: the lexical terms of it and of what leads
    into it. `depth`: of a nested list item, 0 where its parent is not in the passage.
    """

    passage: Passage
    unit: Unit
    kind: UnitKind
    words: str
    terms: frozenset[str]
    depth: int = 0
    goes_on: bool = False

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

    @property
    def size(self) -> int:
        """Words."""
        return sum(piece.size for piece in self.all)

    def numbers(self, count: int) -> bool:
        """Whether it is a list or table of so many items (of the first level) or rows."""
        first_level = sum(piece.depth == 0 and not piece.goes_on for piece in self.pieces)
        return self.kind in ("list", "table") and first_level == count


@dataclass(frozen=True, slots=True)
class Place:
    """What retrieval found of one section, in reading order. `rank` is that of its best passage."""

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
        blocks = _joined([block for passage in ordered for block in _blocks(passage)])
        if blocks:
            found.append(Place(document_id, section, min(member.rank for member in members), blocks))
    return sorted(found, key=lambda place: place.rank)


def _joined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Lists and tables that only a border of passages parts are one again."""
    joined: list[Block] = []
    for block in blocks:
        if joined and _goes_on(joined[-1], block):
            joined[-1] = replace(joined[-1], pieces=(*joined[-1].pieces, *block.pieces))
        else:
            joined.append(block)
    return tuple(joined)


def _goes_on(one: Block, other: Block) -> bool:
    before, after = one.pieces[-1], other.pieces[0]
    if one.kind not in ("list", "table") or other.intro or _parted(before, after):
        return False
    between = (unit.start for unit in before.passage.units if unit.start >= before.unit.end)
    first = after.unit.start == after.passage.units[0].start
    return first and not any(between) and 0 <= after.unit.start - before.unit.end <= BORDER


def _blocks(passage: Passage) -> Iterator[Block]:
    """Runs of one kind; a sentence that announces what the passage does not hold is left out."""
    runs: list[list[Piece]] = []
    for piece in _pieces(passage):
        if runs and not _parted(runs[-1][-1], piece):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    intro: Piece | None = None
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        opening = run[-1] if following and _introduces(run[-1], following[0]) else None
        unfinished = following is None and run[-1].kind == "sentence" and run[-1].opens
        kept = run[:-1] if opening or unfinished else run
        if kept:
            yield Block(_KINDS[run[0].kind], tuple(kept), intro)
        intro = opening


def _parted(one: Piece, other: Piece) -> bool:
    return one.kind != other.kind or (one.kind == "row" and one.unit.lead != other.unit.lead)


def _introduces(piece: Piece, following: Piece) -> bool:
    """Whether a sentence belongs to what follows: it announces it, or what follows is code, which needs a word."""
    if piece.kind != "sentence":
        return False
    return piece.opens or following.kind == "code" or _label(following.unit.lead) == _label(piece.words)


def _pieces(passage: Passage) -> Iterator[Piece]:
    """What can be quoted, in order: no headings, no table headers."""
    depths: dict[str, int] = {}
    for index, unit in enumerate(passage.units):
        source = passage.slice(unit.start, unit.end)
        following = passage.units[index + 1] if index + 1 < len(passage.units) else None
        if unit.kind == "heading" or not _WORD.search(source) or _is_header(unit, source, following):
            continue
        kind: UnitKind = "item" if unit.kind == "sentence" and unit.lead else unit.kind
        words = _words(unit, source)
        if kind == "sentence" and _is_caption(words) and _stands_alone(passage, unit):
            continue
        goes_on = kind != unit.kind and not has_bullet(words)
        depth = _depth(unit, words, depths) if kind == "item" and not goes_on else 0
        lead = "" if kind == "row" else unit.lead
        if kind == "code":
            yield from _code_parts(passage, unit)
            continue
        yield Piece(passage, unit, kind, words, frozenset(terms(f"{lead} {words}")), depth, goes_on)


def _code_parts(passage: Passage, unit: Unit) -> Iterator[Piece]:
    """Code cut before definitions and after blank lines, and where a part grows long, but within no statement."""
    start = unit.start
    for end in [*_code_cuts(passage.slice(unit.start, unit.end), unit.start), unit.end]:
        source = passage.slice(start, end)
        yield Piece(
            passage, Unit("code", start, end, unit.lead), "code", source, frozenset(terms(f"{unit.lead} {source}"))
        )
        start = end


def _code_cuts(source: str, offset: int) -> Iterator[int]:
    begun = place = 0  # the lines and the offset in `source` since the last cut
    opened = indent = 0  # brackets that are open, and the indentation of the part's first line
    blank = False
    for line in source.splitlines(keepends=True):
        own = len(line) - len(line.lstrip())
        longer = begun >= PART_LINES and own <= indent
        whole = opened <= 0 and begun >= FEW_LINES and (blank or longer or _DEFINES.match(line))
        if line.strip() and (whole or begun >= MOST_LINES):
            yield offset + place
            begun = opened = 0
        if line.strip() and not begun:
            indent = own
        blank = not line.strip()
        begun += not blank
        opened += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        place += len(line)


def _words(unit: Unit, source: str) -> str:
    if unit.kind == "code":
        return source
    return row_with_columns(source, unit.lead) if unit.kind == "row" else fold(plain_inline(source))


def _is_header(unit: Unit, source: str, following: Unit | None) -> bool:
    begins_table = following is not None and following.kind == "row" and bool(following.lead)
    return unit.kind == "row" and not unit.lead and (begins_table or "---" in source)


def _is_caption(words: str) -> bool:
    """Whether it only names a subject, as a picture's title does: a few words without a full stop."""
    few = len(words.split()) <= CAPTION_WORDS and not any(char.isdigit() for char in words)
    return few and (words[-1:].isalpha() or words.endswith("?"))


def _stands_alone(passage: Passage, unit: Unit) -> bool:
    before, after = passage.slice(passage.start, unit.start), passage.slice(unit.end, passage.end)
    return bool(_BLANK_BEFORE.search(before)) and bool(_BLANK_AFTER.match(after))


def _depth(unit: Unit, words: str, depths: dict[str, int]) -> int:
    """One more than that of the item that leads into it; `depths` remembers the items so far by their words."""
    parent = depths.get(_label(unit.lead))
    depth = 0 if parent is None else parent + 1
    depths[_label(words)] = depth
    return depth


@lru_cache(maxsize=4096)
def _label(words: str) -> str:
    """Words by which an item and the lead of those below it are known to be the same."""
    return without_bullet(fold(plain_inline(words))).rstrip(": ")


def has_bullet(text: str) -> bool:
    """Whether it begins with the mark or number of a list item."""
    mark, _, rest = text.lstrip().partition(" ")
    return bool(rest) and (mark in _BULLETS or number_of(text) is not None)


def without_bullet(text: str) -> str:
    """`"2. Two"` -> `"Two"`, `"• two"` -> `"two"`"""
    return text.lstrip().partition(" ")[2].lstrip() if has_bullet(text) else text.lstrip()


def number_of(text: str) -> int | None:
    """The number of an ordered item: `"2. Two"` -> 2."""
    mark = text.lstrip().partition(" ")[0]
    return int(mark[:-1]) if mark[-1:] in (".", ")") and mark[:-1].isdecimal() and len(mark) < 5 else None
