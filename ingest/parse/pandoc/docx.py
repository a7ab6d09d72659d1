"""What has to be done to a Word file before pandoc reads it (ECMA-376 part 1, chapter 17).

pandoc knows styles, lists, notes, boxes, equations and tracked changes; it does not know hidden text, ruby, the page
breaks that Word has stored, paragraphs that are code by their font, and it drops the numbers of numbered headings. The
parts of the archive are rewritten accordingly; everything else stays as it is.
"""

import io
import re
import zipfile
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ingest.parse.pandoc.docx_styles import (
    MONO,
    HeadingNumbers,
    Styles,
    W,
    child_of,
    font_of,
    is_on,
    parsed,
    style_of,
    value_of,
)

_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FALLBACK = f"{_COMPATIBLE}Fallback"
_DRAWINGS = frozenset({f"{W}drawing", f"{W}pict", f"{W}object", f"{_COMPATIBLE}AlternateContent"})
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DEEP_LIST = re.compile(r"list (?:bullet|number) ([2-5])")
_TEXT = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_MARGIN = re.compile(r"word/(header|footer)\d*\.xml")
_CODE_STYLE, _INLINE_STYLE = "SourceCode", "VerbatimChar"
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
        styles, numbers = Styles(source), HeadingNumbers(source)
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


def _prepend(paragraph: Any, words: str) -> None:
    run = etree.Element(f"{W}r")
    etree.SubElement(run, f"{W}t", {_SPACE: "preserve"}).text = words
    paragraph.insert(1 if paragraph.find(f"{W}pPr") is not None else 0, run)


def _rewritten(
    content: bytes, styles: Styles, numbers: "HeadingNumbers", result: Prepared, *, include_hidden: bool
) -> bytes:
    root = parsed(content)
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
        if styles.name(style_of(paragraph)).startswith("heading") and (number := numbers.next(paragraph, styles)):
            _prepend(paragraph, f"{number} ")
    _mark_code(root, styles)
    return _written(root)


def _read_properties(content: bytes, result: Prepared) -> None:
    properties = {etree.QName(child).localname: (child.text or "").strip() for child in parsed(content)}
    result.title = properties.get("title", "")
    found = {"author": properties.get("creator", ""), "date": properties.get("created", "").partition("T")[0]}
    result.metadata = {name: value for name, value in found.items() if value}


def _take_out_hidden(root: Any, styles: Styles, result: Prepared) -> None:
    words: list[str] = []
    for run in list(root.iter(f"{W}r")):
        properties = run.find(f"{W}rPr")
        paragraph = next(run.iterancestors(f"{W}p"), None)
        style = value_of(properties, "rStyle") or style_of(paragraph)
        if is_on(properties, "vanish", default=styles.is_hidden(style)):
            words.append(_words(run))
            run.getparent().remove(run)
    if shown := " ".join("".join(words).split()):
        result.hidden.append(f"hidden text: {shown}")


def _take_out_contents(root: Any, styles: Styles, result: Prepared) -> None:
    """A table of contents that Word keeps repeats the headings."""
    entries = [paragraph for paragraph in root.iter(f"{W}p") if styles.name(style_of(paragraph)).startswith("toc ")]
    for element in [*root.iter(f"{W}sdt"), *entries]:
        gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        is_contents = gallery is not None and gallery.get(f"{W}val") == "Table of Contents"
        if (is_contents or element.tag == f"{W}p") and element.getparent() is not None:
            words = " ".join(" ".join(text.text or "" for text in element.iter(f"{W}t")).split())
            result.dropped += [f"contents: {words}"] * bool(words and element in root.iter())
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


def _nest(paragraph: Any, styles: Styles) -> None:
    """Word's "List Bullet 2" is a list of its own beside "List Bullet"; here it is the second level."""
    style = style_of(paragraph)
    depth = _DEEP_LIST.fullmatch(styles.name(style))
    number = styles.number(style) if depth else ""
    properties = child_of(paragraph, "pPr")
    if depth and number and properties.find(f"{W}numPr") is None:
        numbering = etree.SubElement(properties, f"{W}numPr")
        etree.SubElement(numbering, f"{W}ilvl", {f"{W}val": str(int(depth[1]) - 1)})
        etree.SubElement(numbering, f"{W}numId", {f"{W}val": number})


def _with_all_levels(content: bytes) -> bytes:
    """Definitions of lists with the levels that they lack, each as the one above."""
    root = parsed(content)
    for definition in root.iterchildren(f"{W}abstractNum"):
        levels = {level.get(f"{W}ilvl"): level for level in definition.iterchildren(f"{W}lvl")}
        for depth in map(str, range(1, 9)):
            if levels and depth not in levels:
                level = deepcopy(levels[max(levels)])
                level.set(f"{W}ilvl", depth)
                definition.append(level)
    return _written(root)


def _mark_code(root: Any, styles: Styles) -> None:
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
                if _is_mono(run, style_of(paragraph), styles) and _words(run).strip():
                    _set_style(run, "r", _INLINE_STYLE)


def _is_code(paragraph: Any, styles: Styles) -> bool:
    """Every run with words is in a monospaced font."""
    own = style_of(paragraph)
    runs = [run for run in paragraph.iter(f"{W}r") if _words(run).strip()]
    return bool(runs) and not styles.name(own).startswith("heading") and all(_is_mono(run, own, styles) for run in runs)


def _is_mono(run: Any, paragraph_style: str, styles: Styles) -> bool:
    properties = run.find(f"{W}rPr")
    if (font := font_of(properties)) is not None:
        return bool(MONO.search(font))
    return styles.is_mono(value_of(properties, "rStyle") or paragraph_style)


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
    root = parsed(content)
    for style_id, kind, name in (
        (_CODE_STYLE, "paragraph", "Source Code"),
        (_INLINE_STYLE, "character", "Verbatim Char"),
    ):
        if all(style.get(f"{W}styleId") != style_id for style in root.iterchildren(f"{W}style")):
            style = etree.SubElement(root, f"{W}style", {f"{W}type": kind, f"{W}styleId": style_id})
            etree.SubElement(style, f"{W}name", {f"{W}val": name})
    return _written(root)


def _report_margin(content: bytes, what: str, result: Prepared) -> None:
    words = " ".join(" ".join(text.text or "" for text in parsed(content).iter(f"{W}t")).split())
    line = f"{what}: {words}"
    if words and line not in result.dropped:
        result.dropped.append(line)


def _written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _words(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t"))
