"""Footnote marks `[1]` in Markdown text: where they go, which are there, and what only looks like one.

A mark follows the punctuation of what it supports (`so it is.[1]`), stands inside its table cell, and below a code
block. Brackets with a number that the text itself brings are escaped (`\\[1\\]`), so that they are never taken for one;
inside of code nothing is a mark and nothing is escaped. Code is found line by line: a span over several lines is none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from retrieval.text.markdown import fence_at

_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_MARK = re.compile(r"(?<!\\)\[(\d{1,4})\]")
_LITERAL = re.compile(r"(?<!\\)\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_SPACED_MARK = re.compile(r"[ \t]*(?<!\\)\[\d{1,4}\]")
TYPED = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")  # as a model types them: `[1, 2]` points to two passages
_UNSETTLED = re.compile(r"(?<!\\)`|~{1,3}$|\[[\d, ]*$")
_REST_OF_WORD = re.compile(r"(?:[^\W\u2e80-\uffff]|[.,:](?=\d)|['’-](?=\w))*")
_CLOSING = re.compile(r"[.,;:!?…%\"'”’»)\]}*_$。！？，、；：」』）]*")
_REST_OF_RUN = re.compile(r"(?<=`)`*")  # parted, it would open or close other code
_SENTENCE_ENDS = ".!?…。！？"


@dataclass(frozen=True, slots=True)
class Mark:
    """`text[start:end]` is `[number]`."""

    start: int
    end: int
    number: int


@dataclass(frozen=True, slots=True)
class Code:
    """`text[start:end]` is code with its fence or backticks; a fenced block without an end is not `closed`."""

    start: int
    end: int
    fenced: bool
    closed: bool = True


def code_regions(text: str) -> list[Code]:
    """Fenced blocks and code spans in order. A block's end is that of its last line, without the line break."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    regions: list[Code] = []
    at = 0
    while at < len(lines):
        if fence := fence_at(lines, at):
            regions.append(Code(starts[at], starts[fence.end] - 1, fenced=True, closed=fence.closed))
        else:
            regions += [
                Code(starts[at] + s.start(), starts[at] + s.end(), fenced=False) for s in _SPAN.finditer(lines[at])
            ]
        at = fence.end if fence else at + 1
    return regions


def find_marks(text: str) -> list[Mark]:
    """The marks of a finished text, in order."""
    regions = code_regions(text)
    return [
        Mark(found.start(), found.end(), int(found.group(1)))
        for found in _MARK.finditer(text)
        if not _inside(found.start(), regions)
    ]


def without_marks(text: str) -> str:
    """The text without its marks and the space before them; what was escaped reads as it did."""
    regions = code_regions(text)
    pieces: list[str] = []
    position = 0
    for found in _SPACED_MARK.finditer(text):
        if not _inside(found.end() - 1, regions):
            pieces.append(text[position : found.start()])
            position = found.end()
    return re.sub(r"\\\[([\d, ]+)\\\]", r"[\1]", "".join([*pieces, text[position:]]))


def place_marks(text: str, cited: Sequence[tuple[int, int]]) -> str:
    """`text` with a mark for each (offset, number): what ends at the offset is supported by that footnote.

    >>> place_marks("It falls. See x[0].", [(8, 1)])
    'It falls.[1] See x\\[0\\].'
    """
    return _edited(text, _edits(text, cited), len(text))


def place_settled_marks(text: str, cited: Sequence[tuple[int, int]]) -> str:
    """The same for a text that still grows, as far as what is to come cannot change it.

    Held back are marks at the very end, which may move behind punctuation, white space, behind which no mark stands,
    and the beginning of what may become code or a bracket with a number. So each state begins with the one before; only a mark that follows its table row does not.
    """
    edits = _edits(text, cited)
    moving = [start for start, *_ in edits if not (text[start : start + 1].isspace() or start + 1 < len(text))]
    settled = min([_settled_end(text), *moving])
    return _edited(text, [edit for edit in edits if edit[0] <= settled and edit[0] not in moving], settled)


def _edits(text: str, cited: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """What is put for `text[start:end]`, in order: marks, and brackets escaped."""
    regions = code_regions(text)
    numbers: dict[int, list[int]] = {}
    for offset, number in cited:
        there = numbers.setdefault(_place(text, offset, regions), [])
        if number not in there:
            there.append(number)
    edits = [(position, position, _written(text, position, found, regions)) for position, found in numbers.items()]
    edits += [
        (found.start(), found.end(), f"\\[{found.group(1)}\\]")
        for found in _LITERAL.finditer(text)
        if not _inside(found.start(), regions)
    ]
    return sorted(edits)


def _settled_end(text: str) -> int:
    """Where something begins that later text may turn into code, or into a bracket with a number."""
    regions = code_regions(text)
    ends = [len(text.rstrip())]
    if regions and regions[-1].end == len(text) and not regions[-1].fenced:
        ends.append(regions[-1].start)
    if not regions or regions[-1].closed:
        unsettled = _UNSETTLED.finditer(text, text.rfind("\n") + 1)
        ends += [found.start() for found in unsettled if not _inside(found.start(), regions)]
    return min(ends)


def _edited(text: str, edits: Sequence[tuple[int, int, str]], end: int) -> str:
    pieces: list[str] = []
    position = 0
    for start, stop, new in edits:
        pieces += [text[position:start], new]
        position = stop
    return "".join([*pieces, text[position:end]])


def _place(text: str, offset: int, regions: Sequence[Code]) -> int:
    """Where the mark goes for what ends at `offset`."""
    end = len(text[:offset].rstrip())
    touched = next((region for region in regions if region.start < end <= region.end), None)
    if touched and touched.fenced:
        return touched.end
    end = touched.end if touched else end
    if end >= offset:
        end = _end_of_claim(text, end)
    end = _inside_cell(text, end)
    end = _matched(_REST_OF_RUN, text, end)
    return next((region.end for region in regions if region.start < end < region.end), end)


def _end_of_claim(text: str, position: int) -> int:
    """Behind the rest of the word, if a citation ended within it, and behind the punctuation that closes it."""
    if position and text[position - 1] not in _SENTENCE_ENDS:
        position = _matched(_REST_OF_WORD, text, position)
    return _matched(_CLOSING, text, position)


def _matched(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _inside_cell(text: str, position: int) -> int:
    before = text[text.rfind("\n", 0, position) + 1 : position]
    if not before.lstrip().startswith("|") or not before.rstrip().endswith("|") or len(before.strip()) < 2:
        return position
    bar = position - len(before) + len(before.rstrip()) - 1
    return len(text[:bar].rstrip(" \t"))


def _written(text: str, position: int, numbers: Sequence[int], regions: Sequence[Code]) -> str:
    """The marks, apart from a backslash, which would escape them; below a fenced block on a line of their own, with the fence that is still
    missing.
    """
    marks = " " * text.endswith("\\", 0, position) + "".join(f"[{number}]" for number in numbers)
    block = next((region for region in regions if region.fenced and region.end == position), None)
    if block is None:
        return marks
    opening = fence_at([text[block.start :].split("\n", 1)[0]], 0)
    if block.closed or opening is None:
        return f"\n{marks}"
    return f"{'' if text.endswith(chr(10)) else chr(10)}{opening.marks}\n{marks}"


def _inside(position: int, regions: Sequence[Code]) -> bool:
    return any(region.start <= position < region.end for region in regions)
