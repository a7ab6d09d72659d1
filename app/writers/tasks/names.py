"""What a part of the course lists without a list: paragraphs that each begin with their name, steps within a caption, and sections of one kind. Pure functions."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain, groupby, takewhile

from app.query.named import label
from app.query.vocabulary import plain, vocabulary, words
from app.writers.labels import LONGEST_NAME, has_steps, name_of
from app.writers.tasks.lists import listed
from app.writers.tasks.material import LEAST_LISTED, Piece, blocks_in, leading, source_of
from retrieval.text.markdown import LABEL
from retrieval.text.tokenize import terms
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


def headed(document: Document, topic: Collection[str]) -> Iterator[Piece]:
    """Sections side by side by the names in their headings, with their first list or sentence: where three or more have a word of the topic
    ("GPT family", "Claude family") these, and what is numbered on with them.
    """
    runs: dict[tuple[str, ...], list[list[Section]]] = {}
    for section in document.sections:
        if not section.path or section.path[-1][-1] in "?？؟" or len(section.path[-1].split()) > LONGEST_NAME:
            continue
        beside = runs.setdefault(section.path[:-1], [])
        goes_on = beside and label(section.path[-1])[1] not in ("", "1")
        beside[-1].append(section) if goes_on else beside.append([section])
    for beside in runs.values():
        often = Counter(word for run in beside for one in run for word in set(terms(one.path[-1])) & set(topic))
        alike = {word for word, number in often.items() if number >= LEAST_LISTED}
        for section in chain(*(run for run in beside if any(alike & set(terms(one.path[-1])) for one in run))):
            name = section.path[-1].lstrip("0123456789.) ")
            told = next(listed(document, section), None) or leading(document, section.start, section.end)
            if told and plain(words(name)[0]) not in vocabulary("back"):  # "Others"
                yield replace(told, term=name)


def _name(document: Document, block: Block) -> tuple[int, int] | None:
    return name_of(source_of(document, block)) if block.kind == "paragraph" and not block.role else None


def lettered(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Captions that list steps."""
    for block in blocks_in(document, start, end):
        source = source_of(document, block)
        if block.role == "caption" and has_steps(source):
            begun = _TITLE.match(source)
            yield Piece(document, block.start + (begun.end() if begun else 0), block.end, listed=True)
