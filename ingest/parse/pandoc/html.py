"""A web page to Markdown: decoded, cleaned of what surrounds its content, then read by pandoc."""

import re
from dataclasses import replace
from typing import Any

from lxml import etree

from ingest.parse import decode
from ingest.parse.pandoc.html_content import cleaned
from ingest.parse.pandoc.read import parsed
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = frozenset({"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1"})
_DECLARED = 2048
_NO_XML = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)
_MATH_SCRIPT = re.compile(r"mathjax|katex", re.IGNORECASE)
_TEX = "+tex_math_dollars+tex_math_single_backslash"
_METADATA = {
    "author": "author",
    "article:author": "author",
    "dc.creator": "author",
    "date": "date",
    "article:published_time": "date",
    "dc.date": "date",
    "description": "description",
}


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, empty, or 'no text' for a page that a script would fill."""
    text, note = _text(data)
    root = _parse(text)
    scripts = " ".join(f"{script.get('src', '')} {script.text or ''}" for script in root.iter("script"))
    title, metadata = _title(root), _metadata(root)
    page = cleaned(root, include_hidden=limits.include_hidden)
    if not "".join(page.content.itertext()).strip():
        raise UnreadableFile("no text", "The page has no text of its own.", remedy="Save it from the browser as a PDF.")
    body = etree.tostring(page.content, method="html", encoding="unicode", with_tail=False)
    reader = "html" + _TEX * bool(_MATH_SCRIPT.search(scripts))
    source = parsed(f"<html>{body}</html>".encode("utf-8", "replace"), limits, reader=reader)
    return replace(
        source,
        title=title,
        metadata=metadata,
        dropped=tuple(page.dropped),
        hidden=tuple(page.hidden),
        notes=(note,) if note else (),
    )


def _parse(text: str) -> Any:
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=True)
    text = _NO_XML.sub("", text)
    try:
        root = etree.fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text).encode("utf-8", errors="replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFile("corrupt", f"This HTML cannot be read: {error}.", remedy="Save the page again.") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        message = "The page is nested too deeply; most of it would be lost."
        raise UnreadableFile("corrupt", message, remedy="Save the page again, or as a PDF.")
    if root is None:
        raise UnreadableFile("empty", "There is nothing in the page.", remedy="Save the page again.")
    return root


def _text(data: bytes) -> tuple[str, str]:
    """As browsers decode: what is declared as Latin-1 is Windows Western (https://encoding.spec.whatwg.org/#names)."""
    declared = _CHARSET.search(data[:_DECLARED])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        try:
            if name in _WESTERN:
                return _decoded_western(data), ""
            return data.decode(name).replace("\0", ""), ""
        except (LookupError, UnicodeDecodeError):
            pass
    decoded = decode.decode(data)
    return decoded.text, decoded.note


def _decoded_western(data: bytes) -> str:
    """UTF-8 where it is that whatever is declared."""
    try:
        return data.decode("utf-8").replace("\0", "")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").replace("\0", "")


def _title(root: Any) -> str | None:
    title = root.find(".//title")
    return (" ".join("".join(title.itertext()).split()) or None) if title is not None else None


def _metadata(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = _METADATA.get((element.get("name") or element.get("property") or "").lower())
        if name and (value := element.get("content", "").strip()):
            found.setdefault(name, value)
    return found
