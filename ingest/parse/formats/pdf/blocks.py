"""Lines of a PDF to Markdown: headings, paragraphs, lists, code.

Paragraphs are put together from lines, across pages too. Left out: tables without rules (their words stay, in reading order), formulas.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from ingest.parse import markdown_writer
from ingest.parse.formats.pdf import headings as pdf_headings
from ingest.parse.formats.pdf import lines as pdf_lines
from ingest.parse.formats.pdf.headings import Outline
from ingest.parse.formats.pdf.lines import Line
from retrieval.types import Page

_CONTENTS = re.compile(r"(?:\. ?){4,}\s*[\divxlc]*\s*$")
_BULLET = re.compile(r"\s*[•◦▪▫‣⁃●○■□·∙*–—-]\s+(?=\S)|\s*[•◦▪▫‣⁃●○■□∙](?=\w)")
_NUMBER = re.compile(r"\s*\(?(\d{1,2})[.)]\s+(?=\S)")
_LOOSE = 0.35  # of the font size: a gap that is wider by so much ends a paragraph
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")


@dataclass(slots=True)
class Part:
    """Lines that belong together."""

    kind: Literal["heading", "text", "item", "code", "table"]
    lines: list[Line] = field(default_factory=list)
    level: int = 0
    mark: str = ""

    @property
    def last(self) -> Line:
        return self.lines[-1]


def markdown(lines: Sequence[Line], outline: Outline) -> tuple[str, tuple[Page, ...], tuple[str, ...]]:
    """The text, where its pages begin, and what was left out of it. `outline`: bookmarks as (words, level)."""
    named = pdf_headings.named_lines(lines, outline)
    running = pdf_lines.running(lines, named)
    contents = {id(line) for line in lines if _CONTENTS.search(line.text)}
    kept = pdf_lines.with_bullets([line for line in lines if id(line) not in running | contents])
    parts = list(_parts(kept, pdf_headings.levels(kept, named)))
    vocabulary = Counter(re.findall(r"\w+(?:-\w+)*", " ".join(line.text for line in kept).casefold()))
    text, pages = markdown_writer.paged(list(_blocks(parts, vocabulary)))
    dropped = {f"running header or footer: {line.text.strip()}": None for line in lines if id(line) in running}
    dropped |= {"table of contents": None} if contents else {}
    return text, pages, tuple(what for what in dropped if any(map(str.isalpha, what.partition(": ")[2] or what)))


def _parts(lines: Sequence[Line], levels: dict[int, int]) -> Iterator[Part]:
    part: Part | None = None
    spacing = _spacing(lines)
    for index, line in enumerate(lines):
        begun = _begun(line, levels.get(index, 0))
        if part and _goes_on(part, begun, line, spacing):
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
    if line.table:
        return Part("table", [line])
    if line.mono:
        return Part("code", [line])
    if match := _BULLET.match(line.text):
        return Part("item", [replace(line, text=line.text[match.end() :])], mark="-")
    if match := _NUMBER.match(line.text):
        return Part("item", [replace(line, text=line.text[match.end() :])], mark=f"{match[1]}.")
    return Part("text", [line])


def _spacing(lines: Sequence[Line]) -> float:
    """The commonest gap between two lines of a text box, in points."""
    gaps = Counter(
        round(below.top - above.bottom)
        for above, below in pairwise(lines)
        if (above.page, above.box) == (below.page, below.box) and below.top > above.top
    )
    return max(gaps, key=lambda gap: gaps[gap], default=0)


def _goes_on(part: Part, begun: Part, line: Line, spacing: float) -> bool:
    """Whether a line continues the part before it rather than beginning its own."""
    last = part.last
    gap = line.top - last.bottom
    if begun.kind == "heading" or part.kind == "heading":
        near = line.page == last.page and gap < line.size and _is_aligned(last, line)
        return near and begun.kind == part.kind and begun.level == part.level and begun.lines[0].size == last.size
    if begun.kind != "text":
        return begun.kind == part.kind == "code" and line.page - last.page <= 1
    if part.kind in {"code", "table"}:
        return False
    if line.page == last.page and line.top >= last.top:
        if gap > spacing + _LOOSE * line.size or not (line.box == last.box or _is_next_line(last, line)):
            return False
    else:  # the next page or column
        return not _SENTENCE_END.search(last.text) and line.text.lstrip()[:1].islower() and line.size == last.size
    full = max(other.right for other in part.lines) - min(other.left for other in part.lines)
    ended = last.right - last.left < 0.8 * full and bool(_SENTENCE_END.search(last.text))
    indented = len(part.lines) > 1 and line.left > last.left + 0.8 * line.size and bool(_SENTENCE_END.search(last.text))
    return not _is_shifted(part, line) and (part.kind == "item" or not (ended or indented))


def _is_shifted(part: Part, line: Line) -> bool:
    """Begins elsewhere than the two lines before it, which begin at the same place."""
    flush = len(part.lines) > 1 and abs(part.lines[-2].left - part.last.left) < 1
    return flush and abs(line.left - part.last.left) > 0.8 * line.size


def _is_aligned(last: Line, line: Line) -> bool:
    """Begins at the same place or has the same middle."""
    middles = (last.left + last.right - line.left - line.right) / 2
    return min(abs(last.left - line.left), abs(middles)) < line.size


def _is_next_line(last: Line, line: Line) -> bool:
    """Right below and about as far left, though in another box."""
    return -0.3 * line.size < line.top - last.bottom < 0.5 * line.size and abs(line.left - last.left) < 3 * line.size


def _blocks(parts: Sequence[Part], vocabulary: Counter[str]) -> Iterator[tuple[int, str]]:
    items: list[tuple[int, str, str]] = []
    page = 0
    for part in parts:
        if items and part.kind != "item":
            yield page, markdown_writer.listing(items)
            items = []
        if part.kind == "item":
            page = page if items else part.lines[0].page
            items.append(
                (round(part.lines[0].left), part.mark, markdown_writer.paragraph(_rejoined(part.lines, vocabulary)))
            )
        elif part.kind == "heading":
            words = _rejoined(part.lines, vocabulary)
            yield part.lines[0].page, markdown_writer.heading(part.level, words.replace(markdown_writer.PAGE_BREAK, ""))
        elif table := part.lines[0].table:
            yield part.lines[0].page, markdown_writer.table(table.lines())
        elif part.kind == "code":
            yield part.lines[0].page, markdown_writer.code(_code(part.lines))
        else:
            yield part.lines[0].page, markdown_writer.paragraph(_rejoined(part.lines, vocabulary))
    if items:
        yield page, markdown_writer.listing(items)


def _rejoined(lines: Sequence[Line], vocabulary: Counter[str]) -> str:
    """One line of text; a word cut by a hyphen keeps it if the document has it hyphenated more often than whole."""
    text = lines[0].text.strip()
    for before, line in pairwise(lines):
        turned = markdown_writer.PAGE_BREAK * (line.page - before.page)
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
        text += "\n" * (1 + min(max(empty, 0), 2)) + markdown_writer.PAGE_BREAK * turned + _row(below, left)
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
        words = line.text.rstrip()
        width = (line.right - line.left) / len(words)
        text = text.ljust(round((line.left - left) / width) if width > 0 else 0)
        text += " " * (bool(text.strip()) and not text.endswith(" ")) + words
    return text
