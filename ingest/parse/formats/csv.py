"""A CSV file to one pipe table. Left out: types; everything is text."""

import csv
import io
from collections import Counter

from ingest.parse import decode
from ingest.parse import markdown_writer as markup
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"


def read(data: bytes, limits: Limits) -> Source:
    """The first row as wide as the table is taken for the header; what stands above it is text. Raises UnreadableFile."""
    decoded = decode.decode(data)
    text = decoded.text
    first, _, rest = text.partition("\n")
    if len(first) == len("sep=;") and first.startswith("sep="):  # as Excel writes it
        rows = _rows(rest, first[-1])
    else:
        rows = _rows(text, _delimiter(text[:_SAMPLE]))
    head = _header(rows)
    above = [markup.paragraph(" ".join(filter(None, map(str.strip, row)))) for row in rows[:head]]
    return Source(markup.joined([*above, markup.table(rows[head:])]), notes=(decoded.note,) if decoded.note else ())


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
        width, lines_of_it = max(counts.items(), key=lambda item: (item[0] > 1, item[1]))
        return (lines_of_it if width > 1 else 0, width)

    try:
        return max(_DELIMITERS, key=agreement)
    except csv.Error:
        return max(_DELIMITERS, key=sample.count)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """A quote that never ends would swallow the rest: then quotes are read as letters."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))
