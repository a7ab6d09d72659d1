"""What a reader of a format is given and what it gives: limits, bytes as text whatever their encoding (the only importer of
charset-normalizer), and the text of a file with what is known of it."""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import category

from ingest.parse.roles import RoleSpan
from retrieval.errors import UnreadableFile
from retrieval.types import Page, Recognised

if TYPE_CHECKING:  # a process that reads one file is told its limits
    from retrieval.config import Settings

MEGABYTE = 1024 * 1024
SAMPLE = 256 * 1024
MOST_CONTROLS = 0.01
FEW_CONTROLS = 4
_COMMONEST = "cp1252"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits for one file, and whether what its author hid is read too. `line` is in characters: of a longer one only the beginning
    shapes the layout. `definitions`: LaTeX commands that other files of the course define."""

    file_bytes: int = 64 * MEGABYTE
    pages: int = 2_000
    unpacked_bytes: int = 256 * MEGABYTE
    seconds: float = 60.0
    memory_bytes: int = 2048 * MEGABYTE
    line: int = 100_000
    include_hidden: bool = False
    definitions: Mapping[str, str] = field(default_factory=dict)


def limits_of(settings: "Settings") -> Limits:
    return Limits(
        file_bytes=settings.max_file_mb * MEGABYTE,
        pages=settings.max_pages,
        unpacked_bytes=settings.max_unpacked_mb * MEGABYTE,
        seconds=settings.max_file_seconds,
        memory_bytes=settings.max_memory_mb * MEGABYTE,
        include_hidden=settings.include_hidden,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, as Markdown or as plain text.

    `title` is what the format itself says (document properties, `<title>`). `dropped`: what was left out of the text,
    for the report; `hidden`: what its author had hidden. `notes`: what was unusual about the file, for the report.
    `roles`: what is known about what parts of the text are for. `recognised`: the words that OCR read, in order.
    """

    text: str
    markdown: bool = True
    title: str | None = None
    pages: tuple[Page, ...] = ()
    page_word: str = "page"
    metadata: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    roles: tuple[RoleSpan, ...] = ()
    recognised: tuple[Recognised, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` has `\\n` newlines and no byte order mark or NUL. `notes` say what was unusual."""

    text: str
    notes: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded:
    """Byte order mark, then UTF-16 without a mark, then UTF-8, then detection. Raises UnreadableFile('binary')."""
    encoding, text = _decoded(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    controls = sum(category(char) == "Cc" and char not in "\t\n\f\v\b\x1b" for char in text[:SAMPLE])
    if controls > max(FEW_CONTROLS, MOST_CONTROLS * min(len(text), SAMPLE)):
        raise UnreadableFile("binary", "This is not text.", remedy="Export it as text, Markdown, HTML, Word or PDF.")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    notes = [f"read as {encoding}"] if encoding not in {"utf-8", "ascii"} else []
    notes += [f"{broken} unreadable characters"] if broken else []
    note = (", ".join(notes),) if notes else ()
    return Decoded(text.replace("\0", "").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), note)


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, data.decode(encoding, errors="replace")
    if wide := _wide(data[:SAMPLE]):  # of ASCII letters alone it would be UTF-8, too
        return wide, data.decode(wide, errors="replace")
    try:
        return "utf-8", data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", errors="replace")
    others = sum(char > "\x7f" for char in text)
    if text.count("\N{REPLACEMENT CHARACTER}") <= 1 + others // 20:
        return "utf-8", text  # a stray byte is no reason to read all of it as something else
    encoding = _detected(data[:SAMPLE])
    return encoding, data.decode(encoding, errors="replace")


def _detected(sample: bytes) -> str:
    """The likeliest encoding; of equally likely ones Windows Western, which is the commonest by far."""
    from charset_normalizer import from_bytes  # the encoding of most files is known without

    matches = from_bytes(sample)
    if (best := matches.best()) is None:
        return _COMMONEST
    equal = (match for match in matches if (match.chaos, match.coherence) == (best.chaos, best.coherence))
    names = {name for match in equal for name in match.could_be_from_charset}
    return _COMMONEST if _COMMONEST in names else best.encoding


def _wide(sample: bytes) -> str:
    """UTF-16 has a NUL in every second place where the text is mostly Latin."""
    zeros = sample[::2].count(0), sample[1::2].count(0)
    enough = max(zeros) > 0.3 * len(sample) > 5 * min(zeros)
    return ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le") if enough else ""


def edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """With what is put for what stands from one offset to another, in order. What begins within the one before is left out."""
    pieces, done = list[str](), 0
    for start, end, put in edits:
        if start >= done:
            pieces += [text[done:start], put]
            done = end
    return "".join([*pieces, text[done:]])


def printable(path: str) -> str:
    """A path with the bytes that are not UTF-8 replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
