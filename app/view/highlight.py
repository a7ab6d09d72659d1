"""Spans of a Markdown text highlighted, whatever notation they begin or end in.

Marks are put into the source and carried through its rendering. One beside `*` or `_` can stop these from being
emphasis; that is noticed, and the text is then shown without its notation.
"""

from collections.abc import Callable, Iterable, Sequence

from app.view import sentinels
from app.view.html import Html, join, tag
from retrieval.plain import plain_inline

Span = tuple[int, int]


def highlight(text: str, spans: Iterable[Span], render: Callable[[str], Html]) -> Html:
    """The text rendered with `text[start:end]` highlighted for each span; spans beyond the text are cut or left out."""
    text = sentinels.clean(text)
    spans = merged(spans, len(text))
    plain = render(text)
    if not spans:
        return plain
    marked = render(_with_marks(text, spans))
    return marked if _unmarked(marked) == plain else _in_words(text, spans)


def highlight_words(text: str, spans: Iterable[Span]) -> Html:
    """The same for text that is no Markdown, such as code."""
    parts: list[str] = []
    position = 0
    for start, end in merged(spans, len(text)):
        parts += [text[position:start], tag("mark", text[start:end])]
        position = end
    return join([*parts, text[position:]])


def merged(spans: Iterable[Span], length: int) -> list[Span]:
    """In order, cut to `[0, length)`, overlapping ones joined: `([(5, 9), (1, 6)], 8)` -> `[(1, 8)]`."""
    result: list[Span] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _with_marks(text: str, spans: Sequence[Span]) -> str:
    for start, end in reversed(spans):
        text = sentinels.with_span(text, start, end)
    return text


def _unmarked(markup: Html) -> str:
    return markup.replace("<mark>", "").replace("</mark>", "")


def _in_words(text: str, spans: Sequence[Span]) -> Html:
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += [plain_inline(text[position:start]), tag("mark", plain_inline(text[start:end]))]
        position = end
    return tag("p", join([*parts, plain_inline(text[position:])]))
