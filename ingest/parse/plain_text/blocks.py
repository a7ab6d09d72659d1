"""The structure that a plain-text export of a page lost, recovered: headings, lists, code, tables, page furniture.

Code, tables and drawings are found first (see the modules beside this one), then furniture; what is left is read line
by line as list items, headings and paragraphs. Every non-space character of the text lies in exactly one block,
whatever the text is. General signals only; leaves out: columns of a PDF, footnotes, mathematics.
"""

import itertools
import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingest.parse.plain_text.boilerplate import boilerplate_lines
from ingest.parse.plain_text.code import code_spans
from ingest.parse.plain_text.headings import heading_shape, is_underline, marked, may_be_title, numbered
from ingest.parse.plain_text.lines import Line, Nesting, Span, item_marks, number, read_lines
from ingest.parse.plain_text.tables import diagram_spans, table_spans
from retrieval.types import Block

_ENDS = '.!?:"”。！？：'
_DEEPEST = 6
_OTHERS, _STEPS = 20, 21  # ranks of headings, below those of numbers
_SAMPLE = 200  # lines, and characters of each, by which the script of a text is known
_SHORT = 0.75  # of the width: a wrapped line that ends a sentence earlier ends its paragraph
_DENSE = 6  # so many lines without a blank one between them are lines of their own, unless they are wrapped
_WRAPPED = 0.25  # share of lines that begin with a small letter from which lines count as wrapped
_TURN = re.compile(r"\[?\d{1,2}:\d\d|[A-Za-z][\w .'’-]{0,24}:\s")


def blocks(text: str, *, known: frozenset[str] = frozenset()) -> tuple[Block, ...]:
    """The layout of a plain text, in order; see `Block`. `known`: what `boilerplate.repeated_lines` found."""
    reader = _Reader(read_lines(text), known)
    found = list(reader.blocks())
    levels = iter(heading_levels(reader.headings, titled=reader.titled))
    return tuple(replace(block, level=next(levels)) if block.kind == "heading" else block for block in found)


