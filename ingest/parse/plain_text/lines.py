"""The lines of a plain text: where they stand, how deep, what is blank before them; and which of them are list items.

The other plain-text modules work on these lines, never on offsets. Left out: several list items written in one line.
"""

import itertools
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.parse.plain_text.headings import heading_shape
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
_DOUBTFUL = "–—·o+"  # a dash may open a line of dialogue, a letter a sentence: these need company
_LEAD = 200
_OPEN = 8  # sequences that may wait for their next number


def bullet(text: str) -> int:
    """Length of the bullet that opens the line, 0 where there is none. Numbers and letters are not bullets."""
    if text[0].isalnum() and text[0] != "o":
        return 0
    match = _BULLET.match(text)
    return match.end() if match and text[match.end() : match.end() + 1].strip("-*_=. ") else 0


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


def item_marks(lines: Sequence[Line], free: Iterable[int]) -> dict[int, int]:
    """Index of each line that opens an item -> length of its mark ("• ", "3. ", "b) ")."""
    marks: dict[int, int] = {}
    numbers: dict[int, tuple[int, int]] = {}
    letters: dict[int, tuple[str, int]] = {}
    for at in free:
        text = lines[at].text
        if length := bullet(text):
            marks[at] = length
        elif (found := number(text))[1]:
            numbers[at] = found
        elif (text[1:2] in ".)" or text[0] == "(") and (mark := letter(text))[1]:
            letters[at] = mark
    marks = {at: length for at, length in marks.items() if lines[at].text[0] not in _DOUBTFUL or _company(lines, at)}
    listed = _numbered(lines, {at: value for at, (value, _) in numbers.items()})
    marks.update((at, numbers[at][1]) for at in listed)
    marks.update((at, letters[at][1]) for at in _lettered(lines, {at: ord(mark) for at, (mark, _) in letters.items()}))
    return marks


def _company(lines: Sequence[Line], at: int) -> bool:
    """A line close by opens with the same mark."""
    near = [*range(max(at - 2, 0), at), *range(at + 1, min(at + 3, len(lines)))]
    return any(lines[place].text[:2] == lines[at].text[:2] for place in near)


def _lettered(lines: Sequence[Line], marks: dict[int, int]) -> set[int]:
    """Letters that count on from each other on lines close by; "A. Smith" has no "B." after it."""
    chains = _chains(lines, marks)
    return {at for chain in chains if len(chain) > 1 and chain[1] - chain[0] < 6 for at in chain}


def _numbered(lines: Sequence[Line], marks: dict[int, int]) -> set[int]:
    """Of the lines that begin with a number (`marks`: index -> number), those that are items of a list.

    Lines that count on from each other at one indentation form a sequence. Where most of its lines directly follow
    each other it is a list; where other text stands between, they are headings, if they look like it.
    """
    items: set[int] = set()
    for sequence in _chains(lines, marks):
        pairs = list(itertools.pairwise(sequence))
        close = sum(1 for a, b in pairs if _close(lines, a, b))
        shaped = all(heading_shape(lines[at].text) > 0 for at in sequence)
        if not pairs and not shaped and marks[sequence[0]] > 1:
            continue  # a paragraph that happens to begin with a number
        if (
            close * 2 > len(pairs)
            or (pairs and close * 2 == len(pairs) and not shaped)
            or not shaped
            or (not pairs and sequence[0] and lines[sequence[0] - 1].text.endswith(":"))
        ):
            items.update(sequence)
    return items


def _close(lines: Sequence[Line], a: int, b: int) -> bool:
    """Nothing but continuation lines, indented deeper, stands between."""
    return b - a == 1 or (
        b - a < 6 and all(line.indent > lines[a].indent and not line.gap for line in lines[a + 1 : b])
    )


def _chains(lines: Sequence[Line], marks: dict[int, int]) -> list[list[int]]:
    """Chains n, n + 1, ... at one indentation; a line joins the chain it directly follows, else the most recent one."""
    waiting: dict[tuple[int, int], deque[list[int]]] = {}
    chains: list[list[int]] = []
    for at, value in marks.items():
        candidates = waiting.get((lines[at].indent, value), deque())
        chain = next((chain for chain in candidates if at - chain[-1] == 1), None)
        if chain is None and candidates:
            chain = candidates[-1]
        if chain is None:
            chain = []
            chains.append(chain)
        else:
            candidates.remove(chain)
        chain.append(at)
        waiting.setdefault((lines[at].indent, value + 1), deque(maxlen=_OPEN)).append(chain)
    return chains


class Nesting:
    """The list that is open: level and lead of each item, from indentation."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, str]] = []  # indentation, text
        self._introduction = ""

    def item(self, line: Line, mark: int) -> tuple[int, str]:
        """(level from 0, parent item or introducing line)."""
        while self._stack and self._stack[-1][0] >= line.indent:
            self._stack.pop()
        level, lead = len(self._stack), shorten(self._stack[-1][1]) if self._stack else self._introduction
        self._stack.append((line.indent, line.text[mark : mark + 2 * _LEAD]))
        return level, lead

    def interrupt(self, line: Line, text: str, *, heading: bool = False) -> None:
        """A paragraph or heading ends the list, unless the paragraph is indented as part of the last item."""
        if heading or not self._stack or line.indent <= self._stack[0][0]:
            self._stack = []
            self._introduction = "" if heading else introduction(text)


def introduction(text: str) -> str:
    """The last sentence of a paragraph that ends with a colon, or with no stop at all; "" for any other."""
    if not text.endswith((":", ":-", "：")) and not (text[-1].isalnum() and len(text) < _LEAD):
        return ""
    tail = text[-2 * _LEAD :]
    start = max(tail.rfind(stop) for stop in (". ", "! ", "? ", "\n"))
    return shorten(tail[start + 1 :].strip())


def shorten(text: str) -> str:
    """On one line and at most 200 characters, cut at a word."""
    text = " ".join(text.split())
    return text if len(text) <= _LEAD else text[:_LEAD].rsplit(" ", 1)[0] + " …"
