"""What has to be done to an OpenDocument text before pandoc reads it (OASIS OpenDocument 1.3).

pandoc knows its styles, lists, notes and tables; it does not know formulas, text boxes, hidden text and paragraphs that
are code by their font.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingest.parse import markdown_writer as markup
from ingest.parse.pandoc.docx import Prepared, parsed
from ingest.parse.pandoc.process import from_mathml
from ingest.parse.reader import Limits

_SPACES = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _DRAW, _STYLE = f"{{{_SPACES}text:1.0}}", f"{{{_SPACES}drawing:1.0}}", f"{{{_SPACES}style:1.0}}"
_FORMAT = f"{{{_SPACES}xsl-fo-compatible:1.0}}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
CODE = "\ue00d"  # begins a paragraph that is a line of code


def prepared(data: bytes, limits: Limits) -> Prepared:
    """Raises UnreadableFile, and whatever zipfile and lxml raise for a damaged archive."""
    result = Prepared()
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        styles = _Styles(source)
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "content.xml":
                root = parsed(content)
                _write_formulas(root, source, limits)
                for box in list(root.iter(f"{_DRAW}text-box")):
                    _set_below(box)
                if not limits.include_hidden:
                    _take_out_hidden(root, styles, result)
                for paragraph in root.iter(f"{_TEXT}p"):
                    if styles.is_mono(paragraph.get(f"{_TEXT}style-name", "")):
                        paragraph.text = CODE + (paragraph.text or "")
                content = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
            target.writestr(member.filename, content)
    result.data = made.getvalue()
    return result


class _Styles:
    """Which styles are monospaced or hidden, what they are based on included."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        roots = [parsed(archive.read(name)) for name in ("styles.xml", "content.xml") if name in archive.namelist()]
        self._styles = {style.get(f"{_STYLE}name"): style for root in roots for style in root.iter(f"{_STYLE}style")}

    def is_mono(self, name: str) -> bool:
        fonts = (
            properties.get(f"{_STYLE}font-name") or properties.get(f"{_FORMAT}font-family")
            for properties in self._properties(name)
        )
        return markup.is_monospaced(next(filter(None, fonts), ""))

    def is_hidden(self, name: str) -> bool:
        return any(properties.get(f"{_TEXT}display") == "none" for properties in self._properties(name))

    def _properties(self, name: str) -> Iterator[Any]:
        seen: set[str] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield from self._styles[name].iterchildren(f"{_STYLE}text-properties")
            name = self._styles[name].get(f"{_STYLE}parent-style-name", "")


def _write_formulas(root: Any, archive: zipfile.ZipFile, limits: Limits) -> None:
    """Formulas, each a document of its own in the archive, as TeX in the text."""
    frames: list[Any] = []
    equations: list[Any] = []
    for drawn in root.iter(f"{_DRAW}object"):
        name = f"{drawn.get(_HREF, '').removeprefix('./').rstrip('/')}/content.xml"
        if name in archive.namelist() and (math := parsed(archive.read(name))).tag == f"{_MATH}math":
            frames.append(next(drawn.iterancestors(f"{_DRAW}frame"), drawn))
            equations.append(math)
    for frame, tex in zip(frames, from_mathml(equations, limits), strict=True):
        span = etree.Element(f"{_TEXT}span")
        span.text, span.tail = tex, frame.tail
        frame.getparent().replace(frame, span)


def _set_below(box: Any) -> None:
    """What a text box holds, below the paragraph that it is anchored in."""
    paragraph = next(box.iterancestors(f"{_TEXT}p"), None)
    if paragraph is not None:
        for child in reversed(box):
            paragraph.addnext(child)


def _take_out_hidden(root: Any, styles: _Styles, result: Prepared) -> None:
    words: list[str] = []
    for element in list(root.iter(f"{_TEXT}p", f"{_TEXT}span", f"{_TEXT}h", f"{_TEXT}hidden-text")):
        hidden = element.tag == f"{_TEXT}hidden-text" or styles.is_hidden(element.get(f"{_TEXT}style-name", ""))
        if hidden and element.getparent() is not None:
            words.append("".join(element.itertext()) or element.get(f"{_TEXT}string-value", ""))
            tail, element.tail = element.tail, None
            element.clear()
            element.tail = tail
    if shown := " ".join(" ".join(words).split()):
        result.hidden.append(f"hidden text: {shown}")
