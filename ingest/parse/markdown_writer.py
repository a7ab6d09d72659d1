"""Pieces of clean Markdown, for the readers of other formats.

The text is quoted to people as it stands, so as little as possible is escaped: only what would turn a paragraph into
something else. Emphasis is left out. A number or bullet that somebody typed stays and makes a list, as meant.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ingest.parse.roles import RoleSpan
from retrieval.types import Page, Role

PAGE_BREAK = "\0"  # control characters: no text of any format holds one
_ROLES: dict[Role, str] = {
    "caption": "\x01",
    "checklist": "\x02",
    "contents": "\x03",
    "definition": "\x04",
    "formula": "\x05",
    "links": "\x06",
    "question": "\x07",
}
_END = "\x08"
_MARKS = re.compile(r"[\0-\x08]")
_EARLY_BREAK = re.compile(r"^((?:[#>|-]+|\d+\.)[ #>|-]*)(\0+)", re.MULTILINE)
_TURNS = re.compile(r"^(#{1,6}(?=\s|$)|```|~~~|\[[^\]\n]*\]:|<(?=[A-Za-z/!?])|=+\s*$|-{2,}\s*$)", re.MULTILINE)
_SIMPLE = re.compile(r"[-−–+±]?[\w.,′]+|[-−–+*′]")
_ORNAMENTS = frozenset("°ºª*†‡™®©")
EMBEDDED_LETTERS = 16  # of the hash of a picture that stands in its file
_NO_BASE64 = re.compile(r"\\n|%0[AaDd]|[^A-Za-z0-9+/]+")
_ELSEWHERE = re.compile(r"<?(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_LOCAL = re.compile(r"(?:#|javascript:|data:|about:|file:)", re.IGNORECASE)


def heading(level: int, words: str) -> str:
    """One line; empty words give an empty heading, that is, nothing."""
    folded = " ".join(words.split())
    return f"{'#' * min(max(level, 1), 6)} {folded}" if folded else ""


def paragraph(words: str) -> str:
    """Lines kept, the space around each removed."""
    lines = (" ".join(line.split()) for line in words.strip().split("\n"))
    return _TURNS.sub(r"\\\1", "\n".join(filter(None, lines)))


def code(text: str, language: str = "") -> str:
    """A fenced block; its fence is longer than any inside."""
    longest = max((len(run) for run in re.findall(r"^[ \t]*(`{3,})", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    body = text.strip("\n").rstrip()
    return f"{fence}{language}\n{body}\n{fence}" if body else ""


def inline_code(text: str) -> str:
    folded = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", folded)), default=0) + 1)
    pad = " " if folded.startswith("`") or folded.endswith("`") else ""
    return f"{ticks}{pad}{folded}{pad}{ticks}" if folded else ""


def link(words: str, url: str) -> str:
    """Links inside the document and to nowhere are only words. An address without words is shown itself."""
    url = url.strip()
    if not url or _LOCAL.match(url):
        return words
    if words.strip() in {"", url}:
        return f"<{url}>" if re.match(r"[a-z]+://\S+$", url) else words
    return f"[{words.strip()}]({_target(url)})"


def image(alt: str, url: str) -> str:
    """A picture by its address; embedded data by a name for it (see `embedded`). Nothing for one from elsewhere without words."""
    folded = " ".join(alt.split()).replace("]", "\\]")
    url = url.strip()
    address = embedded(url) if url[:5].lower() == "data:" else "" if _LOCAL.match(url) else _target(url)
    return f"![{folded}]({address})" if folded or (address and not _ELSEWHERE.match(address)) else ""


def embedded(data: str) -> str:
    """The name of a picture that is written into its file in base64: `embedded/` and the beginning of what it is hashed to."""
    letters = base64_letters(data)
    return f"embedded/{hashlib.sha256(letters.encode()).hexdigest()[:EMBEDDED_LETTERS]}" if letters else ""


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
    indent = "\n" + " " * (len(mark) + 1)
    return f"{mark} " + re.sub(r"\n(?=[^\n])", indent, body)


def quote(body: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in body.split("\n"))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A pipe table with the first row as header; short rows are filled up, empty ones left out."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(map(len, cells))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def joined(blocks: Iterable[str], *, tight: bool = False) -> str:
    """Blocks with an empty line between them; `tight`: none before a list."""
    text = ""
    for block in filter(None, blocks):
        close = tight and re.match(r"[\0-\x08]*(?:-|\d+\.) ", block)
        text += ("\n" if close else "\n\n") * bool(text) + block
    return text


def listing(items: Sequence[tuple[int, str, str]]) -> str:
    """Items one below the other as (indentation, mark, body): what is indented more belongs to the item before."""
    lines: list[str] = []
    parents: list[tuple[int, int]] = []
    for indent, mark, body in items:
        while parents and parents[-1][0] >= indent:
            parents.pop()
        margin = " " * sum(width for _, width in parents)
        parents.append((indent, len(mark) + 1))
        lines.append(margin + re.sub(r"\n(?=[^\n])", f"\n{margin}", item(mark, body)))
    return "\n".join(lines)


def marked(role: Role, text: str) -> str:
    """Text of which is known what it is for; `written` takes the mark out again."""
    return f"{_ROLES[role]}{text}{_END}" if role and text else text


def unmarked(text: str) -> str:
    return _MARKS.sub("", text)


@dataclass(frozen=True, slots=True)
class Written:
    """A text, where its pages begin, and what is known of the roles of its parts."""

    text: str
    pages: tuple[Page, ...]
    roles: tuple[RoleSpan, ...]


def written(blocks: Sequence[str]) -> Written:
    """Blocks with an empty line between them, without their marks.

    Each PAGE_BREAK begins a page, the text before the first is page 1; without any there are no pages. One right
    after the mark of a heading, item or row stands before it.
    """
    source = _EARLY_BREAK.sub(r"\2\1", joined(_with_breaks_joined(blocks)))
    names = {sign: role for role, sign in _ROLES.items()}
    pieces: list[str] = []
    pages = [Page(1, 0)]
    roles: list[RoleSpan] = []
    opened: list[tuple[Role, int]] = []
    size = done = 0
    for mark in _MARKS.finditer(source):
        pieces.append(source[done : mark.start()])
        size += mark.start() - done
        done = mark.end()
        if mark[0] == PAGE_BREAK:
            pages.append(Page(pages[-1].number + 1, size))
        elif mark[0] in names:
            opened.append((names[mark[0]], size))
        elif opened:
            role, start = opened.pop()
            roles.append(RoleSpan(role, start, size))
    pages = [
        page for page, after in zip(pages, [*pages[1:], None], strict=True) if not after or page.start < after.start
    ]
    text = "".join([*pieces, source[done:]])
    return Written(text, tuple(pages) if pages[-1].number > 1 else (), tuple(roles))


def _with_breaks_joined(blocks: Sequence[str]) -> Iterator[str]:
    """Page breaks that stand alone go before the next block."""
    waiting = ""
    for block in blocks:
        if not block.strip(f"{PAGE_BREAK} \n"):
            waiting += PAGE_BREAK * block.count(PAGE_BREAK)
        else:
            yield waiting + block
            waiting = ""


def paged(pieces: Sequence[tuple[int, str]]) -> tuple[str, tuple[Page, ...]]:
    """Blocks, each with the number of the page it begins on, as one text and where its pages begin.

    PAGE_BREAK in a block is where the next page begins; it is taken out. Empty blocks are left out.
    """
    texts: list[str] = []
    pages: list[Page] = []
    start = 0
    for number, block in pieces:
        parts = block.split(PAGE_BREAK)
        if not (text := "".join(parts)).strip():
            continue
        if not pages or pages[-1].number != number:
            pages.append(Page(number=number, start=start))
        for turned, length in enumerate(accumulate(map(len, parts[:-1])), start=1):
            pages.append(Page(number=number + turned, start=start + length))
        texts.append(text)
        start += len(text) + len("\n\n")
    return "\n\n".join(texts), tuple(pages)


def _target(url: str) -> str:
    return f"<{url}>" if re.search(r"[\s()]", url) else url


def _cell(words: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(words.split()))
