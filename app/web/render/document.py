"""A document to read: its blocks put together (lists nested, rows in tables, code with its lines), the cited place and what was
searched for highlighted, the outline at the side.

Blocks hold slices of the source; what a list or a table adds around them (bullets, columns) is made here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from app.web.render import links
from app.web.render.html import Html, join, table, tag
from app.web.render.links import Span
from app.web.render.markdown import NONE, Pictures, code_block, render, render_inline
from app.web.render.quotes import highlight, highlight_code, highlight_words
from retrieval.text.markdown import cell_sources, plain_inline
from retrieval.types import Block, Document, Scope, Section

_MARKER = re.compile(r"[ \t]*(?:[-*+•‣◦▪–]|(\d{1,9})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+")
_RULER = re.compile(r"[ \t]*\|?[ \t:|-]+$")


@dataclass(frozen=True, slots=True)
class BlockSource:
    """A block's source without its marker, and the spans of it that are highlighted."""

    block: Block
    text: str
    spans: tuple[Span, ...]
    pictures: Pictures
    number: int | None = None
    markdown: bool = True

    def inline(self) -> Html:
        """Its words on one line, what is highlighted marked."""
        if not self.markdown:
            return highlight_words(self.text, self.spans)
        return highlight(self.text, self.spans, partial(render_inline, pictures=self.pictures))


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A heading, paragraph, list, table or code as it is shown, with the place of its first block in the document."""

    start: int
    end: int
    markup: Html


def parts(document: Document, spans: Sequence[Span] = (), pictures: Pictures = NONE) -> Iterator[ShownBlock]:
    """The document in order, `spans` (in its text) highlighted, with those of its pictures that are given by their addresses."""
    for kind, group in groupby(document.blocks, key=lambda block: block.kind):
        blocks = list(group)
        pieces = [_piece(document, block, spans, pictures) for block in blocks]
        if kind == "item":
            yield ShownBlock(blocks[0].start, blocks[-1].end, _list(pieces))
        elif kind == "row":
            yield from (_table(table) for table in _tables(pieces))
        else:
            yield from (ShownBlock(piece.block.start, piece.block.end, _single(piece)) for piece in pieces)


def _piece(document: Document, block: Block, spans: Sequence[Span], pictures: Pictures) -> BlockSource:
    source = document.text[block.start : block.end]
    skipped, number = 0, None
    if block.kind == "item" and (found := _MARKER.match(source)):
        skipped, number = found.end(), int(found.group(1)) if found.group(1) else None
    elif block.kind == "heading" and (found := _HEADING.match(source)):
        skipped = found.end()
    start = block.start + skipped
    inside = tuple((left - start, right - start) for left, right in spans if left < block.end and right > start)
    return BlockSource(block, source[skipped:], inside, pictures, number, document.markdown)


def _single(piece: BlockSource) -> Html:
    match piece.block.kind:
        case "heading":
            return _heading(piece)
        case "code":
            code = highlight_code(piece.text, piece.spans)
            return code_block(code, language=piece.block.language)
        case "boilerplate":
            return tag(
                "details",
                tag("summary", "Set aside: not part of the course's text"),
                tag("pre", piece.text),
                cls="fn-aside",
            )
        case _:
            return (
                highlight(piece.text, piece.spans, partial(render, pictures=piece.pictures))
                if piece.markdown
                else tag("p", piece.inline(), cls="fn-plain")
            )


def _heading(piece: BlockSource) -> Html:
    level = min(6, max(1, piece.block.level))
    words = replace(piece, text=piece.text.rstrip("# \t")) if piece.markdown else piece
    return tag(f"h{level}", words.inline(), id=f"s-{piece.block.start}")


def _list(pieces: Sequence[BlockSource]) -> Html:
    """Items nested by their level."""
    items: list[Html] = []
    position = 0
    while position < len(pieces):
        first = pieces[position]
        deeper = position + 1
        while deeper < len(pieces) and pieces[deeper].block.level > first.block.level:
            deeper += 1
        below = pieces[position + 1 : deeper]
        items.append(tag("li", first.inline(), _list(below) if below else Html(""), value=first.number))
        position = deeper
    return tag("ul" if pieces[0].number is None else "ol", *items)


def _tables(pieces: Iterable[BlockSource]) -> Iterator[list[BlockSource]]:
    """Cut before each header: a row that has none."""
    table: list[BlockSource] = []
    for piece in pieces:
        if table and not piece.block.lead:
            yield table
            table = []
        table.append(piece)
    if table:
        yield table


def _table(pieces: list[BlockSource]) -> ShownBlock:
    header, body = (pieces[0], pieces[1:]) if not pieces[0].block.lead and len(pieces) > 1 else (None, pieces)
    head = _row(header, "th") if header else Html("")
    return ShownBlock(pieces[0].block.start, pieces[-1].block.end, table(head, (_row(piece, "td") for piece in body)))


def _row(piece: BlockSource, cell: str) -> Html:
    line = next((line for line in piece.text.split("\n") if not _RULER.fullmatch(line)), piece.text)
    sources = cell_sources(line) if "|" in line else re.split(r"\t| {3,}", line.strip())
    values = (
        map(partial(render_inline, pictures=piece.pictures), sources) if piece.markdown else map(plain_inline, sources)
    )
    scope = "col" if cell == "th" else None
    cited = "fn-row-cited" if piece.spans else None
    return tag("tr", *(tag(cell, tag("mark", value) if cited else value, scope=scope) for value in values), cls=cited)


OUTLINE_DEPTH = 3
MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What an address points at: a span of the text, and others that are cited with it; `moved` if the quote stands
    elsewhere now, `lost` if nowhere."""

    start: int
    end: int
    moved: bool = False
    lost: bool = False
    others: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        return () if self.lost else ((self.start, self.end), *self.others)


