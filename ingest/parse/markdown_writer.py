"""Pieces of clean Markdown, for the readers of other formats.

The text is quoted to people as it stands, so as little as possible is escaped: only what would turn a paragraph into
something else. Emphasis is left out. A number or bullet that somebody typed stays and makes a list, as meant.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from textwrap import indent

from ingest.parse.reader import Source
from ingest.parse.roles import Mark, RoleSpan
from retrieval.types import Page

LONGEST_HEADING = 120  # characters: a longer paragraph is none, whatever it looks like
PAGE_BREAK = "\0"  # control characters: no text of any format holds one
_MARKED: tuple[Mark, ...] = ("caption", "checklist", "contents", "definition", "formula", "links", "question", "box")
_ROLES = {role: chr(sign) for sign, role in enumerate(_MARKED, start=1)}
_END = "\x0e"
_MARKS = re.compile(r"[\0-\x08\x0e]")
_EARLY_BREAK = re.compile(r"^((?:[#>|-]+|\d+\.)[ #>|-]*)(\0+)", re.MULTILINE)
_TURNS = re.compile(
    r"^(#{1,6}(?=\s|$)|```|~~~|\[[^\]\n]*\]:|<(?=[A-Za-z/!?])|=+\s*$|-{2,}\s*$|(?<=\n)-\s*$)", re.MULTILINE
)
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_BULLET = re.compile(r"^[•◦▪▫‣⁃●○■□]\s+(?=\S)")
_SIMPLE = re.compile(r"[-−–+±]?[\w.,′]+|[-−–+*′]")
_ORNAMENTS = frozenset("°ºª*†‡™®©")
EMBEDDED_LETTERS = 16  # of the hash of a picture that stands in its file
_NO_BASE64 = re.compile(r"\\n|%0[AaDd]|[^A-Za-z0-9+/]+")
_MONOSPACED = re.compile(
    r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|cmtt|(?<!uni)code|terminal", re.IGNORECASE
)
_LOCAL = ("#", "javascript:", "data:", "about:", "file:")
EMBEDDED = "embedded/"


def heading(level: int, words: str) -> str:
    """One line; empty words give an empty heading, that is, nothing."""
    folded = " ".join(words.split())
    return f"{'#' * min(max(level, 1), 6)} {folded}" if folded else ""


def paragraph(words: str) -> str:
    """Lines kept, the space around each removed; bullets that somebody typed are items."""
    lines = (_BULLET.sub("- ", " ".join(line.split())) for line in words.strip().split("\n"))
    return _TURNS.sub(r"\\\1", "\n".join(filter(None, lines)))


def code(text: str, language: str = "") -> str:
    """A fenced block; its fence is longer than any inside."""
    fence, body = _longer("```", text), text.strip("\n").rstrip()
    return f"{fence}{language}\n{body}\n{fence}" if body else ""


def is_monospaced(font: str) -> bool:
    """Whether a font, by its name, is for code."""
    return bool(_MONOSPACED.search(font))


def inline_code(text: str) -> str:
    folded = " ".join(text.split())
    ticks = _longer("`", folded)
    pad = " " if folded.startswith("`") or folded.endswith("`") else ""
    return f"{ticks}{pad}{folded}{pad}{ticks}" if folded else ""


def _longer(ticks: str, text: str) -> str:
    """As many ticks, or more where the text has so many in a row."""
    while ticks in text:
        ticks += "`"
    return ticks


def link(words: str, url: str) -> str:
    """Links inside the document and to nowhere are only words. An address without words is shown itself."""
    url = url.strip()
    if not url or url.lower().startswith(_LOCAL):
        return words
    if words.strip() in {"", url}:
        return f"<{url}>" if "://" in url and len(url.split()) == 1 else words
    return f"[{words.strip()}]({_target(url)})"


def image(alt: str, url: str) -> str:
    """A picture by its address; embedded data by a name for it (see `embedded`). Nothing for one from elsewhere without words."""
    folded = " ".join(alt.split()).replace("]", "\\]")
    url = url.strip()
    address = _target(url)
    if url.lower().startswith(_LOCAL):
        address = embedded(url) if url[:5].lower() == "data:" else ""
    elsewhere = ":" in url.partition("/")[0] or url.startswith("//")
    return f"![{folded}]({address})" if folded or (address and (not elsewhere or address.startswith(EMBEDDED))) else ""


def embedded(data: str) -> str:
    """The name of a picture that is written into its file in base64: `embedded/` and the beginning of what it is hashed to."""
    letters = base64_letters(data)
    return f"{EMBEDDED}{hashlib.sha256(letters.encode()).hexdigest()[:EMBEDDED_LETTERS]}" if letters else ""


def base64_letters(data: str) -> str:
    """What `data:image/png;base64,...` holds, without line breaks, however they are written, and without padding."""
    return _NO_BASE64.sub("", data.rpartition("base64,")[2])


def raised(mark: str, before: str, words: str) -> str:
    """`^` and `6` after `10` -> `^6`, `_` and `i+1` -> `_(i+1)`; without a mark what only ends a word: 1st, M^lle."""
    bare = words.strip()
    ending = mark == "^" and len(bare) > 1 and bare.isalpha()
    if not bare or not before[-1:].strip() or ending or bare in _ORNAMENTS:
        return words
    return f"{mark}{bare}" if _SIMPLE.fullmatch(bare) else f"{mark}({bare})"


def item(mark: str, body: str) -> str:
    """A list item, what it contains indented below it: `1.`, `one\\n- two` -> `1. one\\n   - two`."""
    return f"{mark} {indent(body, ' ' * (len(mark) + 1)).lstrip(' ')}"


def quote(body: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in body.split("\n"))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A pipe table with the first row as header, be it empty; short rows are filled up, other empty ones left out."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    cells = [row for at, row in enumerate(cells) if any(row) or (row and not at)]
    if not any(map(any, cells)):
        return ""
    width = max(map(len, cells))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def joined(blocks: Iterable[str], *, tight: bool = False) -> str:
    """Blocks with an empty line between them; `tight`: none before a list."""
    text = ""
    for block in filter(None, blocks):
        mark = unmarked(block).partition(" ")[0]
        close = tight and (mark == "-" or (mark.endswith(".") and mark[:-1].isdigit()))
        text += ("\n" if close else "\n\n") * bool(text) + block
    return text


def listing(items: Sequence[tuple[int, str, str]]) -> str:
    """Items one below the other as (indentation, mark, body): what is indented more belongs to the item before."""
    lines: list[str] = []
    parents: list[tuple[int, int]] = []
    for depth, mark, body in items:
        while parents and parents[-1][0] >= depth:
            parents.pop()
        margin = " " * sum(width for _, width in parents)
        parents.append((depth, len(mark) + 1))
        lines.append(indent(item(mark, body), margin))
    return "\n".join(lines)


def marked(role: Mark, text: str) -> str:
    """Text of which is known what it is for; `written` takes the mark out again."""
    return f"{_ROLES[role]}{text}{_END}" if role and text else text


def boxed(text: str) -> str:
    """The text of an element, marked where there is a heading in it, whose section ends with the element."""
    return marked("box", text) if _HEADING.search(unmarked(text)) else text


def unmarked(text: str) -> str:
    return _MARKS.sub("", text)


def written(blocks: Sequence[str]) -> Source:
    """Blocks with an empty line between them, without their marks; where pages begin, and what is known of the roles of parts.

    Each PAGE_BREAK begins a page, the text before the first is page 1; without any there are no pages. One right
    after the mark of a heading, item or row stands before it.
    """
    source = _EARLY_BREAK.sub(r"\2\1", joined(_with_breaks_joined(blocks)))
    names = {sign: role for role, sign in _ROLES.items()}
    pages = [Page(1, 0)]
    roles: list[RoleSpan] = []
    opened: list[tuple[Mark, int]] = []
    for before, mark in enumerate(_MARKS.finditer(source)):
        at = mark.start() - before
        if mark[0] == PAGE_BREAK:
            pages.append(Page(pages[-1].number + 1, at))
        elif mark[0] in names:
            opened.append((names[mark[0]], at))
        elif opened:
            role, start = opened.pop()
            roles.append(RoleSpan(role, start, at))
    pages = [
        page for page, after in zip(pages, [*pages[1:], None], strict=True) if not after or page.start < after.start
    ]
    return Source(unmarked(source), pages=tuple(pages) if pages[-1].number > 1 else (), roles=tuple(roles))


def _with_breaks_joined(blocks: Sequence[str]) -> Iterator[str]:
    """Page breaks that stand alone go before the next block."""
    waiting = ""
    for block in blocks:
        if not block.strip(f"{PAGE_BREAK} \n"):
            waiting += PAGE_BREAK * block.count(PAGE_BREAK)
        else:
            yield waiting + block
            waiting = ""


def paged(pieces: Iterable[tuple[int, str]]) -> Source:
    """Blocks, each with the number of the page it begins on; PAGE_BREAK in one is where the next page begins."""
    blocks: list[str] = []
    page = 1
    for number, block in pieces:
        if unmarked(block).strip():
            blocks.append(PAGE_BREAK * (number - page) + block)
            page = max(page, number) + block.count(PAGE_BREAK)
    found = written(blocks)
    return replace(found, pages=found.pages or (Page(1, 0),))


def _target(url: str) -> str:
    return f"<{url}>" if any(char.isspace() or char in "()" for char in url) else url


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("\\|", "|").replace("|", "\\|")
