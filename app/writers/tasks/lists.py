"""What of a list is told where there is not room for all of it: its levels, its items or their names. Everything is a span of the document."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from app.query.vocabulary import plain, words
from app.writers.exercises import posed as asking_blocks
from app.writers.tasks.pieces import Piece, blocks_in, mark_length, names_part, source_of, states
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Document, Section

LISTED_WORDS = 60  # of a list that stands for its section
_NAMED = re.compile(r"[^:：–—\n|]{2,80}?(?=\s*(?:[:：]|\s[–—-])\s+\S)")  # before what is said of it


def listed(document: Document, section: Section, most: int = LISTED_WORDS) -> Iterator[Piece]:
    """The lists of a section, each with the sentence that leads into it. Of their items what has `most` words; all, where that sentence
    does not announce them.
    """
    below = blocks_in(document, section.start + 1, section.end)
    blocks = list(takewhile(lambda block: block.kind != "heading", below))
    asking = asking_blocks(document.text, blocks)
    for first, block in enumerate(blocks):
        before = blocks[first - 1] if first else block
        if (
            block.kind != "item"
            or (first and before.kind == "item")
            or not asking.isdisjoint((before.start, block.start))
        ):
            continue
        lead = source_of(document, before) if before.kind == "paragraph" else ""
        spans = [(before.start + start, before.start + end) for start, end in sentence_spans(lead)[-1:]]
        run = takewhile(lambda item: item.kind == "item", blocks[first:])
        items = [item for item in run if any(map(str.isalnum, source_of(document, item)))]
        kept, partly = _fitting(document, items, most)
        if kept and (len(kept) == len(items) or not states(lead)):
            start = spans[0][0] if spans else block.start
            found = Piece(document, start, items[-1].end, leads=True, lines=(*spans, *kept), partly=partly)
            if not names_part([plain(word) for word in words(found.text)]):
                yield found


def _fitting(document: Document, items: Sequence[Block], room: int) -> tuple[list[tuple[int, int]], bool]:
    """What of a list has so many words: all items of the highest level, each with as much below it as its share has room for, else their
    names, or those of some, evenly; and whether some have none.
    """
    highest = min((item.level for item in items), default=0)
    starts = [place for place, item in enumerate(items) if item.level == highest or not place]
    trees = [_depths(document, items[start:end]) for start, end in pairwise([*starts, len(items)])]
    tops = [_words(document, tree[-1]) for tree in trees]
    if sum(tops) <= room:
        kept = [tree[-1] for tree in trees]
        left = room - sum(tops)
        smallest = sorted(range(len(trees)), key=lambda place: _words(document, trees[place][0]) - tops[place])
        for after, place in enumerate(smallest):
            share = tops[place] + left // (len(trees) - after)
            kept[place] = next(one for one in trees[place] if _words(document, one) <= share)
            left -= _words(document, kept[place]) - tops[place]
        return [span for tree in kept for span in tree], False
    names = _names(document, [items[start] for start in starts])
    some = ([names[place * len(names) // count] for place in range(count)] for count in range(len(names), 0, -1))
    few = next((one for one in some if _words(document, one) <= room), [])
    return few, len(few) < len(names)


def _depths(document: Document, tree: Sequence[Block]) -> list[list[tuple[int, int]]]:
    """An item with all that is below it, with a level less, and so on; without a colon before what is left out."""
    levels = sorted({item.level for item in tree}, reverse=True)
    return [[_bare(document, one, deepest) for one in tree if one.level <= deepest] for deepest in levels]


def _words(document: Document, spans: Sequence[tuple[int, int]]) -> int:
    return sum(len(document.text[slice(*span)].split()) for span in spans)


def _bare(document: Document, item: Block, deepest: int) -> tuple[int, int]:
    source = source_of(document, item)
    return item.start, item.start + len(source.rstrip(" :：") if item.level == deepest else source)


def _names(document: Document, items: Sequence[Block]) -> list[tuple[int, int]]:
    """Items as far as their colons or dashes, where all have them, else as far as their first sentences."""
    sources = [source_of(document, one).rstrip(" :：") for one in items]
    found = [_NAMED.match(source, mark_length(source)) for source in sources]
    ends = [one.end() for one in found if one]
    if len(ends) < len(items):
        ends = [sentence_spans(source)[0][1] for source in sources]
    return [(one.start, one.start + end) for one, end in zip(items, ends, strict=True)]
