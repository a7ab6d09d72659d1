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
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FALLBACK = f"{_COMPATIBLE}Fallback"
_DRAWINGS = frozenset({f"{W}drawing", f"{W}pict", f"{W}object", f"{_COMPATIBLE}AlternateContent"})
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|\bcode\b|terminal", re.IGNORECASE)
_DEEP_LIST = re.compile(r"list (?:bullet|number) ([2-5])")
_TEXT = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_MARGIN = re.compile(r"word/(header|footer)\d*\.xml")
_CODE_STYLE, _INLINE_STYLE = "SourceCode", "VerbatimChar"
_SHOWN = 80
_SPAN_DIGITS = 2  # no table has a hundred columns, but a damaged file may say that it has more than memory holds
PAGE_BREAK, EMPTY_LINE = "\ue00f", "\ue00e"  # private signs, for XML knows no control characters


@dataclass(slots=True)
class Prepared:
    """The archive for pandoc; its properties; what was left out because it is hidden, and what else was left out."""

    data: bytes
    title: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def prepared(data: bytes, *, include_hidden: bool) -> Prepared:
    """Raises whatever zipfile and lxml raise for a damaged archive."""
    result = Prepared(b"")
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        styles, numbers = _Styles(source), _HeadingNumbers(source)
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "word/styles.xml":
                content = _with_code_style(content)
            elif member.filename == "word/numbering.xml":
                content = _with_all_levels(content)
            elif _TEXT.fullmatch(member.filename):
                content = _rewritten(content, styles, numbers, result, include_hidden=include_hidden)
            elif member.filename == "docProps/core.xml":
                _read_properties(content, result)
            elif margin := _MARGIN.fullmatch(member.filename):
                _report_margin(content, margin[1], result)
            target.writestr(member.filename, content)
    result.data = made.getvalue()
    return result


class _Styles:
    """Which styles are monospaced or hidden, what they are based on included."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = archive.namelist()
        root = _parse(archive.read("word/styles.xml")) if "word/styles.xml" in names else etree.Element("none")
        self._styles = {style.get(f"{W}styleId"): style for style in root.iterchildren(f"{W}style")}

    def name(self, style_id: str) -> str:
        """In lower case; built-in names are English in every language of Word."""
        return _value(self._styles[style_id], "name").lower() if style_id in self._styles else ""

    def number(self, style_id: str) -> str:
        """The id of the list that a style belongs to; empty for none."""
        found = (_value(style.find(f"{W}pPr/{W}numPr"), "numId") for style in self._chain(style_id))
        return next(filter(None, found), "")

    def depth(self, style_id: str) -> str:
        """The level of that list, from 0."""
        found = (_value(style.find(f"{W}pPr/{W}numPr"), "ilvl") for style in self._chain(style_id))
        return next(filter(None, found), "0")

    def is_mono(self, style_id: str) -> bool:
        for style in self._chain(style_id):
            if (font := _font(style.find(f"{W}rPr"))) is not None:
                return bool(_MONO.search(font))
        return False

    def is_hidden(self, style_id: str) -> bool:
        return any(_is_on(style.find(f"{W}rPr"), "vanish") for style in self._chain(style_id))

    def _chain(self, style_id: str) -> Iterator[Any]:
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = _value(self._styles[style_id], "basedOn")


class _HeadingNumbers:
    """The numbers that Word writes before headings, which stand in no text: `2.1`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = archive.namelist()
        root = _parse(archive.read("word/numbering.xml")) if "word/numbering.xml" in names else etree.Element("none")
        self._definition = {
            number.get(f"{W}numId"): _value(number, "abstractNumId") for number in root.iterchildren(f"{W}num")
        }
        self._levels = {
            (definition.get(f"{W}abstractNumId"), level.get(f"{W}ilvl")): level
            for definition in root.iterchildren(f"{W}abstractNum")
            for level in definition.iterchildren(f"{W}lvl")
        }
        self._counts: dict[str, dict[int, int]] = {}

    def next(self, paragraph: Any, styles: "_Styles") -> str:
        """Empty for a heading without a number."""
        own = paragraph.find(f"{W}pPr/{W}numPr")
        number = _value(own, "numId") or styles.number(_style(paragraph))
        depth = _value(own, "ilvl") or styles.depth(_style(paragraph))
        definition = self._definition.get(number, "")
        level = self._levels.get((definition, depth))
        if level is None or _value(level, "numFmt") != "decimal" or not depth.isdigit():
            return ""
        counts = self._counts.setdefault(definition, {})
        start = _value(level, "start")
        counts[int(depth)] = counts.get(int(depth), (int(start) if start.isdigit() else 1) - 1) + 1
        for deeper in [deeper for deeper in counts if deeper > int(depth)]:
            del counts[deeper]
        return re.sub(r"%(\d)", lambda match: str(counts.get(int(match[1]) - 1, 1)), _value(level, "lvlText"))


