"""The layout of Markdown text: blocks with exact character offsets.

The parser gives line numbers and lines give offsets, so the text itself is never touched and inline markup stays in it.
What the parser leaves over (lines nested too deeply for it) is filled in: every character that is not space lies in
exactly one block.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise

from ingest.parse.markdown import parser as commonmark
from ingest.parse.markdown.parser import Node, front_matter
from retrieval.types import Block, BlockKind

LONGEST_LEAD = 200
_STRUCTURED = frozenset({"list", "fence", "code", "table"})
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_TELLING_TAG = re.compile(r"""<[^<>]*\b(?:alt|title|aria-label)\s*=\s*["']?[^"'\s>]""", re.IGNORECASE)
LONGEST_HEADING = 120
_HEADING = re.compile(r" {0,3}(#{2,6}(?=[^\s#])|#(?=[A-Z])(?!.*\s#\w))")
_BULLET = re.compile(r"\s*(?:[•◦▪▫‣⁃●○■□·]\s*(?=\S)|[–—]\s+(?=\S))")
_NUMBER = re.compile(r"\s*(\d{1,3})[.)]\s+(?=\S)")


def blocks(text: str, *, longest_line: int = 100_000) -> tuple[Block, ...]:
    """The blocks of `text`, in order; newlines are `\\n`. Lines longer than `longest_line` are cut for the parser only.

    heading: the whole line or, underlined, both. item: up to its nested list, code or table; what comes after that is
    a paragraph with the item as lead. row: one table row; the header with its delimiter line is one too. code: with
    its fences. boilerplate: front matter, comments, scripts, link definitions, rules.
    """
    lines = text.split("\n")
    head = text[: front_matter(text).end]
    skipped = len(head.removesuffix("\n").split("\n")) if head else 0
    layout = _Layout(lines)
    layout.add("boilerplate", 0, skipped)
    for node in commonmark.parse(lines, first=skipped, longest_line=longest_line):
        layout.block(node)
    return tuple(_complete(text, layout.found))


class _Layout:
    """Collects blocks while the parsed nodes go by. `intro` is the paragraph just before, if it was one."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        self.found: list[Block] = []
        self.intro = ""

    def add(
        self, kind: BlockKind, first: int, last: int, *, level: int = 0, lead: str = "", language: str = ""
    ) -> bool:
        """Lines `first` to `last` (exclusive) without the space around them; False if there is only space."""
        filled = [line for line in range(first, last) if self.lines[line].strip()]
        if not filled:
            return False
        top, bottom = self.lines[filled[0]], self.lines[filled[-1]]
        start = self.starts[filled[0]] + (0 if kind == "code" else len(top) - len(top.lstrip()))
        end = self.starts[filled[-1]] + len(bottom.rstrip())
        self.found.append(Block(kind, start, end, level=level, lead=lead, language=language))
        return True

    def block(self, node: Node, *, quoted: bool = False) -> None:
        """A node that stands outside of lists."""
        intro, self.intro = self.intro, ""
        if node.kind == "heading" and not quoted:
            self._heading(node, intro)
        elif node.kind in {"paragraph", "heading"} or self._bullets(node):
            self._paragraph(node, intro)
        elif node.kind == "quote":
            for child in node.children:
                self.block(child, quoted=True)
        elif node.kind == "html":
            self._html(node)
        elif node.kind in _STRUCTURED:
            self._structured(node, level=0, lead=_introduction(intro) if node.kind == "list" else "")
        else:
            self.add("boilerplate", node.first, node.last)

    def _heading(self, node: Node, intro: str) -> None:
        """Text with a rule right below it is a heading to CommonMark, however long the text is."""
        height = node.last - node.first
        if height > 2 or (height == 2 and len(node.text) > LONGEST_HEADING):
            self._paragraph(replace(node, last=node.last - 1), intro)
        else:
            self.add("heading", node.first, node.last, level=node.level)

    def _bullets(self, node: Node) -> bool:
        return node.kind == "code" and starts_with_bullet(self.lines[node.first])

    def _paragraph(self, node: Node, intro: str) -> None:
        parts = parts_of(self.lines[node.first : node.last])
        header, parents = "", list[str]()
        for part in parts:
            first, last = node.first + part.first, node.first + part.last
            if part.kind == "item":
                parents = [*parents[: part.level], part.words]
                lead = _shortened(parents[-2]) if part.level and len(parents) > 1 else _introduction(intro)
                self.add("item", first, last, level=part.level, lead=lead)
            elif part.kind == "row":
                self.add("row", first, last, lead=header)
                header = header or self.lines[first].strip()
            else:
                self.add(part.kind, first, last, level=part.level)
                intro = " ".join(self.lines[first:last]) if part.kind == "paragraph" else ""
        self.intro = node.text if len(parts) == 1 and intro else intro

    def _structured(self, node: Node, *, level: int, lead: str) -> None:
        if node.kind == "list":
            for item in node.children:
                self._item(item, level, lead)
        elif node.kind == "table":
            header = self.lines[node.first].lstrip("> \t").rstrip()
            self.add("row", node.first, node.first + 2)
            for line in range(node.first + 2, node.last):
                self.add("row", line, line + 1, lead=header)
        else:
            self.add("code", node.first, node.last, lead=lead, language=node.language)

    def _item(self, item: Node, level: int, lead: str) -> None:
        children = list(_unquoted(item.children))
        words = _shortened(children[0].text) if children else ""
        first, begun = item.first, False
        for child in [*(child for child in children if child.kind in _STRUCTURED), None]:
            end = child.first if child else item.last
            if begun:
                self.add("paragraph", first, end, lead=words)
            else:
                begun = self.add("item", first, end, level=level, lead=lead)
            if child:
                self._structured(child, level=level + 1, lead=words or lead)
                first = max(first, child.last)

    def _html(self, node: Node) -> None:
        """Raw HTML: its text matters, comments and scripts do not, nor do tags that say nothing."""
        base, source = self.starts[node.first], "\n".join(self.lines[node.first : node.last])
        done = 0
        for unseen in [*_UNSEEN.finditer(source), None]:
            markup = source[done : unseen.start() if unseen else len(source)]
            telling = _TAG.sub("", markup).strip() or _TELLING_TAG.search(markup)
            self._span("paragraph" if telling else "boilerplate", base + done, markup)
            if unseen:
                self._span("boilerplate", base + unseen.start(), unseen[0])
                done = unseen.end()

    def _span(self, kind: BlockKind, start: int, words: str) -> None:
        if bare := words.strip():
            start += len(words) - len(words.lstrip())
            self.found.append(Block(kind, start, start + len(bare)))


def _unquoted(nodes: Sequence[Node]) -> Iterator[Node]:
    """Block quotes opened."""
    return chain.from_iterable(_unquoted(node.children) if node.kind == "quote" else [node] for node in nodes)


def _introduction(paragraph: str) -> str:
    """What a paragraph says about the list below it: all of it if short, its last sentence if it ends with a colon."""
    folded = " ".join(paragraph.split())
    if len(folded) <= LONGEST_LEAD:
        return folded
    if not folded.endswith(":"):
        return ""
    last = re.split(r"(?<=[.!?])\s+", folded)[-1]
    return last if len(last) <= LONGEST_LEAD else last[-LONGEST_LEAD:].partition(" ")[2]


def _shortened(text: str) -> str:
    folded = " ".join(text[: 4 * LONGEST_LEAD].split())
    return folded if len(folded) <= LONGEST_LEAD else folded[:LONGEST_LEAD].rpartition(" ")[0]


def _complete(text: str, found: Sequence[Block]) -> list[Block]:
    """The blocks without overlaps, and what lies between them as blocks of its own."""
    complete: list[Block] = []
    for block in found:
        _fill(complete, text, block.start)
        start = max(block.start, complete[-1].end if complete else 0)
        if start == block.start:
            complete.append(block)
        elif rest := text[start : block.end].strip():
            complete.append(replace(block, start=text.index(rest, start)))
    _fill(complete, text, len(text))
    return complete


def _fill(complete: list[Block], text: str, end: int) -> None:
    """Adds what is left between the last block and `end`: the marks of an empty line in a quote belong to its text."""
    start = complete[-1].end if complete else 0
    if not (rest := text[start:end].strip()):
        return
    start = text.index(rest, start)
    if complete and complete[-1].kind in {"paragraph", "item"} and not rest.strip("> \t\n"):
        complete[-1] = replace(complete[-1], end=start + len(rest))
    else:
        kind: BlockKind = "paragraph" if any(map(str.isalnum, rest)) else "boilerplate"
        complete.append(Block(kind, start, start + len(rest)))


@dataclass(frozen=True, slots=True)
class Part:
    """Lines `first` to `last` (exclusive) of a paragraph. `words`: an item's text without its mark."""

    kind: BlockKind
    first: int
    last: int
    level: int = 0
    words: str = ""


def parts_of(lines: Sequence[str]) -> list[Part]:
    """A paragraph taken apart; one part of kind paragraph if there is nothing to repair."""
    marks = _marks(lines)
    found: list[Part] = []
    for index, mark in enumerate(marks):
        if mark is not None:
            found.append(replace(mark, first=index, last=index + 1))
        elif found and found[-1].kind in {"paragraph", "item"}:
            found[-1] = replace(found[-1], last=index + 1)
        else:
            found.append(Part("paragraph", index, index + 1))
    return found


def starts_with_bullet(line: str) -> bool:
    """`    • one` is a list, not code."""
    return bool(_BULLET.match(line)) and line.lstrip()[0] not in "–—"


def _marks(lines: Sequence[str]) -> list[Part | None]:
    """What each line begins, if anything: evidence from the other lines counts for the ambiguous marks."""
    marks = [_heading(line) for line in lines]
    for index in _listed(lines):
        match = _BULLET.match(lines[index]) or _NUMBER.match(lines[index])
        if match and marks[index] is None:
            indent = len(match[0]) - len(match[0].lstrip())
            marks[index] = Part("item", 0, 0, level=indent, words=lines[index][match.end() :].strip())
    rows = [index for index, line in enumerate(lines) if _is_row(line)]
    for index in rows if len(rows) > 1 else []:
        marks[index] = Part("row", 0, 0)
    return _ranked(marks)


def _is_row(line: str) -> bool:
    bare = line.strip()
    return bare.startswith("|") and bare.endswith("|") and bare.count("|") > 2


def _heading(line: str) -> Part | None:
    match = _HEADING.match(line)
    return Part("heading", 0, 0, level=len(match[1])) if match and len(line) <= LONGEST_HEADING else None


def _listed(lines: Sequence[str]) -> list[int]:
    """Lines that begin a list item. Dashes count from two on, numbers if one follows the other."""
    bullets = [index for index, line in enumerate(lines) if starts_with_bullet(line)]
    dashes = [index for index, line in enumerate(lines) if _BULLET.match(line) and index not in bullets]
    numbered = [(index, int(match[1])) for index, line in enumerate(lines) if (match := _NUMBER.match(line))]
    follows = {i for (one, n), (two, m) in pairwise(numbered) if m == n + 1 for i in (one, two)}
    return sorted({*bullets, *(dashes if len(dashes) > 1 else []), *follows})


def _ranked(marks: Sequence[Part | None]) -> list[Part | None]:
    """Item levels from widths of indentation: 0, 4, 2 -> 0, 2, 1."""
    indents = sorted({mark.level for mark in marks if mark and mark.kind == "item"})
    return [replace(mark, level=indents.index(mark.level)) if mark and mark.kind == "item" else mark for mark in marks]
