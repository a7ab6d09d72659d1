"""Tables and drawings in a plain text.

Rows of cells between pipes, tabs or runs of spaces: a block per row; `lead` is the header row where one can be told.
Drawings (boxes, arrows, trees) are told by their lines of nothing but strokes; labels stand between them; each is one
code block with the language "text". Leaves out: cells that ran together or stand one to a line, and cells that span lines.
"""

import re
from collections.abc import Callable, Sequence

from ingest.parse.plain_text.lines import LONG, Line, Span, read_lines
from retrieval.text.markdown import PIPE

_RULE = re.compile(r"[|+:\-=\s─┼├┤┬┴│]*-[|+:\-=\s─┼├┤┬┴│]*-[|+:\-=\s─┼├┤┬┴│]*$|[|+=\s]*={3,}[|+=\s]*$")
_SPACES = re.compile(r"(?<=[^\s.!?:;]) {2,}(?=\S)|(?<=\S) {3,}(?=\S)")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_DRAWN = re.compile(r"[|+`\\].*[-─═]{2}|[│├└┌╔║]|\|(?:\s|$)|[+↓↑▼▲]$|.*(?:[─═]{3}|\+-{2,}\+|\s[|│](?:\s|$))")
_STROKES = re.compile(r"[|+\-_=/\\<>^vV*.│├└─┌┐┘┤┬┴┼╔═╗║╚╝╠╣╦╩╬▼▲►◄→←↓↑⟶⟵\s]+$|[|+`│├└][-─]{2,}\s")
_GAP = 4  # labels between two stroke lines
_LABEL = 80


def table_spans(lines: Sequence[Line], free: Callable[[int], bool]) -> list[Span]:
    """A span per row, in order; a rule under the header belongs to the header's row."""
    spans: list[Span] = []
    at = 0
    while at < len(lines):
        end, found = _table_end(lines, at, free) if free(at) else (at, False)
        if found:
            spans += _rows(lines, at, end)
        at = max(end, at + 1)
    return spans


def _table_end(lines: Sequence[Line], at: int, free: Callable[[int], bool]) -> tuple[int, bool]:
    """One past the last line of the like lines that start here, and whether they are a table."""
    text = lines[at].text
    if len(text) > LONG or text[0] in "│├└":
        return at, False
    if "|" in text or text[0] == "+":
        return _piped(lines, at, free)
    if "\t" in text:
        return _spaced(lines, at, free, "\t")
    return _spaced(lines, at, free, "  ") if _SPACES.search(text) else (at, False)


def _run(lines: Sequence[Line], at: int, free: Callable[[int], bool], fits: Callable[[str], bool]) -> int:
    """One past the last line, without a blank one, that fits."""
    end = at
    while end < len(lines) and (end == at or not lines[end].gap) and free(end) and fits(lines[end].text):
        end += 1
    return end


def _piped(lines: Sequence[Line], at: int, free: Callable[[int], bool]) -> tuple[int, bool]:
    """Two or more lines with as many pipes each, three with only one. Single cells in a box are a drawing."""
    count = len(PIPE.findall(lines[at].text))
    boxed = lines[at].text[0] == "+"
    end = _run(
        lines,
        at,
        free,
        lambda text: bool(_RULE.match(text)) or ("|" in text and (boxed or abs(len(PIPE.findall(text)) - count) < 2)),
    )
    body = [line.text for line in lines[at:end] if not _RULE.match(line.text)]
    pipes = min((len(PIPE.findall(text)) for text in body), default=0)
    ruled = len(body) < end - at
    full = sum(1 for text in body if sum(map(bool, _cells(text))) > 1)
    prose = sum(1 for text in body if len(text) > 80 and text[-1] in ".!?")
    enough = len(body) > (1 if ruled or pipes > 1 else 2) and pipes > (2 if boxed else 0)
    return end, enough and full * 4 >= 3 * len(body) and prose * 2 < len(body)


