"""What has to be done to a Word file before pandoc reads it (ECMA-376 part 1, chapter 17).

pandoc knows styles, lists, notes, boxes, equations and tracked changes; it does not know hidden text, ruby, the page
breaks that Word has stored, paragraphs that are code by their font, and it drops the numbers of numbered headings. The
parts of the archive are rewritten accordingly; everything else stays as it is.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

from ingest.parse import markdown_writer as markup

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
E = ElementMaker(namespace=W[1:-1])
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DRAWINGS = frozenset({f"{W}drawing", f"{W}pict", f"{W}object", f"{_COMPATIBLE}AlternateContent"})
_SPACE = {"{http://www.w3.org/XML/1998/namespace}space": "preserve"}
_DEEP_LIST = re.compile(r"list (?:bullet|number) ([2-5])")
_PART = re.compile(r"(?:word|docProps)/(document|footnotes|endnotes|header|footer|styles|numbering|core)\d*\.xml")
_CODE = {"p": ("SourceCode", "paragraph", "Source Code"), "r": ("VerbatimChar", "character", "Verbatim Char")}
_SPAN_DIGITS = 2  # no table has a hundred columns, but a damaged file may say that it has more than memory holds
PAGE_BREAK, EMPTY_LINE = "\ue00f", "\ue00e"  # private signs, for XML knows no control characters


@dataclass(slots=True)
class Prepared:
    """The archive for pandoc; its title; what was left out because it is hidden, and what else was left out."""

    data: bytes = b""
    title: str = ""
    hidden: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def prepared(data: bytes, *, include_hidden: bool) -> Prepared:
    """Raises whatever zipfile and lxml raise for a damaged archive."""
    result, made = Prepared(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        styles, numbers = Styles(source), HeadingNumbers(source)
        for member in source.infolist():
            content = source.read(member)
            if part := _PART.fullmatch(member.filename):
                root = parsed(content)
                match part[1]:
                    case "header" | "footer":
                        line = f"{part[1]}: {_spaced(root)}"
                        result.dropped += [line] if _spaced(root) and line not in result.dropped else []
                    case "core":
                        result.title = (root.findtext("{*}title") or "").strip()
                    case "styles":
                        _add_code_styles(root)
                    case "numbering":
                        _add_levels(root)
                    case _:
                        _rewrite(root, styles, numbers, result, include_hidden=include_hidden)
                content = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
            target.writestr(member.filename, content)
    result.data = made.getvalue()
    return result


class Styles:
    """Which styles are monospaced, hidden or of a list, what they are based on included."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._styles = {style.get(f"{W}styleId"): style for style in _part(archive, "styles").iterchildren(f"{W}style")}

    def name(self, style_id: str) -> str:
        """In lower case; built-in names are English in every language of Word."""
        return value_of(self._styles[style_id], "name").lower() if style_id in self._styles else ""

    def numbering(self, style_id: str, tag: str) -> str:
        """The id (`numId`) or level (`ilvl`) of the list that a style belongs to; empty for none."""
        found = (value_of(style.find(f"{W}pPr/{W}numPr"), tag) for style in self._chain(style_id))
        return next(filter(None, found), "")

    def is_mono(self, style_id: str) -> bool:
        fonts = (font_of(style.find(f"{W}rPr")) for style in self._chain(style_id))
        return markup.is_monospaced(next((font for font in fonts if font is not None), ""))

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
        root = _part(archive, "numbering")
        self._definition = {
            one.get(f"{W}numId"): value_of(one, "abstractNumId") for one in root.iterchildren(f"{W}num")
        }
        self._levels = {
            (level.getparent().get(f"{W}abstractNumId"), level.get(f"{W}ilvl")): level
            for level in root.iterfind(f"{W}abstractNum/{W}lvl")
        }
        self._counts: dict[str, dict[int, int]] = {}

    def next(self, paragraph: Any, styles: Styles) -> str:
        """Empty for a heading without a number."""
        own, style = paragraph.find(f"{W}pPr/{W}numPr"), style_of(paragraph)
        definition = self._definition.get(value_of(own, "numId") or styles.numbering(style, "numId"), "")
        depth = value_of(own, "ilvl") or styles.numbering(style, "ilvl") or "0"
        level = self._levels.get((definition, depth))
        if level is None or value_of(level, "numFmt") != "decimal" or not depth.isdigit():
            return ""
        start, at = value_of(level, "start"), int(depth)
        before = self._counts.get(definition, {})
        counts = {outer: count for outer, count in before.items() if outer < at}
        counts[at] = before.get(at, (int(start) if start.isdigit() else 1) - 1) + 1
        self._counts[definition] = counts
        shown = {f"%{outer + 1}": str(counts.get(outer, 1)) for outer in range(at + 1)}
        return reduce(lambda text, sign: text.replace(sign, shown[sign]), shown, value_of(level, "lvlText"))


