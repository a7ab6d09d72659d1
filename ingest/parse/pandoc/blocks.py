"""The blocks of pandoc's syntax tree to Markdown.

One writer for every format that pandoc reads. Notes stand below the block that refers to them. What a block is for
(caption, definition, question, table of contents, formula) is marked where the tree says so, see `markdown_writer`.
"""

import re
from collections.abc import Container, Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any

from ingest.parse import markdown_writer as markup
from ingest.parse import table_grid
from ingest.parse.pandoc import docx, inlines, odt
from ingest.parse.pandoc.inlines import Node
from retrieval.types import Role

_QUESTIONS = frozenset({"exercise", "exercises", "question", "problem", "quiz"})
_NO_LANGUAGE = frozenset({"", "sourceCode", "numberLines", "code", "literate", "none", "default"})
_BLANK = frozenset({"Space", "SoftBreak", "LineBreak"})
_LISTS, _PARAGRAPHS = frozenset({"BulletList", "OrderedList"}), frozenset({"Para", "Plain"})
_FEW_TERMS = 3  # with their meanings make a list
_LABEL = re.compile(r"(?:\(?[^\W_]{1,3}[.)]\s*|[•·*–-]\s*)\S")
_ENDS = tuple("?!.…？！。")  # behind a title that is a sentence no colon stands


