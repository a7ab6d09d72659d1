"""A document as stretches: the pieces of it that are understood, and therefore shown, only whole.

A paragraph; a list with the words that lead into it; a table; code or a formula with the sentence before it, and what
explains its signs below; a term with its definition. Told from the document's blocks, so it holds in every language.
What is no statement (captions, diagrams, exercises, checklists, contents, lists of links) is in no stretch.
"""

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
_KINDS: dict[str, Kind] = {"paragraph": "text", "item": "list", "row": "table", "code": "code"}
NO_STATEMENT = frozenset({"caption", "checklist", "contents", "diagram", "links", "question"})
ASIDE = frozenset({"caption", "links"})  # paragraphs that part nothing
LONG_TEXT = 150  # words above which a paragraph is several stretches
LONG_CODE = 30  # lines above which code is cut between its top-level statements
REACH = 60  # blocks looked at on each side of a span that has no heading near it
COLONS = (":", "：")
_AFTER_TERM = re.compile(r"[:：]|\s[–—-]\s")
_COMMENTS = ("#", "//", "@", "```", "~~~")  # or decorators, or what opens it
_DEFINES = re.compile(r"(?:(?:#|//|@).*\n)*(?:\w+ )*(?:def|class|func|function|fn|struct|enum|interface|trait|impl)\b")
_AT_MARGIN = re.compile(r"(?!```|~~~)\S")


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """`units` in the author's order, of which the first `intro` lead into the rest. `opens`: nothing of its section
    stands before it. `number`: its place among the stretches of its section.
    """

    document: Document
    kind: Kind
    section: tuple[str, ...]
    units: tuple[Unit, ...]
    intro: int = 0
    opens: bool = False
    number: int = 0

    @property
    def start(self) -> int:
        return self.units[0].start

    @property
    def end(self) -> int:
        return self.units[-1].end

    @property
    def place(self) -> tuple[str, tuple[str, ...]]:
        """The section it is in, of all sections of a course."""
        return self.document.id, self.section

    @property
    def term(self) -> str:
        """What it defines, as an entry of a glossary."""
        return _AFTER_TERM.split(self.text(self.units[0]), 1)[0] if self.units[0].role == "definition" else ""

    @property
    def words(self) -> int:
        return sum(self.size(unit) for unit in self.units)

    def source(self, unit: Unit) -> str:
        return self.document.text[unit.start : unit.end]

    def text(self, unit: Unit) -> str:
        """The unit as it reads: without notation, a table row with its column names."""
        return fold(unit_text(unit, self.source(unit)))

    def size(self, unit: Unit) -> int:
        """Words."""
        return len(self.text(unit).split())


def stretches(document: Document, spans: Iterable[tuple[int, int]]) -> list[Stretch]:
    """Those of the sections that any `text[start:end]` touches, in order."""
    found = [
        part
        for first, last in _sections_of(document.blocks, spans)
        for joined in _joined(_runs(document, document.blocks[first:last]))
        for part in _cut(joined)
    ]
    return [replace(one, number=number) for number, one in enumerate(found)]


