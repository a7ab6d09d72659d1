"""HTML parsed into a tree of plain values (the only importer of lxml.html)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ingest.parse import decode
from retrieval.errors import UnreadableFile

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DECLARED = 2048
_DEEPEST = 120


@dataclass(slots=True)
class Element:
    """A tag in lower case, its attributes, and its texts and elements in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def elements(self) -> Iterator["Element"]:
        """Itself and all below, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.elements()

    def first(self, *tags: str) -> "Element | None":
        return next((element for element in self.elements() if element.tag in tags), None)

    def text(self) -> str:
        """All text below, as it stands; `<br>` is a newline."""
        if self.tag == "br":
            return "\n"
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


def parse(data: bytes) -> tuple[Element, str]:
    """The `<html>` element, and a note on the encoding if it was unusual."""
    text, note = _text(data)
    text = re.sub(r"^\s*<\?xml[^>]*>", "", text)
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFile("corrupt", f"This HTML cannot be read: {error}.", remedy="Save the page again.") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        message = "The page is nested too deeply; most of it would be lost."
        raise UnreadableFile("corrupt", message, remedy="Save the page again, or as a PDF.")
    if root is None:
        raise UnreadableFile("empty", "There is nothing in the page.", remedy="Save the page again.")
    return _element(root), note


def _text(data: bytes) -> tuple[str, str]:
    declared = _CHARSET.search(data[:_DECLARED])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(declared[1].decode("ascii")).replace("\0", ""), ""
        except (LookupError, UnicodeDecodeError):
            pass
    decoded = decode.decode(data)
    return decoded.text, decoded.note


def _element(node: Any, depth: int = 0) -> Element:
    """What is nested more deeply than any page written by people is taken as text."""
    attributes = {str(name).lower(): str(value) for name, value in node.attrib.items()}
    if depth > _DEEPEST:
        return Element(str(node.tag).lower(), attributes, ["".join(node.itertext())])
    element = Element(str(node.tag).lower(), attributes, [node.text] if node.text else [])
    for child in node:
        if isinstance(child.tag, str):
            element.children.append(_element(child, depth + 1))
        if child.tail:
            element.children.append(child.tail)
    return element
