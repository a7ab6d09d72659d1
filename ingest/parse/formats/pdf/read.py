"""The text layer of PDF files (the only importer of pdfminer.six).

Left out: pictures, forms, annotations and the addresses of links.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTChar, LTContainer, LTCurve, LTFigure, LTPage, LTRect, LTTextBox, LTTextLine
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFNoOutlines
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSException
from pdfminer.utils import decode_text

from ingest.parse.formats.pdf import blocks as pdf_layout
from ingest.parse.formats.pdf import tables as pdf_tables
from ingest.parse.formats.pdf.lines import Line
from ingest.parse.formats.pdf.tables import Rule, Table
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile
from retrieval.text.plural import counted

_LEAST_LETTERS = 20  # fewer in the whole file: there is no text layer
_UNMAPPED = re.compile(r"\(cid:\d+\)")
_MOST_UNMAPPED = 0.2  # of the characters
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_THIN = 3.0  # points
_MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|cmtt|code", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|cmbx|semibold", re.IGNORECASE)
_NO_TITLE = re.compile(r"untitled|microsoft|\.(?:docx?|pptx?|tex|dvi|indd|pdf)$", re.IGNORECASE)


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: encrypted, corrupt, too large, no text."""
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        lines, pages = _lines(document, limits)
        outline, information = _outline(document), _information(document)
    except UnreadableFile:
        raise
    except PDFEncryptionError as error:
        raise UnreadableFile(
            "encrypted", "The PDF is protected by a password.", remedy="Save it without one."
        ) from error
    except Exception as error:  # the library lets through whatever a damaged object leads to
        message = f"The PDF is damaged or incomplete: {error or type(error).__name__}."
        raise UnreadableFile(
            "corrupt", message, remedy="Copy or download it again, or print it to a new PDF."
        ) from error
    _check_text(lines)
    lines = [replace(line, text=text) for line in lines if (text := _UNMAPPED.sub("", line.text)).strip()]
    text, starts, dropped = pdf_layout.markdown(lines, outline)
    silent = sorted(set(range(1, pages + 1)) - {line.page for line in lines})
    title = information.pop("title", "")
    return Source(
        text=text,
        title=title if title and not _NO_TITLE.search(title) else None,
        pages=starts,
        metadata=information,
        dropped=dropped,
        notes=(f"no text on {len(silent)} of {counted(pages, 'page')}: {_ranges(silent)}",) if silent else (),
    )


def _lines(document: PDFDocument, limits: Limits) -> tuple[list[Line], int]:
    """All lines of text in reading order, and the number of pages."""
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=LAParams())
    interpreter = PDFPageInterpreter(resources, device)
    lines: list[Line] = []
    number = 0
    for number, page in enumerate(PDFPage.create_pages(document), start=1):
        if number > limits.pages:
            message = f"The PDF has more than {limits.pages:,} pages."
            raise UnreadableFile("too large", message, remedy="Split it, or raise MAX_PAGES.")
        interpreter.process_page(page)
        lines += _page_lines(device.get_result(), number)
    if not number:
        raise UnreadableFile("corrupt", "The PDF has no pages.", remedy="Copy or download it again.")
    return lines, number


def _page_lines(page: LTPage, number: int) -> Iterator[Line]:
    """The lines of a page; a table takes the place of its first line."""
    tables = pdf_tables.tables(list(_rules(page, page.height)))
    pending: dict[int, Line] = {}
    lines: list[Line] = []
    for box, element in enumerate(_boxes(page)):
        for line in element:
            if not isinstance(line, LTTextLine) or not line.get_text().strip():
                continue
            found = _line(line, number, box, page.height)
            if (table := _filled(tables, line, page.height)) is None:
                lines.append(found)
            elif id(table) not in pending:
                pending[id(table)] = found
                lines.append(replace(found, table=table))
    return (_with_words(line) if line.table else line for line in lines)


