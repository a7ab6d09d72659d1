"""Divisions of HTML on lines of their own, within Markdown: what stands in them is read as the rest."""

import re
from collections.abc import Sequence

from ingest.parse.markdown.admonitions import QUESTIONS, Box

DIVISION = re.compile(r"[ ]{0,3}<(/?)(?:div|section|article|aside)\b(?![^>]*(?:hidden|display))([^>]*)>[ \t]*")
LONGEST_TITLE = 4  # lines
_CLASSES = re.compile(r"\b(?:class|data-type)\s*=\s*[\"']([^\"']*)[\"']")


def title_at(lines: Sequence[str], at: int) -> tuple[str, int] | None:
    """The words of a division that is called a title, and the next line with words."""
    if "title" not in _classes(lines[at]):
        return None
    ends = range(at + 1, min(at + 1 + LONGEST_TITLE, len(lines)))
    if not (closed := next((end for end in ends if lines[end].strip().startswith("</")), 0)):
        return None
    below = next((at for at in range(closed + 1, len(lines)) if lines[at].strip()), len(lines))
    return " ".join(" ".join(lines[at + 1 : closed]).split()), below


def division_at(lines: Sequence[str], at: int) -> Box | None:
    """One that is closed. One that its class calls a question is one where none inside has a class."""
    if not (end := _division_end(lines, at)):
        return None
    inside = lines[at + 1 : end - 1]
    tags = filter(None, map(DIVISION.fullmatch, inside))
    is_question = bool(QUESTIONS & _classes(lines[at])) and not any(_CLASSES.search(tag[2]) for tag in tags)
    return Box("", "\n".join(inside).strip().split("\n"), end, is_question)


def _classes(line: str) -> set[str]:
    """Of the division that this line opens."""
    tag = DIVISION.fullmatch(line)
    return {name for found in _CLASSES.finditer(tag[2]) for name in found[1].split()} if tag else set()


def _division_end(lines: Sequence[str], at: int) -> int:
    """After the tag that closes the division which this line opens; 0 where none does."""
    depth = 0
    for end in range(at, len(lines)):
        if tag := DIVISION.fullmatch(lines[end]):
            depth += -1 if tag[1] else 1
        if depth <= 0:
            return end + 1 if end > at else 0
    return 0
