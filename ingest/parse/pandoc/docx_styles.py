"""The styles and numbers of a Word file: which are monospaced, hidden, or of a list, and what number stands before a heading."""

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|\bcode\b|terminal", re.IGNORECASE)


class Styles:
    """Which styles are monospaced or hidden, what they are based on included."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = archive.namelist()
        root = parsed(archive.read("word/styles.xml")) if "word/styles.xml" in names else etree.Element("none")
        self._styles = {style.get(f"{W}styleId"): style for style in root.iterchildren(f"{W}style")}

    def name(self, style_id: str) -> str:
        """In lower case; built-in names are English in every language of Word."""
        return value_of(self._styles[style_id], "name").lower() if style_id in self._styles else ""

    def number(self, style_id: str) -> str:
        """The id of the list that a style belongs to; empty for none."""
        found = (value_of(style.find(f"{W}pPr/{W}numPr"), "numId") for style in self._chain(style_id))
        return next(filter(None, found), "")

    def depth(self, style_id: str) -> str:
        """The level of that list, from 0."""
        found = (value_of(style.find(f"{W}pPr/{W}numPr"), "ilvl") for style in self._chain(style_id))
        return next(filter(None, found), "0")

    def is_mono(self, style_id: str) -> bool:
        for style in self._chain(style_id):
            if (font := font_of(style.find(f"{W}rPr"))) is not None:
                return bool(MONO.search(font))
        return False

    def is_hidden(self, style_id: str) -> bool:
        return any(is_on(style.find(f"{W}rPr"), "vanish") for style in self._chain(style_id))

    def _chain(self, style_id: str) -> Iterator[Any]:
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = value_of(self._styles[style_id], "basedOn")


class HeadingNumbers:
    """The numbers that Word writes before headings, which stand in no text: `2.1`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = archive.namelist()
        root = parsed(archive.read("word/numbering.xml")) if "word/numbering.xml" in names else etree.Element("none")
        self._definition = {
            number.get(f"{W}numId"): value_of(number, "abstractNumId") for number in root.iterchildren(f"{W}num")
        }
        self._levels = {
            (definition.get(f"{W}abstractNumId"), level.get(f"{W}ilvl")): level
            for definition in root.iterchildren(f"{W}abstractNum")
            for level in definition.iterchildren(f"{W}lvl")
        }
        self._counts: dict[str, dict[int, int]] = {}

    def next(self, paragraph: Any, styles: "Styles") -> str:
        """Empty for a heading without a number."""
        own = paragraph.find(f"{W}pPr/{W}numPr")
        number = value_of(own, "numId") or styles.number(style_of(paragraph))
        depth = value_of(own, "ilvl") or styles.depth(style_of(paragraph))
        definition = self._definition.get(number, "")
        level = self._levels.get((definition, depth))
        if level is None or value_of(level, "numFmt") != "decimal" or not depth.isdigit():
            return ""
        counts = self._counts.setdefault(definition, {})
        start = value_of(level, "start")
        counts[int(depth)] = counts.get(int(depth), (int(start) if start.isdigit() else 1) - 1) + 1
        for deeper in [deeper for deeper in counts if deeper > int(depth)]:
            del counts[deeper]
        return re.sub(r"%(\d)", lambda match: str(counts.get(int(match[1]) - 1, 1)), value_of(level, "lvlText"))


def parsed(content: bytes) -> Any:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def style_of(paragraph: Any) -> str:
    return value_of(child_of(paragraph, "pPr"), "pStyle")


def child_of(parent: Any, tag: str) -> Any:
    return parent.find(W + tag) if parent is not None else None


def value_of(parent: Any, tag: str) -> str:
    child = child_of(parent, tag)
    return str(child.get(f"{W}val") or "") if child is not None else ""


def is_on(properties: Any, tag: str, *, default: bool = False) -> bool:
    child = child_of(properties, tag)
    return default if child is None else child.get(f"{W}val") not in {"0", "false", "off"}


def font_of(properties: Any) -> str | None:
    fonts = child_of(properties, "rFonts")
    return fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") if fonts is not None else None
