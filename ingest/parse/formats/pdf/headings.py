"""Which lines of a PDF are headings: those that the bookmarks name; without bookmarks, lines in a larger font than the
body, and short bold lines that stand alone."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.parse.formats.pdf.lines import Line, folded

Outline = Sequence[tuple[str, int]]
_LARGER = 1.12  # times the body size makes a heading
_LONGEST_HEADING = 120
_MOST_LEVELS = 5
_ENOUGH_BOOKMARKS = 3
_NO_HEADING = re.compile(r"[.!?:;…][\"'”’)\]]*$|\s*[•◦▪▫‣⁃●○■□·∙*–—-]\s+\S")


def named_lines(lines: Sequence[Line], outline: Outline) -> dict[int, int]:
    """Levels of the lines (by identity) that bookmarks name: the largest ones, as many as there are bookmarks."""
    levels: dict[str, list[int]] = {}
    for words, level in outline:
        levels.setdefault(folded(words), []).append(level)
    candidates: dict[str, list[Line]] = {}
    for line in lines:
        if (key := folded(line.text)) in levels and key:
            candidates.setdefault(key, []).append(line)
    named: dict[int, int] = {}
    for key, found in candidates.items():
        chosen = sorted(found, key=lambda line: -line.size)[: len(levels[key])]
        in_order = [line for line in found if line in chosen]
        named |= {id(line): level for line, level in zip(in_order, levels[key], strict=False)}
    return named


def levels(lines: Sequence[Line], named: dict[int, int]) -> dict[int, int]:
    """Heading levels of lines by their index."""
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size], default=0.0)
    large = {i: line.size for i, line in enumerate(lines) if line.size > _LARGER * body and _is_short(line)}
    title = dict.fromkeys(_title(lines, large), 1)
    if len(named) >= _ENOUGH_BOOKMARKS:
        return {i: named[id(line)] + bool(title) for i, line in enumerate(lines) if id(line) in named} | title
    ranks = sorted({large[i] for i in large if i not in title}, reverse=True)[:_MOST_LEVELS]
    found = {i: ranks.index(size) + 1 + bool(title) for i, size in large.items() if size in ranks} | title
    below = max(found.values(), default=1) + 1
    return found | {i: below for i in _bold_lines(lines, body) if i not in found}


def _title(lines: Sequence[Line], large: dict[int, float]) -> list[int]:
    """The largest lines of the first page, if nothing later is as large."""
    if not large or not lines:
        return []
    largest = max(large.values())
    found = [i for i, size in large.items() if size == largest]
    first = lines[0].page
    return found if all(lines[i].page == first for i in found) and found[-1] - found[0] < len(found) + 1 else []


def _bold_lines(lines: Sequence[Line], body: float) -> Iterator[int]:
    """Bold lines of the body's size that stand alone in their box or begin it."""
    for i, line in enumerate(lines):
        begins = i == 0 or (lines[i - 1].page, lines[i - 1].box) != (line.page, line.box)
        goes_on = i + 1 < len(lines) and lines[i + 1].box == line.box and lines[i + 1].bold
        alone = begins and not goes_on and _is_short(line) and line.size >= 0.95 * body
        if line.bold and alone and not _NO_HEADING.search(line.text):
            yield i


def _is_short(line: Line) -> bool:
    return (
        line.table is None and len(line.text) <= _LONGEST_HEADING and any(map(str.isalpha, line.text)) and not line.mono
    )
