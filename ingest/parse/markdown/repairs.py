"""Structure that people write in Markdown and CommonMark does not see.

Looks at one paragraph, line by line, for headings without a space (`##Title`), typographic bullets, numbered lines that
go on with the next number, and table rows without a delimiter row. Left out: anything that needs a guess about
meaning, such as a bold line that serves as a heading.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.types import BlockKind

LONGEST_HEADING = 120
_HEADING = re.compile(r" {0,3}(#{2,6}(?=[^\s#])|#(?=[A-Z])(?!.*\s#\w))")
_BULLET = re.compile(r"\s*(?:[•◦▪▫‣⁃●○■□·]\s*(?=\S)|[–—]\s+(?=\S))")
_NUMBER = re.compile(r"\s*(\d{1,3})[.)]\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Part:
    """Lines `first` to `last` (exclusive) of a paragraph. `words`: an item's text without its mark."""

    kind: BlockKind
    first: int
    last: int
    level: int = 0
    words: str = ""


def parts(lines: Sequence[str]) -> list[Part]:
    """A paragraph taken apart; one part of kind paragraph if there is nothing to repair."""
    marks = _marks(lines)
    found: list[Part] = []
    for index, mark in enumerate(marks):
        if mark is not None:
            found.append(replace(mark, first=index, last=index + 1))
        elif found and found[-1].kind in {"paragraph", "item"}:
            found[-1] = replace(found[-1], last=index + 1)
        else:
            found.append(Part("paragraph", index, index + 1))
    return found


def starts_with_bullet(line: str) -> bool:
    """`    • one` is a list, not code."""
    return bool(_BULLET.match(line)) and line.lstrip()[0] not in "–—"


def _marks(lines: Sequence[str]) -> list[Part | None]:
    """What each line begins, if anything: evidence from the other lines counts for the ambiguous marks."""
    marks = [_heading(line) for line in lines]
    for index in _listed(lines):
        match = _BULLET.match(lines[index]) or _NUMBER.match(lines[index])
        if match and marks[index] is None:
            indent = len(match[0]) - len(match[0].lstrip())
            marks[index] = Part("item", 0, 0, level=indent, words=lines[index][match.end() :].strip())
    rows = [index for index, line in enumerate(lines) if _is_row(line)]
    for index in rows if len(rows) > 1 else []:
        marks[index] = Part("row", 0, 0)
    return _ranked(marks)


def _is_row(line: str) -> bool:
    bare = line.strip()
    return bare.startswith("|") and bare.endswith("|") and bare.count("|") > 2


def _heading(line: str) -> Part | None:
    match = _HEADING.match(line)
    return Part("heading", 0, 0, level=len(match[1])) if match and len(line) <= LONGEST_HEADING else None


def _listed(lines: Sequence[str]) -> list[int]:
    """Lines that begin a list item. Dashes count from two on, numbers if one follows the other."""
    bullets = [index for index, line in enumerate(lines) if starts_with_bullet(line)]
    dashes = [index for index, line in enumerate(lines) if _BULLET.match(line) and index not in bullets]
    numbered = [(index, int(match[1])) for index, line in enumerate(lines) if (match := _NUMBER.match(line))]
    follows = {i for (one, n), (two, m) in pairwise(numbered) if m == n + 1 for i in (one, two)}
    return sorted({*bullets, *(dashes if len(dashes) > 1 else []), *follows})


def _ranked(marks: Sequence[Part | None]) -> list[Part | None]:
    """Item levels from widths of indentation: 0, 4, 2 -> 0, 2, 1."""
    indents = sorted({mark.level for mark in marks if mark and mark.kind == "item"})
    return [replace(mark, level=indents.index(mark.level)) if mark and mark.kind == "item" else mark for mark in marks]
