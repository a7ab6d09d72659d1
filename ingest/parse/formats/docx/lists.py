"""Numbered and bulleted paragraphs of WordprocessingML: which mark, how deep (ECMA-376 part 1, 17.9)."""

import re
from dataclasses import dataclass, field
from typing import Any

from ingest.parse.formats.docx.text import W

_INDENT_STEP = 360  # twentieths of a point, where a level does not say


@dataclass(frozen=True, slots=True)
class Level:
    """`pattern` is the text of the number with %1 for the first level's count, `indent` in twentieths of a point."""

    ordered: bool
    start: int
    pattern: str
    indent: int


@dataclass(frozen=True, slots=True)
class Mark:
    """`label` is the whole number (`2.1`) of a heading, `text` a Markdown list mark (`3.` or `-`)."""

    text: str
    label: str
    indent: int


@dataclass(slots=True)
class Numbering:
    """The numbering definitions of a document, and how far each has counted."""

    root: Any = None
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)
    _used: set[tuple[str, int]] = field(default_factory=set)

    def next(self, number_id: str, depth: int) -> Mark | None:
        """The mark of the next paragraph with this numbering; None if there is no such numbering."""
        number = self._find("num", "numId", number_id)
        abstract_id = _value(number, "abstractNumId")
        level = self._level(number, abstract_id, depth)
        if level is None:
            return None
        override = _child(number, "lvlOverride", "ilvl", str(depth))
        restart = _value(override, "startOverride")
        key = (abstract_id, depth)
        if restart and (number_id, depth) not in self._used:
            self._counts.pop(key, None)
            level = Level(level.ordered, int(restart), level.pattern, level.indent)
        self._used.add((number_id, depth))
        self._counts[key] = self._counts[key] + 1 if key in self._counts else level.start
        for other in [other for other in self._counts if other[0] == abstract_id and other[1] > depth]:
            del self._counts[other]
        return Mark(self._mark(level, key), self._label(level, abstract_id), level.indent)

    def _mark(self, level: Level, key: tuple[str, int]) -> str:
        return f"{self._counts[key]}." if level.ordered else "-"

    def _label(self, level: Level, abstract_id: str) -> str:
        def count(match: re.Match[str]) -> str:
            return str(self._counts.get((abstract_id, int(match[1]) - 1), 1))

        return re.sub(r"%(\d)", count, level.pattern) if level.ordered else ""

    def _level(self, number: Any, abstract_id: str, depth: int) -> Level | None:
        override = _child(number, "lvlOverride", "ilvl", str(depth))
        level = override.find(f"{W}lvl") if override is not None else None
        if level is None:
            level = _child(self._find("abstractNum", "abstractNumId", abstract_id), "lvl", "ilvl", str(depth))
        if level is None or _value(level, "numFmt") == "none":
            return None
        start = _value(level, "start")
        return Level(
            ordered=_value(level, "numFmt") != "bullet",
            start=int(start) if start.isdigit() else 1,
            pattern=_value(level, "lvlText"),
            indent=left_indent(level.find(f"{W}pPr")) or _INDENT_STEP * (depth + 1),
        )

    def _find(self, tag: str, name: str, value: str) -> Any:
        return _child(self.root, tag, name, value)


def left_indent(properties: Any) -> int | None:
    """Of a `w:pPr`, in twentieths of a point."""
    indent = properties.find(f"{W}ind") if properties is not None else None
    value = (indent.get(f"{W}left") or indent.get(f"{W}start") or "") if indent is not None else ""
    return int(value) if re.fullmatch(r"-?\d+", value) else None


def _child(parent: Any, tag: str, name: str, value: str) -> Any:
    if parent is None:
        return None
    return next((child for child in parent.iterchildren(W + tag) if child.get(W + name) == value), None)


def _value(parent: Any, tag: str) -> str:
    child = parent.find(W + tag) if parent is not None else None
    return str(child.get(f"{W}val") or "") if child is not None else ""
