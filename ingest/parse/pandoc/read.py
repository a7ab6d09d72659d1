"""Any format that pandoc reads, to Markdown; what each needs before pandoc sees it is in a module of its own."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from lxml import etree

from ingest.parse import archives
from ingest.parse import markdown_writer as markup
from ingest.parse.pandoc import docx, inlines, latex, odt
from ingest.parse.pandoc.blocks import BlockWriter, with_code, with_definitions, with_headings
from ingest.parse.pandoc.process import syntax_tree
from ingest.parse.reader import Limits, Source, decode, edited
from retrieval.errors import UnreadableFile

_TITLED = frozenset({"html", "epub"})  # their title stands on no page
_ARCHIVES = frozenset({"docx", "odt", "epub"})
_DIRECTIVES = frozenset(  # that hold no content, or what Sphinx does not show
    {"toctree", "index", "highlight", "currentmodule", "meta", "contents", "todo", "todolist"}
)
_LABEL = re.compile(
    r"^(\.\. _[^\n]*:[ \t]*)\n(?=\.\. )", re.MULTILINE
)  # pandoc takes what follows right below for a quote
_DOCTEST = re.compile(r"(?<![^\n]\n)^([ \t]*)>>> [^\n]*(?:\n\1[^\n]*\S[^\n]*)*", re.MULTILINE)
_OTHER_FILES = re.compile(r"(?m)^[ \t]*#import\b.*$|#?\binclude\s*\(?\s*\"[^\"\n]*\"\s*\)?")
_MISSING = re.compile(r"Identifier \"([A-Za-z][\w-]*)\" not found")
_STAND_IN = (
    "#let {name}(..given) = {{ for c in given.pos() {{ if type(c) == content or type(c) == str {{ [#c ] }} }}; "
    "for (k, c) in given.named() {{ if type(c) == content {{ [#c ] }} }} }}\n"
)
_MOST_NAMES = 30
_MOST_OPEN = 8  # brackets of a Typst formula; each further one takes pandoc twice the time
_REF = re.compile(r"<ref\b[^<>/]*>|</ref\s*>", re.IGNORECASE)
_RTF = re.compile(r"\\'[0-9a-fA-F]{2}|\\([a-zA-Z]+)(-?\d+)? ?|\\.|[{}]|[^\\{}]+", re.DOTALL)
_RTF_TABLES = frozenset({"fonttbl", "colortbl", "stylesheet", "info", "pict"})
_LONE = re.compile(r"(\\\(.*?\\\)|\\\[.*?\\\])|\\(?![^\W\d_])")  # a backslash that begins nothing, behind a formula
_STAND_IN_SLASH = "\uf8ff"


def read(data: bytes, limits: Limits, *, kind: str) -> Source:
    """`kind` is pandoc's name of the format. Raises UnreadableFile; for archives also encrypted and zip bomb."""
    if kind in _ARCHIVES:
        archives.check(data, limits)
        return _read_archive(data, limits, kind)
    decoded = decode(data)
    if kind == "typst":
        return replace(written(_typst_tree(decoded.text, limits), "typst"), notes=decoded.notes)
    if kind == "latex":
        tree, left_out = latex.read(decoded.text, limits)
        return replace(written(tree, kind), notes=decoded.notes, dropped=left_out)
    text, hidden = decoded.text, tuple[str, ...]()
    match kind:
        case "rst":
            text = _LABEL.sub("\\1\n\n", _DOCTEST.sub(_doctest, text))
        case "mediawiki":
            text = _with_closed_notes(text)
        case "org":  # in a row pandoc never comes to the end of such a backslash
            text = "\n".join(map(_without_lone_slashes, text.split("\n")))
        case "rtf":
            text, hidden = _without_hidden(text, include_hidden=limits.include_hidden)
    source = parsed(text.encode("utf-8", "replace"), limits, reader=kind)
    return replace(source, text=source.text.replace(_STAND_IN_SLASH, "\\"), notes=decoded.notes, hidden=hidden)


def _read_archive(data: bytes, limits: Limits, kind: str) -> Source:
    try:
        match kind:
            case "docx":
                ready = docx.prepared(data, include_hidden=limits.include_hidden)
            case "odt":
                ready = odt.prepared(data, limits)
            case _:
                ready = docx.Prepared(data)
        source = parsed(ready.data, limits, reader=kind)
        hidden, dropped = tuple(ready.hidden), tuple(ready.dropped)
        return replace(source, title=ready.title or source.title, dropped=dropped, hidden=hidden)
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, OSError, EOFError, ValueError, KeyError) as error:
        message = f"The file is damaged: {error}."
        remedy = "Open it in the program it was made with and save it anew."
        raise UnreadableFile("corrupt", message, remedy=remedy) from error


