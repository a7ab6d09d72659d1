"""The lines of a plain text: where they stand, how deep, what is blank before them; and the marks of list items.

The other plain-text modules work on these lines, never on offsets. A line that holds several list items
("• a • b • c", "Steps: 1. a 2. b 3. c") is cut into as many lines, so that the rest need not know.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.types import BlockKind

LONG = 400  # a line longer than this is judged by its opening only
TAB = 4


class Line(NamedTuple):
    """A non-blank line: `text` is `document[start:end]`, stripped. `gap`: the blank lines before it (1 for the first).

    `indent` is in columns. `page`: the line opens a page (a form feed stands before it).
    """

    start: int
    end: int
    indent: int
    gap: int
    text: str
    page: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Lines first..last (inclusive) that form one block."""

    first: int
    last: int
    kind: BlockKind
    lead: str = ""
    language: str = ""


# Bullets that are never anything else; marks that need a space after them; check boxes; numbers and letters.
_STRONG = "•◦▪▫●○■□‣⁃∙➢➤►▸✓✔✗✘☐☑☒"
_BULLET = re.compile(rf"(?:[{_STRONG}]\s*|[-*+–—·o]\s+)(?:\[[ xX✓]?\]\s+)?|\[[ xX✓]?\]\s+|[-*]\[[ xX]\]\s*")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)|\((\d{1,3})\)\s+(?=\S)")
_LETTER = re.compile(r"(?:([a-zA-Z])[.)]|\(([a-zA-Z])\))\s+(?=\S)")
_RANK = {"◦": 1, "o": 1, "○": 1, "▪": 2, "■": 2, "▫": 2, "□": 2}

_INLINE_MARK = re.compile(rf"(?:(?<=\s)|^)([{_STRONG}])(?=\s)")
_TABLE_RULE = re.compile(r"\|(?:\s{0,3}:?-{2,}:?\s{0,3}\|)+")
_ROW_END = re.compile(r"\|\s{0,3}\|")
_STRONG_MARK = re.compile(f"[{_STRONG}]")
_INLINE_NUMBER = re.compile(r"(?<!\S)(\d{1,2})[.)] (?=[\"“'(*]{0,2}[A-Z])")
_INLINE_DASH = re.compile(r"(?<=\S) - (?=[A-Z\"“])")


def bullet(text: str) -> int:
    """Length of the bullet that opens the line, 0 where there is none. Numbers and letters are not bullets."""
    if text[0].isalnum() and text[0] != "o":
        return 0
    match = _BULLET.match(text)
    return match.end() if match and text[match.end() : match.end() + 1].strip("-*_=. ") else 0


def bullet_rank(text: str) -> int:
    """Depth that the shape of a bullet suggests where indentation was lost: • 0, ◦ 1, ▪ 2."""
    return _RANK.get(text[0], 0)


def number(text: str) -> tuple[int, int]:
    """(3, 3) for "3. text" or "3) text": the number and the length of the mark; (0, 0) where there is none."""
    match = _NUMBER.match(text) if text[0].isdigit() or text[0] == "(" else None
    return (int(match[1] or match[2]), match.end()) if match else (0, 0)


def letter(text: str) -> tuple[str, int]:
    """("b", 3) for "b) text" or "(b) text"; ("", 0) where there is none."""
    match = _LETTER.match(text)
    return (match[1] or match[2], match.end()) if match else ("", 0)


def read_lines(text: str) -> list[Line]:
    """The non-blank lines, in order; every non-space character lies in exactly one of them."""
    lines = list(_lines(text))
    crowded = {at for at, line in enumerate(lines) if "| |" in line.text and _TABLE_RULE.search(line.text, 1)}
    if not crowded:
        return lines
    return [piece for at, line in enumerate(lines) for piece in (_table_rows(line) if at in crowded else (line,))]


def _table_rows(line: Line) -> Iterator[Line]:
    """A table that ran together into one line ("| a | b | |---|---| | 1 | 2 |") cut into its rows, else the line."""
    cuts = [match.end() - 1 for match in _ROW_END.finditer(line.text)]
    rows = [line.text[a:b] for a, b in zip([0, *cuts], [*cuts, len(line.text)], strict=True)]
    return _cut(line, cuts if len({row.count("|") for row in rows}) == 1 else [])


def _lines(text: str) -> Iterator[Line]:
    position, gap, page = 0, 1, False
    for raw in text.splitlines(keepends=True):
        body = raw.strip()
        if body:
            lead = 0 if raw[0] == body[0] else len(raw) - len(raw.lstrip())
            indent = lead if not lead or "\t" not in raw[:lead] else len(raw[:lead].expandtabs(TAB))
            start = position + lead
            yield Line(start, start + len(body), indent, gap, body, page)
            gap, page = 0, False
        else:
            gap += 1
        if raw[-1] == "\f":
            gap, page = max(gap, 1), True
        position += len(raw)


def split_items(lines: Sequence[Line], free: Callable[[int], bool]) -> tuple[list[Line], list[int]]:
    """The lines with those cut up that hold several items, and for each old line the index of its first piece.

    Of the lines that are not free (code, tables) only those are cut to which the next item of a list is glued.
    """
    pieces: list[Line] = []
    first: list[int] = []
    for at, line in enumerate(lines):
        first.append(len(pieces))
        if _may_hold_items(line.text) and (starts := _item_starts(lines, at, free=free(at))):
            pieces += _cut(line, starts)
        else:
            pieces.append(line)
    return pieces, first


def _may_hold_items(text: str) -> bool:
    """A quick look that most lines do not pass."""
    return (
        " - " in text or " 2. " in text or " 2) " in text or (not text.isascii() and bool(_STRONG_MARK.search(text, 1)))
    )


def _item_starts(lines: Sequence[Line], at: int, *, free: bool) -> list[int]:
    """Offsets in the line where its second and later parts start."""
    text = lines[at].text
    if not free:
        return _glued(lines, at)
    marks = [match.start() for match in _INLINE_MARK.finditer(text)]
    if len(marks) > 1:
        return marks
    return _numbers(text) or _dashes(text) or _glued(lines, at)


def _numbers(text: str) -> list[int]:
    """Where 1., 2., 3. ... stand when a line counts up from 1 at least to 3."""
    starts: list[int] = []
    for match in _INLINE_NUMBER.finditer(text):
        if int(match[1]) == len(starts) + 1:
            starts.append(match.start())
    return starts if len(starts) > 2 else []


def _dashes(text: str) -> list[int]:
    """Three or more items after dashes in one line."""
    if not text.startswith("- "):
        return []
    cuts = [match.start() + 1 for match in _INLINE_DASH.finditer(text)]
    return cuts if len(cuts) > 1 and max(b - a for a, b in itertools.pairwise(cuts)) < 200 else []


def _glued(lines: Sequence[Line], at: int) -> list[int]:
    """Between two items of a list stands a line that is none: the next item may be glued to its end."""
    if not 0 < at < len(lines) - 1 or lines[at].text.startswith("- "):
        return []
    if not all(lines[near].text.startswith("- ") for near in (at - 1, at + 1)):
        return []
    return [match.start() + 1 for match in _INLINE_DASH.finditer(lines[at].text)][-1:]


def _cut(line: Line, starts: Sequence[int]) -> Iterator[Line]:
    edges = [0, *(start for start in starts if start), len(line.text)]
    for at, (start, end) in enumerate(itertools.pairwise(edges)):
        body = line.text[start:end].rstrip()
        if body:
            begin = line.start + start
            yield Line(begin, begin + len(body), line.indent, line.gap if not at else 0, body, line.page and not at)
