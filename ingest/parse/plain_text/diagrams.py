"""Drawings made of characters: boxes, arrows and trees. Each is one code block with the language "text".

A drawing is told by its lines of nothing but strokes ("|", "+---+", "├──"); labels stand between them.
"""

import re
from collections.abc import Callable, Sequence

from ingest.parse.plain_text.lines import Line, Span, read_lines

_STROKES = re.compile(r"[|+\-_=/\\<>^vV*.│├└─┌┐┘┤┬┴┼╔═╗║╚╝╠╣╦╩╬▼▲►◄→←↓↑⟶⟵\s]+$")
_DRAWN = re.compile(
    r"[|+│├└┌╔║`\\].*[-─═]{2}|(?:\+-){2}|[│├└┌╔║]|\|\s|[|+]$|[↓↑▼▲]$|.*[─═]{3}|.*\+-{2,}\+|.*\s[|│](?:\s|$)"
)
_BRANCH = re.compile(r"[|+`│├└][-─]{2,}\s")
_SIGNS = re.compile(r"[|+│├└┌╔║─═↓↑▼▲`\\]")
_RULE = re.compile(r"(.)\1+$|(?:[-=_*.]\s?)+$")
_SENTENCE = re.compile(r"\w{4}[.?!]$")
_GAP = 4  # labels between two stroke lines
_LABEL = 80


def diagram_spans(lines: Sequence[Line], free: Callable[[int], bool]) -> list[Span]:
    """Drawings, in order. A line of one repeated sign is a rule, not a drawing."""
    drawn = [at for at, line in enumerate(lines) if free(at) and _drawn(line.text)]
    spans: list[Span] = []
    for at in drawn:
        if spans and _bridged(lines, spans[-1].last, at, free):
            spans[-1] = Span(spans[-1].first, at, "code", language="text")
        else:
            spans.append(Span(at, at, "code", language="text"))
    return [_whole(lines, span, free) for span in spans if _is_drawing(lines, span)]


def is_drawing(text: str) -> bool:
    """Whether a block of code is a drawing: half of its lines or more are."""
    lines = read_lines(text)
    drawn = sum(_drawn(line.text) for line in lines)
    return 2 * drawn >= len(lines) and bool(lines) and _is_drawing(lines, Span(0, len(lines) - 1, "code"))


def _is_drawing(lines: Sequence[Line], span: Span) -> bool:
    """Three lines or more, two of them of nothing but strokes or branches of a tree."""
    strokes = sum(
        1 for line in lines[span.first : span.last + 1] if _STROKES.match(line.text) or _BRANCH.match(line.text)
    )
    return span.last - span.first > 1 and strokes > 1


def _drawn(text: str) -> bool:
    return len(text) < 200 and bool(_SIGNS.search(text)) and bool(_DRAWN.match(text)) and not _RULE.match(text)


def _bridged(lines: Sequence[Line], last: int, at: int, free: Callable[[int], bool]) -> bool:
    """Only a few short labels, and no sentence, stand between two drawn lines."""
    between = lines[last + 1 : at]
    return (
        len(between) <= _GAP
        and sum(line.gap for line in lines[last + 1 : at + 1]) < 2
        and all(free(place) for place in range(last + 1, at))
        and not any(len(line.text) > _LABEL or _SENTENCE.search(line.text) for line in between)
    )


def _whole(lines: Sequence[Line], span: Span, free: Callable[[int], bool]) -> Span:
    """With the label from which a stroke leads down, and the one it leads to."""
    first, last = span.first, span.last
    if (
        first
        and (_connector(lines[first].text) or _BRANCH.match(lines[first].text))
        and _label(lines, first - 1, first, free)
    ):
        first -= 1
    while last + 1 < len(lines) and _connector(lines[last].text) and _label(lines, last + 1, last + 1, free):
        last += 1
        while last + 1 < len(lines) and _same_bullet(lines, last) and _label(lines, last + 1, last + 1, free):
            last += 1
    return Span(first, last, "code", language="text")


def _same_bullet(lines: Sequence[Line], at: int) -> bool:
    """A label made of items goes on."""
    return lines[at].text[:2] == lines[at + 1].text[:2] == "- "


def _connector(text: str) -> bool:
    return bool(_STROKES.match(text)) and len(text.replace(" ", "")) < 12 and "+" not in text


def _label(lines: Sequence[Line], at: int, below: int, free: Callable[[int], bool]) -> bool:
    return free(at) and not lines[below].gap and len(lines[at].text) <= _LABEL and lines[at].text[-1] not in ".?!:"
