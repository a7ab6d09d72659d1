"""The reader for a file, by its kind; and the layout of what it reads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

from ingest.parse import archives, file_type
from ingest.parse import markdown_writer as markup
from ingest.parse.file_type import Kind
from ingest.parse.markdown import blocks as markdown
from ingest.parse.markdown import extensions
from ingest.parse.plain_text import blocks as plain_text
from ingest.parse.reader import Limits, Source, decode
from ingest.parse.roles import with_roles
from retrieval.errors import UnreadableFile
from retrieval.types import Block

Reader = Callable[[bytes, Limits], Source]
_MODULES = {"html": "pandoc.html", "pdf": "formats.pdf.read", "pptx": "formats.pptx"}
_MODULES |= {"subtitles": "formats.subtitles", "qti": "formats.qti"}


@dataclass(frozen=True, slots=True)
class Read:
    """A text and its layout."""

    source: Source
    blocks: tuple[Block, ...]


def read(path: Path, limits: Limits) -> Read:
    """Raises UnreadableFile with what is wrong and what to do."""
    data = read_bytes(path, limits)
    kind, note = file_type.kind_of(path, data)
    source = reader_of(kind, path.suffix.lower())(data, limits)
    if not source.text.strip():
        raise UnreadableFile("empty", "There is no text in the file.", remedy="Delete it, or save it again.")
    text = source.text.encode("utf-8", "replace").decode()  # half a surrogate pair is no character
    source = replace(source, text=text, notes=(*([note] if note else []), *source.notes))
    blocks = markdown.blocks(text, longest_line=limits.line) if source.markdown else plain_text.blocks(text)
    return Read(source, with_roles(blocks, text, source.roles))


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The file's content. Raises UnreadableFile: too large, permission, missing, empty."""
    try:
        data = archives.read_member(path)
        size = path.stat().st_size if data is None else len(data)
        if size > limits.file_bytes:
            message = f"The file has {size:,} bytes; the limit is {limits.file_bytes:,}."
            raise UnreadableFile("too large", message, remedy="Split it, or raise MAX_FILE_MB.")
        data = path.read_bytes() if data is None else data
    except PermissionError as error:
        raise UnreadableFile("permission", "The file may not be read.", remedy="Change its permissions.") from error
    except FileNotFoundError as error:
        raise UnreadableFile("missing", "The file is no longer there.", remedy="Build again.") from error
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        raise UnreadableFile("unreadable", message, remedy="Check the disk.") from error
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise UnreadableFile("empty", "There is nothing in the file.", remedy="Delete it, or save it again.")
    return data


def reader_of(kind: Kind, suffix: str) -> Reader:
    """Each reader is imported when a file needs it: together they take a second."""
    match kind:
        case "markdown" | "text":
            return partial(_read_text, markdown=kind == "markdown")
        case "notebook":
            return _read_notebook
        case "html" | "pptx" | "pdf" | "subtitles" | "qti":
            reader: Reader = import_module(f"ingest.parse.{_MODULES[kind]}").read
            return reader
        case "csv" | "xlsx":
            from ingest.parse.formats import spreadsheets

            return spreadsheets.read_csv if kind == "csv" else spreadsheets.read_xlsx
        case "other":
            from ingest.parse.formats import by_unstructured

            return partial(by_unstructured.read, suffix=suffix)
        case _:
            from ingest.parse.pandoc import read as pandoc

            return partial(pandoc.read, kind=kind)


def _read_text(data: bytes, limits: Limits, *, markdown: bool) -> Source:
    decoded = decode(data)
    source = Source(decoded.text, markdown=markdown or file_type.is_markdown(decoded.text), notes=decoded.notes)
    return _spelled_out(source, limits) if source.markdown else source


def _read_notebook(data: bytes, limits: Limits) -> Source:
    from ingest.parse.formats import notebook

    return _spelled_out(notebook.read(data, limits), limits)


def _spelled_out(source: Source, limits: Limits) -> Source:
    spelled = extensions.spelled_out(source.text, include_hidden=limits.include_hidden)
    written = markup.written([spelled.text])
    return replace(
        source,
        text=written.text,
        roles=written.roles,
        hidden=(*source.hidden, *spelled.hidden),
        dropped=(*source.dropped, *dict.fromkeys(spelled.dropped)),
    )
