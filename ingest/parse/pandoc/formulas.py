"""Equations of Office and OpenDocument files to TeX, many in one run of pandoc.

pandoc reads them in Word files and web pages only, so those of slides (OMML) travel in a Word file made for them, those
of OpenDocument (MathML) in a page.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from lxml import etree

from ingest.parse.limits import Limits
from ingest.parse.pandoc import inlines
from ingest.parse.pandoc.process import syntax_tree

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)


def from_omml(equations: Sequence[Any], limits: Limits) -> list[str]:
    """`$TeX$` for each `m:oMath` element, empty where pandoc makes nothing of it. Raises UnreadableFile."""
    if not equations:
        return []
    parts = (f"<w:p><w:r><w:t>{at}.</w:t></w:r>{_xml(item)}</w:p>" for at, item in enumerate(equations))
    document = f'<w:document xmlns:w="{_W}"><w:body>{"".join(parts)}</w:body></w:document>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", document)
    return _formulas(syntax_tree(made.getvalue(), "docx", limits), len(equations))


def from_mathml(equations: Sequence[Any], limits: Limits) -> list[str]:
    """The same for `math` elements of MathML."""
    if not equations:
        return []
    parts = (f"<p>{at}.{_xml(item)}</p>" for at, item in enumerate(equations))
    page = f"<html><body>{''.join(parts)}</body></html>"
    return _formulas(syntax_tree(page.encode("utf-8", "replace"), "html", limits), len(equations))


def _xml(element: Any) -> str:
    return str(etree.tostring(element, encoding="unicode", with_tail=False))


def _formulas(tree: dict[str, Any], count: int) -> list[str]:
    """Of paragraphs that begin with their number."""
    found = [""] * count
    for block in tree["blocks"]:
        if block["t"] in {"Para", "Plain"}:
            number, _, formula = inlines.words(block["c"], lambda _: "").partition(".")
            if number.isdigit() and int(number) < count:
                found[int(number)] = formula.strip().replace("$$", "$")
    return found
