"""Spans of a Markdown text highlighted, whatever notation they begin or end in.

Marks are put into the source and carried through its rendering. One that stands beside or within `**` or `_` can stop
these from being emphasis. That is noticed, because the words come out differently; the marks are then moved past them.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from app.web.render.html import Html, join, tag
from app.web.render.markdown import clean, with_span

Span = tuple[int, int]
_SIGNS = "*_~`"
_DELIMITERS = re.compile(r"[*_~`]*")
_OPENING = re.compile(r"[ \t]*(?:(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+)*[*_~`]*")
_ADDED = re.compile(r"</?mark>|<sup>\d+</sup>")
_FENCE = re.compile(r"[ \t]*(?:```+|~~~+)[^\n]*\n")
_FENCE_END = re.compile(r"\n?[ \t]*(?:```+|~~~+)\s*$")


def highlight(text: str, spans: Iterable[Span], render: Callable[[str], Html]) -> Html:
    """The text rendered with `text[start:end]` highlighted for each span; spans beyond the text are cut or left out.

    Where marks cannot be put without changing what is shown, all of the text is highlighted, or nothing.
    """
    text = clean(text)
    spans = merged(spans, len(text))
    plain = render(text)
    whole = [(0, len(text))] if spans else []
    for tried in (spans, _inward(text, spans), _outward(text, spans), _inward(text, whole)):
        marked = render(_with_marks(text, tried))
        if _unmarked(marked) == plain:
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
    opening, closing = _FENCE.match(text), _FENCE_END.search(text)
    start = opening.end() if opening else 0
    body = text[start : max(start, closing.start()) if closing else None]
    return highlight_words(body, ((left - start, right - start) for left, right in spans))


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


def _with_marks(text: str, spans: Sequence[Span]) -> str:
    for start, end in reversed(spans):
        text = with_span(text, start, end)
    return text


def _unmarked(markup: Html) -> str:
    return _ADDED.sub("", markup)
