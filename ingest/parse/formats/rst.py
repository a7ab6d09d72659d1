"""reStructuredText to Markdown (the only importer of docutils).

Directives and roles that only Sphinx knows keep their words: a directive's contents are read like the rest, a role
gives its text. Left out: comments, tables of contents, raw HTML, substitutions that are not defined in the file.
"""

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from docutils import nodes
from docutils.core import publish_doctree

from ingest.parse import decode, markdown_writer
from ingest.parse.formats import table_grid
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile

_DIRECTIVE = re.compile(r"\s*\.\.\s+(?:\|[^|]*\|\s+)?([\w:+.-]+?)::[ \t]*(.*)")
_ROLE = re.compile(r":([\w:+.-]+):`(.*)`$|`(.*)`:([\w:+.-]+):$", re.DOTALL)
_SILENT = frozenset(
    {"toctree", "index", "highlight", "currentmodule", "meta", "contents", "include", "literalinclude", "raw"}
)
_CODE = frozenset({"code-block", "code", "sourcecode", "parsed-literal", "prompt", "ipython", "doctest", "testcode"})
_WORDED_ROLES = frozenset(
    {"ref", "doc", "term", "numref", "abbr", "guilabel", "menuselection", "dfn", "pep", "rfc", "eq"}
)
_SETTINGS = {
    "report_level": 5,
    "halt_level": 6,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "syntax_highlight": "none",
    "smart_quotes": False,
}
_DEEPEST = 10
_Block = Iterator[str]


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: binary, corrupt."""
    decoded = decode.decode(data)
    tree = _parsed(decoded.text)
    metadata: dict[str, str] = {}
    for node in tree.findall(lambda node: isinstance(node, nodes.author | nodes.authors | nodes.date)):
        metadata[type(node).__name__] = " ".join(node.astext().split())
    title = _inline(next((node for node in tree.children if isinstance(node, nodes.title)), None))
    text = markdown_writer.joined([block for node in tree.children for block in _blocks(node, 2 if title else 1, 0)])
    heading = markdown_writer.heading(1, title)
    return Source(
        text=markdown_writer.joined([heading, text]),
        title=title.replace("`", "") or None,
        metadata=metadata,
        notes=(decoded.note,) if decoded.note else (),
    )


def _parsed(text: str) -> nodes.document:
    try:
        return publish_doctree(text, settings_overrides={**_SETTINGS, "line_length_limit": len(text) + 1})
    except Exception as error:  # docutils lets through whatever a directive of its own stumbles over
        message = f"This reStructuredText cannot be read: {error}."
        raise UnreadableFile("corrupt", message, remedy="Check it with docutils, or export it as HTML.") from error


def _blocks(node: nodes.Node, level: int, depth: int) -> _Block:
    """The Markdown of a body element; `level` is that of a heading inside, `depth` counts rescued directives."""
    match node:
        case nodes.title() | nodes.docinfo() | nodes.comment() | nodes.target() | nodes.substitution_definition():
            return
        case nodes.topic() if "contents" in node["classes"]:
            return
        case nodes.section():
            yield markdown_writer.heading(level, _inline(node.next_node(nodes.title)))
            yield from _children(node, level + 1, depth)
        case nodes.bullet_list() | nodes.enumerated_list():
            yield _list(node, level, depth)
        case nodes.definition_list() | nodes.field_list() | nodes.option_list():
            yield "\n".join(_definition(item, level, depth) for item in node.children)
        case nodes.block_quote() if not all(isinstance(child, nodes.Sequential) for child in node.children):
            yield markdown_writer.quote(markdown_writer.joined(list(_children(node, level, depth))))
        case nodes.table():
            yield from _table(node, level, depth)
        case nodes.system_message():
            yield from _rescued(node, level, depth)
        case nodes.footnote() | nodes.citation():
            label, *body = list(_children(node, level, depth))
            yield f"Note {label}: {markdown_writer.joined(body)}"
        case nodes.topic() | nodes.sidebar() | nodes.admonition():
            yield markdown_writer.paragraph(_inline(node.next_node(nodes.title)))
            yield from _children(node, level, depth)
        case nodes.Element() if isinstance(node, nodes.Admonition):
            first, *rest = list(_children(node, level, depth)) or [""]
            yield from (f"{type(node).__name__.capitalize()}: {first}", *rest)
        case _:
            yield from _simple(node, level, depth)


def _simple(node: nodes.Node, level: int, depth: int) -> _Block:
    """Elements that hold words and no other elements of the body; containers of any sort give what they contain."""
    match node:
        case nodes.line_block():
            yield "\n".join(_children(node, level, depth))
        case nodes.literal_block() | nodes.doctest_block():
            yield markdown_writer.code(node.astext(), _language(node))
        case nodes.math_block():
            yield f"$${node.astext()}$$"
        case nodes.image():
            yield markdown_writer.image(str(node.get("alt", "")), str(node.get("uri", "")))
        case nodes.TextElement():
            yield markdown_writer.paragraph(_inline(node))
        case nodes.Element():
            yield from _children(node, level, depth)
        case _:
            yield markdown_writer.paragraph(node.astext())


def _children(node: nodes.Element, level: int, depth: int) -> _Block:
    for child in node.children:
        yield from _blocks(child, level, depth)


def _list(node: nodes.Element, level: int, depth: int) -> str:
    start = int(node.get("start", 1))
    marks = [f"{number}." for number in range(start, start + len(node.children))]
    bodies = [markdown_writer.joined(list(_blocks_of(item, level, depth)), tight=True) for item in node.children]
    ordered = isinstance(node, nodes.enumerated_list)
    return "\n".join(
        markdown_writer.item(mark if ordered else "-", body) for mark, body in zip(marks, bodies, strict=True)
    )


def _blocks_of(item: nodes.Node, level: int, depth: int) -> _Block:
    return _children(item, level, depth) if isinstance(item, nodes.Element) else iter(())


def _definition(item: nodes.Node, level: int, depth: int) -> str:
    """`- term: meaning`; of a field list `- name: body`, of an option list `- option: description`."""
    assert isinstance(item, nodes.Element)
    *terms, meaning = item.children
    body = markdown_writer.joined(list(_blocks_of(meaning, level, depth)), tight=True)
    return markdown_writer.item("-", f"{', '.join(_inline(term) for term in terms)}: {body}")


def _table(node: nodes.table, level: int, depth: int) -> _Block:
    if (title := node.next_node(nodes.title)) is not None:
        yield markdown_writer.paragraph(_inline(title))
    lines: list[list[table_grid.Cell]] = []
    for row in node.findall(nodes.row):
        heading = isinstance(row.parent, nodes.thead)
        lines.append([_cell(entry, level, depth, heading=heading) for entry in row.findall(nodes.entry)])
    above, rows = table_grid.laid_out(lines)
    yield from (markdown_writer.paragraph(above), markdown_writer.table(rows))


def _cell(entry: nodes.entry, level: int, depth: int, *, heading: bool) -> table_grid.Cell:
    words = "; ".join(_children(entry, level, depth))
    return table_grid.Cell(words, heading, 1 + int(entry.get("morecols", 0)), 1 + int(entry.get("morerows", 0)))


def _rescued(message: nodes.system_message, level: int, depth: int) -> _Block:
    """The words of a directive that docutils does not know."""
    source = message.next_node(nodes.literal_block)
    if source is None or depth >= _DEEPEST or not (match := _DIRECTIVE.match(raw := source.astext())):
        return
    name, argument = match[1].rpartition(":")[2], match[2].strip()
    lines = raw.split("\n")[1:]
    while lines and (not lines[0].strip() or re.match(r"\s+:[\w -]+:", lines[0])):
        lines.pop(0)
    body = dedent("\n".join(lines))
    if name in _CODE:
        yield markdown_writer.code(body, argument)
    elif name not in _SILENT:
        yield markdown_writer.paragraph(argument)
        for node in _parsed(body).children:
            yield from _blocks(node, level, depth + 1)


def _language(node: nodes.Element) -> str:
    """The classes of a code block are `code` and its language."""
    names = [str(name) for name in node["classes"] if name != "code"]
    return names[0] if names and isinstance(node, nodes.literal_block) else ""


def _inline(node: nodes.Node | None) -> str:
    match node:
        case None | nodes.target() | nodes.system_message():
            return ""
        case nodes.Text():
            return re.sub(r"\s*\n\s*", " ", node.astext())
        case nodes.literal():
            return markdown_writer.inline_code(node.astext())
        case nodes.math():
            return f"${node.astext()}$"
        case nodes.problematic():
            return _role(node.astext())
        case nodes.image():
            return markdown_writer.image(str(node.get("alt", "")), str(node.get("uri", "")))
        case nodes.footnote_reference() | nodes.citation_reference():
            return f" (note {node.astext()})"
        case nodes.reference():
            return markdown_writer.link(_words(node.children), str(node.get("refuri", "")))
        case nodes.Element():
            return _words(node.children)
    return node.astext()


def _words(children: Sequence[nodes.Node]) -> str:
    return "".join(map(_inline, children))


def _role(source: str) -> str:
    """``:ref:`the words <target>` `` -> `the words`, ``:func:`~os.path.join` `` -> code."""
    if not (match := _ROLE.match(source)):
        return source
    name, words = match[1] or match[4], match[2] or match[3] or ""
    words = re.sub(r"\s*<[^<>]*>$", "", words.lstrip("~!"))
    return words if name.rpartition(":")[2] in _WORDED_ROLES else markdown_writer.inline_code(words)