def _sections_of(blocks: Sequence[Block], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The blocks from heading to heading around each span, at most REACH on each side, as (first, last) that do not overlap."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        first = max(0, bisect_right(blocks, start, key=lambda block: block.start) - 1)
        last = bisect_left(blocks, end, key=lambda block: block.start)
        least, most = max(0, first - REACH), min(len(blocks), last + REACH)
        first = next((place for place in range(first, least, -1) if blocks[place].kind == "heading"), least)
        last = next((place for place in range(last, most) if blocks[place].kind == "heading"), most)
        if found and first < found[-1][1]:
            first, last = found[-1][0], max(last, found.pop()[1])
        found.append((first, last))
    return found


def _runs(document: Document, blocks: Sequence[Block]) -> Iterator[Stretch | None]:
    """A stretch for each run of blocks that belong together; None where something parts what is before and after."""
    opens = True
    title = (document.title, *document.section_at(blocks[0].start))[-1]
    exercises = posed(document.text, blocks, title=title)
    for run in _grouped(document, blocks):
        first = run[0]
        body = [block for block in run if block.kind != "row" or block.lead or len(run) == 1]  # without the header
        states = sum(block.start not in exercises and _states(document, block) for block in run)
        if first.kind == "heading":
            opens = True
            yield None
        elif first.kind == "boilerplate" or (2 * states < len(run) and not _asks(first)):
            if first.kind != "paragraph" or first.role not in ASIDE or document.text.startswith("![", first.start):
                yield None
        elif units := tuple(unit for block in body for unit in _units(document, block)):
            labels = len(run) > 1 and first.kind == "paragraph"
            kind: Kind = "list" if labels else "formula" if first.role == "formula" else _KINDS[first.kind]
            yield Stretch(document, kind, document.section_at(units[0].start), units, opens=opens)
            opens = False


def _asks(first: Block | Unit) -> bool:
    """Whether it is a question by itself, which what comes after it may answer."""
    return first.kind in ("paragraph", "sentence") and first.role == "question"


def _states(document: Document, block: Block) -> bool:
    """By its role, or as a caption that lists steps."""
    steps = block.role == "caption" and has_steps(document.text[block.start : block.end])
    return steps or block.role not in NO_STATEMENT


def _grouped(document: Document, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The rows of a table, the items of a list, paragraphs that begin with labels ("Problem: ..."), and each other block by itself."""

    def labelled(block: Block) -> bool:
        return block.kind == "paragraph" and not block.role and bool(name_of(document.text[block.start : block.end]))

    run: list[Block] = []
    for block in blocks:
        before = run[-1] if run else block
        rows = before.kind == block.kind == "row" and bool(block.lead)
        items = before.kind == block.kind == "item" and before.role == block.role != "definition"
        if run and not (rows or items or (labelled(before) and labelled(block))):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _units(document: Document, block: Block) -> Iterator[Unit]:
    """Those with words, not nothing but a picture or a mark; long code in parts, a formula whole."""
    if block.role == "formula":
        yield Unit("sentence", block.start, block.end, block.lead, block.role)
        return
    for unit in units_of(document, block):
        source = document.text[unit.start : unit.end]
        if unit.kind == "code":
            yield from _code(source, unit)
        elif re.search(r"\w", plain_inline(source)):
            yield unit


def _code(source: str, whole: Unit) -> Iterator[Unit]:
    """Long code in parts, cut before lines at its margin that stand below an empty line, or define something, with the comments above them."""
    lines = source.splitlines(keepends=True)
    start = place = 0
    for above, line in pairwise(["#", *lines]):
        defines = not above.startswith(_COMMENTS) and _DEFINES.match(source, place)
        if len(lines) > LONG_CODE and place > start and (defines if above.strip() else _AT_MARGIN.match(line)):
            yield replace(whole, start=whole.start + start, end=whole.start + place)
            start = place
        place += len(line)
    yield replace(whole, start=whole.start + start)


def _joined(found: Iterable[Stretch | None]) -> Iterator[Stretch]:
    """Each with the words that lead into it, and a formula with what goes on below in small letters."""
    waiting: Stretch | None = None
    for stretch in (*found, None):
        if waiting and stretch and _announces(waiting, stretch):
            units = (*waiting.units, *stretch.units)
            waiting = replace(stretch, units=units, intro=len(waiting.units), opens=waiting.opens)
        elif waiting and stretch and _goes_on(waiting, stretch):
            waiting = replace(waiting, units=(*waiting.units, *stretch.units))
        else:
            if waiting and not _unfinished(waiting):
                yield waiting
            waiting = stretch


def _announces(one: Stretch, other: Stretch) -> bool:
    if _asks(one.units[-1]):
        return other.kind == "text" and not _asks(other.units[0])
    listed = other.units[0].kind == "item"
    return one.kind == "text" and (
        one.text(one.units[-1]).endswith(COLONS) or listed or other.kind in ("code", "formula")
    )


def _goes_on(one: Stretch, other: Stretch) -> bool:
    return one.kind == "formula" and other.kind == "text" and other.text(other.units[0])[:1].islower()


def _unfinished(stretch: Stretch) -> bool:
    """Whether it only announces, or asks, what is not there."""
    return stretch.kind == "text" and all(_asks(unit) or stretch.text(unit).endswith(COLONS) for unit in stretch.units)


def _cut(stretch: Stretch) -> Iterator[Stretch]:
    """A paragraph that is too long to be shown whole in parts of about equal size."""
    total = stretch.words
    if stretch.kind != "text" or total <= LONG_TEXT:
        yield stretch
        return
    room = total / -(-total // LONG_TEXT)
    ends = accumulate(map(stretch.size, stretch.units))
    part_of = {unit: (end - stretch.size(unit) / 2) // room for unit, end in zip(stretch.units, ends, strict=True)}
    for number, part in enumerate(tuple(units) for _, units in groupby(stretch.units, key=part_of.__getitem__)):
        intro = 0 if number else min(stretch.intro, len(part) - 1)
        yield replace(stretch, units=part, intro=intro, opens=stretch.opens and not number)
