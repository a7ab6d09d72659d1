"""Where the sections of a document begin and end, from its headings and the boxes that some of these stand in."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ingest.parse.markdown import parser as commonmark
from ingest.parse.roles import RoleSpan
from retrieval.types import Block, Section

_AROUND = " *_`\"'”’»)]"  # a sentence
_ENDS = tuple(".!?:;…。！？：；।۔؟")


def section_paths(
    blocks: Sequence[Block], text: str, *, title: str = "", spans: Sequence[RoleSpan] = ()
) -> tuple[Section, ...]:
    """Sections in reading order, an outer one before its sub-sections; `end` is the next heading of its level or above, or where
    the box (of `spans`) ends that its heading stands in.

    Text under no heading gets a section with an empty path and level 0. A level 1 heading that says the same
    as `title` adds nothing to the paths: its own is empty, and so is that of a first one of another level.
    """
    headings = [block for block in blocks if block.kind == "heading"]
    ends = _ends([heading.level for heading in headings], [heading.start for heading in headings], len(text))
    _close(ends, headings, blocks, text, [span for span in spans if span.role == "box"])
    sections: list[Section] = []
    path: list[tuple[int, int, str]] = []
    for place, (heading, end) in enumerate(zip(headings, ends, strict=True)):
        while path and (path[-1][0] >= heading.level or path[-1][1] <= heading.start):
            path.pop()
        words = commonmark.heading_words(text[heading.start : heading.end])
        is_title = (heading.level == 1 or not place) and _same(words, title)
        path.append((heading.level, end, "" if is_title else words))
        names = tuple(name for *_, name in path if name)
        sections.append(Section(path=names, level=heading.level, start=heading.start, end=end))
    return tuple(sorted([*_bare(blocks, sections, len(text)), *sections], key=lambda section: section.start))


def _bare(blocks: Sequence[Block], sections: Sequence[Section], length: int) -> Iterator[Section]:
    """The text between sections, with which most documents begin."""
    filled = [block.start for block in blocks if block.kind != "boilerplate"]
    done = 0
    for start, end in [*((section.start, section.end) for section in sections), (length, length)]:
        first = bisect_left(filled, done)
        if first < len(filled) and filled[first] < start:
            yield Section(path=(), level=0, start=filled[first], end=start)
        done = max(done, end)


def _ends(levels: Sequence[int], starts: Sequence[int], length: int) -> list[int]:
    """For each heading where the next one of the same or a higher rank begins: levels 1 2 2 1 -> 4th, 3rd, 4th, end."""
    ends = [length] * len(levels)
    waiting: list[int] = []
    for index, level in enumerate(levels):
        while waiting and levels[waiting[-1]] >= level:
            ends[waiting.pop()] = starts[index]
        waiting.append(index)
    return ends


def _close(
    ends: list[int], headings: Sequence[Block], blocks: Sequence[Block], text: str, boxes: Sequence[RoleSpan]
) -> None:
    """Puts the ends of sections whose headings stand in a box where the text goes on below it. A box that has no more
    than headings and a line below them is a layout."""
    starts, tops = [block.start for block in blocks], [heading.start for heading in headings]
    for box in sorted(boxes, key=lambda box: (box.start, -box.end)):
        first, last = bisect_left(tops, box.start), bisect_left(tops, box.end)
        below = bisect_left(starts, box.end)
        if first == last or below == len(starts):
            continue
        inside = blocks[bisect_left(starts, tops[first]) : below]
        around = next((headings[at].level for at in reversed(range(first)) if ends[at] > box.start), 0)
        for at in range(first, last) if any(_states(block, text) for block in inside) else ():
            if headings[at].level > around:
                ends[at] = min(ends[at], starts[below])


def _states(block: Block, text: str) -> bool:
    """Whether a block is more than a heading, a by-line and the like."""
    words = text[block.start : block.end].rstrip(_AROUND)
    return block.kind not in {"heading", "boilerplate", "paragraph"} or words.endswith(_ENDS)


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