def parsed(data: bytes, limits: Limits, *, reader: str) -> Source:
    """What pandoc makes of `data`, as Markdown. Raises UnreadableFile, also for a file without text."""
    return written(syntax_tree(data, reader, limits), reader)


def written(tree: Mapping[str, Any], reader: str) -> Source:
    """A syntax tree as Markdown. Raises UnreadableFile without text."""
    writer = BlockWriter(left_out=_DIRECTIVES if reader == "rst" else (), quotes=reader != "docx")
    blocks = writer.document(with_headings(with_definitions(with_code(tree["blocks"]))))
    title = _words(tree["meta"].get("title", {}))
    heading = markup.heading(1, title) if reader.partition("+")[0] not in _TITLED else ""
    result = markup.written([heading, *blocks] if heading and heading not in blocks[:1] else blocks)
    if not result.text.strip():
        raise UnreadableFile("no text", "There is no text in the file.", remedy="If it is a scan, use one with text.")
    return replace(result, title=markup.unmarked(title) or None)


def _words(value: Mapping[str, Any]) -> str:
    """A metadata value, which may be text, inlines or a list of those, on one line."""
    content = value.get("c", "")
    match value.get("t"):
        case "MetaList":
            return ", ".join(filter(None, map(_words, content)))
        case "MetaInlines":
            content = inlines.words(content, lambda _: "")
    return " ".join(str(content).split())


def _doctest(match: re.Match[str]) -> str:
    """A doctest block in a code directive."""
    margin = match[1]
    return f"{margin}.. code:: pycon\n\n{margin}   " + match[0].removeprefix(margin).replace("\n", "\n   ") + "\n"


def _typst_tree(text: str, limits: Limits) -> dict[str, Any]:
    """Raises UnreadableFile."""
    if any(span.count("(") - span.count(")") > _MOST_OPEN for span in text.split("$")[1:]):
        message = f"A formula opens more than {_MOST_OPEN} brackets that it does not close."
        raise UnreadableFile("corrupt", message, remedy="Compile it, and correct what Typst complains of.")
    source = _OTHER_FILES.sub(lambda found: "[]" if "include" in found[0] else "", text)
    for _ in range(_MOST_NAMES):
        try:
            return syntax_tree(source.encode("utf-8", "replace"), "typst", limits)
        except UnreadableFile as error:
            missing = _MISSING.search(str(error))
            if not missing:
                raise
            source = _STAND_IN.format(name=missing[1]) + source
    message = f"The file uses more than {_MOST_NAMES} functions of other files."
    raise UnreadableFile("unsupported", message, remedy="Export it as a PDF.")


def _with_closed_notes(text: str) -> str:
    """MediaWiki without the marks of notes that are never closed: pandoc would try all readings of them."""
    marks = list(_REF.finditer(text))
    followed = zip_longest(marks, marks[1:])
    opened = (mark for mark, other in followed if mark[0][1] != "/" and (other is None or other[0][1] != "/"))
    return edited(text, ((*mark.span(), "") for mark in opened))


def _without_lone_slashes(line: str) -> str:
    """A row of a table in org."""
    return _LONE.sub(lambda found: found[1] or _STAND_IN_SLASH, line) if line.lstrip().startswith("|") else line


def _without_hidden(text: str, *, include_hidden: bool) -> tuple[str, tuple[str, ...]]:
    """RTF without its hidden text (`\\v` to `\\v0` or the end of the group), and the words of that; or without the marks of
    it, for pandoc leaves out what they mark without a word."""
    kept: list[str] = []
    words: list[str] = []
    states = [(False, False)]  # per open group: whether text is hidden, whether it is a table of styles and the like
    for token in _RTF.finditer(text):
        (hidden, table), name = states[-1], token[1]
        if token[0] == "{":
            states.append((hidden, table))
        elif token[0] == "}" and len(states) > 1:
            states.pop()
        elif token[0] == "\\*" or name in _RTF_TABLES:
            states[-1] = (hidden, True)
        elif name in {"v", "plain"}:
            states[-1] = (name == "v" and token[2] != "0", table)
        if include_hidden and name == "v":
            continue
        if hidden and not include_hidden and not table and not name and token[0] not in "{}":
            words.append("" if token[0].startswith("\\") else token[0])
        else:
            kept.append(token[0])
    shown = " ".join("".join(words).split())
    return "".join(kept), (f"hidden text: {shown}",) if shown else ()
