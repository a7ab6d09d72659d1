"""Any format that pandoc reads, to Markdown; what each needs before pandoc sees it is in a module of its own."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from ingest.parse import decode
from ingest.parse import markdown_writer as markup
from ingest.parse.formats import archive
from ingest.parse.limits import Limits
from ingest.parse.pandoc import docx, inlines, odt, rst, typst
from ingest.parse.pandoc.blocks import Writer, with_code, with_headings
from ingest.parse.pandoc.process import syntax_tree
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile

_TITLED = frozenset({"html", "epub"})  # their title stands on no page
_ARCHIVES = frozenset({"docx", "odt", "epub"})


def read(data: bytes, limits: Limits, *, kind: str) -> Source:
    """`kind` is pandoc's name of the format. Raises UnreadableFile; for archives also encrypted and zip bomb."""
    if kind in _ARCHIVES:
        archive.check(data, limits)
        return _read_archive(data, limits, kind)
    decoded = decode.decode(data)
    if kind == "typst":
        source = written(typst.tree(decoded.text, limits), "typst")
    else:
        text = rst.prepared(decoded.text) if kind == "rst" else decoded.text
        source = parsed(text.encode("utf-8", "replace"), limits, reader=kind)
    return replace(source, notes=(decoded.note,) if decoded.note else ())


def _read_archive(data: bytes, limits: Limits, kind: str) -> Source:
    try:
        match kind:
            case "docx":
                word = docx.prepared(data, include_hidden=limits.include_hidden)
                source = parsed(word.data, limits, reader=kind)
                return replace(
                    source,
                    title=word.title or source.title,
                    metadata={**source.metadata, **word.metadata},
                    dropped=tuple(word.dropped),
                    hidden=tuple(word.hidden),
                )
            case "odt":
                text = odt.prepared(data, limits)
                return replace(parsed(text.data, limits, reader=kind), hidden=tuple(text.hidden))
        return parsed(data, limits, reader=kind)
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, OSError, EOFError, ValueError, KeyError) as error:
        message = f"The file is damaged: {error}."
        remedy = "Open it in the program it was made with and save it anew."
        raise UnreadableFile("corrupt", message, remedy=remedy) from error


def parsed(data: bytes, limits: Limits, *, reader: str) -> Source:
    """What pandoc makes of `data`, as Markdown. Raises UnreadableFile, also for a file without text."""
    return written(syntax_tree(data, reader, limits), reader)


def written(tree: Mapping[str, Any], reader: str) -> Source:
    """A syntax tree as Markdown. Raises UnreadableFile without text."""
    meta = {name: _value(value) for name, value in tree["meta"].items()}
    if reader == "rst":
        for term, value in rst.fields_of(tree["blocks"]):
            meta[inlines.words(term, lambda _: "").lower()] = " ".join(" ".join(Writer().blocks(value)).split())
    writer = Writer(left_out=rst.DIRECTIVES if reader == "rst" else (), quotes=reader != "docx")
    blocks = writer.document(with_headings(with_code(tree["blocks"])))
    title = meta.get("title", "")
    heading = markup.heading(1, title) if reader.partition("+")[0] not in _TITLED else ""
    result = markup.written([heading, *blocks] if heading and heading not in blocks[:1] else blocks)
    if not result.text.strip():
        raise UnreadableFile("no text", "There is no text in the file.", remedy="If it is a scan, use one with text.")
    return Source(
        text=result.text,
        title=markup.unmarked(title) or None,
        pages=result.pages,
        metadata=_metadata(meta),
        roles=result.roles,
    )


def _metadata(meta: Mapping[str, str]) -> dict[str, str]:
    found = {"author": meta.get("author", "") or meta.get("creator", ""), "date": meta.get("date", "")}
    return {name: markup.unmarked(value) for name, value in found.items() if value}


def _value(value: Mapping[str, Any]) -> str:
    """A metadata value as words; a list joined with commas."""
    content = value.get("c", "")
    match value["t"]:
        case "MetaList":
            return ", ".join(filter(None, map(_value, content)))
        case "MetaInlines":
            return " ".join(inlines.words(content, lambda _: "").split())
        case "MetaBlocks":
            return " ".join(" ".join(Writer().blocks(content)).split())
        case "MetaMap":
            return ""
    return str(content)
