"""What a file is, by its name and checked against its content; the reader for it; and the layout of what that reads."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal

from ingest.parse import archives
from ingest.parse import markdown_writer as markup
from ingest.parse.markdown import blocks as markdown
from ingest.parse.markdown import embedded, extensions, slides
from ingest.parse.markdown.parser import front_matter
from ingest.parse.plain_text import blocks as plain_text
from ingest.parse.reader import Limits, Source, decode
from ingest.parse.roles import with_roles
from retrieval.errors import UnreadableFile
from retrieval.text.markdown import fences
from retrieval.types import Block

Reader = Callable[[bytes, Limits], Source]
Kind = (
    Literal["csv", "docx", "epub", "html", "latex", "markdown", "mediawiki", "notebook", "odt", "org", "other", "pdf"]
    | Literal["pptx", "qti", "rst", "rtf", "subtitles", "text", "typst", "xlsx"]
)
_NAMES: dict[Kind, str] = {
    "markdown": "md markdown qmd rmd", "text": "txt", "html": "html htm xhtml", "docx": "docx", "pptx": "pptx",
    "pdf": "pdf", "notebook": "ipynb", "rst": "rst", "latex": "tex", "typst": "typ", "org": "org", "mediawiki": "wiki mediawiki",
    "csv": "csv tsv", "xlsx": "xlsx", "odt": "odt", "epub": "epub", "rtf": "rtf", "subtitles": "srt vtt", "qti": "qti xml",
    "other": "eml msg doc ppt",
}  # fmt: skip
SUFFIXES = {f".{name}": kind for kind, names in _NAMES.items() for name in names.split()}
READ = (*SUFFIXES, *sorted(archives.SUFFIXES))  # all that a course may hold
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = re.compile(rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_CUES = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:WEBVTT\b|\d+\s*\n\d{1,2}:\d\d:\d\d[,.]\d{3} --> )")
_PARTS: dict[str, Kind] = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
_MIMES: dict[bytes, Kind] = {b"application/epub+zip": "epub", b"application/vnd.oasis.opendocument.text": "odt"}
_HEAD = 4096
_TEXTS: frozenset[Kind] = frozenset(
    {"markdown", "text", "html", "notebook", "rst", "csv", "latex", "typst", "org", "mediawiki", "subtitles", "qti"}
)
EXPORT = "If it is part of the course, export it as PDF, Word (.docx), HTML or Markdown."
_HEADING = re.compile(r"\A\s*# \S|(?:\A|\n[ \t]*\n)#{2,6} \S")
_LINK = re.compile(r"\]\((?:https?:|mailto:|[\w.-]*[/#.])[^)\s]*\)|^\[[^\]\n]+\]:\s+\S", re.MULTILINE)
_STRONG = re.compile(r"\*\*[^*\s][^*\n]*\*\*|`[^`\s][^`\n]*`")
_DELIMITERS = re.compile(r"\n[ \t]*\n\|.*\|\n\|(?:\s*:?-+:?\s*\|)+\s*\n")
_HEADING_EVERY = 15_000  # characters
_SAMPLE = 400_000
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
    kind, note = kind_of(path, data)
    source = reader_of(kind, path.suffix.lower())(data, limits)
    if not source.text.strip():
        raise UnreadableFile("no text", "There is no text in the file.", remedy="Delete it, or save it again.")
    text = source.text.encode("utf-8", "replace").decode()  # half a surrogate pair is no character
    source = replace(source, text=text, notes=(*([note] if note else []), *source.notes))
    blocks = markdown.blocks(text, longest_line=limits.line) if source.markdown else plain_text.blocks(text)
    if all(block.kind == "boilerplate" for block in blocks):
        message = "There is no text in the file but its header (front matter), or rules."
        raise UnreadableFile("empty", message, remedy="Write into it, or leave it out by a line in .ignore.")
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
    text = slides.held_in(decoded.text) or decoded.text
    source = Source(text, markdown=markdown or is_markdown(text), notes=decoded.notes)
    return _spelled_out(source, limits) if source.markdown else source


def _read_notebook(data: bytes, limits: Limits) -> Source:
    from ingest.parse.formats import notebook

    return _spelled_out(notebook.read(data, limits), limits)


def _spelled_out(source: Source, limits: Limits) -> Source:
    end = front_matter(source.text).end
    text = source.text[:end] + slides.plain(source.text[end:])
    text = embedded.with_latex_read(
        embedded.with_figures_parted(text), partial(_read_part, kind="latex", limits=limits)
    )
    text = embedded.with_parts_read(text, partial(_read_part, kind="html", limits=limits))
    spelled = extensions.spelled_out(text, include_hidden=limits.include_hidden)
    written = markup.written([spelled.text])
    return replace(
        source,
        text=written.text,
        roles=written.roles,
        hidden=(*source.hidden, *spelled.hidden),
        dropped=(*source.dropped, *dict.fromkeys(spelled.dropped)),
    )


def _read_part(text: str, *, kind: Kind, limits: Limits) -> str:
    """Empty where it cannot be read."""
    try:
        return reader_of(kind, "")(text.encode(), limits).text
    except UnreadableFile:
        return ""


def kind_of(path: Path, data: bytes) -> tuple[Kind, str]:
    """The kind by content where the content tells, else by suffix; and a note if the two differ.

    `data` is the whole file. Raises UnreadableFile: unsupported, encrypted, corrupt.
    """
    expected = SUFFIXES.get(path.suffix.lower())
    if expected == "other":
        return expected, ""
    found = _binary_kind(data) or _text_kind(expected, data)
    if expected is None or found == expected or {found, expected} == {"markdown", "text"}:
        return found, ""
    return found, f"named {path.suffix}, read as {found}"


def is_markdown(text: str) -> bool:
    """Whether plain text is really Markdown: front matter, headings all over it, or marks of three other sorts.

    Strict, because a plain-text export may quote some Markdown and is better read as what it is.
    """
    sample = text[:_SAMPLE]
    marks = ((_LINK, 2), (_STRONG, 3), (_DELIMITERS, 1))
    others = sum(len(pattern.findall(sample)) >= enough for pattern, enough in marks)
    others += sum(fence.closed for fence in fences(sample.split("\n"))) > 1
    headings = len(_HEADING.findall(sample))
    spread = headings * _HEADING_EVERY >= len(sample)
    return front_matter(text).end > 0 or others >= 3 or (spread and (headings > 1 or headings * others > 0))


def _binary_kind(data: bytes) -> Kind | None:
    """PDF and Office files by their first bytes; None for what may be text."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data.startswith(_OLD_OFFICE):
        if _ENCRYPTED in data:
            raise UnreadableFile("encrypted", "The file is protected by a password.", remedy="Save it without one.")
        message = "This is an Office file of before 2007."
        raise UnreadableFile("unsupported", message, remedy="Save it as .docx or .pptx.")
    return "rtf" if data.startswith(b"{\\rtf") else None


