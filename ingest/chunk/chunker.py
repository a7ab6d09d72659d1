"""A document into chunks and windows. Pure functions; `ingest.chunk.llamaindex` offers them to LlamaIndex.

A chunk is an exact slice of its document within one section, about `tokens` long, cut between units (sentences, list
items, table rows, code blocks), never inside one that fits, and rather between paragraphs than inside them. Chunks of a
section are balanced rather than filled up, so none is a leftover. Time grows as the text does. Windows are runs of `units` units that slide within a chunk and overlap by `overlap`.
Every non-space character outside boilerplate lies in exactly one chunk.
"""

import re
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import inf

from retrieval.text.language import language_of
from retrieval.text.markdown import PIPE
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import count_tokens, word_ids
from retrieval.types import Block, Chunk, Document, Page, Recognised, Unit, Window

NAMESPACE = uuid.UUID("5d5a3f4e-6f0b-5c5e-9a55-0d9a4b3c7e11")
LONG_ITEM = 80  # tokens above which a list item is read as sentences
LONG_WINDOW = 160  # tokens above which a window takes no further unit
LONGEST_TOKEN = 12  # characters: a unit with more to the token is cut as if it had one for each so many
WIDEST_SPACE = 500  # characters between two units of a chunk
LEAST_UNIT = 4  # tokens that a unit counts for at least: its marks and its line
INSIDE_LIST, INSIDE_PARAGRAPH, BELOW_LEAD = (
    0.1,
    0.2,
    10.0,
)  # what a cut there costs; being off the size by a third costs 0.11
_EMPTY_LINE = re.compile(r"\n[ \t>]*\n[ \t>]*\Z")  # of a quote too


@dataclass(frozen=True, slots=True)
class Chunking:
    """Sizes: tokens of a chunk, units of a window and of the overlap of neighbouring windows."""

    tokens: int = 250
    window_units: int = 4
    window_overlap: int = 1


def chunks(document: Document, chunking: Chunking) -> list[Chunk]:
    """In reading order. An empty document has none."""
    made: list[Chunk] = []
    seen: Counter[str] = Counter()
    for path, units in _by_section(document, units_of(document, chunking.tokens)):
        for run in _without_wide_spaces(units):
            sizes = [max(LEAST_UNIT, _size(document.text, unit)) for unit in run]
            for group in split_evenly(run, sizes, _joints(document.text, run), limit=chunking.tokens):
                made.append(_chunk(document, path, group, chunking, seen))
    return made


def units_of(document: Document, limit: int) -> list[Unit]:
    """The quotable pieces of a document in order; boilerplate has none. Units over `limit` tokens are cut: rows between
    cells, others at lines."""
    found: list[Unit] = []
    language = language_of(document.text)
    for block in document.blocks:
        if block.kind != "boilerplate":
            found.extend(_units_of_block(document.text, block, limit, language))
    return _with_sureness(found, document.recognised) if document.recognised else found


def _with_sureness(units: Sequence[Unit], words: Sequence[Recognised]) -> list[Unit]:
    """Each unit with how sure OCR was of its least sure word."""
    starts = [word.start for word in words]
    found: list[Unit] = []
    for unit in units:
        inside = words[bisect_left(starts, unit.start) : bisect_left(starts, unit.end)]
        found.append(replace(unit, sure=min((word.sure for word in inside), default=None)))
    return found


def _units_of_block(text: str, block: Block, limit: int, language: str) -> Iterable[Unit]:
    source = text[block.start : block.end]
    if block.kind == "paragraph" or (block.kind == "item" and count_tokens(source) > LONG_ITEM):
        for start, end in _with_words(source, sentence_spans(source, language=language)):
            unit = Unit("sentence", block.start + start, block.start + end, block.lead, block.role)
            yield from _cut(text, unit, limit)
    else:
        kind = "item" if block.kind == "item" else block.kind
        yield from _cut(text, Unit(kind, block.start, block.end, block.lead, block.role), limit)  # type: ignore[arg-type]


