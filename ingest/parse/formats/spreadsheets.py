"""A CSV file or the sheets of a workbook to pipe tables. Left out: types; everything is text. Of measurements (a long table of
numbers) the first rows are read, and it is said how many are not: they would be most of a course, and answer nothing."""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import openpyxl

from ingest.parse import archives, table_grid
from ingest.parse import markdown_writer as markup
from ingest.parse.reader import Limits, Source, decode
from retrieval.errors import UnreadableFile

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"
_MOST_CELLS = 1_000_000
_LONG, _SOME = 500, 20  # rows from which a table of numbers is measurements; rows of those that are read
_NUMBER = re.compile(r"[+-]?[.,]?\d")


def read_csv(data: bytes, limits: Limits) -> Source:
    """The first row as wide as the table is taken for the header; what stands above it is text. Raises UnreadableFile."""
    decoded = decode(data)
    rows = _rows(decoded.text, _delimiter(decoded.text[:_SAMPLE]))
    head = _header(rows)
    above = [markup.paragraph(" ".join(filter(None, map(str.strip, row)))) for row in rows[:head]]
    dropped: list[str] = []
    return Source(
        markup.joined([*above, markup.table(_without_measurements(rows[head:], dropped))]),
        notes=decoded.notes,
        dropped=tuple(dropped),
    )


def _without_measurements(rows: list[list[str]], dropped: list[str]) -> list[list[str]]:
    cells = [cell for row in rows[1:] for cell in map(str.strip, row) if cell]
    if len(rows) <= _LONG or 2 * sum(bool(_NUMBER.match(cell)) for cell in cells) < len(cells):
        return rows
    dropped.append(f"{len(rows) - _SOME - 1:,} rows of measurements, after the first {_SOME}")
    return rows[: _SOME + 1]


def _header(rows: list[list[str]]) -> int:
    """The row in which most columns of the commonest width are filled: titles and notes above it fill fewer."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    counts = Counter(count for count in filled if count)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    return next((at for at, count in enumerate(filled) if count and 2 * count > usual), 0)


def _delimiter(sample: str) -> str:
    """The sign that divides most lines into equally many cells."""
    lines = [line for line in sample.split("\n")[:-1] or [sample] if line.strip()]

    def agreement(sign: str) -> tuple[int, int]:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=sign))
        width, lines_of_it = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        return (lines_of_it if width > 1 else 0, width)

    return max(_DELIMITERS, key=agreement)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """A quote that never ends would swallow the rest: then quotes are read as letters."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))


def read_xlsx(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb, too large."""
    archives.check(data, limits)
    hidden: list[str] = []
    dropped: list[str] = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        blocks = [block for sheet in book.worksheets for block in _sheet(sheet, limits, hidden, dropped)]
        title = book.properties.title
    except UnreadableFile:
        raise
    except Exception as error:  # the library lets through whatever a damaged part leads to
        message = f"The Excel file is damaged: {error}."
        raise UnreadableFile("corrupt", message, remedy="Open it in Excel and save it anew.") from error
    return Source(text=markup.joined(blocks), title=title or None, hidden=tuple(hidden), dropped=tuple(dropped))


def _sheet(sheet: Any, limits: Limits, hidden: list[str], dropped: list[str]) -> Iterator[str]:
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
        yield markup.heading(2, sheet.title)
        yield markup.paragraph(above) if above != sheet.title else ""
        yield markup.table(_without_measurements(rows, dropped))


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
