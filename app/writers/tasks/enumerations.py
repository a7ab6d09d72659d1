"""Enumerations as pieces: lists, runs of paragraphs with run-in headings, and captions with lettered steps.

A list that is too long to be shown whole is shortened to its upper levels, to the names of its items, or to some of these.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, takewhile

from app.query.vocabulary import plain, words
from app.writers.exercises import posed as asking_blocks
from app.writers.labels import has_steps, name_of
from app.writers.tasks.anaphora import names_course_part
from app.writers.tasks.pieces import MIN_LIST_ITEMS, Piece, blocks_in, is_statement, list_marker_length, source_of
from retrieval.text.markdown import LABEL
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Document, Section

MAX_LIST_WORDS = 60  # of a list that stands for its section
_ITEM_NAME = re.compile(
    r"[^:：–—\n|]{2,80}?(?=\s*(?:[:：]|\s[–—-])\s+\S)"
)  # up to the colon or dash before its explanation
_CAPTION_START = re.compile(
    rf"{LABEL}\s+(?:(.{{3,80}}?) (?=\1\b))?", re.I
)  # the label, and a title that is repeated right after it

Span = tuple[int, int]


def lists_in(document: Document, section: Section, max_words: int = MAX_LIST_WORDS) -> Iterator[Piece]:
    """The lists of a section, each with the sentence before it as its lead-in and shortened to `max_words`.

    A list that its lead-in does not announce (by a colon, say) is left out unless all of its items are shown; so is one about "this chapter".
    """
    blocks = _own_blocks(document, section)
    asking = asking_blocks(document.text, blocks)
    for place, block in enumerate(blocks):
        before = blocks[place - 1] if place else block
        is_first_item = block.kind == "item" and (not place or before.kind != "item")
        if not is_first_item or not asking.isdisjoint((before.start, block.start)):
            continue
        run = takewhile(lambda item: item.kind == "item", blocks[place:])
        items = [item for item in run if any(map(str.isalnum, source_of(document, item)))]
        shown, is_partial = _shortened(document, items, max_words)
        paragraph = source_of(document, before) if before.kind == "paragraph" else ""
        if not shown or (len(shown) < len(items) and is_statement(paragraph)):
            continue
        lead_in = [(before.start + start, before.start + end) for start, end in sentence_spans(paragraph)[-1:]]
        start = lead_in[0][0] if lead_in else block.start
        lines = (*lead_in, *shown)
        piece = Piece(document, start, items[-1].end, opens_paragraph=True, line_spans=lines, is_partial=is_partial)
        if not names_course_part([plain(word) for word in words(piece.text)]):
            yield piece


def run_in_paragraphs(document: Document, section: Section) -> Iterator[Piece]:
    """Three or more successive paragraphs of a section that each begin with a run-in heading; these headings are shown."""
    headed = ((block, _run_in_heading(document, block)) for block in _own_blocks(document, section))
    for _, group in groupby(headed, key=lambda pair: pair[1] is not None):
        run = [(block, span) for block, span in group if span]
        lines = tuple((block.start + start, block.start + end) for block, (start, end) in run)
        if len({document.text[slice(*line)] for line in lines}) == len(run) >= MIN_LIST_ITEMS:
            yield Piece(document, run[0][0].start, run[-1][0].end, line_spans=lines)


def lettered_captions(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Captions that list steps, "(a) ... (b) ... (c) ...", without their label and title."""
    for block in blocks_in(document, start, end):
        source = source_of(document, block)
        if block.role == "caption" and has_steps(source):
            label = _CAPTION_START.match(source)
            yield Piece(document, block.start + (label.end() if label else 0), block.end, is_list_entry=True)


def _own_blocks(document: Document, section: Section) -> list[Block]:
    """The blocks of a section up to its first sub-heading."""
    below = blocks_in(document, section.start + 1, section.end)
    return list(takewhile(lambda block: block.kind != "heading", below))


def _run_in_heading(document: Document, block: Block) -> Span | None:
    return name_of(source_of(document, block)) if block.kind == "paragraph" and not block.role else None


def _shortened(document: Document, items: Sequence[Block], max_words: int) -> tuple[list[Span], bool]:
    """What of a list fits into `max_words`, and whether some of its top-level items are missing.

    All top-level items, each with as many levels below it as its share of the words allows; else only their names; else every n-th name.
    """
    top_level = min((item.level for item in items), default=0)
    starts = [place for place, item in enumerate(items) if item.level == top_level or not place]
    trees = [_by_depth(document, items[start:end]) for start, end in pairwise([*starts, len(items)])]
    if sum(_word_count(document, tree[-1]) for tree in trees) <= max_words:
        return [span for tree in _deepened(document, trees, max_words) for span in tree], False
    names = _item_names(document, [items[start] for start in starts])
    samples = ([names[place * len(names) // count] for place in range(count)] for count in range(len(names), 0, -1))
    fitting = next((sample for sample in samples if _word_count(document, sample) <= max_words), [])
    return fitting, len(fitting) < len(names)


def _deepened(document: Document, trees: Sequence[Sequence[list[Span]]], max_words: int) -> list[list[Span]]:
    """Of each tree as many levels as fit; the words are shared out evenly, the smallest trees leaving what they do not need to the others."""
    shown = [tree[-1] for tree in trees]
    tops = [_word_count(document, spans) for spans in shown]
    left = max_words - sum(tops)
    by_size = sorted(range(len(trees)), key=lambda place: _word_count(document, trees[place][0]) - tops[place])
    for done, place in enumerate(by_size):
        share = tops[place] + left // (len(trees) - done)
        shown[place] = next(spans for spans in trees[place] if _word_count(document, spans) <= share)
        left -= _word_count(document, shown[place]) - tops[place]
    return shown


def _by_depth(document: Document, tree: Sequence[Block]) -> list[list[Span]]:
    """An item with everything below it, then with one level less, and so on up to the item alone."""
    levels = sorted({item.level for item in tree}, reverse=True)
    return [[_item_span(document, item, deepest) for item in tree if item.level <= deepest] for deepest in levels]


def _item_span(document: Document, item: Block, deepest: int) -> Span:
    """An item without the colon before what is left out below it."""
    source = source_of(document, item)
    return item.start, item.start + len(source.rstrip(" :：") if item.level == deepest else source)


def _item_names(document: Document, items: Sequence[Block]) -> list[Span]:
    """The items up to their colons or dashes if all have one, else up to the end of their first sentences."""
    sources = [source_of(document, item).rstrip(" :：") for item in items]
    matches = [_ITEM_NAME.match(source, list_marker_length(source)) for source in sources]
    ends = [match.end() for match in matches if match]
    if len(ends) < len(items):
        ends = [sentence_spans(source)[0][1] for source in sources]
    return [(item.start, item.start + end) for item, end in zip(items, ends, strict=True)]


def _word_count(document: Document, spans: Sequence[Span]) -> int:
    return sum(len(document.text[slice(*span)].split()) for span in spans)
