"""A slide of a .pptx as a drawing: its boxes of text, tables and pictures at their places, a quote marked.

It is drawn from what python-pptx reads, because no program that renders slides can be counted on to be there. The sizes of letters,
their alignment and bullets follow the layout and the master. Left out: colours, effects, lines, what charts show, and what stands on
the master alone.
"""

import html
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pptx import Presentation

from ingest.parse.formats.pptx import (
    BULLETED,
    SIZE,
    A,
    bodies,
    diagram_points,
    level_of,
    prepare,
    size_of,
    styles,
    xpath,
)

POINT = 12700  # of the units that a slide is measured in
INDENT = 20  # points for each level of a list
MOST_SHAPES = 400
MOST_DATA = 4_000_000  # characters of base64, all pictures of a slide together
NO_CHART = "(a chart, which is not drawn here)"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_ALIGNED = {"ctr": "center", "r": "right", "just": "justify"}
_ANCHORED = {"ctr": "center", "b": "flex-end"}
_STYLE = """div, p, td { margin: 0; color: #111; font-family: Calibri, Carlito, Arial, sans-serif; line-height: 1.15; }
p { white-space: pre-wrap; overflow-wrap: break-word; } mark { background: #fde88c; } table { border-collapse: collapse; }
td { border: 1px solid #999; padding: 2px 5px; vertical-align: top; } div { box-sizing: border-box; padding: 4px 7px; }
div { display: flex; flex-direction: column; width: 100%; height: 100%; }"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the coordinates of shapes lie on the slide, in points: those of a group are its own."""

    left: float = 0.0
    top: float = 0.0
    across: float = 1 / POINT
    down: float = 1 / POINT

    def box(self, shape: Any) -> tuple[float, float, float, float]:
        """Left, top, width, height."""
        left, top = self.left + (shape.left or 0) * self.across, self.top + (shape.top or 0) * self.down
        return left, top, (shape.width or 0) * self.across, (shape.height or 0) * self.down

    def inside(self, group: Any) -> "Frame":
        left, top, width, height = self.box(group)
        start, extent = (
            next(iter(xpath(group.element, f"./p:grpSpPr/a:xfrm/a:ch{name}")), None) for name in ("Off", "Ext")
        )
        if start is None or extent is None or not int(extent.get("cx")) * int(extent.get("cy")):
            return self
        across, down = width / int(extent.get("cx")), height / int(extent.get("cy"))
        return Frame(left - int(start.get("x")) * across, top - int(start.get("y")) * down, across, down)


@dataclass(slots=True)
class Drawing:
    """Markup, and in it the numbers of the characters that the slide's words are made of."""

    parts: list[str | int] = field(default_factory=list)
    chars: list[str] = field(default_factory=list)
    data: int = 0

    def words(self, text: str) -> None:
        self.parts += range(len(self.chars), len(self.chars) + len(text))
        self.chars += text

    def written(self, marked: frozenset[int]) -> str:
        return "".join(part if isinstance(part, str) else self._char(part, part in marked) for part in self.parts)

    def _char(self, number: int, marked: bool) -> str:
        char = self.chars[number] if self.chars[number].isprintable() else "\n"
        return f"<mark>{html.escape(char)}</mark>" if marked else html.escape(char)


def drawn(
    data: bytes,
    number: int,
    *,
    mark: Callable[[Sequence[str]], frozenset[int]],
    encode: Callable[[bytes], Mapping[str, str]],
) -> tuple[str, bool]:
    """The slide with this number (from 1) as SVG, and whether something on it is marked.

    `mark`: which of the characters on it stand in the quote. `encode`: a picture as `{"type", "data"}` with base64 data; raises an
    exception for what is none. Raises IndexError where there is no such slide, and what python-pptx raises.
    """
    presentation: Any = Presentation(io.BytesIO(data))
    slide = presentation.slides[number - 1]
    prepare(slide)
    drawing = Drawing()
    for shape, frame in list(_shapes(slide.shapes, Frame()))[:MOST_SHAPES]:
        _draw(drawing, shape, frame, slide, encode)
    marked = mark(drawing.chars)
    width, height = presentation.slide_width / POINT, presentation.slide_height / POINT
    page = f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{drawing.written(marked)}'
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{page}</svg>', bool(marked)


def _shapes(shapes: Any, frame: Frame) -> Iterator[tuple[Any, Frame]]:
    """In the order they are painted."""
    for shape in shapes:
        if shape.element.tag.endswith("}grpSp"):
            yield from _shapes(shape.shapes, frame.inside(shape))
        elif not xpath(shape.element, "./*/p:cNvPr[@hidden='1' or @hidden='true']"):
            yield shape, frame