class BlockWriter:
    """Writes the blocks of one document, counting its notes.

    `left_out`: classes of divisions that are no content. `quotes`: whether a block quote is one; pandoc takes any
    paragraph of a Word file that is indented for a quotation.
    """

    def __init__(self, *, left_out: Container[str] = (), quotes: bool = True) -> None:
        self._left_out = left_out
        self._quotes = quotes
        self._count = 0
        self._notes: list[str] = []

    def document(self, nodes: Sequence[Node]) -> list[str]:
        """Blocks in order, notes below what refers to them."""
        found: list[str] = []
        for node, following in zip_longest(nodes, nodes[1:]):
            section = node["t"] == "Div" and not _QUESTIONS.intersection(node["c"][0][1]) and _is_plain(node["c"][1])
            if section and not any(name.lower() in self._left_out for name in node["c"][0][1]):
                inside = self.document(node["c"][1])
                goes_on = following and _is_anchor(following)
                found += inside if goes_on else [markup.boxed(markup.joined(inside))]
            else:
                found += self.block(node)
                found += self._notes
                self._notes.clear()
        return found

    def blocks(self, nodes: Sequence[Node]) -> list[str]:
        return [text for node in nodes for text in self.block(node)]

    def words(self, nodes: Sequence[Node]) -> str:
        return inlines.words(nodes, self._note)

    def _note(self, content: Sequence[Node]) -> str:
        self._count += 1
        number = self._count
        body = " ".join(self._flat(content))
        text = markup.paragraph(f"Note {number}: {body}") if body else ""
        self._notes.append(markup.marked("links", text) if "://" in body else text)  # where something is from
        return f" (note {number})" if body else ""

    def block(self, node: Node) -> list[str]:
        """The Markdown of one node: none, one or several blocks."""
        kind: str = node["t"]
        content: Any = node.get("c")
        match kind:
            case "Para" | "Plain":
                return [self._paragraph(part) for part in _around_formulas(content)]
            case "Header":
                return [markup.heading(content[0], self.words(content[2]))]
            case "CodeBlock":
                text = content[1].replace(docx.EMPTY_LINE, "").replace(docx.PAGE_BREAK, "")
                return [markup.code(text, _language(content[0]))]
            case "LineBlock":
                return [markup.paragraph("\n".join(self.words(line) for line in content))]
            case "BlockQuote":
                inside = self.blocks(content)
                return [markup.quote(markup.joined(inside))] if self._quotes else inside
            case "BulletList":
                return self._list(["-"] * len(content), content)
            case "OrderedList":
                start = content[0][0]
                return self._list([f"{start + at}." for at in range(len(content[1]))], content[1])
            case "DefinitionList":
                return ["\n".join(self._definitions(content))]
            case "Table":
                return list(self._table(content))
            case "Figure":
                return list(self._figure(content))
            case "Div":
                return self._division(*content)
            case "RawBlock":
                return [markup.marked("formula", inlines.raw_formula(*content))]
        return []

    def _paragraph(self, content: Sequence[Node]) -> str:
        filled = [node for node in content if node["t"] not in _BLANK and not _is_stroke(node)]
        text = markup.paragraph(inlines.words(content, self._note, emphasis=True))
        if filled and all(node["t"] in {"Math", "RawInline"} for node in filled):
            return markup.marked("formula", text)
        return text

    def _list(self, marks: Sequence[str], items: Sequence[Sequence[Node]]) -> list[str]:
        """One without numbers, each item with a heading, lays out a page and is no list."""
        role, blocks = _link_role(items), [self.blocks(item) for item in items]
        if marks[:1] == ["-"] and all(map(_is_headed, items)):
            return [text for texts in blocks for text in texts]
        bodies = [(mark, markup.joined(texts, tight=True)) for mark, texts in zip(marks, blocks, strict=True)]
        return ["\n".join(markup.item(mark, markup.marked(role, body)) for mark, body in bodies if body)]

    def _definitions(self, content: Sequence[Any]) -> Iterator[str]:
        """`- term: meaning`; each of several meanings with its term."""
        for term, meanings in content:
            name = self.words(term).replace("\n", ", ").rstrip(":： ")
            for meaning in meanings:
                body = markup.joined(self.blocks(meaning), tight=True)
                yield markup.item("-", markup.marked("definition", f"{name}: {body}" if name else body))

    def _table(self, content: Sequence[Any]) -> Iterator[str]:
        caption, rows = table_grid.parts(content)
        yield from (markup.marked("caption", text) for text in self.blocks(caption) if text)
        if table_grid.is_layout(rows, self._cell):
            for _, cells in rows:
                for cell in cells:
                    yield from self.blocks(cell[4])
            return
        above, lines = table_grid.laid_out(table_grid.grid(rows, self._cell))
        yield from (markup.paragraph(above), markup.table(lines))

    def _cell(self, content: Sequence[Node]) -> str:
        return "; ".join(self._flat(content))

    def _flat(self, content: Sequence[Node]) -> Iterator[str]:
        """The blocks of a cell or a note as one line each, lists opened."""
        for node in content:
            if node["t"] == "Table":
                lines: Iterator[str] = table_grid.nested(node["c"], self._cell)
            elif node["t"] == "CodeBlock":
                lines = iter([markup.inline_code(node["c"][1])])
            elif node["t"] in _LISTS:
                lines = (line for item in _items(node) for line in self._flat(item))
            elif node["t"] in {"Para", "Plain"}:
                lines = iter([self.words(node["c"])])
            elif node["t"] in {"Div", "BlockQuote", "Figure"}:
                lines = self._flat(node["c"] if node["t"] == "BlockQuote" else node["c"][-1])
            else:
                lines = iter(self.block(node))
            yield from (" ".join(markup.unmarked(line).split()) for line in lines if line.strip())

    def _figure(self, content: Sequence[Any]) -> Iterator[str]:
        """What is shown, then its caption, which a picture's description does not repeat."""
        _, caption, shown = content
        below = [text for text in self.blocks(caption[1]) if text]
        for text in self.blocks(shown):
            said = next((line for line in below if text.startswith(f"![{line}](")), "")
            yield markup.image("", text[len(said) + 4 :].strip("<>)")) if said else text
        yield from (markup.marked("caption", text) for text in below)

    def _division(self, attributes: Sequence[Any], content: Sequence[Node]) -> list[str]:
        classes = {*attributes[1], *(value for name, value in attributes[2] if name in {"data-type", "epub:type"})}
        if any(name.lower() in self._left_out for name in classes):
            return []
        role: Role = "question" if classes & _QUESTIONS else ""
        texts = [text if text.startswith("#") else markup.marked(role, text) for text in self._titled(content)]
        return [markup.boxed(markup.joined(texts))] if any(text.startswith("#") for text in texts) else texts

    def _titled(self, content: Sequence[Node]) -> list[str]:
        """The title of a box in front of its first words: `Note: Be careful`."""
        first, *rest = [*content] or [{"t": "Null"}]
        if first["t"] != "Div" or "title" not in first["c"][0][1]:
            return self.blocks(content)
        title = markup.joined(self.blocks(first["c"][1]))
        body = self.blocks(rest)
        if rest and rest[0]["t"] in _PARAGRAPHS and title:
            bare = title.rstrip(":")
            return [f"{bare}{':' * (bare[-1:] not in _ENDS)} {body[0]}", *body[1:]]
        return [title, *body]


def with_headings(nodes: Sequence[Node]) -> list[Node]:
    """In a document without headings below the title, short bold paragraphs serve as such."""
    if any(node["t"] == "Header" and node["c"][0] > 1 for node in nodes):
        return list(nodes)
    heads, labelled = list(map(_looks_like_heading, nodes)), list(map(_is_labelled, nodes))
    others = [False, *(label and not head for label, head in zip(labelled, heads, strict=True)), False]
    heads = [  # the right one among other answers is bold, but no heading
        head and not (label and (before or after))
        for head, label, before, after in zip(heads, labelled, others, others[2:], strict=False)
    ]
    return [
        {"t": "Header", "c": [2, ["", [], []], node["c"]]} if head else node
        for head, node in zip(heads, nodes, strict=True)
    ]


def _is_labelled(node: Node) -> bool:
    """Whether a paragraph begins with the letter, the number or the sign of an item."""
    return node["t"] in _PARAGRAPHS and bool(_LABEL.match(inlines.words(node["c"], lambda _: "").lstrip()))