def parsed(content: bytes) -> Any:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _part(archive: zipfile.ZipFile, name: str) -> Any:
    path = f"word/{name}.xml"
    return parsed(archive.read(path)) if path in archive.namelist() else etree.Element("none")


def child_of(parent: Any, tag: str) -> Any:
    return parent.find(W + tag) if parent is not None else None


def value_of(parent: Any, tag: str) -> str:
    child = child_of(parent, tag)
    return str(child.get(f"{W}val") or "") if child is not None else ""


def style_of(paragraph: Any) -> str:
    return value_of(child_of(paragraph, "pPr"), "pStyle")


def is_on(properties: Any, tag: str, *, default: bool = False) -> bool:
    child = child_of(properties, tag)
    return default if child is None else child.get(f"{W}val") not in {"0", "false", "off"}


def font_of(properties: Any) -> str | None:
    fonts = child_of(properties, "rFonts")
    return fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") if fonts is not None else None


def _words(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t"))


def _spaced(element: Any) -> str:
    """Its words on one line, for the report."""
    return " ".join(" ".join(text.text or "" for text in element.iter(f"{W}t")).split())


def _rewrite(root: Any, styles: Styles, numbers: HeadingNumbers, result: Prepared, *, include_hidden: bool) -> None:
    if not include_hidden:
        _take_out_hidden(root, styles, result)
    _take_out_contents(root, styles, result)
    for box in list(root.iter(f"{W}txbxContent")):
        _set_below(box)
    for ruby in list(root.iter(f"{W}ruby")):
        base, reading = ("".join(map(_words, ruby.iterchildren(W + tag))) for tag in ("rubyBase", "rt"))
        ruby.getparent().replace(ruby, E.t(f"{base}({reading})" if reading else base, _SPACE))
    for mark in list(root.iter(f"{W}lastRenderedPageBreak")):
        mark.getparent().replace(mark, E.t(PAGE_BREAK))
    for span in root.iter(f"{W}gridSpan"):
        if len(span.get(f"{W}val", "")) > _SPAN_DIGITS:
            span.set(f"{W}val", "1")
    for table in root.iter(f"{W}tbl"):
        _mark_header(list(table.iterchildren(f"{W}tr")))
    for paragraph in root.iter(f"{W}p"):
        _nest(paragraph, styles)
        if styles.name(style_of(paragraph)).startswith("heading") and (number := numbers.next(paragraph, styles)):
            paragraph.insert(1 if child_of(paragraph, "pPr") is not None else 0, E.r(E.t(f"{number} ", _SPACE)))
    _mark_code(list(root.iter(f"{W}p")), styles)


def _take_out_hidden(root: Any, styles: Styles, result: Prepared) -> None:
    words = ""
    for run in list(root.iter(f"{W}r")):
        properties = child_of(run, "rPr")
        style = value_of(properties, "rStyle") or style_of(next(run.iterancestors(f"{W}p"), None))
        if is_on(properties, "vanish", default=styles.is_hidden(style)):
            words += _words(run)
            run.getparent().remove(run)
    if shown := " ".join(words.split()):
        result.hidden.append(f"hidden text: {shown}")


def _take_out_contents(root: Any, styles: Styles, result: Prepared) -> None:
    """A table of contents that Word keeps repeats the headings."""
    galleries = ((box, value_of(box.find(f"{W}sdtPr/{W}docPartObj"), "docPartGallery")) for box in root.iter(f"{W}sdt"))
    kept = [box for box, gallery in galleries if gallery == "Table of Contents"]
    for element in [*kept, *(item for item in root.iter(f"{W}p") if styles.name(style_of(item)).startswith("toc "))]:
        if element.getparent() is not None:
            if (words := _spaced(element)) and element in root.iter():
                result.dropped.append(f"contents: {words}")
            element.getparent().remove(element)


def _set_below(box: Any) -> None:
    """What a text box holds, below the paragraph that it is anchored in; the copy for old programs goes."""
    paragraph = next(box.iterancestors(f"{W}p"), None)
    drawn = [above for above in box.iterancestors() if above.tag in _DRAWINGS]
    if paragraph is None or not drawn:
        return
    if next(box.iterancestors(f"{_COMPATIBLE}Fallback"), None) is None:
        for child in reversed(box):
            paragraph.addnext(child)
    if drawn[-1].getparent() is not None and next(drawn[-1].iter(f"{W}txbxContent"), None) is box:
        drawn[-1].getparent().remove(drawn[-1])


def _mark_header(rows: list[Any]) -> None:
    """Word counts the first row as a header unless told otherwise; where that is a title, the next one is meant as well."""
    cells = [len(list(row.iterchildren(f"{W}tc"))) for row in rows[:2]]
    if (
        cells[:1] == [1]
        and cells[1:] > [1]
        and not any(child_of(child_of(row, "trPr"), "tblHeader") is not None for row in rows)
    ):
        for row in rows[:2]:
            row.insert(0, E.trPr(E.tblHeader()))


def _nest(paragraph: Any, styles: Styles) -> None:
    """Word's "List Bullet 2" is a list of its own beside "List Bullet"; here it is the second level."""
    style, properties = style_of(paragraph), child_of(paragraph, "pPr")
    depth = _DEEP_LIST.fullmatch(styles.name(style))
    if depth and properties.find(f"{W}numPr") is None and (number := styles.numbering(style, "numId")):
        level = E.ilvl({f"{W}val": str(int(depth[1]) - 1)})
        properties.append(E.numPr(level, E.numId({f"{W}val": number})))


def _add_levels(root: Any) -> None:
    """Definitions of lists with the levels that they lack, each as the one above."""
    for definition in root.iterchildren(f"{W}abstractNum"):
        levels = {level.get(f"{W}ilvl"): level for level in definition.iterchildren(f"{W}lvl")}
        for depth in map(str, range(1, 9)):
            if levels and depth not in levels:
                level = deepcopy(levels[max(levels)])
                level.set(f"{W}ilvl", depth)
                definition.append(level)


def _mark_code(paragraphs: list[Any], styles: Styles) -> None:
    """Paragraphs and runs in a monospaced font get the styles that pandoc knows; empty lines between are code too."""
    code = [_is_code(paragraph, styles) for paragraph in paragraphs]
    for at, paragraph in enumerate(paragraphs):
        if code[at]:
            _set_style(paragraph, "p")
        elif code[at - 1 : at] == code[at + 1 : at + 2] == [True] and not _words(paragraph).strip():
            _set_style(paragraph, "p")
            paragraph.append(E.r(E.t(EMPTY_LINE)))
        else:
            for run in paragraph.iterchildren(f"{W}r"):
                if _is_mono(run, style_of(paragraph), styles) and _words(run).strip():
                    _set_style(run, "r")


def _is_code(paragraph: Any, styles: Styles) -> bool:
    """Every run with words is in a monospaced font."""
    own = style_of(paragraph)
    runs = [run for run in paragraph.iter(f"{W}r") if _words(run).strip()]
    return bool(runs) and not styles.name(own).startswith("heading") and all(_is_mono(run, own, styles) for run in runs)


def _is_mono(run: Any, paragraph_style: str, styles: Styles) -> bool:
    properties = child_of(run, "rPr")
    if (font := font_of(properties)) is not None:
        return markup.is_monospaced(font)
    return styles.is_mono(value_of(properties, "rStyle") or paragraph_style)


def _set_style(element: Any, kind: str) -> None:
    """`kind`: p or r. A list's number goes: code is no item."""
    properties = child_of(element, f"{kind}Pr")
    if properties is None:
        element.insert(0, properties := E(f"{kind}Pr"))
    for child in [*properties.iterchildren(f"{W}{kind}Style", f"{W}numPr")]:
        properties.remove(child)
    properties.insert(0, E(f"{kind}Style", {f"{W}val": _CODE[kind][0]}))


def _add_code_styles(root: Any) -> None:
    for style_id, kind, name in _CODE.values():
        if all(style.get(f"{W}styleId") != style_id for style in root.iterchildren(f"{W}style")):
            root.append(E.style(E.name({f"{W}val": name}), {f"{W}type": kind, f"{W}styleId": style_id}))