def _draw(drawing: Drawing, shape: Any, frame: Frame, slide: Any, encode: Callable[[bytes], Mapping[str, str]]) -> None:
    left, top, width, height = frame.box(shape)
    box = f'x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"'
    turned = f"rotate({getattr(shape, 'rotation', 0):g} {left + width / 2:g} {top + height / 2:g})"
    drawing.parts.append(f'<g transform="{turned}">')
    for relation in xpath(shape.element, ".//a:blip/@r:embed"):
        _picture(drawing, slide.part, relation, box, encode)
    if xpath(shape.element, "./p:spPr/a:solidFill | ./p:spPr/a:ln[not(a:noFill)]") or shape.element.tag.endswith(
        "}graphicFrame"
    ):
        drawing.parts.append(f'<rect {box} fill="none" stroke="#bbb"/>')
    body = [f'<foreignObject {box} overflow="visible">', "</foreignObject></g>"]
    drawing.parts.append(body[0])
    if shape.has_text_frame:
        _text(drawing, shape)
    elif getattr(shape, "has_table", False) and shape.has_table:
        _table(drawing, shape.table)
    elif shape.element.tag.endswith("}graphicFrame"):
        _lines(drawing, [words for _, words in diagram_points(shape)] or [NO_CHART])
    drawing.parts.append(body[1])


def _picture(
    drawing: Drawing, part: Any, relation: str, box: str, encode: Callable[[bytes], Mapping[str, str]]
) -> None:
    try:
        found = encode(part.related_part(relation).blob)
    except Exception:  # whatever a library says of a picture that is gone, or none: its place stays empty
        return
    drawing.data += len(found["data"])
    if drawing.data <= MOST_DATA:
        drawing.parts.append(f'<image {box} href="data:{found["type"]};base64,{found["data"]}"/>')


def _lines(drawing: Drawing, lines: Sequence[str]) -> None:
    drawing.parts.append('<div xmlns="http://www.w3.org/1999/xhtml">')
    for line in lines:
        _paragraph(drawing, line)
    drawing.parts.append("</div>")


def _table(drawing: Drawing, table: Any) -> None:
    drawing.parts.append('<table xmlns="http://www.w3.org/1999/xhtml" width="100%">')
    for row in table.rows:
        drawing.parts.append("<tr>")
        for cell in row.cells:
            if not cell.is_spanned:
                drawing.parts.append(f'<td colspan="{cell.span_width}" rowspan="{cell.span_height}">')
                for paragraph in cell._tc.iter(f"{A}p"):
                    _paragraph(drawing, _words(paragraph), size=size_of(paragraph, ()))
                drawing.parts.append("</td>")
        drawing.parts.append("</tr>")
    drawing.parts.append("</table>")


def _text(drawing: Drawing, shape: Any) -> None:
    texts = list(bodies(shape))
    anchor = next((found for body in texts if (found := body.find(f"{A}bodyPr").get("anchor"))), "")
    shrunk = next(iter(xpath(texts[0], "./a:bodyPr/a:normAutofit/@fontScale")), "100000")
    listed = shape.is_placeholder and shape.placeholder_format.type in BULLETED
    place = _ANCHORED.get(anchor, "flex-start")
    drawing.parts.append(f'<div xmlns="http://www.w3.org/1999/xhtml" style="justify-content:{place}">')
    for paragraph in texts[0].iterchildren(f"{A}p"):
        looks = list(styles(shape, texts, level_of(paragraph)))
        aligned = next((found for style in looks if (found := style.get("algn"))), "")
        own = paragraph.find(f"{A}pPr")
        bullet = listed and (own is None or own.find(f"{A}buNone") is None)
        size = size_of(paragraph, looks) * float(shrunk.rstrip("%")) / (100 if "%" in shrunk else 100_000)
        _paragraph(
            drawing,
            _words(paragraph),
            size=size,
            level=level_of(paragraph),
            bullet=bullet,
            aligned=_ALIGNED.get(aligned, "left"),
        )
    drawing.parts.append("</div>")


def _paragraph(
    drawing: Drawing, words: str, *, size: float = SIZE, level: int = 0, bullet: bool = False, aligned: str = "left"
) -> None:
    style = f"font-size:{size:g}px;text-align:{aligned};margin-left:{level * INDENT}px"
    drawing.parts.append(f'<p style="{style}">{"• " if bullet and words.strip() else ""}')
    drawing.words(words or "\n")
    drawing.parts.append("</p>")


def _words(paragraph: Any) -> str:
    """The text of an `a:p`, of its equations, too."""
    return "".join(
        "\n" if part.tag == f"{A}br" else part.text or "" for part in paragraph.iter(f"{A}t", f"{A}br", _MATH_TEXT)
    )
