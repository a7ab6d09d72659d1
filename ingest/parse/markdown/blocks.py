"""The layout of Markdown text: blocks with exact character offsets.

The parser gives line numbers and lines give offsets, so the text itself is never touched and inline markup stays in it.
What the parser leaves over (lines nested too deeply for it) is filled in: every character that is not space lies in
exactly one block.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from string import ascii_lowercase

from ingest.parse.markdown import parser as commonmark
from ingest.parse.markdown.parser import Node, front_matter
from retrieval.types import Block, BlockKind

LONGEST_LEAD = 200
_STRUCTURED = frozenset({"list", "fence", "code", "table"})
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
LONGEST_HEADING = 120
_LETTERED = re.compile(r"\s*\(?([A-Za-z])[.)]\s+(?=\S)")
_BULLET = re.compile(r"\s*[•◦▪▫‣⁃●○■□·]\s*(?=\S)")  # a list to people, if not to CommonMark


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
        elif node.kind in {"paragraph", "heading"} or (node.kind == "code" and _BULLET.match(self.lines[node.first])):
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

    def _paragraph(self, node: Node, intro: str) -> None:
        """With each line that begins with a bullet, or with a letter of the series a), b), ..., as an item; levels by width of
        indentation: 0, 4, 2 -> 0, 2, 1.
        """
        lines = range(node.first, node.last)
        bullets = {at: found[0] for at in lines if (found := _BULLET.match(self.lines[at]))}
        lettered = {at: found for at in lines if (found := _LETTERED.match(self.lines[at]))}
        letters = "".join(found[1] for found in lettered.values()).lower()
        if not bullets and len(letters) > 1 and ascii_lowercase.startswith(letters):
            bullets = {at: found[0][: -len(found[0].lstrip())] for at, found in lettered.items()}
        first = min(bullets, default=node.last)
        if self.add("paragraph", node.first, first):
            intro = node.text if first == node.last else " ".join(self.lines[node.first : first])
        self.intro = "" if bullets else intro
        indents = sorted({len(mark) - len(mark.lstrip()) for mark in bullets.values()})
        parents: list[str] = []
        for at, end in pairwise([*bullets, node.last]):
            level = indents.index(len(bullets[at]) - len(bullets[at].lstrip()))
            parents = [*parents[:level], self.lines[at].removeprefix(bullets[at]).strip()]
            lead = _shortened(parents[-2]) if level and len(parents) > 1 else _introduction(intro)
            self.add("item", at, end, level=level, lead=lead)

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
            self._span("paragraph" if _TAG.sub("", markup).strip() else "boilerplate", base + done, markup)
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
    tail = folded[-LONGEST_LEAD:]
    start = max(tail.rfind(stop) for stop in (". ", "! ", "? "))
    return tail[start + 2 :] if start >= 0 else tail.partition(" ")[2]


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
