"""Quotes as they read: by themselves, or highlighted in their paragraph, whatever notation they begin or end in.

Marks are put into the source and carried through its rendering. One that stands beside or within `**` or `_` can stop
these from being emphasis. That is noticed, because the words come out differently; the marks are then moved past them.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from app.types import Footnote
from app.web.render.html import Html, escape, join, table, tag
from app.web.render.links import Span
from app.web.render.markdown import clean, code_block, render, render_inline, with_spans
from retrieval.text.markdown import cell_sources, plain_inline, plain_text, rows_with_columns, table_rows, unfenced

_SIGNS = "*_~`"
_DELIMITERS = re.compile(r"[*_~`]*")
_OPENING = re.compile(r"[ \t]*(?:(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+)*[*_~`]*")
_ADDED = re.compile(r"</?mark>|<sup>\d+</sup>")


def highlight(text: str, spans: Iterable[Span], render: Callable[[str], Html]) -> Html:
    """The text rendered with `text[start:end]` highlighted for each span; spans beyond the text are cut or left out.

    Where marks cannot be put without changing what is shown, all of the text is highlighted, or nothing.
    """
    text = clean(text)
    spans = merged(spans, len(text))
    plain = render(text)
    whole = [(0, len(text))] if spans else []
    for tried in (spans, _inward(text, spans), _outward(text, spans), _inward(text, whole)):
        marked = render(with_spans(text, tried))
        if _ADDED.sub("", marked) == plain:
            return marked
    return plain


def _inward(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans without the notation that they begin or end with: emphasis, the marker of a list item or a heading."""
    moved = ((_OPENING.match(text, start), end) for start, end in spans)
    inside = ((found.end() if found else 0, end) for found, end in moved)
    return merged(((start, len(text[:end].rstrip(_SIGNS))) for start, end in inside), len(text))


def _outward(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans with the notation that stands beside them."""
    ends = ((start, _DELIMITERS.match(text, end)) for start, end in spans)
    return merged(((len(text[:start].rstrip(_SIGNS)), found.end() if found else 0) for start, found in ends), len(text))


def highlight_words(text: str, spans: Iterable[Span]) -> Html:
    """The same for text that is no Markdown: each character is shown as it is."""
    parts: list[str] = []
    position = 0
    for start, end in merged(spans, len(text)):
        parts += [text[position:start], tag("mark", text[start:end])]
        position = end
    return join([*parts, text[position:]])


def highlight_code(text: str, spans: Iterable[Span]) -> Html:
    """The same for code; a fence at its beginning or end is not shown."""
    code = unfenced(text)
    start = len(text.split("\n", 1)[0]) + 1 if code != text else 0
    return highlight_words(code, ((left - start, right - start) for left, right in spans))


def merged(spans: Iterable[Span], length: int) -> list[Span]:
    """In order, cut to `[0, length)`, overlapping ones joined: `([(5, 9), (1, 6)], 8)` -> `[(1, 8)]`."""
    result: list[Span] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in spans):
        if start >= end:
            continue
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


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
    head = tag("tr", *(tag("th", render_inline(name), scope="col") for name in names)) if names else Html("")
    quoted = (cell_sources(line) for note in notes for line in table_rows(note.quote, header))
    rows = (tag("tr", *(tag("td", tag("mark", render_inline(cell))) for cell in cells)) for cells in quoted)
    return table(head, rows)
