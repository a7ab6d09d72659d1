"""Lines of a PDF to Markdown: headings, paragraphs, lists, code; running headers and footers found and left out.

Headings are what the bookmarks name; without bookmarks, lines in a larger font than the body, and short bold lines.
Paragraphs are put together from lines, across pages too. Left out: tables (their words stay), formulas.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from ingest import markup
from retrieval.types import Page

_LARGER = 1.12  # times the body size makes a heading
_LONGEST_HEADING = 120
_MARGIN = 0.12  # of the page's height, where running headers and footers stand
_MOST_LEVELS = 5
_ENOUGH_BOOKMARKS = 3
_CONTENTS = re.compile(r"(?:\. ?){4,}\s*[\divxlc]*\s*$")
_BULLET = re.compile(r"\s*[•◦▪▫‣⁃●○■□·∙*–—-]\s+(?=\S)|\s*[•◦▪▫‣⁃●○■□∙](?=\w)")
_NUMBER = re.compile(r"\s*\(?(\d{1,2})[.)]\s+(?=\S)")
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"
_LONE_BULLET = re.compile(r"\s*[•◦▪▫‣⁃●○■□·∙]\s*")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")


Outline = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """Positions in points from the left and from the top; `box` numbers the text boxes of a page; `depth` is how far
    down the page its foot is, in [0, 1]."""

    text: str
    page: int
    box: int
    left: float
    right: float
    top: float
    bottom: float
    size: float
    mono: bool
    bold: bool
    depth: float


@dataclass(slots=True)
class Part:
    """Lines that belong together."""

    kind: Literal["heading", "text", "item", "code"]
    lines: list[Line] = field(default_factory=list)
    level: int = 0
    mark: str = ""

    @property
    def last(self) -> Line:
        return self.lines[-1]


def markdown(lines: Sequence[Line], outline: Outline) -> tuple[str, tuple[Page, ...], tuple[str, ...]]:
    """The text, where its pages begin, and what was left out of it. `outline`: bookmarks as (words, level)."""
    named = _named(lines, outline)
    running = _running(lines, named)
    contents = {id(line) for line in lines if _CONTENTS.search(line.text)}
    kept = _with_bullets([line for line in lines if id(line) not in running | contents])
    parts = list(_parts(kept, _levels(kept, named)))
    vocabulary = Counter(re.findall(r"\w+(?:-\w+)*", " ".join(line.text for line in kept).casefold()))
    text, pages = markup.paged(list(_blocks(parts, vocabulary)))
    dropped = {f"running header or footer: {line.text.strip()}": None for line in lines if id(line) in running}
    dropped |= {"table of contents": None} if contents else {}
    return text, pages, tuple(what for what in dropped if any(map(str.isalpha, what.partition(": ")[2] or what)))


def _with_bullets(lines: Sequence[Line]) -> list[Line]:
    """A bullet that the file places by itself, put in front of the line beside it."""
    kept = list(lines)
    for bullet in [line for line in lines if _LONE_BULLET.fullmatch(line.text)]:
        beside = [
            i
            for i, line in enumerate(kept)
            if line.page == bullet.page and abs(line.top - bullet.top) < 0.6 * line.size and line.left > bullet.left
        ]
        if beside:
            nearest = min(beside, key=lambda i: kept[i].left)
            kept[nearest] = replace(kept[nearest], text=f"• {kept[nearest].text.lstrip()}")
            kept.remove(bullet)
    return kept


def folded(words: str) -> str:
    """For comparing headings: lower case letters and digits only, without a number in front."""
    bare = re.sub(r"^\s*(?:chapter|part|section)?\s*[\dIVX]+(?:\.\d+)*[.:]?\s+", "", words, flags=re.IGNORECASE)
    return re.sub(r"[\W_]+", "", bare or words).casefold()


def _place(line: Line) -> tuple[str, int]:
    """The same for a line that returns on every page: its words without digits, and its height."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.strip()), round(line.top / 4)


def _running(lines: Sequence[Line], named: dict[int, int]) -> set[int]:
    """Lines (by identity) in the margins that return on a third of the pages, three at least, or repeat a heading."""
    last_page = max((line.page for line in lines), default=0)
    marginal = [line for line in lines if line.depth < _MARGIN or line.depth > 1 - _MARGIN]
    counts = Counter(place for place, _ in {(_place(line), line.page) for line in marginal})
    often = {place for place, count in counts.items() if count >= max(3, last_page / 3)}
    headings = {folded(line.text) for line in lines if id(line) in named}
    repeated = [line for line in marginal if id(line) not in named and folded(line.text) in headings]
    return {id(line) for line in marginal if _place(line) in often} | {id(line) for line in repeated}


def _named(lines: Sequence[Line], outline: Outline) -> dict[int, int]:
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


def _levels(lines: Sequence[Line], named: dict[int, int]) -> dict[int, int]:
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
    levels = {i: ranks.index(size) + 1 + bool(title) for i, size in large.items() if size in ranks} | title
    below = max(levels.values(), default=1) + 1
    return levels | {i: below for i in _bold_lines(lines, body) if i not in levels}


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
        if line.bold and alone and not _SENTENCE_END.search(line.text) and not _BULLET.match(line.text):
            yield i