def with_definitions(nodes: Sequence[Node]) -> list[Node]:
    """In a file that knows no lists of definitions: bold terms that end with a colon, each with a paragraph below it."""
    found: list[Node] = []
    at = 0
    while at < len(nodes):
        end = at
        while end + 1 < len(nodes) and _is_term(nodes[end]) and _is_meaning(nodes[end + 1]):
            end += 2
        if end - at >= 2 * _FEW_TERMS:
            pairs = [[nodes[term]["c"], [[nodes[term + 1]]]] for term in range(at, end, 2)]
            found.append({"t": "DefinitionList", "c": pairs})
        else:
            end = max(end, at + 1)
            found += nodes[at:end]
        at = end
    return found


def _is_term(node: Node) -> bool:
    filled = [part for part in node["c"] if part["t"] not in _BLANK] if node["t"] in _PARAGRAPHS else []
    bold = (
        bool(filled)
        and filled[0]["t"] == "Strong"
        and all(part["t"] == "Strong" or _is_stroke(part) for part in filled)
    )
    return bold and inlines.words(node["c"], lambda _: "").endswith((":", "："))


def _is_meaning(node: Node) -> bool:
    return node["t"] in _PARAGRAPHS and bool(node["c"]) and not _is_term(node)


def with_code(nodes: Sequence[Node]) -> list[Node]:
    """Paragraphs that were marked as lines of code, those side by side together."""
    found: list[Node] = []
    for is_code, run in groupby(nodes, key=lambda node: _code_line(node) is not None):
        lines = list(run)
        text = "\n".join(_code_line(line) or "" for line in lines)
        found += [{"t": "CodeBlock", "c": [["", [], []], text]}] if is_code else lines
    return found


def _code_line(node: Node) -> str | None:
    if node["t"] not in _PARAGRAPHS or not node["c"] or not str(node["c"][0].get("c", "")).startswith(odt.CODE):
        return None
    return "".join(str(part.get("c", " ")) if part["t"] == "Str" else " " for part in node["c"]).removeprefix(odt.CODE)


def _looks_like_heading(node: Node) -> bool:
    if node["t"] not in _PARAGRAPHS:
        return False
    filled = [part for part in node["c"] if part["t"] not in {"Space", "SoftBreak"}]
    bold = bool(filled) and all(part["t"] == "Strong" for part in filled)
    text = inlines.words(node["c"], lambda _: "")
    return bold and 0 < len(text) <= markup.LONGEST_HEADING and "\n" not in text and text[-1] not in ".,;:!"


def _around_formulas(content: Sequence[Node]) -> Iterator[list[Node]]:
    """A paragraph cut at the formulas that are displayed in it; what stands right after one, as a full stop, stays."""
    part: list[Node] = []
    for node in content:
        displayed = node["t"] == "Math" and node["c"][0]["t"] == "DisplayMath"
        after = bool(part) and part[-1]["t"] == "Math" and part[-1]["c"][0]["t"] == "DisplayMath"
        if displayed or (after and not _is_stroke(node)):
            yield part
            part = []
        part.append(node)
    yield part


def _is_anchor(node: Node) -> bool:
    """The mark of the next file of a book, in which the text may go on."""
    return node["t"] == "Para" and node["c"][:1] != [] and node["c"][0]["t"] == "Span" and not node["c"][0]["c"][1]


def _is_plain(content: Sequence[Node]) -> bool:
    return not content or content[0]["t"] != "Div" or "title" not in content[0]["c"][0][1]


def _language(attributes: Sequence[Any]) -> str:
    return next((str(name).lower() for name in attributes[1] if name not in _NO_LANGUAGE), "")


def _link_role(items: Sequence[Sequence[Node]]) -> Role:
    """A list of nothing but links: to places in the document (contents) or to others."""
    leaves = [leaf for item in items for leaf in _leaves(item) if leaf["t"] not in _BLANK and not _is_stroke(leaf)]
    if len(items) < 2 or not leaves or any(leaf["t"] != "Link" for leaf in leaves):
        return ""
    return "contents" if all((leaf["c"][2][0] or "#").startswith("#") for leaf in leaves) else "links"


def _leaves(blocks: Sequence[Node]) -> Iterator[Node]:
    """The inlines of paragraphs and of lists of them; any other block itself."""
    for block in blocks:
        if block["t"] in _LISTS:
            yield from (leaf for item in _items(block) for leaf in _leaves(item))
        else:
            yield from block["c"] if block["t"] in _PARAGRAPHS else [block]


def _is_headed(nodes: Sequence[Node]) -> bool:
    return any(
        node["t"] == "Header"
        or (node["t"] == "Div" and _is_headed(node["c"][1]))
        or (node["t"] == "BulletList" and all(map(_is_headed, node["c"])))
        for node in nodes
    )


def _items(block: Node) -> Sequence[Sequence[Node]]:
    return list(block["c"] if block["t"] == "BulletList" else block["c"][1])


def _is_stroke(node: Node) -> bool:
    return node["t"] == "Str" and not any(map(str.isalnum, node["c"]))