def _with_words(source: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What has no letter or digit, as the mark of an empty line in a quote, belongs to the sentence before."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and not any(map(str.isalnum, source[start:end])):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _cut(text: str, unit: Unit, limit: int) -> Iterable[Unit]:
    """The unit itself, or pieces of at most `limit` tokens cut at line ends, else at spaces, else anywhere."""
    if _fits(text, unit.start, unit.end, limit):
        yield unit
        return
    if unit.kind == "row":
        yield from _cut_row(text, unit, limit)
        return
    start = unit.start
    while start < unit.end:
        end = _cut_point(text, start, min(unit.end, start + limit * 3), unit.end)
        left = start + len(text[start:end]) - len(text[start:end].lstrip(" \n\t")) if start > unit.start else start
        right = left + len(text[left:end].rstrip())
        if left < right:
            yield Unit(unit.kind, left if unit.kind != "code" else start, right, unit.lead, unit.role)
        start = end


def _fits(text: str, start: int, end: int, limit: int) -> bool:
    length = end - start
    return length <= limit or (length <= limit * LONGEST_TOKEN and count_tokens(text[start:end]) <= limit)


def _cut_row(text: str, unit: Unit, limit: int) -> Iterable[Unit]:
    """A table row in pieces of whole cells, each led by the names of its columns. A cell over the limit is cut as text."""
    source = text[unit.start : unit.end]
    edges = [0, *(found.end() for found in PIPE.finditer(source)), len(source)]
    names = PIPE.split(unit.lead)
    first, size = 0, 0
    for last, (left, right) in enumerate(pairwise(edges)):
        cell = count_tokens(source[left:right])
        if size and size + cell > limit:
            yield from _cut_cells(text, unit, (edges[first], left), "|".join(["", *names[first:last], ""]), limit)
            first, size = last, 0
        size += cell
    yield from _cut_cells(text, unit, (edges[first], len(source)), "|".join(["", *names[first:]]), limit)


def _cut_cells(text: str, unit: Unit, span: tuple[int, int], lead: str, limit: int) -> Iterable[Unit]:
    start, end = unit.start + span[0], unit.start + span[1]
    start, end = start + len(text[start:end]) - len(text[start:end].lstrip()), start + len(text[start:end].rstrip())
    if start < end:
        cells = replace(unit, start=start, end=end, lead=lead)
        yield from (
            [cells] if _fits(text, start, end, limit) else _cut(text, replace(cells, kind="sentence", lead=""), limit)
        )


def _cut_point(text: str, start: int, end: int, last: int) -> int:
    if end >= last:
        return last
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, start + (end - start) // 2, end)
        if found > start:
            return found + 1
    return end


def _by_section(document: Document, units: Sequence[Unit]) -> list[tuple[tuple[str, ...], list[Unit]]]:
    """Units grouped by the deepest section they are in. A section of headings only joins the one that follows it."""
    sections = document.sections
    groups: list[tuple[tuple[str, ...], list[Unit]]] = []
    headings: list[Unit] = []
    position = 0
    opened: list[int] = []
    paths = [section.path for section in sections]

    def section_of(unit: Unit) -> int:
        nonlocal position
        while position < len(sections) and sections[position].start <= unit.start:
            opened.append(position)
            position += 1
        while opened and sections[opened[-1]].end <= unit.start:
            opened.pop()
        return opened[-1] if opened else -1

    for index, run in groupby(units, key=section_of):
        members = list(run)
        if all(unit.kind == "heading" for unit in members):
            headings += members
            continue
        groups.append((paths[index] if index >= 0 else (), headings + members))
        headings = []
    if headings and groups:
        groups[-1][1].extend(headings)
    elif headings:
        groups.append((paths[-1] if paths else (), headings))
    return groups


def _without_wide_spaces(units: Sequence[Unit]) -> Iterable[list[Unit]]:
    """Runs of units between which nothing long lies, be it space or what is left out."""
    run = [units[0]]
    for before, unit in pairwise(units):
        if unit.start - before.end > WIDEST_SPACE:
            yield run
            run = []
        run.append(unit)
    yield run


def _joints(text: str, units: Sequence[Unit]) -> list[float]:
    """What a cut before each unit costs."""
    costs = [0.0]
    for before, unit in pairwise(units):
        if before.kind == "heading" or text[before.end - 1] in ":：":  # what is announced stands with it
            costs.append(BELOW_LEAD)
        elif before.kind == unit.kind and unit.kind in ("item", "row"):
            costs.append(INSIDE_LIST)
        else:
            costs.append(0.0 if _EMPTY_LINE.search(text, before.start, unit.start) else INSIDE_PARAGRAPH)
    return costs


def split_evenly(
    units: Sequence[Unit], sizes: Sequence[int], joints: Sequence[float], *, limit: int
) -> list[list[Unit]]:
    """Consecutive groups of about equal size, each at most `limit` where units allow, none empty.

    The cheapest by dynamic programming: a group costs the square of how far it is off the equal size, as a share of that, and
    the joint before its first unit. Of equal ones the earlier groups are larger: sizes [100, 100, 100] with limit 250 give
    groups of 2 and 1 units, sizes [60] * 5 groups of 3 and 2.
    """
    total = sum(sizes)
    if total <= limit:
        return [list(units)]
    target = total / -(-total // limit)
    best, cuts = [0.0], [0]
    for end in range(1, len(units) + 1):
        cheapest, cut, size = inf, end - 1, 0
        for start in range(end - 1, -1, -1):
            size += sizes[start]
            if size > limit and start < end - 1:
                break
            cost = best[start] + (size / target - 1) ** 2 + joints[start]
            if cost < cheapest - 1e-9:
                cheapest, cut = cost, start
        best.append(cheapest)
        cuts.append(cut)
    groups: list[list[Unit]] = []
    end = len(units)
    while end:
        groups.append(list(units[cuts[end] : end]))
        end = cuts[end]
    return groups[::-1]


def windows(units: Sequence[Unit], sizes: Sequence[int], chunking: Chunking) -> list[Window]:
    """Spans over consecutive units that are no headings; a chunk of headings only has one window over all of it."""
    body = [(unit, size) for unit, size in zip(units, sizes, strict=True) if unit.kind != "heading"]
    if not body:
        return [Window(units[0].start, units[-1].end)]
    step = chunking.window_units - chunking.window_overlap
    made: list[Window] = []
    for first in range(0, len(body), step):
        last, size = first, body[first][1]
        while last + 1 < min(first + chunking.window_units, len(body)) and size + body[last + 1][1] <= LONG_WINDOW:
            last += 1
            size += body[last][1]
        window = Window(body[first][0].start, body[last][0].end)
        if not made or window.end > made[-1].end:
            made.append(window)
        if last + 1 - first < min(step, len(body) - first):  # long units: do not step over what was left out
            made += [Window(unit.start, unit.end) for unit, _ in body[last + 1 : first + step]]
    return made


def _chunk(
    document: Document, path: tuple[str, ...], units: Sequence[Unit], chunking: Chunking, seen: Counter[str]
) -> Chunk:
    start, end = units[0].start, units[-1].end
    text = document.text[start:end]
    key = "\x1f".join((document.id, *path, text))
    seen[key] += 1
    sizes = [_size(document.text, unit) for unit in units]
    return Chunk(
        id=str(uuid.uuid5(NAMESPACE, f"{key}\x1f{seen[key]}")),
        document_id=document.id,
        document_title=document.title,
        section=path,
        start=start,
        end=end,
        text=text,
        units=tuple(units),
        windows=tuple(windows(units, sizes, chunking)),
        page=page_at(document.pages, start),
        page_word=document.page_word,
        titled=document.titled,
        tokens=count_tokens(text),
        words=word_ids(text),
    )


def page_at(pages: Sequence[Page], offset: int) -> int | None:
    """The number of the page that `offset` is on; None without pages."""
    at = bisect_right(pages, offset, key=lambda page: page.start)
    return pages[at - 1].number if at else None


def _size(text: str, unit: Unit) -> int:
    return count_tokens(text[unit.start : unit.end])