def _filled(tables: list[Table], line: LTTextLine, height: float) -> Table | None:
    """The table that a line lies in, its characters put into their cells."""
    middle = height - (line.y0 + line.y1) / 2
    for table in tables:
        if table.place((line.x0 + line.x1) / 2, middle):
            place = None
            for char in line:
                if isinstance(char, LTChar):
                    at = table.place((char.x0 + char.x1) / 2, middle) or place
                    if place is not None and at != place:
                        table.put(place, " ")
                    place = at
                if place is not None:
                    table.put(place, _clean(char.get_text()))
            return table
    return None


def _with_words(line: Line) -> Line:
    assert line.table is not None
    return replace(line, text=" ".join(" ".join(row) for row in line.table.lines()))


def _rules(container: LTContainer[Any], height: float) -> Iterator[Rule]:
    """Lines, and the edges of rectangles: a thin rectangle is a line too."""
    for element in container:
        if isinstance(element, LTFigure):
            yield from _rules(element, height)
        elif isinstance(element, LTCurve):
            x0, x1, top, bottom = element.x0, element.x1, height - element.y1, height - element.y0
            if min(x1 - x0, bottom - top) < _THIN:
                yield Rule(x0, top, x1, bottom)
            elif isinstance(element, LTRect):
                yield from (Rule(x0, top, x1, top), Rule(x0, bottom, x1, bottom))
                yield from (Rule(x0, top, x0, bottom), Rule(x1, top, x1, bottom))


def _boxes(container: LTContainer[Any]) -> Iterator[LTTextBox]:
    for element in container:
        if isinstance(element, LTTextBox):
            yield element
        elif isinstance(element, LTFigure):
            yield from _boxes(element)


def _line(line: LTTextLine, page: int, box: int, height: float) -> Line:
    chars = [char for char in line if isinstance(char, LTChar)]
    names = [char.fontname for char in chars if char.get_text().strip()]
    return Line(
        text=_clean(line.get_text()).rstrip(),
        page=page,
        box=box,
        left=line.x0,
        right=line.x1,
        top=height - line.y1,
        bottom=height - line.y0,
        size=round(median(char.size for char in chars), 1) if chars else 0.0,
        mono=bool(names) and all(_MONO.search(name) for name in names),
        bold=bool(names) and all(_BOLD.search(name) for name in names),
        depth=(height - line.y0) / height if height else 0.0,
    )


def _clean(text: str) -> str:
    return text.replace("\0", "").translate(_LIGATURES)


def _check_text(lines: list[Line]) -> None:
    text = "".join(line.text for line in lines)
    if sum(map(str.isalnum, _UNMAPPED.sub("", text))) < _LEAST_LETTERS:
        message = "The PDF has no text layer; its pages are pictures."
        raise UnreadableFile("no text", message, remedy="Run text recognition (OCR) on it, for instance with ocrmypdf.")
    if sum(map(len, _UNMAPPED.findall(text))) > _MOST_UNMAPPED * len(text):
        message = "The fonts of the PDF do not say which letters they show."
        raise UnreadableFile(
            "no text", message, remedy="Export it anew from its source, or run text recognition on it."
        )


def _outline(document: PDFDocument) -> list[tuple[str, int]]:
    """The bookmarks as (words, level)."""
    try:
        return [(str(title), level) for level, title, *_ in document.get_outlines()]
    except (PDFNoOutlines, PSException, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _information(document: PDFDocument) -> dict[str, str]:
    """Title, author and date where the file names them."""
    found: dict[str, str] = {}
    for name, key in (("title", "Title"), ("author", "Author"), ("date", "CreationDate")):
        for information in document.info:
            value = resolve1(information.get(key)) if isinstance(information, dict) else None
            if isinstance(value, bytes) and (words := " ".join(decode_text(value).replace("\0", "").split())):
                found[name] = words
    if date := re.match(r"D:(\d{4})(\d{2})(\d{2})", found.get("date", "")):
        found["date"] = "-".join(date.groups())
    return found


def _ranges(numbers: list[int]) -> str:
    """1, 2, 3, 7 -> `1-3, 7`"""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
