"""Tables in a plain text: rows of cells between pipes, tabs or runs of spaces.

A block per row; `lead` is the header row where one can be told. Leaves out: cells that were exported one to a line,
and cells that span lines.
"""

import re
from collections.abc import Callable, Sequence

from ingest.parse.plain_text.lines import LONG, Line, Span

_RULE = re.compile(r"[|+:\-=\s─┼├┤┬┴│]*[-=─]{3,}[|+:\-=\s─┼├┤┬┴│]*$|[|:]?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?\s*)?$")
_BOX = re.compile(r"[+┌└├╔╚][-=+─┬┴┼═╦╩╗╝┐┘┤]+$")
_STROKES = re.compile(r"[|+\-\s]*(?:\||\+-)[|+\-\s]*$")
_PIPE = re.compile(r"(?<!\\)\|")
_SPACES = re.compile(r"(?<=[^\s.!?:;]) {2,}(?=\S)|(?<=\S) {3,}(?=\S)")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]{2}")


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
    if "  " in text and _SPACES.search(text):
        return _spaced(lines, at, free, "  ")
    return at, False


def _run(lines: Sequence[Line], at: int, free: Callable[[int], bool], fits: Callable[[str], bool]) -> int:
    """One past the last line, without a blank one, that fits."""
    end = at
    while end < len(lines) and (end == at or not lines[end].gap) and free(end) and fits(lines[end].text):
        end += 1
    return end


def _piped(lines: Sequence[Line], at: int, free: Callable[[int], bool]) -> tuple[int, bool]:
    """Two or more lines with as many pipes each. A box drawn around single cells is a diagram, not a table."""
    count = len(_PIPE.findall(lines[at].text))
    boxed = bool(_BOX.match(lines[at].text))

    def fits(text: str) -> bool:
        return bool(_RULE.match(text)) or ("|" in text and (boxed or abs(len(_PIPE.findall(text)) - count) < 2))

    end = _run(lines, at, free, fits)
    body = [line.text for line in lines[at:end] if not _RULE.match(line.text)]
    pipes = min((len(_PIPE.findall(text)) for text in body), default=0)
    ruled = len(body) < end - at
    boxed = any(_BOX.match(line.text) for line in lines[max(at - 1, 0) : end + 1])
    enough = len(body) > (1 if ruled or pipes > 1 else 2) and pipes > (2 if boxed else 0)
    if not enough or (not ruled and _near_strokes(lines, at, end)):
        return end, False
    full = sum(1 for text in body if sum(map(bool, _cells(text))) > 1)
    prose = sum(1 for text in body if len(text) > 80 and text[-1] in ".!?")
    return end, full * 4 >= 3 * len(body) and prose * 2 < len(body)


def _near_strokes(lines: Sequence[Line], at: int, end: int) -> bool:
    """Lines of nothing but strokes stand close by: the pipes belong to a drawing."""
    return any(_STROKES.match(line.text) for line in (*lines[max(at - 4, 0) : at], *lines[end : end + 4]))


def _spaced(lines: Sequence[Line], at: int, free: Callable[[int], bool], gap: str) -> tuple[int, bool]:
    """Three or more lines (two with tabs) that fall into as many cells each."""
    columns = len(_cells(lines[at].text))
    end = _run(lines, at, free, lambda text: gap in text and len(text) <= LONG and abs(len(_cells(text)) - columns) < 2)
    enough = end - at >= (2 if gap == "\t" else 3)
    return end, enough and all(len(cell) <= 60 for line in lines[at:end] for cell in _cells(line.text)[:-1])


def _cells(text: str) -> list[str]:
    if "|" in text:
        return [cell.strip() for cell in _PIPE.split(text[1:-1] if text[0] == text[-1] == "|" else text)]
    return [cell.strip() for cell in (text.split("\t") if "\t" in text else _SPACES.split(text))]


def _rows(lines: Sequence[Line], first: int, end: int) -> list[Span]:
    rules = [at for at in range(first, end) if _RULE.match(lines[at].text)]
    header, body = _header(lines, first, end, rules)
    cells = [cell for at in header if at not in rules for cell in _cells(lines[at].text) if cell]
    lead = " | ".join(cells)
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
    numeric = [not _LETTERS.search(" ".join(row)) for row in cells[1:]]
    digits = not _DIGIT.search(" ".join(cells[0])) and all(_DIGIT.search(" ".join(row)) for row in cells[1:])
    if words and (sum(numeric) * 2 > len(numeric) or digits):
        return range(first, first + 1), range(first + 1, end)
    return range(first, first), range(first, end)