class _Reader:
    """Walks the lines once, with what the detectors found and what is open: list, introduction, outline."""

    def __init__(self, lines: Sequence[Line], known: frozenset[str]) -> None:
        self.lines, self.taken = lines, _detect(lines)
        found = sorted(boilerplate_lines(lines, taken=self.taken, known=known) - self.taken.keys())
        runs = groupby(
            enumerate(found), key=lambda pair: (pair[1] - pair[0], lines[pair[1]].text, lines[pair[1]].gap and pair)
        )
        for run in ([at for _, at in pairs] for _, pairs in runs):  # the same line again and again is one block
            self.taken |= dict.fromkeys(run, Span(run[0], run[-1], "boilerplate"))
        self.items = item_marks(lines, (at for at in range(len(lines)) if at not in self.taken))
        self.layout = layout(lines, self.taken)
        self.latin = is_latin("".join(line.text[:_SAMPLE] for line in lines[:_SAMPLE]))
        self.headings: list[Line] = []
        self.titled = False
        self.nesting = Nesting()

    def blocks(self) -> Iterator[Block]:
        at, begun = 0, False
        while at < len(self.lines):
            if span := self.taken.get(at):
                block, last = self._taken(span), span.last
            elif at in self.items:
                block, last = self._item(at)
            elif not begun and self._is_native(at) and self._is_title(at):
                block, last = self._heading(at, title=True)
            elif (begun or self._is_native(at)) and self._is_heading(at):
                block, last = self._heading(at)
            else:
                block, last = self._paragraph(at)
            begun = begun or (block.kind not in ("boilerplate", "row") and self._is_native(at))
            at = last + 1
            yield block

    def _taken(self, span: Span) -> Block:
        first, last = self.lines[span.first], self.lines[span.last]
        return Block(span.kind, first.start, last.end, lead=span.lead, language=span.language)

    def _item(self, at: int) -> tuple[Block, int]:
        """An item with its continuation lines: those indented deeper, or in small letters where lines are wrapped."""
        line, last = self.lines[at], at
        while self._plain(last + 1) and (
            self.lines[last + 1].indent > line.indent
            or (self.layout.wrapped[at] and self.lines[last + 1].text[0].islower())
        ):
            last += 1
        level, lead = self.nesting.item(line, self.items[at])
        return Block("item", line.start, self.lines[last].end, level=level, lead=lead), last

    def _heading(self, at: int, *, title: bool = False) -> tuple[Block, int]:
        line = self.lines[at]
        last = at + 1 if self._underlined(at) else at
        self.titled = self.titled or (title and not marked(line.text))
        self.headings.append(line)
        self.nesting.interrupt(line, line.text, heading=True)
        return Block("heading", line.start, self.lines[last].end), last

    def _paragraph(self, at: int) -> tuple[Block, int]:
        last = at
        while self._plain(last + 1) and self._continues(last) and not self._underlined(last + 1):
            last += 1
        self.nesting.interrupt(self.lines[at], self.lines[last].text)
        return Block("paragraph", self.lines[at].start, self.lines[last].end), last

    def _plain(self, at: int) -> bool:
        """A line that directly follows the one before and is nothing by itself."""
        return at < len(self.lines) and not self.lines[at].gap and at not in self.taken and at not in self.items

    def _continues(self, at: int) -> bool:
        """Whether the paragraph goes on below this line. Of a dense text each line is one, unless it broke off."""
        line, below = self.lines[at], self.lines[at + 1]
        if self.layout.dense[at]:
            return below.text[0].islower() and line.text[-1] not in ".!?:;" and ": " not in below.text[:26]
        if not self.layout.wrapped[at]:
            return True
        if below.text[0].islower() or line.text[-1] not in _ENDS:
            return True
        return len(line.text) > _SHORT * self.layout.width[at] and not self._is_heading(at + 1)

    def _underlined(self, at: int) -> bool:
        below = at + 1
        return (
            below < len(self.lines)
            and not self.lines[below].gap
            and self.lines[below].text[0] in "=-~*_"
            and below not in self.taken
            and is_underline(self.lines[below].text)
            and heading_shape(self.lines[at].text.rstrip(".:")) > 0
        )

    def _is_title(self, at: int) -> bool:
        """The first line, unless it is numbered, runs on or cannot be a title."""
        line = self.lines[at]
        if not may_be_title(line.text) or numbered(line.text):
            return False
        if self._ends(at):
            return True
        fills = self.layout.wrapped[at] and len(line.text) > _SHORT * self.layout.width[at]
        asks = line.text[-1] in "?!" and not heading_shape(
            line.text
        )  # a long sentence, such as the first of a transcript
        return not (fills or asks or self.lines[at + 1].text[0].islower())

    def _is_native(self, at: int) -> bool:
        """Not in other letters than a text in Latin ones, as a site's own notes above it may be."""
        return not self.latin or is_latin(self.lines[at].text)

    def _is_heading(self, at: int) -> bool:
        line = self.lines[at]
        if self._underlined(at):
            return True
        if marked(line.text):
            return line.text[0] == "=" or heading_shape(line.text.lstrip("# ")) > 0
        shape = heading_shape(line.text)
        if not shape or at + 1 == len(self.lines) or is_underline(self.lines[at + 1].text):
            return False
        if line.gap and self._ends(at):
            return shape >= 0.5 or self._opens(at + 1)
        return self.layout.dense[at] and self._heads(at, shape)

    def _heads(self, at: int, shape: float) -> bool:
        """Without blank lines: in title case above something longer, or above one more title; in small letters only between a
        full stop and a real paragraph. Of three titles without numbers, one below the other, each is a row of a list."""
        text, below = self.lines[at].text, self.lines[at + 1].text
        opens = self._opens(at + 1)
        if shape < 0.5 or text.count(" ") > 11 or (at and self.lines[at - 1].text[-1] == ","):
            return False
        if shape < 0.9:
            closed = at == 0 or self._opens(at - 1) or self.lines[at - 1].text[-1] in ".!?"
            return closed and text.count(" ") < 7 and (opens or len(below) > max(60, 2 * len(text)))
        if opens or (len(below) > 1.3 * len(text) and not self.lines[at + 1].gap):
            return True
        if numbered(text):
            return heading_shape(below) >= 0.9
        follow = itertools.takewhile(lambda line: not line.gap, self.lines[at + 1 : at + 3])
        return [heading_shape(line.text) >= 0.9 for line in follow] == [True, False]

    def _ends(self, at: int) -> bool:
        """Nothing continues the line: a blank line, another kind of block or the end of the text is below."""
        return at + 1 == len(self.lines) or bool(self.lines[at + 1].gap) or self._opens(at + 1)

    def _opens(self, at: int) -> bool:
        return at in self.taken or at in self.items


