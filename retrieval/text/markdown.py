"""Markdown source to the words in it: for embedding, for BM25, and for showing a quote as it reads.

Leaves layout alone that carries meaning in plain text (line breaks, list marks) and removes what is only notation.
Line-wise regular expressions rather than a parser: slices of a document are often not valid Markdown by themselves.
What is embedded writes a row with its column names, an item after its parent; none of it goes into a quote.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.types import Chunk, Unit, Window

PIPE = re.compile(r"(?<!\\)\|")  # between the cells of a table row
LABEL = r"[^\W\d]\w{0,19}\.?[ \u00a0]\d{1,3}(?:[.-]\d{1,3})*"  # "Figure 6.2", "Abb. 3"
_OPENING = re.compile(r"((?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*)(`{3,}|~{3,})(.*)")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")
_WORDS = r"(?:[^\]\n]|\n(?![ \t]*\n))"  # of a link, over lines but not over paragraphs
_IMAGE = re.compile(  # perhaps as a link
    rf"(\[)?!\[({_WORDS}*)\](?:\([^)\n]*\)|\[[^\]\n]*\])(?(1)\]\([^)\s]*\))"
)
_PICTURE = re.compile(r"!\[[^\]\n]*\]\(\s*(?:<([^>\n]+)>|([^)\s]+))")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.I)
_LINK = re.compile(rf"\[({_WORDS}+)\](?:\([^)\s]*(?:\s+\"[^\"\n]*\")?\)|\[[^\]\n]*\])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+)>")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>\n]*)?/?>|<!--.*?-->", re.S)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]*(.*?)[ \t]*#*[ \t]*$", re.M)
_QUOTE = re.compile(r"^[ \t]{0,3}>[ \t]?", re.M)
_RULER = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$", re.M)
_STRONG = re.compile(r"(\*\*\*|\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1", re.S)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])((?:[^*\n]|\n(?=[^\s*]))+?)(?<=[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"
)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)|\$\$.+?\$\$|\$(?! )[^$\n]+?(?<! )\$(?!\d)", re.S)  # or a formula
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_HIDDEN = 0xE000  # private use: an escaped sign waits here while notation is removed
_SHOW = re.compile("[\ue000-\ue07f]")
_CODES = range(0xF0000, 0x110000)  # private use: so does each piece of code
_CODE_HERE = re.compile(f"[{chr(_CODES[0])}-{chr(_CODES[-1])}]")
_BLANK = re.compile(r"\n{3,}")
_SPANS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)[^*_\n]+(?:\n[^*_\n]+)*(?<=\S)\1(?![\w*])")  # emphasised words
_EMPHASISED = re.compile(r"([*_])(?=\S)(?:(?!\1).|\1\1)+\1", re.S)


def plain_text(markdown: str) -> str:
    """`"see [the **docs**](https://x.y)"` -> `"see the docs"`. Code keeps its lines, without the fence."""
    lines = markdown.split("\n")
    for fence in fences(lines):
        lines[fence.first] = ""
        if fence.closed:
            lines[fence.end - 1] = ""
    text = "\n".join(lines)
    text = _RULER.sub("", text)
    text = _HEADING.sub(r"\1", text)
    return _BLANK.sub("\n\n", plain_inline(text)).strip()


def plain_inline(markdown: str) -> str:
    """Like `plain_text`, for a piece of one line or paragraph: no fences or headings are looked for."""
    markdown = _QUOTE.sub("", markdown)
    codes: list[str] = []

    def apart(code: re.Match[str]) -> str:
        codes.append((code[2] or "").strip() or code[0])
        return chr(_CODES[len(codes) - 1])

    def back(found: re.Match[str]) -> str:
        number = ord(found[0]) - _CODES[0]
        return codes[number] if number < len(codes) else found[0]

    text = _unmark(CODE.sub(apart, markdown, count=len(_CODES)))  # nothing inside a code span or a formula is notation
    return _CODE_HERE.sub(back, text) if codes else text


def _unmark(text: str) -> str:
    text = _ESCAPE.sub(lambda found: chr(_HIDDEN + ord(found.group(1))), text)
    text = _IMAGE.sub(r"\2", text)
    text = _LINK.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub("", text)
    text = _STRONG.sub(r"\2", text)
    text = _EMPHASIS.sub(lambda found: found.group(1) or found.group(2), text)
    return _SHOW.sub(lambda found: chr(ord(found.group()) - _HIDDEN), text)


def picture_addresses(markdown: str) -> list[str]:
    """Of the pictures that lie in the course, each once, in order: `"![a](b.png) ![c](https://d.e/f.png)"` -> `["b.png"]`."""
    named = dict.fromkeys(found[1] or found[2] for found in _PICTURE.finditer(markdown))
    return [address for address in named if not _ELSEWHERE.match(address)]


def cells(row: str) -> list[str]:
    """The words in the cells of a pipe-table row: `"| **a** | b\\|c |"` -> `["a", "b|c"]`."""
    return [plain_inline(cell) for cell in cell_sources(row)]


def cell_sources(row: str) -> list[str]:
    """The cells of a pipe-table row as they are written: `"| **a** | b\\|c |"` -> `["**a**", "b|c"]`."""
    inner = (
        row.strip().strip("|")
        if row.strip().endswith("|") and not row.strip().endswith("\\|")
        else row.strip().lstrip("|")
    )
    return [cell.strip().replace("\\|", "|") for cell in PIPE.split(inner)]


def row_with_columns(row: str, header: str) -> str:
    """A table row that can be read by itself: `("| GPT-1 | 117M |", "| model | size |")` -> `"model: GPT-1; size: 117M"`.

    Without a header, or where the row is no pipe table, the cells alone.
    """
    if "|" not in row:
        return plain_inline(f"{header}: {row}" if header and "|" not in header else row).strip()
    names, values = cells(header.split("\n", 1)[0]) if header else [], cells(row.split("\n", 1)[0])
    if len(names) < len(values):
        names += [""] * (len(values) - len(names))
    pairs = [f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value]
    return "; ".join(pairs)


def rows_with_columns(rows: str, header: str) -> str:
    """Table rows, a line each, one after the other in words: `"model: GPT-1; size: 117M / model: GPT-2; size: 1.5B"`."""
    return " / ".join(row_with_columns(line, header) for line in table_rows(rows, header))


def table_rows(rows: str, header: str) -> list[str]:
    """The lines that are rows, without the header and the line below it unless there is nothing else."""
    told = [line for line in rows.splitlines() if line.strip() and not _RULER.fullmatch(line)]
    names = [fold(line) for line in header.splitlines()]
    return [line for line in told if fold(line) not in names] or told


def fold(text: str) -> str:
    """White space folded to single spaces, ends stripped: the form in which quotes are compared."""
    return " ".join(text.split())


def is_emphasis(source: str) -> bool:
    """Whether a paragraph is nothing but emphasised, as captions and asides are.

    >>> is_emphasis("*Figure 1: a cell*"), is_emphasis("*Cells* are small.")
    (True, False)
    """
    found = _EMPHASISED.fullmatch(source.strip())
    return bool(found) and not source.strip().startswith("**")


def emphasised(source: str) -> list[str]:
    """What is emphasised in a sentence, unless all of it is.

    >>> emphasised("A *cell* is **the unit** of life."), emphasised("**Cells.**"), emphasised("3 * x * y")
    (['cell', 'the unit'], [], [])
    """
    found = [match[0] for match in _SPANS.finditer(source)]
    return [words.strip("*_") for words in found if words != source.strip()]


@dataclass(frozen=True, slots=True)
class Fence:
    """Fenced code: lines `first` to `end` (exclusive); `prefix` stands before the `marks`, `info` behind them. One that is not `closed` goes to
    the end of the text."""

    first: int
    end: int
    prefix: str
    marks: str
    info: str
    closed: bool


def fence_at(lines: Sequence[str], at: int) -> Fence | None:
    """The block that begins on the line with this index.

    More is taken for a beginning than CommonMark does (any indentation, marks of quotes and items before it), so that
    nothing which some renderer shows as code is read as text.
    """
    found = _OPENING.fullmatch(lines[at])
    if not found or ("`" in found[2] and "`" in found[3]):
        return None
    for end in range(at + 1, len(lines)):
        if (closing := _CLOSING.fullmatch(lines[end])) and closing[1].startswith(found[2]):
            return Fence(at, end + 1, found[1], found[2], found[3], closed=True)
    return Fence(at, len(lines), found[1], found[2], found[3], closed=False)


def unfenced(code: str) -> str:
    """The lines of a fenced block without its fences; other code as it is."""
    lines = code.split("\n")
    fence = fence_at(lines, 0)
    return "\n".join(lines[1 : fence.end - fence.closed]) if fence else code


def fences(lines: Sequence[str]) -> Iterator[Fence]:
    """All blocks, in order."""
    at = 0
    while at < len(lines):
        fence = fence_at(lines, at)
        if fence:
            yield fence
        at = fence.end if fence else at + 1


@lru_cache(maxsize=8192)
def unit_text(unit: Unit, source: str) -> str:
    """One unit in words; `source` is its slice. Kept, since a unit is in several windows and comes up again and again."""
    if unit.kind == "row":
        return row_with_columns(source, unit.lead)
    if unit.kind == "code":
        return plain_text(source)
    return plain_inline(source).strip()


def window_text(chunk: Chunk, window: Window) -> str:
    """Context on a line of its own, empty where there is none, then the window's units; what leads into the first unit
    comes before it. See `retrieval.encoders.embedder.split_place`.
    """
    units = [unit for unit in chunk.units if window.start <= unit.start and unit.end <= window.end]
    return "\n".join([" ".join(chunk.context.split()), *(line for line in _lines(chunk, units) if line)])


def lexical_text(chunk: Chunk) -> str:
    """Context and all units of the chunk, the leads that stand outside of it included."""
    return "\n".join(part for part in (chunk.context, *_lines(chunk, chunk.units)) if part)


def _lines(chunk: Chunk, units: Iterable[Unit]) -> list[str]:
    lines: list[str] = []
    lead = ""
    for unit in units:
        if unit.kind == "heading":
            continue
        if unit.lead != lead:
            lead = unit.lead
            if lead and unit.kind != "row" and lead not in chunk.text[: unit.start - chunk.start]:
                lines.append(plain_inline(lead))
        lines.append(unit_text(unit, chunk.slice(unit.start, unit.end)))
    return lines
