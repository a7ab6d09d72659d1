"""The block structure of Markdown with line numbers, and its front matter (the only importer of markdown-it-py).

CommonMark (https://spec.commonmark.org/0.31.2) plus pipe tables. Inline markup is not parsed, but for `heading_words`.
A long text is parsed piece by piece, cut where no block can be open, so that memory does not grow with it. A fence
that was never closed ends before the next heading, instead of at the end of the text.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from retrieval.text.display import shown
from retrieval.text.markdown import PIPE

Kind = Literal[
    "heading", "paragraph", "list", "item", "quote", "table", "fence", "code", "html", "rule", "definition", "inline"
]

SEGMENT = 200_000
MOST_REPAIRS = 20
LONGEST_INLINE = 2_000
_KINDS: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "table": "table",
    "fence": "fence",
    "code_block": "code",
    "html_block": "html",
    "hr": "rule",
    "inline": "inline",
}
_HEAD = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?\n)??(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"([A-Za-z_][\w .-]{0,60}):(?:\s+(.*)|\s*)$")
_LANGUAGE = re.compile(r"[\w+#][\w+#.-]*")


@dataclass(frozen=True, slots=True)
class Node:
    """Lines `first` to `last` (exclusive). `text`: inline source of a paragraph or heading without its marks."""

    kind: Kind
    first: int
    last: int
    text: str = ""
    level: int = 0
    language: str = ""
    children: tuple["Node", ...] = ()


def parse(lines: Sequence[str], *, first: int = 0, longest_line: int) -> Iterator[Node]:
    """The outermost blocks from line `first` on. Of lines longer than `longest_line` only the beginning counts."""
    size, repairs = SEGMENT, 0
    while first < len(lines):
        last = _boundary(lines, first, size)
        nodes = _segment(lines, first, last, longest_line)
        if last < len(lines) and nodes and nodes[-1].kind in {"fence", "html"} and nodes[-1].last >= last:
            size *= 4  # cut in the middle of it
            continue
        if repairs < MOST_REPAIRS and (cut := _cut_fence(nodes, lines)):
            nodes, repairs, last = cut, repairs + 1, cut[-1].last
        yield from nodes
        first, size = last, SEGMENT


def heading_words(heading: str) -> str:
    """A heading without marks, markup and hidden characters, as it names a section: `## The *new* [map](x.md)` -> `The new
    map`."""
    first, newline, last = heading.strip().rpartition("\n")
    line = " ".join((first if newline and not last.strip(" \t>=-") else heading).split())
    if len(line) > LONGEST_INLINE:
        return shown(line.lstrip("# "))
    line = re.sub(r"^#{1,6}|(?:^| )#+$| ?\{[#.:-][^}]*\}$", "", line).strip()
    (inline,) = _inline_parser().parseInline(line)
    return shown(" ".join("".join(_plain(inline.children or [])).split()) or line)


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"text", "code_inline", "text_special"}:
            yield token.content
        elif token.type == "image":
            yield from _plain(token.children or [])


@cache
def _inline_parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


@cache
def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["block"])
    parser.block.ruler.before("code", "table", _table, {"alt": ["paragraph", "reference"]})
    return parser


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A table as one token, its rows being lines: markdown-it's own rule makes a token of every cell, and a row of
    every line of text right below."""
    if first + 2 > end or state.sCount[first + 1] < state.blkIndent or state.is_code_block(first + 1):
        return False
    header, delimiters = _line(state, first), _line(state, first + 1)
    if "|" not in header or not all(map(_is_rule, cells := _cells(delimiters))):
        return False
    if len(_cells(header)) != len(cells):
        return False
    if silent:
        return True
    enders = state.md.block.ruler.getRules("blockquote")
    last = first + 2
    while last < end and state.sCount[last] >= state.blkIndent and "|" in _line(state, last):
        if state.is_code_block(last) or any(rule(state, last, end, True) for rule in enders):
            break
        last += 1
    state.push("table", "table", 0).map = [first, last]
    state.line = last
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _is_rule(cell: str) -> bool:
    """`:---:` under the name of a column."""
    return "-" in cell and not cell.strip().removeprefix(":").removesuffix(":").strip("-")


def _cells(row: str) -> list[str]:
    return PIPE.split(row.strip().removeprefix("|").removesuffix("|"))


def _boundary(lines: Sequence[str], first: int, size: int) -> int:
    """The first line, after about `size` characters, where a new block begins for certain; later, probably."""
    seen = 0
    for index in range(first, len(lines)):
        if seen > size and (start := lines[index][:1]).strip(" \t>|"):
            after_blank = not lines[index - 1].strip()
            if (after_blank and (start.isalpha() or start == "#" or seen > 2 * size)) or seen > 4 * size:
                return index
        seen += len(lines[index]) + 1
    return len(lines)