def _prepend(paragraph: Any, words: str) -> None:
    run = etree.Element(f"{W}r")
    etree.SubElement(run, f"{W}t", {_SPACE: "preserve"}).text = words
    paragraph.insert(1 if paragraph.find(f"{W}pPr") is not None else 0, run)


def _rewritten(
    content: bytes, styles: _Styles, numbers: "_HeadingNumbers", result: Prepared, *, include_hidden: bool
) -> bytes:
    root = _parse(content)
    if not include_hidden:
        _take_out_hidden(root, styles, result)
    _take_out_contents(root, styles, result)
    for box in list(root.iter(f"{W}txbxContent")):
        _set_below(box)
    for ruby in list(root.iter(f"{W}ruby")):
        _spell_out(ruby)
    for mark in list(root.iter(f"{W}lastRenderedPageBreak")):
        text = etree.SubElement(mark.getparent(), f"{W}t")
        text.text = PAGE_BREAK
        mark.getparent().replace(mark, text)
    for span in root.iter(f"{W}gridSpan"):
        if len(span.get(f"{W}val", "")) > _SPAN_DIGITS:
            span.set(f"{W}val", "1")
    for paragraph in root.iter(f"{W}p"):
        _nest(paragraph, styles)
        if styles.name(_style(paragraph)).startswith("heading") and (number := numbers.next(paragraph, styles)):
            _prepend(paragraph, f"{number} ")
    _mark_code(root, styles)
    return _written(root)


def _read_properties(content: bytes, result: Prepared) -> None:
    properties = {etree.QName(child).localname: (child.text or "").strip() for child in _parse(content)}
    result.title = properties.get("title", "")
    found = {"author": properties.get("creator", ""), "date": properties.get("created", "").partition("T")[0]}
    result.metadata = {name: value for name, value in found.items() if value}


def _take_out_hidden(root: Any, styles: _Styles, result: Prepared) -> None:
    words: list[str] = []
    for run in list(root.iter(f"{W}r")):
        properties = run.find(f"{W}rPr")
        paragraph = next(run.iterancestors(f"{W}p"), None)
        style = _value(properties, "rStyle") or _style(paragraph)
        if _is_on(properties, "vanish", default=styles.is_hidden(style)):
            words.append(_words(run))
            run.getparent().remove(run)
    if shown := " ".join("".join(words).split()):
        result.hidden.append(f"hidden text: {shown[:_SHOWN]}")


def _take_out_contents(root: Any, styles: _Styles, result: Prepared) -> None:
    """A table of contents that Word keeps repeats the headings."""
    entries = [paragraph for paragraph in root.iter(f"{W}p") if styles.name(_style(paragraph)).startswith("toc ")]
    for element in [*root.iter(f"{W}sdt"), *entries]:
        gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        is_contents = gallery is not None and gallery.get(f"{W}val") == "Table of Contents"
        if (is_contents or element.tag == f"{W}p") and element.getparent() is not None:
            words = " ".join(" ".join(text.text or "" for text in element.iter(f"{W}t")).split())
            result.dropped += [f"contents: {words[:_SHOWN]}"] * bool(words and element in root.iter())
            element.getparent().remove(element)


def _set_below(box: Any) -> None:
    """What a text box holds, below the paragraph that it is anchored in; the copy for old programs goes."""
    paragraph = next(box.iterancestors(f"{W}p"), None)
    drawn = [above for above in box.iterancestors() if above.tag in _DRAWINGS]
    if paragraph is None or not drawn:
        return
    if not any(above.tag == _FALLBACK for above in box.iterancestors()):
        for child in reversed(box):
            paragraph.addnext(child)
    if drawn[-1].getparent() is not None and next(drawn[-1].iter(f"{W}txbxContent"), None) is box:
        drawn[-1].getparent().remove(drawn[-1])


def _spell_out(ruby: Any) -> None:
    """`base(reading)` in place of the ruby."""
    base, reading = (
        "".join(text.text or "" for part in ruby.iterchildren(W + tag) for text in part.iter(f"{W}t"))
        for tag in ("rubyBase", "rt")
    )
    text = etree.Element(f"{W}t", {_SPACE: "preserve"})
    text.text = f"{base}({reading})" if reading else base
    ruby.getparent().replace(ruby, text)


