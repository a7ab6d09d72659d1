"""What a part of the course lists without a list: paragraphs that each begin with their name, steps within a caption, and sections of one kind. Pure functions."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain, groupby, takewhile

from app.query.parts import label
from app.query.vocabulary import count_in, plain, vocabulary, words
from app.writers.tasks.lists import listed
from app.writers.tasks.material import LABEL, LEAST_LISTED, Piece, blocks_in, is_beside, leading, source_of
from retrieval.text.tokenize import terms
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