def _zip_kind(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            mime = archive.read("mimetype")[:_HEAD] if "mimetype" in names else b""
    except (*archives.DAMAGED, OSError) as error:
        message = "The file is damaged or incomplete: it begins like an Office file, but its list of contents is gone."
        raise UnreadableFile("corrupt", message, remedy="Copy or download it again.") from error
    if found := next((kind for part, kind in _PARTS.items() if part in names), _MIMES.get(mime.strip())):
        return found
    raise UnreadableFile("unsupported", "This is an archive (ZIP), not an Office file.", remedy=EXPORT)


def _text_kind(expected: Kind | None, data: bytes) -> Kind:
    if expected not in _TEXTS and expected is not None and b"\0" in data[:_HEAD]:
        message = f"The file is named .{expected} but does not begin like one."
        raise UnreadableFile("corrupt", message, remedy="Copy or download it again, or export it anew.")
    if _HTML.match(data[:_HEAD]):
        return "markdown" if slides.held_in(data.decode(errors="replace")) else "html"
    if data.lstrip()[:1] == b"{" and b'"nbformat"' in data and b'"cells"' in data:
        return "notebook"
    if _CUES.match(data[:_HEAD].replace(b"\r", b"")):
        return "subtitles"
    if expected is None or expected not in _TEXTS or (expected == "html" and b"<" not in data):
        return "text"
    return expected
