"""Excel workbooks (.xlsx) to Markdown, a heading and a table for each sheet (the only importer of openpyxl).

Values as they were last computed, not formulas; merged cells as one. Left out: charts, pictures, comments; what is
hidden (sheets, rows, columns) is reported.
"""

import datetime
import io
from collections.abc import Iterator
from typing import Any

import openpyxl

from ingest.parse import markdown_writer
from ingest.parse.formats import archive, table_grid
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile

_MOST_CELLS = 1_000_000


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb, too large, no text."""
    archive.check(data, limits)
    hidden: list[str] = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        blocks = [block for sheet in book.worksheets for block in _sheet(sheet, limits, hidden)]
        title = book.properties.title
    except UnreadableFile:
        raise
    except Exception as error:  # the library lets through whatever a damaged part leads to
        message = f"The Excel file is damaged: {error}."
        raise UnreadableFile("corrupt", message, remedy="Open it in Excel and save it anew.") from error
    text = markdown_writer.joined(blocks)
    if not text:
        raise UnreadableFile("no text", "There is nothing in the sheets.", remedy="Delete it, or save it again.")
    return Source(text=text, title=title or None, hidden=tuple(hidden))


def _sheet(sheet: Any, limits: Limits, hidden: list[str]) -> Iterator[str]:
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        message = (
            f"The sheet {sheet.title} has {sheet.max_row * sheet.max_column:,} cells; the limit is {_MOST_CELLS:,}."
        )
        raise UnreadableFile("too large", message, remedy="Delete empty rows and columns, or split it.")
    if sheet.sheet_state != "visible" and not limits.include_hidden:
        hidden.append(f"hidden sheet: {sheet.title}")
        return
    lines = list(_lines(sheet, limits, hidden))
    if lines:
        above, rows = table_grid.laid_out(lines)
        yield markdown_writer.heading(2, sheet.title)
        yield markdown_writer.paragraph(above) if above != sheet.title else ""
        yield markdown_writer.table(rows)


def _lines(sheet: Any, limits: Limits, hidden: list[str]) -> Iterator[list[table_grid.Cell]]:
    """The rows that hold anything, without the columns that hold nothing."""
    rows = [[_words(cell.value) for cell in row] for row in sheet.iter_rows()]
    shown = [at for at in range(sheet.max_column) if any(row[at] for row in rows)]
    for name, dimension in sheet.column_dimensions.items():
        at = openpyxl.utils.column_index_from_string(name) - 1
        if dimension.hidden and at in shown and not limits.include_hidden:
            shown.remove(at)
            hidden.append(f"hidden column {name} of {sheet.title}")
    for number, row in enumerate(rows, start=1):
        if sheet.row_dimensions[number].hidden and any(row) and not limits.include_hidden:
            hidden.append(f"hidden row {number} of {sheet.title}")
        elif any(row[at] for at in shown):
            yield [table_grid.Cell(row[at]) for at in shown]


def _words(value: Any) -> str:
    """Dates without a midnight, numbers without a needless fraction."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value).strip()
