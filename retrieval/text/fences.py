"""Fenced code in Markdown, line by line: the one place that knows where it begins and where it ends.

More is taken for a beginning than CommonMark does (any indentation, marks of quotes and items before it), so that nothing which some
renderer shows as code is read as text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_OPENING = re.compile(r"((?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*)(`{3,}|~{3,})(.*)")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")


@dataclass(frozen=True, slots=True)
class Fence:
    """Lines `first` to `end` (exclusive); `prefix` stands before the `marks`, `info` behind them. One that is not `closed` goes to
    the end of the text."""

    first: int
    end: int
    prefix: str
    marks: str
    info: str
    closed: bool


def fence_at(lines: Sequence[str], at: int) -> Fence | None:
    """The block that begins on the line with this index."""
    found = _OPENING.fullmatch(lines[at])
    if not found or ("`" in found[2] and "`" in found[3]):
        return None
    for end in range(at + 1, len(lines)):
        if (closing := _CLOSING.fullmatch(lines[end])) and closing[1].startswith(found[2]):
            return Fence(at, end + 1, found[1], found[2], found[3], closed=True)
    return Fence(at, len(lines), found[1], found[2], found[3], closed=False)


def fences(lines: Sequence[str]) -> Iterator[Fence]:
    """All blocks, in order."""
    at = 0
    while at < len(lines):
        fence = fence_at(lines, at)
        if fence:
            yield fence
        at = fence.end if fence else at + 1
