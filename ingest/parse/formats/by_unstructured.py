"""Formats without a reader of their own, through unstructured (its only importer): mail, and Office files of before
2007.

What it gives is a flat list of elements with depths, which is enough for these. Old Office files need LibreOffice on
the machine. Its language model is replaced by a blank one: it would be downloaded, and only tells prose from titles
where the format does not.
"""

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ingest.parse import archives
from ingest.parse import markdown_writer as markup
from ingest.parse.pandoc import html
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

_MARGINAL = frozenset({"Header", "Footer", "PageBreak", "PageNumber"})
_HELPERS = {".doc": "LibreOffice", ".ppt": "LibreOffice", ".msg": "python-oxmsg"}
_EXPORT = "Export it as Word (.docx), PDF or HTML."


def read(data: bytes, limits: Limits, *, suffix: str) -> Source:
    """Raises UnreadableFile: unsupported where a helper is missing, zip bomb, corrupt, no text."""
    if data.startswith(b"PK"):
        archives.check(data, limits)
    elements = _partitioned(data, suffix)
    written = markup.paged(markdown(elements, limits))
    if not written.text:
        raise UnreadableFile("no text", "There is no text in the file.", remedy=_EXPORT)
    margins = [element for element in elements if _kind(element) in _MARGINAL and element.text]
    return replace(
        written,
        title=elements[0].metadata.subject,
        pages=written.pages if len(written.pages) > 1 else (),
        dropped=tuple(f"{_kind(element).lower()}: {element.text}" for element in margins),
    )


def markdown(elements: Sequence[Any], limits: Limits) -> Iterator[tuple[int, str]]:
    """Blocks of unstructured's elements with their pages; items side by side make a list."""
    for is_item, group in groupby(elements, key=lambda element: _kind(element) == "ListItem"):
        members = list(group)
        if is_item:
            yield members[0].metadata.page_number or 1, markup.listing([_item(element) for element in members])
        else:
            yield from ((element.metadata.page_number or 1, _block(element, limits)) for element in members)


def _kind(element: Any) -> str:
    return type(element).__name__


def _block(element: Any, limits: Limits) -> str:
    if _kind(element) in _MARGINAL:
        return ""
    if _kind(element) == "Title":
        return markup.heading((element.metadata.category_depth or 0) + 1, element.text)
    if _kind(element) == "CodeSnippet":
        return markup.code(element.text)
    if table := element.metadata.text_as_html:
        return html.read(table.encode(), limits).text
    return markup.paragraph(_linked(element))


def _item(element: Any) -> tuple[int, str, str]:
    """The depth, the mark and the words of an item; numbers are part of the text."""
    words = _linked(element)
    mark, _, body = words.partition(" ")
    if not (mark.endswith(".") and mark[:-1].isdigit()):
        mark, body = "-", words
    return element.metadata.category_depth or 0, mark, markup.paragraph(body)


def _linked(element: Any) -> str:
    text, done = "", 0
    for words, address in zip(element.metadata.link_texts or [], element.metadata.link_urls or [], strict=False):
        at = element.text.find(words, done)
        if words and at >= 0:
            text += element.text[done:at] + markup.link(words, address)
            done = at + len(words)
    return f"{text}{element.text[done:]}"


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
