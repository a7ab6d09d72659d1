"""The lines of a plain text: where they stand, how deep, what is blank before them; and the marks of list items.

The other plain-text modules work on these lines, never on offsets. Left out: several list items written in one line.
"""

import re
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
    lines: list[Line] = []
    position, gap, page = 0, 1, False
    for raw in text.splitlines(keepends=True):
        body = raw.strip()
        if body:
            lead = 0 if raw[0] == body[0] else len(raw) - len(raw.lstrip())
            indent = lead if not lead or "\t" not in raw[:lead] else len(raw[:lead].expandtabs(TAB))
            start = position + lead
            lines.append(Line(start, start + len(body), indent, gap, body, page))
            gap, page = 0, False
        else:
            gap += 1
        if raw[-1] == "\f":
            gap, page = max(gap, 1), True
        position += len(raw)
    return lines