def _nest(paragraph: Any, styles: _Styles) -> None:
    """Word's "List Bullet 2" is a list of its own beside "List Bullet"; here it is the second level."""
    style = _style(paragraph)
    depth = _DEEP_LIST.fullmatch(styles.name(style))
    number = styles.number(style) if depth else ""
    properties = _child(paragraph, "pPr")
    if depth and number and properties.find(f"{W}numPr") is None:
        numbering = etree.SubElement(properties, f"{W}numPr")
        etree.SubElement(numbering, f"{W}ilvl", {f"{W}val": str(int(depth[1]) - 1)})
        etree.SubElement(numbering, f"{W}numId", {f"{W}val": number})


def _with_all_levels(content: bytes) -> bytes:
    """Definitions of lists with the levels that they lack, each as the one above."""
    root = _parse(content)
    for definition in root.iterchildren(f"{W}abstractNum"):
        levels = {level.get(f"{W}ilvl"): level for level in definition.iterchildren(f"{W}lvl")}
        for depth in map(str, range(1, 9)):
            if levels and depth not in levels:
                level = deepcopy(levels[max(levels)])
                level.set(f"{W}ilvl", depth)
                definition.append(level)
    return _written(root)


def _mark_code(root: Any, styles: _Styles) -> None:
    """Paragraphs and runs in a monospaced font get the styles that pandoc knows; empty lines between are code too."""
    paragraphs = list(root.iter(f"{W}p"))
    code = [_is_code(paragraph, styles) for paragraph in paragraphs]
    for at, paragraph in enumerate(paragraphs):
        if code[at]:
            _set_style(paragraph, "p", _CODE_STYLE)
        elif code[at - 1 : at] == code[at + 1 : at + 2] == [True] and not _words(paragraph).strip():
            _set_style(paragraph, "p", _CODE_STYLE)
            etree.SubElement(etree.SubElement(paragraph, f"{W}r"), f"{W}t").text = EMPTY_LINE
        else:
            for run in paragraph.iterchildren(f"{W}r"):
                if _is_mono(run, _style(paragraph), styles) and _words(run).strip():
                    _set_style(run, "r", _INLINE_STYLE)


def _is_code(paragraph: Any, styles: _Styles) -> bool:
    """Every run with words is in a monospaced font."""
    own = _style(paragraph)
    runs = [run for run in paragraph.iter(f"{W}r") if _words(run).strip()]
    return bool(runs) and not styles.name(own).startswith("heading") and all(_is_mono(run, own, styles) for run in runs)


def _is_mono(run: Any, paragraph_style: str, styles: _Styles) -> bool:
    properties = run.find(f"{W}rPr")
    if (font := _font(properties)) is not None:
        return bool(_MONO.search(font))
    return styles.is_mono(_value(properties, "rStyle") or paragraph_style)


def _set_style(element: Any, kind: str, style: str) -> None:
    """`kind`: p or r. A list's number goes: code is no item."""
    properties = element.find(f"{W}{kind}Pr")
    if properties is None:
        properties = etree.Element(f"{W}{kind}Pr")
        element.insert(0, properties)
    for child in [*properties.iterchildren(f"{W}{kind}Style"), *properties.iterchildren(f"{W}numPr")]:
        properties.remove(child)
    properties.insert(0, etree.Element(f"{W}{kind}Style", {f"{W}val": style}))


def _with_code_style(content: bytes) -> bytes:
    root = _parse(content)
    for style_id, kind, name in (
        (_CODE_STYLE, "paragraph", "Source Code"),
        (_INLINE_STYLE, "character", "Verbatim Char"),
    ):
        if all(style.get(f"{W}styleId") != style_id for style in root.iterchildren(f"{W}style")):
            style = etree.SubElement(root, f"{W}style", {f"{W}type": kind, f"{W}styleId": style_id})
            etree.SubElement(style, f"{W}name", {f"{W}val": name})
    return _written(root)


def _report_margin(content: bytes, what: str, result: Prepared) -> None:
    words = " ".join(" ".join(text.text or "" for text in _parse(content).iter(f"{W}t")).split())
    line = f"{what}: {words[:_SHOWN]}"
    if words and line not in result.dropped:
        result.dropped.append(line)


def _parse(content: bytes) -> Any:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _style(paragraph: Any) -> str:
    return _value(_child(paragraph, "pPr"), "pStyle")


def _words(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t"))


def _child(parent: Any, tag: str) -> Any:
    return parent.find(W + tag) if parent is not None else None


def _value(parent: Any, tag: str) -> str:
    child = _child(parent, tag)
    return str(child.get(f"{W}val") or "") if child is not None else ""


def _is_on(properties: Any, tag: str, *, default: bool = False) -> bool:
    child = _child(properties, tag)
    return default if child is None else child.get(f"{W}val") not in {"0", "false", "off"}


def _font(properties: Any) -> str | None:
    fonts = _child(properties, "rFonts")
    return fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") if fonts is not None else None