def find_place(document: Document, at: str, words: str) -> Place | None:
    """The place of `at=start-end,start-end`, the first checked against the quote's first words; None without a place."""
    spans = [span for span in map(_span, at.split(",")) if span is not None]
    if not spans:
        return None
    (start, end), *others = spans
    here = " ".join(document.text[start : start + 2 * len(words) + 40].split())
    if not words or here.startswith(words):
        return Place(start, end, others=tuple(others)) if start < len(document.text) else None
    for left, right in occurrences(document.text, words):
        return Place(left, max(right, left + end - start), moved=True)
    return Place(0, 0, lost=True)


def _span(text: str) -> Span | None:
    start, _, end = text.partition("-")
    if not start.isdecimal():
        return None
    return int(start), int(end) if end.isdecimal() else int(start)


def occurrences(text: str, words: str) -> list[Span]:
    """All places of the words one after the other, in order, case and white space aside; at most `MOST_FOUND`."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    if not pattern:
        return []
    return [
        found.span() for _, found in zip(range(MOST_FOUND), re.finditer(pattern, text, re.IGNORECASE), strict=False)
    ]


def text(
    document: Document, spans: Sequence[Span], place: Place | None, pictures: Pictures = NONE
) -> tuple[Html, Html]:
    """The document as far as the part that holds the place, which is set off and named `here`, and what comes after it. Without
    a place all of it is the first."""
    shown = list(with_pages(document, parts(document, spans, pictures)))
    cited = next((part for part in shown if place and not place.lost and place.start < part.end), None)
    here = f"{document.id}-{place.start}" if place else None
    markup = [
        tag("div", part.markup, id="here", cls="fn-cited", data_scroll=here) if part is cited else part.markup
        for part in shown
    ]
    end = shown.index(cited) + 1 if cited else len(shown)
    rest = tag("div", *markup[end:], cls="fn-document") if markup[end:] else Html("")
    return tag("div", *markup[:end], cls="fn-document"), rest


def with_pages(document: Document, shown: Iterator[ShownBlock]) -> Iterator[ShownBlock]:
    """A line where a page begins, before the part that stands on it."""
    pages = iter([page for page in document.pages if page.number > 1])
    page = next(pages, None)
    for part in shown:
        while page is not None and page.start <= part.start:
            yield ShownBlock(
                page.start, page.start, tag("p", f"{document.page_word} {page.number}", cls="fn-page-break")
            )
            page = next(pages, None)
        yield part


def side_head(document: Document) -> Html:
    """The way back, and which document this is: its own heading is out of sight at a cited place."""
    back = tag("a", "All documents", href="/library")
    return join([tag("p", back, cls="fn-back"), tag("p", document.title, cls="fn-side-title")])


def outline(document: Document, sections: Sequence[Section]) -> Html:
    """Links to the headings; each can be asked about. On a narrow page behind a switch."""
    items = [_entry(document, section) for section in sections if section.path and section.level <= OUTLINE_DEPTH]
    if not items:
        return Html("")
    return tag(
        "nav",
        tag("label", tag("input", type="checkbox"), tag("span", "Contents"), cls="fn-fold"),
        tag("ul", *items),
        cls="fn-outline",
        aria_label="Contents",
    )


def _entry(document: Document, section: Section) -> Html:
    scope = links.scope_values(Scope(sections=((document.id, *section.path),)))[0]
    heading = tag("a", section.path[-1], href=f"#s-{section.start}", cls="fn-heading-link")
    ask = tag(
        "a", "ask", href=links.chat({}, [scope]), cls="fn-ask", aria_label=f"Ask about the section {section.path[-1]}"
    )
    return tag("li", heading, " ", ask, cls=f"fn-level-{section.level}")


def found_list(document: Document, spans: Sequence[Span], words: str) -> Html:
    """How often the words were found, and the sections they stand in."""
    if not spans:
        return tag("p", f"“{words}” does not stand in this document.", cls="fn-found", role="status")
    count = "one place" if len(spans) == 1 else f"{len(spans)} places"
    inside = {section_at(document.sections, start) for start, _ in spans}
    entries = (
        tag("a", section.path[-1], href=f"#s-{section.start}")
        for section in document.sections
        if section in inside and section.path
    )
    return tag("div", tag("p", f"“{words}” stands in {count}."), join(entries, " · "), cls="fn-found", role="status")


def section_at(sections: Sequence[Section], start: int) -> Section | None:
    """The innermost section around a place."""
    return max(
        (section for section in sections if section.start <= start < section.end),
        key=lambda section: section.level,
        default=None,
    )
