"""An answer's Markdown taken apart into what it states: paragraph by paragraph, the spans of its sentences.

A list item and a table row are paragraphs of their own; a code block with the marks below it is one sentence; headings
and a table's header state nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.citations.marks import Code, code_regions, find_marks
from retrieval.text.sentences import sentence_spans

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ITEM = re.compile(r"[\s>]*(?:[-*+•]|\d{1,9}[.)])\s+")
_RULER = re.compile(r"[\s>]*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    code: bool = False


def statements(text: str) -> Iterator[list[Span]]:
    """For each paragraph the spans of its sentences, marks included, in order."""
    masked = _masked(text)
    for block in _blocks(text):
        inside = [(0, block.end - block.start)] if block.code else sentence_spans(masked[block.start : block.end])
        yield [(block.start + start, block.start + end) for start, end in inside]


def _masked(text: str) -> str:
    """The text with its marks made into closing brackets, which neither end nor begin a sentence."""
    for mark in find_marks(text):
        text = f"{text[: mark.start]}{']' * (mark.end - mark.start)}{text[mark.end :]}"
    return text


def _blocks(text: str) -> Iterator[_Block]:
    fences = [region for region in code_regions(text) if region.fenced]
    position = 0
    for fence in fences:
        yield from _text_blocks(text, position, fence.start)
        end = _with_marks_below(text, fence)
        yield _Block(fence.start, end, code=True)
        position = end
    yield from _text_blocks(text, position, len(text))


def _with_marks_below(text: str, fence: Code) -> int:
    """The end of a code block with the marks that stand on the line below it."""
    end = fence.end
    for mark in find_marks(text):
        if mark.start >= fence.end and not text[end : mark.start].strip() and "\n\n" not in text[end : mark.start]:
            end = mark.end
    return end if not text[end:].split("\n", 1)[0].strip() else fence.end


def _text_blocks(text: str, start: int, end: int) -> Iterator[_Block]:
    """Paragraphs, items and rows between two offsets; headings, rulers and the rows above rulers are left out."""
    lines = _lines(text, start, end)
    opened: int | None = None
    for index, (left, right) in enumerate(lines):
        line = text[left:right]
        row = line.lstrip(" >").startswith("|")
        skipped = not line.strip() or _HEADING.match(line) or _RULER.match(line)
        header = row and index + 1 < len(lines) and _RULER.match(text[slice(*lines[index + 1])])
        item = _ITEM.match(line)
        if opened is not None and (skipped or row or item):
            yield _Block(opened, lines[index - 1][1])
            opened = None
        if row and not skipped and not header:
            yield _Block(left, right)
        elif not skipped and not row and opened is None:
            opened = left + (item.end() if item else 0)
    if opened is not None:
        yield _Block(opened, lines[-1][1])


def _lines(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    for line in text[start:end].split("\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans
