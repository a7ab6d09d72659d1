"""A CSV file to one pipe table. Left out: types; everything is text."""

import csv
import io

from ingest.parse import decode, markdown_writer
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"


def read(data: bytes, limits: Limits) -> Source:
    """The first row is taken for the header. Raises UnreadableFile: binary."""
    decoded = decode.decode(data)
    text = decoded.text
    first, _, rest = text.partition("\n")
    if len(first) == len("sep=;") and first.startswith("sep="):  # as Excel writes it
        rows = _rows(rest, first[-1])
    else:
        rows = _rows(text, _delimiter(text[:_SAMPLE]))
    return Source(markdown_writer.table(rows), notes=(decoded.note,) if decoded.note else ())


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, delimiters=_DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=sample.partition("\n")[0].count)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """A quote that never ends would swallow the rest: then quotes are read as letters."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))
