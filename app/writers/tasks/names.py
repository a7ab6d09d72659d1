"""What a part of the course lists without a list: paragraphs that each begin with their name, and steps within a caption. Pure functions."""

import re
from collections.abc import Iterator
from itertools import groupby, takewhile

from app.query.vocabulary import count_in, words
from app.writers.tasks.material import LABEL, LEAST_LISTED, Piece, blocks_in, is_beside, source_of
from retrieval.types import Block, Document, Section

LONGEST_NAME = 7  # words
_NAME = re.compile(r"(\*\*|__|\*|_|)(?=[^\W\d_])([^:：.?!|\n*_]{2,60}?)(?:[:：.]\1(?<=[*_])|\1[:：])(?=\s)")
_TITLE = re.compile(rf"{LABEL.pattern}\s+(?:(.{{3,80}}?) (?=\1\b))?", re.I)  # twice, where a sentence begins with it
_LETTERED = re.compile(r"(?<=[.:;,] )(?:and )?\(a\) .+?[.;,] (?:and )?\(b\) .+?[.;,] (?:and )?\(c\) .+", re.S)


def named(document: Document, section: Section) -> Iterator[Piece]:
    """Its paragraphs that follow each other and each begin with their name, three or more: to be told by these."""
    below = blocks_in(document, section.start + 1, section.end)
    blocks = takewhile(lambda block: block.kind != "heading", below)
    for _, group in groupby(blocks, key=lambda block: _name(document, block) is not None):
        run = [(block, found) for block in group if (found := _name(document, block))]
        if len({found[2] for _, found in run}) == len(run) >= LEAST_LISTED:
            lines = tuple((block.start + found.start(2), block.start + found.end(2)) for block, found in run)
            yield Piece(document, run[0][0].start, run[-1][0].end, lines=lines)


def _name(document: Document, block: Block) -> re.Match[str] | None:
    source = source_of(document, block)
    found = None if block.kind != "paragraph" or is_beside(source, document) else _NAME.match(source)
    return found if found and len(found[2].split()) <= LONGEST_NAME else None


def lettered(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Captions that say how many there are, or announce them, and list them by letters: "four steps. (a) ... (b) ... (c) ..." """
    for block in blocks_in(document, start, end):
        source = source_of(document, block)
        found = _LETTERED.search(source) if block.kind == "paragraph" and is_beside(source, document) else None
        before = source[: found.start()].rstrip() if found else ""
        if before.endswith((":", "：")) or count_in(words(LABEL.sub("", before))) > 0:
            begun = _TITLE.match(source)
            yield Piece(document, block.start + (begun.end() if begun else 0), block.end, listed=True)