def _is_short(line: Line) -> bool:
    return len(line.text) <= _LONGEST_HEADING and any(map(str.isalpha, line.text)) and not line.mono


def _parts(lines: Sequence[Line], levels: dict[int, int]) -> Iterator[Part]:
    part: Part | None = None
    for index, line in enumerate(lines):
        begun = _begun(line, levels.get(index, 0))
        if part and _goes_on(part, begun, line):
            part.lines.append(line)
            continue
        if part:
            yield part
        part = begun
    if part:
        yield part


def _begun(line: Line, level: int) -> Part:
    if level:
        return Part("heading", [line], level=level)
    if line.mono:
        return Part("code", [line])
    if match := _BULLET.match(line.text):
        return Part("item", [replace(line, text=line.text[match.end() :])], mark="-")
    if match := _NUMBER.match(line.text):
        return Part("item", [replace(line, text=line.text[match.end() :])], mark=f"{match[1]}.")
    return Part("text", [line])


def _goes_on(part: Part, begun: Part, line: Line) -> bool:
    """Whether a line continues the part before it rather than beginning its own."""
    last = part.last
    gap = line.top - last.bottom
    if begun.kind == "heading" or part.kind == "heading":
        near = line.page == last.page and gap < line.size
        return near and begun.kind == part.kind and begun.level == part.level and begun.lines[0].size == last.size
    if begun.kind != "text":
        return begun.kind == part.kind == "code" and line.page - last.page <= 1
    if part.kind == "code":
        return False
    if line.page != last.page or not (line.box == last.box or _is_next_line(last, line)):
        return not _SENTENCE_END.search(last.text) and line.text.lstrip()[:1].islower() and line.size == last.size
    if gap > 0.9 * line.size:
        return False
    full = max(other.right for other in part.lines) - min(other.left for other in part.lines)
    ended = last.right - last.left < 0.8 * full and bool(_SENTENCE_END.search(last.text))
    indented = len(part.lines) > 1 and line.left > last.left + 0.8 * line.size and bool(_SENTENCE_END.search(last.text))
    return not (ended or indented) or part.kind == "item"


def _is_next_line(last: Line, line: Line) -> bool:
    """Right below and about as far left, though in another box."""
    return -0.3 * line.size < line.top - last.bottom < 0.5 * line.size and abs(line.left - last.left) < 3 * line.size


def _blocks(parts: Sequence[Part], vocabulary: Counter[str]) -> Iterator[tuple[int, str]]:
    items: list[tuple[int, str, str]] = []
    page = 0
    for part in parts:
        if items and part.kind != "item":
            yield page, markup.listing(items)
            items = []
        if part.kind == "item":
            page = page if items else part.lines[0].page
            items.append((round(part.lines[0].left), part.mark, markup.paragraph(_rejoined(part.lines, vocabulary))))
        elif part.kind == "heading":
            words = _rejoined(part.lines, vocabulary)
            yield part.lines[0].page, markup.heading(part.level, words.replace(markup.PAGE_BREAK, ""))
        elif part.kind == "code":
            yield part.lines[0].page, markup.code(_code(part.lines))
        else:
            yield part.lines[0].page, markup.paragraph(_rejoined(part.lines, vocabulary))
    if items:
        yield page, markup.listing(items)


def _rejoined(lines: Sequence[Line], vocabulary: Counter[str]) -> str:
    """One line of text; a word cut by a hyphen keeps it if the document has it hyphenated more often than whole."""
    text = lines[0].text.strip()
    for before, line in pairwise(lines):
        turned = markup.PAGE_BREAK * (line.page - before.page)
        following = line.text.strip()
        start, end = re.search(r"(\w+)-$", text), re.match(r"[a-zß-ÿ]\w*", following)
        if start and end:
            whole, hyphenated = f"{start[1]}{end[0]}".casefold(), f"{start[1]}-{end[0]}".casefold()
            keeps = vocabulary[hyphenated] > vocabulary[whole]
            text = (text if keeps else text[:-1]) + turned + following
        else:
            text = text.removesuffix(_SOFT_HYPHEN) + " " * (not text.endswith(_SOFT_HYPHEN)) + turned + following
    return text


def _code(lines: Sequence[Line]) -> str:
    """Lines with their indentation, from where they begin and how wide a character is; empty lines from the gaps."""
    rows = _rows(lines)
    left = min(line.left for line in lines)
    steps = [below[0].top - above[0].top for above, below in pairwise(rows) if above[0].page == below[0].page]
    pitch = min((step for step in steps if step > 0), default=1.0)
    text = _row(rows[0], left)
    for above, below in pairwise(rows):
        turned = below[0].page - above[0].page
        empty = 0 if turned else round((below[0].top - above[0].top) / pitch) - 1
        text += "\n" * (1 + min(max(empty, 0), 2)) + markup.PAGE_BREAK * turned + _row(below, left)
    return text


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Pieces of code that stand side by side, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.page, line.top)):
        if rows and rows[-1][0].page == line.page and line.top - rows[-1][0].top < 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _row(row: Sequence[Line], left: float) -> str:
    text = ""
    for line in row:
        words = line.text.strip()
        width = (line.right - line.left) / len(words)
        text = text.ljust(round((line.left - left) / width) if width > 0 else 0)
        text += " " * bool(text.strip()) * (not text.endswith(" ")) + words
    return text