def heading_levels(headings: Sequence[Line], *, titled: bool) -> list[int]:
    """Level of each heading, from those before it; `titled`: the first is the title and stands above all others.

    A heading goes under the last one of a lower rank. The rank is (indentation, kind): marks and numbers by depth, then headings
    without one, then steps.
    """
    steps = _steps([number(line.text)[0] for line in headings])
    levels = [1] if titled else []
    opened: list[tuple[int, int]] = []
    for at, line in list(enumerate(headings))[titled:]:
        rank = line.indent, _STEPS if at in steps else numbered(line.text) or _OTHERS
        place = (0, depth) if (depth := marked(line.text)) else rank
        while opened and opened[-1] >= place:
            opened.pop()
        opened.append(place)
        levels.append(min(len(opened) + titled, _DEEPEST))
    return levels


def _steps(numbers: Sequence[int]) -> set[int]:
    """Where numbers count on from 1 with no other heading between them, in a text that counts from 1 more than once."""
    starts = [at for at, value in enumerate(numbers) if value == 1]
    found: set[int] = set()
    for first in starts if len(starts) > 1 else ():
        end = first + 1
        while end < len(numbers) and numbers[end] == numbers[end - 1] + 1:
            end += 1
        if end - first > 1 and next(filter(None, numbers[end:]), 0) != numbers[end - 1] + 1:
            found.update(range(first, end))
    return found


def _detect(lines: Sequence[Line]) -> dict[int, Span]:
    """What is code, table or drawing, by line."""
    taken: dict[int, Span] = {}
    for find in (code_spans, table_spans, diagram_spans):
        for span in find(lines, lambda at: at not in taken):
            taken.update((at, span) for at in range(span.first, span.last + 1))
    return taken


def is_latin(text: str) -> bool:
    """Whether nine letters in ten are."""
    letters = [char for char in text if char.isalpha()]
    return 10 * sum(unicodedata.name(char, "").startswith("LATIN") for char in letters) >= 9 * len(letters)


@dataclass(frozen=True, slots=True)
class Layout:
    """Per line. `wrapped`: part of prose broken into lines. `dense`: without blank lines around, yet not wrapped.

    `width`: characters of the longest line of its run (lines without a blank one between).
    """

    dense: Sequence[bool]
    wrapped: Sequence[bool]
    width: Sequence[int]


def layout(lines: Sequence[Line], taken: Container[int]) -> Layout:
    """Judges each run of lines, a short one by the whole text; lines in `taken` (code, tables) do not count."""
    starts = [at for at, line in enumerate(lines) if line.gap] + [len(lines)]
    runs = list(itertools.pairwise(starts))
    counts = [_small_starts(lines, first, end, taken) for first, end in runs]
    overall = sum(small for _, small in counts) > _WRAPPED * sum(follow for follow, _ in counts)
    dense: list[bool] = []
    wrapped: list[bool] = []
    width: list[int] = []
    for (first, end), (follow, small) in zip(runs, counts, strict=True):
        size = end - first
        long = size >= _DENSE
        turns = size > 2 and 2 * sum(bool(_TURN.match(line.text)) for line in lines[first:end]) > size  # a chat
        wraps = not turns and (small > _WRAPPED * follow if long else overall)
        dense += [turns or (long and not wraps)] * size
        wrapped += [wraps] * size
        width += [max(len(line.text) for line in lines[first:end])] * size
    return Layout(dense, wrapped, width)


def _small_starts(lines: Sequence[Line], first: int, end: int, taken: Container[int]) -> tuple[int, int]:
    """How many free lines follow another one directly, and how many of these begin with a small letter."""
    follow = [lines[at].text[0] for at in range(first + 1, end) if at not in taken]
    return len(follow), sum(map(str.islower, follow))
