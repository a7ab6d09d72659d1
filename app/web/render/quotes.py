"""Quotes as they read: by themselves, or in their paragraph with the quotes highlighted."""

import re
from collections.abc import Sequence

from app.types import Footnote
from app.web.render.highlight import highlight, highlight_code
from app.web.render.html import Html, escape, tag
from app.web.render.markdown import code_block, render, render_inline
from retrieval.text.markdown import cell_sources, plain_inline, plain_text, rows_with_columns, table_rows

ARROW = " › "
SHORT = 320
_WHOLE = re.compile(r"(\$\$?|`+).+?\1")


def place_text(note: Footnote) -> str:
    """`title › heading (page 3)`"""
    return ARROW.join(note.path) + (f" ({page_text(note)})" if note.page is not None else "")


def page_text(note: Footnote) -> str:
    """`page 3`; of a quote that OCR has read also how sure it was of its least sure word."""
    read = "" if note.sure is None else f", read by OCR, {note.sure:.0%} sure"
    return f"{note.page_word} {note.page}{read}"


def plain_quote(note: Footnote) -> str:
    """The quote in words, on one line; table rows with their column names."""
    if note.kind == "row":
        return rows_with_columns(note.quote, note.lead)
    return " ".join((plain_text if note.kind == "code" else plain_inline)(note.quote).split())


def short_quote(note: Footnote) -> Html:
    """The quote on one line, cut between words; a formula or a code span is left out rather than cut."""
    if note.kind in ("row", "code"):
        return escape(_cut(plain_quote(note), SHORT))
    text = " ".join(note.quote.split())
    whole = next((found.start() for found in _WHOLE.finditer(text) if found.start() < SHORT < found.end()), SHORT)
    return render_inline(_cut(text, whole), follow=False)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def in_paragraph(notes: Sequence[Footnote]) -> Html:
    """The paragraph that these notes quote, the quotes highlighted and numbered; table rows under their header."""
    first = notes[0]
    if first.kind == "row" and "|" in first.quote:
        return row_table(notes)
    spans = [(note.start - first.paragraph_start, note.end - first.paragraph_start) for note in notes]
    if any(first.paragraph[start:end] != note.quote for (start, end), note in zip(spans, notes, strict=True)):
        return tag("p", tag("mark", plain_quote(first)))
    if first.kind == "code":
        return code_block(highlight_code(first.paragraph, spans))
    numbers = [note.number for note in sorted(notes, key=lambda note: note.start)] if len(notes) > 1 else []
    return highlight(first.paragraph, spans, lambda text: render(text, numbers=numbers))


def row_table(notes: Sequence[Footnote]) -> Html:
    """Table rows under their header."""
    header = notes[0].lead
    names = cell_sources(header.split("\n", 1)[0]) if header else []
    head = (
        tag("thead", tag("tr", *(tag("th", render_inline(name), scope="col") for name in names))) if names else Html("")
    )
    quoted = (cell_sources(line) for note in notes for line in table_rows(note.quote, header))
    rows = (tag("tr", *(tag("td", tag("mark", render_inline(cell))) for cell in cells)) for cells in quoted)
    return tag(
        "div", tag("table", head, tag("tbody", *rows)), cls="fn-table", tabindex=0, role="region", aria_label="Table"
    )
