"""A quote as it reads: in its paragraph with the quote highlighted, or by itself."""

from app.types import Footnote
from app.view.highlight import highlight, highlight_code
from app.view.html import Html, tag
from app.view.markdown import render
from retrieval.plain import cells, plain_inline, plain_text, row_with_columns

SHORT = 320


def plain_quote(note: Footnote) -> str:
    """The quote in words, on one line; a table row with its column names."""
    if note.kind == "row":
        return row_with_columns(note.quote, note.lead)
    return " ".join((plain_text if note.kind == "code" else plain_inline)(note.quote).split())


def short_quote(note: Footnote) -> str:
    text = plain_quote(note)
    return text if len(text) <= SHORT else text[:SHORT].rsplit(" ", 1)[0] + " …"


def in_paragraph(note: Footnote) -> Html:
    """The paragraph around the quote, the quote highlighted."""
    if note.kind == "row" and "|" in note.quote:
        return row_table(note.quote, note.lead)
    start = note.start - note.paragraph_start
    if note.paragraph[start : start + len(note.quote)] != note.quote:
        return tag("p", tag("mark", plain_quote(note)))
    if note.kind == "code":
        code = highlight_code(note.paragraph, [(start, start + len(note.quote))])
        return tag("pre", tag("code", code), tabindex=0)
    return highlight(note.paragraph, [(start, start + len(note.quote))], render)


def row_table(row: str, header: str) -> Html:
    """A table row under its header."""
    names, values = (cells(header.split("\n", 1)[0]) if header else []), cells(row)
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in names))) if names else Html("")
    body = tag("tbody", tag("tr", *(tag("td", tag("mark", value)) for value in values)))
    return tag("div", tag("table", head, body), cls="fn-table", tabindex=0, role="region", aria_label="Table row")
