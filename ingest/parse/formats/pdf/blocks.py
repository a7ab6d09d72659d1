"""Lines of a PDF in reading order to Markdown: headings, paragraphs, lists, code, tables.

Paragraphs are put together from lines, over columns and pages too.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Literal

from ingest.parse import markdown_writer as markup
from ingest.parse.formats.pdf.headings import SENTENCE_ENDS, SMALLER, Outline, ends, levels
from ingest.parse.formats.pdf.lines import PageLine
from ingest.parse.formats.pdf.reading_order import is_cut, is_dense, rejoined, vocabulary_of
from ingest.parse.reader import Source
from ingest.parse.roles import is_formula

_ENTRY = re.compile(r"([^.;:!?–—]{2,60}) [–—] \S")  # a term and its definition
_BULLET = re.compile(
    r"[•‣⁃·∙→*–—\u25a0-\u27bf\u2b00-\u2bff\u20dd\ue000-\uf8ff-]\s+(?=\S)|\ufffd+\s+(?=\S)|[•◦▪▫‣⁃●○■□∙\ue000-\uf8ff](?=\w)"
)
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s+(?=\S)")
_LETTER = re.compile(r"(?:\(?[a-z]{1,3}\)|([a-z])\.|√)\s+(?=\S)")  # or ticked
_BESIDE = {"i": "ii", "v": "iv", "x": "ix"}
_LOOSE = 1.3  # times the usual distance of lines ends a paragraph
_APART = 2.8  # times the font size is no distance of lines, even if they are double-spaced
_RAGGED = 0.3  # of the width may stay empty where a sentence goes on
_INDENT = 0.8  # of the font size
_ALIKE = 0.08  # of the font size
_ALIGNED = 0.4  # of the font size: so far off is no other level
_FILED = 3  # terms whose order is no chance
_NEIGHBOURS = 6  # lines before and after that tell the right margin
_LABELLED = re.compile(r"\(?[^\W\d_]{1,12}\.?\s*\d+(?:[.–-]\d+)*\b[.:]?\s*")  # Figure 6.7, Abb. 3


@dataclass(slots=True)
class Part:
    """Lines that belong together; `mark`: of a list item."""

    kind: Literal["text", "item", "code", "table", "formula"]
    lines: list[PageLine] = field(default_factory=list)
    mark: str = ""

    @property
    def is_numbered(self) -> bool:
        return self.kind == "item" and self.mark != "-"


def markdown(lines: Sequence[PageLine], outline: Outline) -> Source:
    """The text, where its pages begin, and what is known of its parts. `outline`: bookmarks as (words, level, page)."""
    parts = list(_with_terms(_parts(lines)))
    prose = [part.lines if _may_head(parts, index) else [] for index, part in enumerate(parts)]
    sizes = Counter[float]()
    for line in (line for part in parts if part.kind in ("text", "item") for line in part.lines):
        sizes[line.size] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size], default=0.0)
    return markup.paged(_blocks(parts, levels(prose, outline, body), body, vocabulary_of(lines)))


def _may_head(parts: Sequence[Part], index: int) -> bool:
    """Whether a part is text, or numbered as no other beside it that looks like it is: "2. Commentary"."""
    part = parts[index]
    beside = [*parts[max(0, index - 1) : index], *parts[index + 1 : index + 2]]
    look = part.lines[0].bold, part.lines[0].size
    alone = all(not other.is_numbered or (other.lines[0].bold, other.lines[0].size) != look for other in beside)
    return part.kind == "text" or (part.is_numbered and alone)


def _parts(lines: Sequence[PageLine]) -> list[Part]:
    parts: list[Part] = []
    pitches = _pitches(lines)
    letters = {line.text.partition(".")[0] for line in lines if "." in line.text[:5]}
    for index, line in enumerate(lines):
        begun, following = _begun(line, letters), lines[min(index + 1, len(lines) - 1)]
        last = parts[-1] if parts else None
        begun = Part("text", [line]) if last and begun.kind == "item" and _closes(line, last) else begun
        if last and last.kind == begun.kind == "table" and _continues(last.lines[0], line):
            last.lines = [_continued(last.lines[0], line)]
        elif last and _goes_on(last, begun, following, pitches[line.page, line.size], _margin(lines, index)):
            last.lines.append(line)
        else:
            parts.append(begun)
    return parts


def _continues(table: PageLine, other: PageLine) -> bool:
    """Whether a table goes on over the page: no text between, as many columns."""
    return other.page == max(table.page, table.last_page) + 1 and len(other.cells[0]) == len(table.cells[0])


def _continued(table: PageLine, other: PageLine) -> PageLine:
    """With the rows on the next page; the header that is repeated there is not."""
    rows = other.cells[1:] if other.cells[0] == table.cells[0] else other.cells
    (first, *others), *below = rows or [("",) * len(other.cells[0])]
    turned = (markup.PAGE_BREAK + first, *others)
    return replace(table, cells=(*table.cells, turned, *below), last_page=other.page)


def _begun(line: PageLine, letters: Container[str]) -> Part:
    """`letters`: what lines begin with up to a full stop. One that counts has another beside it: "v. State" is none."""
    if line.cells:
        return Part("table", [line])
    if line.mono:
        return Part("code", [line])
    if is_formula(line.text):
        return Part("formula", [line])
    if match := _BULLET.match(line.text):
        return Part("item", [_without(line, match.end())], mark="-")
    if match := _NUMBER.match(line.text):
        return Part("item", [_without(line, match.end())], mark=f"{match[1]}.")
    match = _LETTER.match(line.text)
    beside = [chr(ord(match[1]) + step) for step in (-1, 1)] + [_BESIDE.get(match[1], "")] if match and match[1] else []
    counts = match and (not match[1] or any(letter in letters for letter in beside))
    return Part("item", [line], mark="-") if counts else Part("text", [line])


def _closes(line: PageLine, part: Part) -> bool:
    """Whether the bracket behind what looks like a mark was opened before: (18 / amu)."""
    head, before = line.words[0].text, " ".join(other.text for other in part.lines)
    return ")" in head and "(" not in head and before.count("(") > before.count(")")


def _with_terms(parts: Sequence[Part]) -> Iterator[Part]:
    """Terms in bold with what they mean indented below each, if in alphabetical order, as items: `- term: meaning`."""
    pairs = [index for index in range(len(parts) - 1) if _means(parts[index], parts[index + 1])]
    filed: set[int] = set()
    for _, run in groupby(enumerate(pairs), lambda pair: pair[1] - 2 * pair[0]):
        found = [index for _, index in run]
        names = [parts[index].lines[0].text.casefold() for index in found]
        if len(names) >= _FILED and all(above < below for above, below in pairwise(names)):
            filed.update(found)
    for index, part in enumerate(parts):
        if index in filed:
            *words, last = part.lines[-1].words
            term = replace(part.lines[-1], words=(*words, replace(last, text=f"{last.text}:")))
            yield Part("item", [*part.lines[:-1], term, *parts[index + 1].lines], mark="-")
        elif index - 1 not in filed:
            yield part


def _means(term: Part, meaning: Part) -> bool:
    bold, plain = all(line.bold for line in term.lines), not any(line.bold for line in meaning.lines)
    indented = meaning.lines[0].left - term.lines[0].left > _INDENT * term.lines[0].size
    return term.kind == meaning.kind == "text" and bold and plain and indented


def _without(line: PageLine, length: int) -> PageLine:
    """The line without its first characters; it begins where it did."""
    first, *others = line.words
    if len(first.text) < length:
        return replace(line, words=(replace(others[0], left=first.left), *others[1:]))
    return replace(line, words=(replace(first, text=first.text[length:]), *others))


def _pitches(lines: Sequence[PageLine]) -> Mapping[tuple[int, float], float]:
    """Per page and font size the usual distance of base lines: the least of those that a quarter of the lines have."""
    steps: dict[tuple[int, float], Counter[float]] = {(line.page, line.size): Counter() for line in lines}
    for above, below in pairwise(lines):
        step = round(2 * (below.base - above.base)) / 2
        if (above.page, above.size) == (below.page, below.size) and 0.9 * below.size < step < _APART * below.size:
            steps[below.page, below.size][step] += 1
    return {
        key: min((step for step, count in found.items() if 4 * count >= found.total()), default=1.2 * key[1])
        for key, found in steps.items()
    }


def _margin(lines: Sequence[PageLine], index: int) -> float:
    """How far to the right the lines around reach that begin about where this one does."""
    line = lines[index]
    around = [other for other in lines[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS] if other.page == line.page]
    return max(other.right for other in around if abs(other.left - line.left) < 3 * line.size)


def _goes_on(part: Part, begun: Part, following: PageLine, pitch: float, margin: float) -> bool:
    """Whether a line continues the part before it rather than beginning its own."""
    last, line = part.lines[-1], begun.lines[0]
    if part.kind == "code" or begun.kind == "code":
        return part.kind == begun.kind and line.page - last.page <= 1
    if part.kind == "formula" or (begun.kind == "formula" and line.left - last.left > line.size):
        return False
    if "table" in (part.kind, begun.kind) or abs(line.size - last.size) > _ALIKE * last.size:
        return False
    if last.bold and not line.bold and _family(last.font) != _family(line.font):
        return False  # a heading that is no larger than the text
    if part.kind == "text" and _is_term(part, line):
        return False
    ended = ends(last.text) in SENTENCE_ENDS
    if begun.kind == "item" and (begun.mark == "-" or ended or part.kind == "item"):
        return False
    below = line.page == last.page and line.base > last.base and line.left < last.right and last.left < line.right
    entry, other = _ENTRY.match(part.lines[0].text), _ENTRY.match(line.text)
    if below and entry and other and entry[1].casefold() < other[1].casefold():
        return False  # a glossary is in alphabetical order; a dash within a definition seldom is
    if not below:
        if entry and other:
            return False  # the next term of a glossary
        return not ended and begun.kind == "text" and not line.bold and (line.text[:1].islower() or _is_full(part))
    first = (1 if ended else 3) * line.size if is_dense(line.text) else line.words[0].right - line.words[0].left
    room = margin - last.right - 0.8 * line.size - first  # behind a space, and a little
    continues = not ended and (is_cut(last.text) or (line.text[:1].islower() and room < _RAGGED * (margin - line.left)))
    near = line.top - last.bottom < _LOOSE * pitch - line.size or (room < 0 and _is_steady(part, line, following))
    return near and (continues or room < 0) and not _is_shifted(part, line)


def _is_term(part: Part, line: PageLine) -> bool:
    """Whether a line in bold hangs out above what it means in small letters, or below what another one means."""
    hangs = line.left - part.lines[-1].left > _INDENT * line.size
    above = all(other.bold for other in part.lines) and not line.bold and line.text[:1].islower() and hangs
    return above or (
        line.bold and all(not other.bold and other.left - line.left > _INDENT * line.size for other in part.lines)
    )


def _family(font: str) -> str:
    """The same for the weights of a typeface: of CMBX10 and CMR10, of ABCDEF+Times-Bold and Times-Roman."""
    return font.rpartition("+")[2][:2]


def _is_steady(part: Part, line: PageLine, following: PageLine) -> bool:
    """Whether lines are farther apart than usual (double-spaced) but evenly: before this one, or from it to the next."""
    before = part.lines[-2:] if len(part.lines) > 1 else [line, following]
    step = line.base - part.lines[-1].base
    return step < _APART * line.size and abs(before[1].base - before[0].base - step) < 0.05 * step


def _is_full(part: Part) -> bool:
    """Whether the last of many lines reaches as far as the others."""
    last = part.lines[-1]
    return len(part.lines) > 2 and last.right > max(line.right for line in part.lines) - 3 * last.size


def _is_shifted(part: Part, line: PageLine) -> bool:
    """Begins elsewhere than the two lines before it, which begin at the same place; or where the first line hangs out."""
    first, last = part.lines[0], part.lines[-1]
    before = part.lines[-2] if len(part.lines) > 1 else first
    flush = len(part.lines) > 1 and abs(before.left - last.left) < 1
    hanging = last.left - first.left > _INDENT * last.size and abs(line.left - first.left) < 1
    return hanging or (flush and abs(line.left - last.left) > _INDENT * line.size)


def _blocks(
    parts: Sequence[Part], found: Mapping[int, int], body: float, vocabulary: Counter[str]
) -> Iterator[tuple[int, str]]:
    items: list[tuple[int, str, str]] = []
    page = 0
    for index, part in enumerate(parts):
        first = part.lines[0]
        before = parts[index - 1].lines[-1]
        jumps = before.page == first.page and first.base < before.base  # to the next column
        if items and (part.kind != "item" or jumps or index in found):
            yield page, markup.listing(items)
            items = []
        if part.kind == "item" and index not in found:
            page = page if items else first.page
            text = markup.paragraph(rejoined(part.lines, vocabulary))
            near = (left for left, *_ in items if abs(left - first.left) < _ALIGNED * first.size)
            items.append((next(near, round(first.left)), part.mark, text))
        elif index in found:
            text = f"{part.mark} {rejoined(part.lines, vocabulary)}".strip()
            yield first.page, markup.heading(found[index], markup.unmarked(text))
        elif part.kind == "table":
            yield first.page, markup.table(first.cells)
        elif part.kind == "code":
            yield first.page, markup.code(_code(part.lines))
        else:
            text = markup.paragraph(rejoined(part.lines, vocabulary))
            label = _LABELLED.match(text) if first.size < SMALLER * body else None
            is_caption = label and ". " not in text[label.end() :]  # several sentences state something
            yield first.page, markup.marked("caption", text) if is_caption else text
    if items:
        yield page, markup.listing(items)


def _code(lines: Sequence[PageLine]) -> str:
    """Lines with their indentation, from where words begin and how wide a character is; empty lines from the gaps."""
    left = min(line.left for line in lines)
    width = min((word.right - word.left) / len(word.text) for line in lines for word in line.words) or 1.0
    steps = [below.base - above.base for above, below in pairwise(lines) if above.page == below.page]
    pitch = min((step for step in steps if step > 0), default=1.0)
    text = _code_line(lines[0], left, width)
    for above, below in pairwise(lines):
        turned = below.page - above.page
        empty = 0 if turned else round((below.base - above.base) / pitch) - 1
        text += "\n" * (1 + min(max(empty, 0), 2)) + markup.PAGE_BREAK * turned + _code_line(below, left, width)
    return text


def _code_line(line: PageLine, left: float, width: float) -> str:
    text = ""
    for word in line.words:
        column = round((word.left - left) / width)
        text = (text.ljust(column) if len(text) < column else f"{text} " * bool(text)) + word.text
    return text
