"""What the styles of a WordprocessingML document say about a paragraph or run, inherited properties included."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.parse.formats.docx.lists import left_indent
from ingest.parse.formats.docx.text import W

_MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|\bcode\b|terminal", re.IGNORECASE)
_CODE = re.compile(r"code|verbatim|listing|preformatted|macro text|plain text", re.IGNORECASE)
_MOST_ANCESTORS = 20


@dataclass(frozen=True, slots=True)
class Style:
    """`level` is a heading's, 0 for none; `number_id` and `depth` point into the numbering definitions."""

    name: str = ""
    level: int = 0
    number_id: str = ""
    depth: int = 0
    indent: int | None = None
    mono: bool = False
    bold: bool = False

    @property
    def is_code(self) -> bool:
        return self.mono or bool(_CODE.search(self.name))


@dataclass(slots=True)
class Styles:
    root: Any
    _known: dict[str, Style] = field(default_factory=dict)

    def get(self, style_id: str) -> Style:
        if style_id not in self._known:
            self._known[style_id] = self._resolved(style_id)
        return self._known[style_id]

    def of_paragraph(self, paragraph: Any) -> Style:
        """The style of a `w:p` with what the paragraph itself sets."""
        properties = paragraph.find(f"{W}pPr")
        style = self.get(_value(properties, "pStyle") or self._default())
        return _with_properties(style, properties)

    def is_mono(self, run: Any, style: Style) -> bool:
        properties = run.find(f"{W}rPr")
        if (font := _font(properties)) is not None:
            return bool(_MONO.search(font))
        character = _value(properties, "rStyle")
        return style.is_code or (bool(character) and self.get(character).is_code)

    def is_bold(self, run: Any, style: Style) -> bool:
        return _bold(run.find(f"{W}rPr"), style.bold)

    def _default(self) -> str:
        for style in self.root.iterchildren(f"{W}style"):
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in {"1", "true"}:
                return str(style.get(f"{W}styleId"))
        return ""

    def _resolved(self, style_id: str) -> Style:
        chain: list[Any] = []
        while style_id and len(chain) < _MOST_ANCESTORS:
            found = (s for s in self.root.iterchildren(f"{W}style") if s.get(f"{W}styleId") == style_id)
            if (element := next(found, None)) is None:
                break
            chain.append(element)
            style_id = _value(element, "basedOn")
        style = Style()
        for element in reversed(chain):
            style = _with_properties(replace(style, name=_value(element, "name").lower()), element.find(f"{W}pPr"))
            runs = element.find(f"{W}rPr")
            font = _font(runs)
            style = replace(style, bold=_bold(runs, style.bold), mono=bool(_MONO.search(font)) if font else style.mono)
            style = replace(style, level=_named_level(style.name) or style.level)
        return style


def _with_properties(style: Style, properties: Any) -> Style:
    """The style changed by a `w:pPr`."""
    if properties is None:
        return style
    numbering = properties.find(f"{W}numPr")
    outline = _value(properties, "outlineLvl")
    depth = _value(numbering, "ilvl")
    indent = left_indent(properties)
    return replace(
        style,
        level=(int(outline) + 1) % 10 if outline.isdigit() else style.level,
        number_id=_value(numbering, "numId") or style.number_id,
        depth=int(depth) if depth.isdigit() else style.depth,
        indent=style.indent if indent is None else indent,
    )


def _named_level(name: str) -> int:
    """`heading 2` -> 2, `title` -> 1: built-in names are English in every language of Word."""
    match = re.fullmatch(r"heading (\d)", name)
    return int(match[1]) if match else int(name == "title")


def _font(properties: Any) -> str | None:
    fonts = properties.find(f"{W}rFonts") if properties is not None else None
    return fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") if fonts is not None else None


def _bold(properties: Any, inherited: bool) -> bool:
    element = properties.find(f"{W}b") if properties is not None else None
    return inherited if element is None else element.get(f"{W}val") not in {"0", "false", "off"}


def _value(parent: Any, tag: str) -> str:
    child = parent.find(W + tag) if parent is not None else None
    return str(child.get(f"{W}val") or "") if child is not None else ""
