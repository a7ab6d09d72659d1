"""A document as stretches: the pieces of it that are understood, and therefore shown, only whole.

A paragraph; a list or table with its lead-in; code or a formula with the sentence before it and the explanation of its
symbols below; a term with its definition. All of it follows from the document's blocks, whatever their language.
What is no statement (captions, diagrams, exercises, checklists, contents, lists of links) is in no stretch.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import Literal

from app.citations.composer import units_of
from app.writers.exercises import posed
from app.writers.labels import has_steps, name_of
from retrieval.text.markdown import fold, plain_inline, unit_text
from retrieval.types import Block, Document, Unit

Kind = Literal["text", "list", "table", "code", "formula"]
SectionId = tuple[str, tuple[str, ...]]  # document and heading path
_KIND_OF_BLOCK: dict[str, Kind] = {"paragraph": "text", "item": "list", "row": "table", "code": "code"}
NON_STATEMENT_ROLES = frozenset({"caption", "checklist", "contents", "diagram", "links", "question"})
ASIDE_ROLES = frozenset({"caption", "links"})  # of paragraphs that do not separate a lead-in from what it leads into
MAX_TEXT_WORDS = 150  # a longer paragraph is several stretches
MAX_CODE_LINES = 30  # longer code is cut between its top-level statements
MAX_SECTION_BLOCKS = 60  # looked at on each side of a span
COLONS = (":", "：")
QUESTION_MARKS = ("?", "？")
_TERM_END = re.compile(r"[:：]|\s[–—-]\s")
_BELONGS_BELOW = ("#", "//", "@", "```", "~~~")  # comments, decorators, the opening fence
_DEFINITION = re.compile(
    r"(?:(?:#|//|@).*\n)*(?:\w+ )*(?:def|class|func|function|fn|struct|enum|interface|trait|impl)\b"
)
_AT_MARGIN = re.compile(r"(?!```|~~~)\S")


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """`units` in the author's order, of which the first `lead_in_count` lead into the rest. `opens_section`: nothing of its
    section stands before it. `position`: neighbours in a section have consecutive ones.
    """

    document: Document
    kind: Kind
    section: tuple[str, ...]
    units: tuple[Unit, ...]
    lead_in_count: int = 0
    opens_section: bool = False
    position: int = 0

    @property
    def start(self) -> int:
        return self.units[0].start

    @property
    def end(self) -> int:
        return self.units[-1].end

    @property
    def section_id(self) -> SectionId:
        """Its section among all of a course."""
        return self.document.id, self.section

    @property
    def term(self) -> str:
        """What it defines as an entry of a glossary; empty if it is none."""
        return _TERM_END.split(self.text(self.units[0]), 1)[0] if self.units[0].role == "definition" else ""

    @property
    def words(self) -> int:
        """The number of words."""
        return sum(map(self.word_count, self.units))

    def source(self, unit: Unit) -> str:
        return self.document.text[unit.start : unit.end]

    def text(self, unit: Unit) -> str:
        """The unit as it reads: without notation, a table row with its column names."""
        return fold(unit_text(unit, self.source(unit)))

    def word_count(self, unit: Unit) -> int:
        return len(self.text(unit).split())


def stretches(document: Document, spans: Iterable[tuple[int, int]]) -> list[Stretch]:
    """The stretches, in order, of the sections that any `text[start:end]` overlaps."""
    parts = [
        part
        for first, last in _section_ranges(document.blocks, spans)
        for stretch in _with_lead_ins(_statements(document, document.blocks[first:last]))
        for part in _split_long_text(stretch)
    ]
    return [replace(part, position=position) for position, part in enumerate(parts)]


def _section_ranges(blocks: Sequence[Block], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The blocks from heading to heading around each span, at most MAX_SECTION_BLOCKS on each side, as (first, last) that do not overlap."""
    ranges: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        first = max(0, bisect_right(blocks, start, key=lambda block: block.start) - 1)
        last = bisect_left(blocks, end, key=lambda block: block.start)
        least, most = max(0, first - MAX_SECTION_BLOCKS), min(len(blocks), last + MAX_SECTION_BLOCKS)
        first = next((index for index in range(first, least, -1) if blocks[index].kind == "heading"), least)
        last = next((index for index in range(last, most) if blocks[index].kind == "heading"), most)
        if ranges and first < ranges[-1][1]:
            first, last = ranges[-1][0], max(last, ranges.pop()[1])
        ranges.append((first, last))
    return ranges


def _statements(document: Document, blocks: Sequence[Block]) -> Iterator[Stretch | None]:
    """A stretch for each run of blocks that states something; None for what separates the blocks before it from those after (a heading, a
    picture, an exercise).

    A run states something if half of its blocks do: one blank does not make an exercise of a list.
    """
    opens_section = True
    title = (document.title, *document.section_at(blocks[0].start))[-1]
    exercises = posed(document.text, blocks, title=title)
    for run in _runs(document, blocks):
        first = run[0]
        statement_count = sum(block.start not in exercises and _is_statement(document, block) for block in run)
        if first.kind == "heading":
            opens_section = True
            yield None
        elif first.kind == "boilerplate" or (2 * statement_count < len(run) and not _is_question(first)):
            if not _is_aside(document, first):
                yield None
        elif stretch := _stretch(document, run, opens_section=opens_section):
            yield stretch
            opens_section = False


