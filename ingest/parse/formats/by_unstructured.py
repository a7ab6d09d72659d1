"""Formats without a reader of their own, through unstructured (its only importer): mail, and Office files of before
2007.

What it gives is a flat list of elements with depths, which is enough for these. Old Office files need LibreOffice on
the machine. Its language model is replaced by a blank one: it would be downloaded, and only tells prose from titles
where the format does not.
"""

import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ingest.parse import archives, markdown_writer
from ingest.parse.pandoc import html
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

_MARGINAL = frozenset({"Header", "Footer", "PageBreak", "PageNumber"})
_HELPERS = {".doc": "LibreOffice", ".ppt": "LibreOffice", ".msg": "python-oxmsg"}
_EXPORT = "Export it as Word (.docx), PDF or HTML."


@dataclass(frozen=True, slots=True)
class Element:
    """`kind` is unstructured's class name; `table` is HTML; `links` are (words, address)."""

    kind: str
    text: str
    depth: int = 0
    page: int = 1
    table: str = ""
    links: tuple[tuple[str, str], ...] = ()


def read(data: bytes, limits: Limits, *, suffix: str) -> Source:
    """Raises UnreadableFile: unsupported where a helper is missing, zip bomb, corrupt, no text."""
    if data.startswith(b"PK"):
        archives.check(data, limits)
    found = _partitioned(data, suffix)
    elements = [_element(item) for item in found]
    text, pages = markdown_writer.paged(list(markdown(elements, limits)))
    if not text:
        raise UnreadableFile("no text", "There is no text in the file.", remedy=_EXPORT)
    author = ", ".join(found[0].metadata.sent_from or [])
    return Source(
        text=text,
        title=found[0].metadata.subject,
        pages=pages if len(pages) > 1 else (),
        metadata={"author": author} if author else {},
        dropped=tuple(
            f"{item.kind.lower()}: {item.text[:80]}" for item in elements if item.kind in _MARGINAL and item.text
        ),
    )


def markdown(elements: Sequence[Element], limits: Limits) -> Iterator[tuple[int, str]]:
    """Blocks with their pages; items side by side make a list."""
    for is_item, group in groupby(elements, key=lambda element: element.kind == "ListItem"):
        members = list(group)
        if is_item:
            items = [(element.depth, *_marked(element)) for element in members]
            yield members[0].page, markdown_writer.listing(items)
        else:
            for element in members:
                yield element.page, _block(element, limits)


def _block(element: Element, limits: Limits) -> str:
    if element.kind in _MARGINAL:
        return ""
    if element.kind == "Title":
        return markdown_writer.heading(element.depth + 1, element.text)
    if element.kind == "CodeSnippet":
        return markdown_writer.code(element.text)
    if element.table:
        return html.read(element.table.encode(), limits).text
    return markdown_writer.paragraph(_linked(element))


def _marked(element: Element) -> tuple[str, str]:
    """The mark and the words of an item; numbers are part of the text."""
    words = _linked(element)
    match = re.match(r"(\d{1,9}\.)\s+", words)
    return (
        (match[1], markdown_writer.paragraph(words[match.end() :]))
        if match
        else ("-", markdown_writer.paragraph(words))
    )


def _linked(element: Element) -> str:
    text, done = "", 0
    for words, address in element.links:
        at = element.text.find(words, done)
        if words and at >= 0:
            text += element.text[done:at] + markdown_writer.link(words, address)
            done = at + len(words)
    return text + element.text[done:]


def _partitioned(data: bytes, suffix: str) -> list[Any]:
    os.environ.update(DO_NOT_TRACK="1", UNSTRUCTURED_DISABLE_NOTICE="1")  # before the import: it reports usage
    try:
        from unstructured.nlp import tokenize
        from unstructured.partition.auto import partition

        tokenize._load_spacy_model = _blank_model
        return list(partition(file=io.BytesIO(data), metadata_filename=f"file{suffix}", languages=[""]))
    except (ImportError, FileNotFoundError) as error:
        helper = _HELPERS.get(suffix, "unstructured")
        message = f"Files of type {suffix} are read with the help of {helper}, which is not installed."
        raise UnreadableFile("unsupported", message, remedy=f"{_EXPORT} Or install {helper}.") from error
    except Exception as error:  # the library lets through whatever a damaged file leads to
        raise UnreadableFile("corrupt", f"The file is damaged: {error}.", remedy=_EXPORT) from error


def _blank_model(*_: object, **__: object) -> Any:
    import spacy

    model = spacy.blank("en")
    model.add_pipe("sentencizer")
    return model


def _element(item: Any) -> Element:
    metadata = item.metadata
    return Element(
        kind=type(item).__name__,
        text=item.text,
        depth=metadata.category_depth or 0,
        page=metadata.page_number or 1,
        table=metadata.text_as_html or "",
        links=tuple(zip(metadata.link_texts or [], metadata.link_urls or [], strict=False)),
    )