def _spaced(lines: Sequence[Line], at: int, free: Callable[[int], bool], gap: str) -> tuple[int, bool]:
    """Three or more lines (two with tabs) that fall into as many cells each."""
    columns = len(_cells(lines[at].text))
    end = _run(lines, at, free, lambda text: gap in text and len(text) <= LONG and abs(len(_cells(text)) - columns) < 2)
    enough = end - at >= (2 if gap == "\t" else 3)
    return end, enough and all(len(cell) <= 60 for line in lines[at:end] for cell in _cells(line.text)[:-1])


def _cells(text: str) -> list[str]:
    if "|" in text:
        return [cell.strip() for cell in PIPE.split(text[1:-1] if text[0] == text[-1] == "|" else text)]
    return [cell.strip() for cell in (text.split("\t") if "\t" in text else _SPACES.split(text))]


def _rows(lines: Sequence[Line], first: int, end: int) -> list[Span]:
    rules = [at for at in range(first, end) if _RULE.match(lines[at].text)]
    header, body = _header(lines, first, end, rules)
    lead = " | ".join(cell for at in header if at not in rules for cell in _cells(lines[at].text) if cell)
    spans = [Span(header[0], header[-1], "row")] if header else []
    for at in body:
        if at in rules and spans:  # a rule between or under rows is part of the row above it
            spans[-1] = Span(spans[-1].first, at, "row", spans[-1].lead)
        else:
            spans.append(Span(at, at, "row", lead))
    return spans


def _header(lines: Sequence[Line], first: int, end: int, rules: Sequence[int]) -> tuple[range, range]:
    """The lines of the header (with the rule below it) and those of the body."""
    inner = [at for at in rules if at > first]
    if inner and inner[0] - first <= 3:
        return range(first, inner[0] + 1), range(inner[0] + 1, end)
    cells = [_cells(lines[at].text)[1:] for at in range(first, end)]
    words = all(_LETTERS.search(cell) for cell in cells[0] if cell)
    numeric = sum(not _LETTERS.search(" ".join(row)) for row in cells[1:])
    split = first + (words and numeric * 2 > len(cells) - 1)
    return range(first, split), range(split, end)


def diagram_spans(lines: Sequence[Line], free: Callable[[int], bool]) -> list[Span]:
    """Drawings, in order. A line of one repeated sign is a rule, not a drawing."""
    spans: list[Span] = []
    for at, line in enumerate(lines):
        if not (free(at) and _drawn(line.text)):
            continue
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
    strokes = sum(1 for line in lines[span.first : span.last + 1] if _STROKES.match(line.text))
    return span.last - span.first > 1 and strokes > 1


def _drawn(text: str) -> bool:
    return len(text) < 200 and bool(_DRAWN.match(text)) and len(set(text) - {" "}) > (text[0] not in "|│")


def _bridged(lines: Sequence[Line], last: int, at: int, free: Callable[[int], bool]) -> bool:
    """Only a few short labels, and no sentence, stand between two drawn lines."""
    between = lines[last + 1 : at]
    return (
        len(between) <= _GAP
        and sum(line.gap for line in lines[last + 1 : at + 1]) < 2
        and all(free(place) for place in range(last + 1, at))
        and not any(len(line.text) > _LABEL or line.text[-1] in ".?!" for line in between)
    )


def _whole(lines: Sequence[Line], span: Span, free: Callable[[int], bool]) -> Span:
    """With the label from which a stroke leads down, and the one it leads to."""
    first, last = span.first, span.last
    if first and _STROKES.match(lines[first].text) and _label(lines, first - 1, first, free):
        first -= 1
    if last + 1 < len(lines) and _STROKES.match(lines[last].text) and _label(lines, last + 1, last + 1, free):
        last += 1
        while last + 1 < len(lines) and lines[last].text[:2] == lines[last + 1].text[:2] == "- ":
            last += 1
    return Span(first, last, "code", language="text")


def _label(lines: Sequence[Line], at: int, below: int, free: Callable[[int], bool]) -> bool:
    return free(at) and not lines[below].gap and len(lines[at].text) <= _LABEL and lines[at].text[-1] not in ".?!:"
