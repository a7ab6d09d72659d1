"""A document's blocks put together as they are read: lists nested, rows in tables, code with its lines.

Blocks hold slices of the source; what a list or a table adds around them (bullets, columns) is made here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from app.web.render.highlight import Span, highlight, highlight_code, highlight_words
from app.web.render.html import Html, tag
from app.web.render.markdown import NONE, Pictures, code_block, render, render_inline
from retrieval.text.markdown import cell_sources, plain_inline
from retrieval.types import Block, Document

_MARKER = re.compile(r"[ \t]*(?:[-*+•‣◦▪–]|(\d{1,9})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+")
_RULER = re.compile(r"[ \t]*\|?[ \t:|-]+$")


@dataclass(frozen=True, slots=True)
class Piece:
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
class Part:
    """A heading, paragraph, list, table or code as it is shown, with the place of its first block in the document."""

    start: int
    end: int
    markup: Html


def parts(document: Document, spans: Sequence[Span] = (), pictures: Pictures = NONE) -> Iterator[Part]:
    """The document in order, `spans` (in its text) highlighted, with those of its pictures that are given by their addresses."""
    for kind, group in groupby(document.blocks, key=lambda block: block.kind):
        blocks = list(group)
        pieces = [_piece(document, block, spans, pictures) for block in blocks]
        if kind == "item":
            yield Part(blocks[0].start, blocks[-1].end, _list(pieces))
        elif kind == "row":
            yield from (_table(table) for table in _tables(pieces))
        else:
            yield from (Part(piece.block.start, piece.block.end, _single(piece)) for piece in pieces)


def _piece(document: Document, block: Block, spans: Sequence[Span], pictures: Pictures) -> Piece:
    source = document.text[block.start : block.end]
    skipped, number = 0, None
    if block.kind == "item" and (found := _MARKER.match(source)):
        skipped, number = found.end(), int(found.group(1)) if found.group(1) else None
    elif block.kind == "heading" and (found := _HEADING.match(source)):
        skipped = found.end()
    start = block.start + skipped
    inside = tuple((left - start, right - start) for left, right in spans if left < block.end and right > start)
    return Piece(block, source[skipped:], inside, pictures, number, document.markdown)


def _single(piece: Piece) -> Html:
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


def _heading(piece: Piece) -> Html:
    level = min(6, max(1, piece.block.level))
    words = replace(piece, text=piece.text.rstrip("# \t")) if piece.markdown else piece
    return tag(f"h{level}", words.inline(), id=f"s-{piece.block.start}")


def _list(pieces: Sequence[Piece]) -> Html:
    """Items nested by their level."""
    items: list[Html] = []
    position = 0
    while position < len(pieces):
        first = pieces[position]
        deeper = position + 1
        while deeper < len(pieces) and pieces[deeper].block.level > first.block.level:
            deeper += 1
        below = pieces[position + 1 : deeper]
        items.append(_item(first, _list(below) if below else Html("")))
        position = deeper
    return tag("ul" if pieces[0].number is None else "ol", *items)


def _item(piece: Piece, below: Html) -> Html:
    return tag("li", piece.inline(), below, value=piece.number)


def _tables(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Cut before each header: a row that has none."""
    table: list[Piece] = []
    for piece in pieces:
        if table and not piece.block.lead:
            yield table
            table = []
        table.append(piece)
    if table:
        yield table


def _table(pieces: list[Piece]) -> Part:
    header, body = (pieces[0], pieces[1:]) if not pieces[0].block.lead and len(pieces) > 1 else (None, pieces)
    head = tag("thead", _row(header, "th")) if header else Html("")
    table = tag("table", head, tag("tbody", *(_row(piece, "td") for piece in body)))
    markup = tag("div", table, cls="fn-table", tabindex=0, role="region", aria_label="Table")
    return Part(pieces[0].block.start, pieces[-1].block.end, markup)


def _row(piece: Piece, cell: str) -> Html:
    line = next((line for line in piece.text.split("\n") if not _RULER.fullmatch(line)), piece.text)
    sources = cell_sources(line) if "|" in line else re.split(r"\t| {3,}", line.strip())
    values = (
        map(partial(render_inline, pictures=piece.pictures), sources) if piece.markdown else map(plain_inline, sources)
    )
    scope = "col" if cell == "th" else None
    cited = "fn-row-cited" if piece.spans else None
    return tag("tr", *(tag(cell, tag("mark", value) if cited else value, scope=scope) for value in values), cls=cited)
