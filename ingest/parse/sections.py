"""Headings to sections: which part of a text stands under which heading path."""

from collections.abc import Sequence

from ingest.parse.markdown import parser as commonmark
from retrieval.types import Block, Section


def section_paths(blocks: Sequence[Block], text: str, *, title: str = "") -> tuple[Section, ...]:
    """Sections in reading order, an outer one before its sub-sections; `end` is the next heading of its level or above.

    Text before the first heading gets a section with an empty path and level 0. A level 1 heading that says the same
    as `title` adds nothing to the paths: its own is empty.
    """
    headings = [block for block in blocks if block.kind == "heading"]
    ends = _ends([heading.level for heading in headings], [heading.start for heading in headings], len(text))
    sections = _preamble(blocks, len(text))
    path: list[tuple[int, str]] = []
    for heading, end in zip(headings, ends, strict=True):
        while path and path[-1][0] >= heading.level:
            path.pop()
        words = commonmark.heading_words(text[heading.start : heading.end])
        path.append((heading.level, "" if heading.level == 1 and _same(words, title) else words))
        names = tuple(name for _, name in path if name)
        sections.append(Section(path=names, level=heading.level, start=heading.start, end=end))
    return tuple(sections)


def _preamble(blocks: Sequence[Block], length: int) -> list[Section]:
    end = next((block.start for block in blocks if block.kind == "heading"), length)
    before = [block for block in blocks if block.start < end and block.kind != "boilerplate"]
    return [Section(path=(), level=0, start=before[0].start, end=end)] if before else []


def _ends(levels: Sequence[int], starts: Sequence[int], length: int) -> list[int]:
    """For each heading where the next one of the same or a higher rank begins: levels 1 2 2 1 -> 4th, 3rd, 4th, end."""
    ends = [length] * len(levels)
    waiting: list[int] = []
    for index, level in enumerate(levels):
        while waiting and levels[waiting[-1]] >= level:
            ends[waiting.pop()] = starts[index]
        waiting.append(index)
    return ends


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