def _segment(lines: Sequence[str], first: int, last: int, longest_line: int) -> list[Node]:
    source = "\n".join(line[:longest_line] for line in lines[first:last]) + "\n"
    env: dict[str, dict[str, dict[str, list[int]]] | list[dict[str, list[int]]]] = {}
    nodes = _tree(_block_parser().parse(source, env), first)
    references, duplicates = env.get("references", {}), env.get("duplicate_refs", [])
    known = [*(references.values() if isinstance(references, dict) else []), *duplicates]
    maps = [reference["map"] for reference in known if isinstance(reference, dict)]
    nodes += [Node("definition", first + start, first + end) for start, end in maps]
    return sorted(nodes, key=lambda node: (node.first, node.last))


def _tree(tokens: Sequence[Token], base: int) -> list[Node]:
    levels: list[list[Node]] = [[]]
    opened: list[Token] = []
    for token in tokens:
        if token.nesting == 1:
            opened.append(token)
            levels.append([])
        else:
            children = levels.pop() if token.nesting == -1 else []
            levels[-1].append(_node(opened.pop() if token.nesting == -1 else token, children, base))
    return levels[0]


def _node(token: Token, children: list[Node], base: int) -> Node:
    first, last = token.map or (0, 0)
    language = _LANGUAGE.search(token.info) if token.type == "fence" else None
    return Node(
        kind=_KINDS[token.type],
        first=base + first,
        last=base + last,
        text=token.content if token.type == "inline" else "".join(c.text for c in children if c.kind == "inline"),
        level=int(token.tag[1:]) if token.type == "heading_open" else 0,
        language=language[0] if language else "",
        children=tuple(child for child in children if child.kind != "inline"),
    )


def _cut_fence(nodes: Sequence[Node], lines: Sequence[str]) -> list[Node]:
    """The nodes up to a fence that somebody forgot to close, and that fence cut short; empty if there is none."""
    for index, node in enumerate(nodes):
        if node.kind == "fence" and (end := _fence_end(node, lines)):
            return [*nodes[:index], replace(node, last=end)]
    return []


def _fence_end(node: Node, lines: Sequence[str]) -> int | None:
    closed = node.last - node.first > 1 and not lines[node.last - 1].strip("`~> \t")
    if closed or node.language in {"markdown", "md"}:
        return None
    after_blank = (line for line in range(node.first + 2, node.last) if not lines[line - 1].strip())
    return next((line for line in after_blank if lines[line].startswith(("## ", "### ", "#### "))), None)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The `---` (YAML) or `+++` (TOML) head of a file as flat metadata: `text[:end]`, 0 if there is none. Keys are lower
    case, lists joined with commas.

    YAML is read by rule, not by a YAML library: front matter is `key: value` and short lists, and a file that is almost
    YAML shall still give its title. Left out: nested mappings, anchors, block scalars (their first line is kept).
    """

    end: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


def front_matter(text: str) -> FrontMatter:
    """The front matter of `text`. A head of rules without a single `key: value` line is not front matter."""
    if match := _HEAD.match(text):
        metadata = (_yaml if match[1] == "---" else _toml)(match[2] or "")
        return FrontMatter(match.end(), metadata) if metadata else FrontMatter()
    return FrontMatter()


def _yaml(head: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    key = ""
    for line in head.split("\n"):
        if match := _KEY.match(line):
            key = match[1].rstrip().lower()
            found[key] = _values((match[2] or "").strip())
        elif key and line.lstrip().startswith("- "):
            found[key].append(_unquoted(line.lstrip()[2:].strip()))
        elif line.strip() and line[0] not in " \t#]}":
            return {}  # prose between two rules
    return {key: ", ".join(filter(None, values)) for key, values in found.items()}


def _values(value: str) -> list[str]:
    """`[a, "b"]` -> a, b; `"a"` -> a; `|` and `>` announce a block scalar and are no value."""
    if value.startswith("[") and value.endswith("]"):
        return [_unquoted(part.strip()) for part in value[1:-1].split(",")]
    return [] if value in {"|", ">", "|-", ">-"} else [_unquoted(value)]


def _unquoted(value: str) -> str:
    for quote in ('"', "'"):
        if len(value) > 1 and value.startswith(quote) and (end := value.find(quote, 1)) > 0:
            return value[1:end] if value[end + 1 :].lstrip()[:1] in {"", "#"} else value
    return value.partition(" #")[0].rstrip()


def _toml(head: str) -> dict[str, str]:
    try:
        table = tomllib.loads(head)
    except tomllib.TOMLDecodeError:
        return {}
    joined = {key.lower(): ", ".join(map(str, value)) for key, value in table.items() if isinstance(value, list)}
    return joined | {k.lower(): str(v) for k, v in table.items() if not isinstance(v, list | dict)}