def _runs(document: Document, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The rows of a table, the items of a list, paragraphs that begin with labels ("Problem: ..."), and each other block by itself."""

    def is_labelled(block: Block) -> bool:
        return block.kind == "paragraph" and not block.role and bool(name_of(document.text[block.start : block.end]))

    run: list[Block] = []
    for block in blocks:
        before = run[-1] if run else block
        are_rows = before.kind == block.kind == "row" and bool(block.lead)
        are_items = before.kind == block.kind == "item" and before.role == block.role != "definition"
        if run and not (are_rows or are_items or (is_labelled(before) and is_labelled(block))):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _is_statement(document: Document, block: Block) -> bool:
    """Whether its role is one of statements, or it is a caption that lists steps."""
    is_stepwise = block.role == "caption" and has_steps(document.text[block.start : block.end])
    return is_stepwise or block.role not in NON_STATEMENT_ROLES


def _is_question(part: Block | Unit) -> bool:
    """Whether it is a question in prose, which what comes after it may answer."""
    return part.kind in ("paragraph", "sentence") and part.role == "question"


def _is_aside(document: Document, block: Block) -> bool:
    """Whether it is a caption or links that may stand between a lead-in and its table; a picture may not."""
    is_picture = document.text.startswith("![", block.start)
    return block.kind == "paragraph" and block.role in ASIDE_ROLES and not is_picture


def _stretch(document: Document, run: Sequence[Block], *, opens_section: bool) -> Stretch | None:
    """The stretch of a run; None if nothing in it has words. The header of a table is in the lead of its rows."""
    blocks = [block for block in run if block.kind != "row" or block.lead or len(run) == 1]
    units = tuple(unit for block in blocks for unit in _units(document, block))
    if not units:
        return None
    is_labelled = len(run) > 1 and run[0].kind == "paragraph"
    kind = "list" if is_labelled else "formula" if run[0].role == "formula" else _KIND_OF_BLOCK[run[0].kind]
    return Stretch(document, kind, document.section_at(units[0].start), units, opens_section=opens_section)


def _units(document: Document, block: Block) -> Iterator[Unit]:
    """The units of a block that have words, so no mere picture or sign; long code in parts, a formula whole."""
    if block.role == "formula":
        yield Unit("sentence", block.start, block.end, block.lead, block.role)
        return
    for unit in units_of(document, block):
        source = document.text[unit.start : unit.end]
        if unit.kind == "code":
            yield from _split_long_code(source, unit)
        elif re.search(r"\w", plain_inline(source)):
            yield unit


def _split_long_code(source: str, whole: Unit) -> Iterator[Unit]:
    """Long code cut before each line that is not indented and follows an empty line, and before each definition with the comments above it."""
    lines = source.splitlines(keepends=True)
    start = offset = 0
    for above, line in pairwise(["#", *lines]):
        if above.strip():
            can_be_cut = not above.startswith(_BELONGS_BELOW) and _DEFINITION.match(source, offset)
        else:
            can_be_cut = _AT_MARGIN.match(line)
        if len(lines) > MAX_CODE_LINES and offset > start and can_be_cut:
            yield replace(whole, start=whole.start + start, end=whole.start + offset)
            start = offset
        offset += len(line)
    yield replace(whole, start=whole.start + start)


def _with_lead_ins(statements: Iterable[Stretch | None]) -> Iterator[Stretch]:
    """Each stretch with its lead-in, and a formula with the sentence that goes on below it ("where d is its width"). A lead-in that leads
    into nothing is left out.
    """
    last: Stretch | None = None
    for stretch in (*statements, None):
        if last and stretch and _leads_into(last, stretch):
            units = (*last.units, *stretch.units)
            last = replace(stretch, units=units, lead_in_count=len(last.units), opens_section=last.opens_section)
        elif last and stretch and _continues_formula(last, stretch):
            last = replace(last, units=(*last.units, *stretch.units))
        else:
            if last and not _is_only_lead_in(last):
                yield last
            last = stretch


def _leads_into(stretch: Stretch, following: Stretch) -> bool:
    """Whether it is a question that the following text may answer, or text that ends in a colon or stands before a list, code or a formula."""
    if _is_question(stretch.units[-1]):
        return following.kind == "text" and not _is_question(following.units[0])
    needs_lead_in = following.units[0].kind == "item" or following.kind in ("code", "formula")
    return stretch.kind == "text" and (needs_lead_in or stretch.text(stretch.units[-1]).endswith(COLONS))


def _continues_formula(stretch: Stretch, following: Stretch) -> bool:
    return (stretch.kind, following.kind) == ("formula", "text") and following.text(following.units[0])[:1].islower()


def _is_only_lead_in(stretch: Stretch) -> bool:
    """Whether each of its sentences announces or asks what does not follow."""
    are_lead_ins = (_is_question(unit) or stretch.text(unit).endswith(COLONS) for unit in stretch.units)
    return stretch.kind == "text" and all(are_lead_ins)


def _split_long_text(stretch: Stretch) -> Iterator[Stretch]:
    """A paragraph that is too long to be shown whole, between sentences into parts of about equal length."""
    total = stretch.words
    if stretch.kind != "text" or total <= MAX_TEXT_WORDS:
        yield stretch
        return
    part_words = total / math.ceil(total / MAX_TEXT_WORDS)
    counts = [stretch.word_count(unit) for unit in stretch.units]
    middles = [end - count / 2 for count, end in zip(counts, accumulate(counts), strict=True)]
    part_of = {unit: middle // part_words for unit, middle in zip(stretch.units, middles, strict=True)}
    for number, part in enumerate(tuple(units) for _, units in groupby(stretch.units, key=part_of.__getitem__)):
        count = 0 if number else min(stretch.lead_in_count, len(part) - 1)
        yield replace(stretch, units=part, lead_in_count=count, opens_section=stretch.opens_section and not number)
