"""What a part of the course lists without a list: paragraphs that each begin with their name, and steps within a caption. Pure functions."""

import re
from collections.abc import Iterator
from itertools import groupby, takewhile

from app.writers.labels import has_steps, name_of
from app.writers.tasks.pieces import LEAST_LISTED, Piece, blocks_in, source_of
from retrieval.text.markdown import LABEL
from retrieval.types import Block, Document, Section

_TITLE = re.compile(rf"{LABEL}\s+(?:(.{{3,80}}?) (?=\1\b))?", re.I)  # twice, where a sentence begins with it


def named(document: Document, section: Section) -> Iterator[Piece]:
    """Its paragraphs that follow each other and each begin with their name, three or more: to be told by these."""
    below = blocks_in(document, section.start + 1, section.end)
    blocks = takewhile(lambda block: block.kind != "heading", below)
    for _, group in groupby(blocks, key=lambda block: _name(document, block) is not None):
        run = [(block, found) for block in group if (found := _name(document, block))]
        lines = tuple((block.start + start, block.start + end) for block, (start, end) in run)
        if len({document.text[slice(*line)] for line in lines}) == len(run) >= LEAST_LISTED:
            yield Piece(document, run[0][0].start, run[-1][0].end, lines=lines)


def _name(document: Document, block: Block) -> tuple[int, int] | None:
    return name_of(source_of(document, block)) if block.kind == "paragraph" and not block.role else None


def lettered(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Captions that list steps."""
    for block in blocks_in(document, start, end):
        source = source_of(document, block)
        if block.role == "caption" and has_steps(source):
            begun = _TITLE.match(source)
            yield Piece(document, block.start + (begun.end() if begun else 0), block.end, listed=True)
