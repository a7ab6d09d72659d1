"""What stands where on the pages of a PDF (the only importer of pypdfium2).

Positions are in points, x from the left and y from the top of the page, turned so that most of its text runs from left to
right, and mirrored where most of it is Arabic or Hebrew: x always grows in the direction of reading.
"""

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby, islice, pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as c

from ingest.parse.formats.pdf.characters import UNKNOWN, Char, Style, letter
from ingest.parse.formats.pdf.ligatures import ligatures

PdfiumError = pypdfium2.PdfiumError
_THIN = 3.0  # points: a filled shape that is thinner is a rule
_MOST_PATHS = 5_000  # of a page: more make a drawing
_MOST_DOTS = 40_000_000  # of a picture: A2 at 300 to the inch
_FIXED_PITCH = 1  # the flag of a font
_SLANT = 5  # degrees by which text may be off the level or upright
Edges = tuple[float, float, float, float]  # left, bottom, right, top as the file counts them
Turn = Callable[[float, float], tuple[float, float]]
_Found = tuple[str, Edges, tuple[float, float], Style]
_TYPED = (c.FPDF_ANNOT_WIDGET, c.FPDF_ANNOT_FREETEXT)
_COMMENTS = (c.FPDF_ANNOT_TEXT, c.FPDF_ANNOT_HIGHLIGHT, c.FPDF_ANNOT_UNDERLINE, c.FPDF_ANNOT_STRIKEOUT)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. Without width or height it is a rule, with words the field of a form or a note typed upon the page."""

    left: float
    top: float
    right: float
    bottom: float
    text: str = ""

    @property
    def is_upright(self) -> bool:
        return self.right - self.left < self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page, its characters in the order in which they are drawn. `turned`: text that runs in other directions than
    most, piece by piece. `comments`: how many notes of reviewers it has. `rtl`: whether x is mirrored. `pictured`: whether
    it shows anything."""

    number: int
    width: float
    height: float
    rtl: bool
    pictured: bool
    chars: tuple[Char, ...]
    turned: tuple[str, ...]
    rules: tuple[Box, ...]
    fields: tuple[Box, ...]
    comments: int


class Pdf:
    """An open file. Raises PdfiumError where it is damaged or protected."""

    def __init__(self, data: bytes) -> None:
        self._data, self._file = data, pypdfium2.PdfDocument(data)
        if self._file.get_formtype():
            self._file.init_forms()

    def __len__(self) -> int:
        return len(self._file)

    def outline(self) -> list[tuple[str, int, int]]:
        """The bookmarks as (words, level from 1, number of the page they lead to, 0 for none)."""
        found = ((bookmark, bookmark.get_dest()) for bookmark in self._file.get_toc())
        return [
            (bookmark.get_title(), bookmark.level + 1, (place.get_index() or 0) + 1 if place else 0)
            for bookmark, place in found
        ]

    def title(self) -> str:
        """As the file names itself; empty if it does not."""
        return " ".join(self._file.get_metadata_value("Title").replace("\0", "").split())

    def picture(self, index: int, *, dots: int) -> tuple[Any, float]:
        """The page as a grey PIL image, and how many dots it has to the inch: so many, fewer of a huge page."""
        page = self._file[index]
        width, height = page.get_size()
        scale = min(dots / 72, math.sqrt(_MOST_DOTS / (width * height)))
        return page.render(scale=scale, grayscale=True).to_pil(), 72 * scale

    @cached_property
    def ligatures(self) -> Mapping[tuple[bytes, int], str]:
        """Of fonts that tell these by name only."""
        return ligatures(self._data)

    def sheet(self, index: int) -> Sheet:
        """The page with this index, from 0."""
        page = self._file[index]
        found = list(self._chars(page.get_textpage()))
        angles = Counter(style.angle for text, _, _, style in found if style.angle % 90 == 0 and text.strip())
        angle = max(angles, key=lambda angle: angles[angle], default=0)
        words = "".join(text for text, _, _, style in found if style.angle == angle)
        rtl = _is_rtl(words)
        turn, width, height = _turn(page.get_bbox(), angle, rtl=rtl)
        chars = (_placed(char, turn) for char in found if char[3].angle == angle)
        notes = list(self._annotations(page))
        return Sheet(
            number=index + 1,
            width=width,
            height=height,
            rtl=rtl,
            pictured=c.FPDFPage_CountObjects(page) > 0,
            chars=tuple(char for char in chars if 0 <= char.base <= height),  # others are hidden
            turned=tuple(_pieces(found, angle)),
            rules=tuple(_box(turn, edges) for edges in _rules(page)),
            fields=tuple(_box(turn, edges, text) for edges, text in notes if edges),
            comments=sum(not edges for edges, _ in notes),
        )

    def _chars(self, text: pypdfium2.PdfTextPage) -> Iterator[_Found]:
        """Each character with its edges (left, bottom, right, top; above and below those of its ink), its origin and its style."""
        x, y, rect, styles = ctypes.c_double(), ctypes.c_double(), c.FS_RECTF(), dict[int, Style]()
        ink = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
        style, half = Style("", 0.0, 0, False, False), 0
        for index in range(text.count_chars()):
            code = c.FPDFText_GetUnicode(text, index)
            if owner := c.FPDFText_GetTextObject(text, index):
                address = ctypes.addressof(owner.contents)
                if address not in styles:
                    styles[address] = _style(text, index, owner)
                style = styles[address]
            c.FPDFText_GetCharOrigin(text, index, x, y)
            c.FPDFText_GetLooseCharBox(text, index, rect)
            if 0xD800 <= code <= 0xDBFF:  # the first half of a pair, as UTF-16 has it
                half = code
                continue
            if 0xDC00 <= code <= 0xDFFF and half:
                code = 0x10000 + ((half - 0xD800) << 10) + code - 0xDC00
            half = 0
            if c.FPDFText_IsGenerated(text, index) and code < 0x20:
                continue
            c.FPDFText_GetCharBox(text, index, *ink)
            known = not c.FPDFText_HasUnicodeMapError(text, index) and not 0xD800 <= code <= 0xDFFF
            char = letter(code, style.font, known=known)
            if char == UNKNOWN and self.ligatures:
                char = self.ligatures.get((_program(c.FPDFTextObj_GetFont(owner)), code), char)
            if char:
                yield char, (rect.left, ink[2].value, rect.right, ink[3].value), (x.value, y.value), style

    def _annotations(self, page: pypdfium2.PdfPage) -> Iterator[tuple[Edges | None, str]]:
        """Values of fields and words typed upon the page, with their edges; of a reviewer's note only that it is there."""
        rect = c.FS_RECTF()
        for index in range(c.FPDFPage_GetAnnotCount(page)):
            annotation = c.FPDFPage_GetAnnot(page, index)
            kind = c.FPDFAnnot_GetSubtype(annotation)
            if kind == c.FPDF_ANNOT_WIDGET:
                text = self._value(annotation) if self._file.formenv else ""
            else:
                text = _string(partial(c.FPDFAnnot_GetStringValue, annotation, b"Contents"))
            if text and kind in _COMMENTS:
                yield None, ""
            elif text.strip() and kind in _TYPED and c.FPDFAnnot_GetRect(annotation, rect):
                yield (rect.left, rect.bottom, rect.right, rect.top), text
            c.FPDFPage_CloseAnnot(annotation)

    def _value(self, annotation: Any) -> str:
        form = self._file.formenv
        match c.FPDFAnnot_GetFormFieldType(form, annotation):
            case c.FPDF_FORMFIELD_CHECKBOX | c.FPDF_FORMFIELD_RADIOBUTTON:
                return "☒" if c.FPDFAnnot_IsChecked(form, annotation) else "☐"
            case c.FPDF_FORMFIELD_TEXTFIELD | c.FPDF_FORMFIELD_COMBOBOX | c.FPDF_FORMFIELD_LISTBOX:
                return _string(partial(c.FPDFAnnot_GetFormFieldValue, form, annotation))
        return ""


def is_protected(data: bytes, error: Exception) -> bool:
    """Whether a file could not be opened because it wants a password. (pdfium may tell of the file before.)"""
    return b"/Encrypt" in data and getattr(error, "err_code", None) in (c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY)


def _style(text: pypdfium2.PdfTextPage, index: int, owner: Any) -> Style:
    matrix, font = c.FS_MATRIX(), c.FPDFTextObj_GetFont(owner)
    c.FPDFText_GetMatrix(text, index, matrix)
    name = ctypes.create_string_buffer(200)
    c.FPDFFont_GetBaseFontName(font, name, len(name))
    marks = (c.FPDFPageObj_GetMark(owner, mark) for mark in range(c.FPDFPageObj_CountMarks(owner)))
    size = c.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
    return Style(
        font=name.value.decode("utf-8", "replace"),
        size=round(size, 1),
        angle=_angle(math.degrees(math.atan2(matrix.b, matrix.a))),  # pdfium takes a slant for a turn
        fixed=bool(c.FPDFFont_GetFlags(font) & _FIXED_PITCH),
        artifact=any(map(_is_artifact, marks)),
    )


def _program(font: Any) -> bytes:
    """By which a font that the file has in it is told from others of its name."""
    if not c.FPDFFont_GetIsEmbedded(font):
        return b""
    length = ctypes.c_size_t()
    c.FPDFFont_GetFontData(font, None, 0, length)
    buffer = (ctypes.c_uint8 * length.value)()
    c.FPDFFont_GetFontData(font, buffer, length.value, length)
    return bytes(buffer)


def _is_artifact(mark: Any) -> bool:
    """Of a named type, as headers and page numbers are: without one, PowerPoint marks text that holds formulas."""
    length = ctypes.c_ulong()
    name = _string(lambda buffer, size: c.FPDFPageObjMark_GetName(mark, buffer, size, length) and length.value)
    return name == "Artifact" and c.FPDFPageObjMark_CountParams(mark) > 0


def _angle(degrees: float) -> int:
    """Counter-clockwise, in whole degrees from 0 to 359; what is nearly level or upright is."""
    upright = 90 * round(degrees / 90)
    return (upright if abs(degrees - upright) < _SLANT else round(degrees)) % 360


def _string(get: Callable[..., int]) -> str:
    """What a function of pdfium writes as UTF-16 into a buffer, asked for its length first."""
    length = get(None, 0)
    if not length:
        return ""
    buffer = ctypes.create_string_buffer(length)
    get(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _is_rtl(words: str) -> bool:
    kinds = Counter(unicodedata.bidirectional(char) for char in words)
    return kinds["R"] + kinds["AL"] > kinds["L"]


def _turn(edges: Edges, angle: int, *, rtl: bool) -> tuple[Turn, float, float]:
    """From a page's own coordinates to ours, and the width and height that it then has."""
    left, bottom, right, top = edges
    width, height = (right - left, top - bottom) if angle % 180 == 0 else (top - bottom, right - left)

    def turn(x: float, y: float) -> tuple[float, float]:
        along, down = {0: (x - left, top - y), 90: (y - bottom, x - left), 180: (right - x, y - bottom)}.get(
            angle, (top - y, right - x)
        )
        return width - along if rtl else along, down

    return turn, width, height


def _box(turn: Turn, edges: Edges, text: str = "") -> Box:
    (x0, y0), (x1, y1) = turn(edges[0], edges[1]), turn(edges[2], edges[3])
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), text)


def _placed(found: _Found, turn: Turn) -> Char:
    text, edges, origin, style = found
    box = _box(turn, edges)
    return Char(text, box.left, box.right, turn(*origin)[1], style, box.top, box.bottom)


def _pieces(found: list[_Found], angle: int) -> Iterator[str]:
    """Neighbouring characters of other angles."""
    for other, run in groupby(found, key=lambda item: item[3].angle):
        words = " ".join("".join(text for text, *_ in run).split())
        if other != angle and words:
            yield words


def _rules(page: pypdfium2.PdfPage) -> Iterator[Edges]:
    """Straight lines that are drawn level or upright, and shapes as thin as one."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    paths = list(islice(page.get_objects(filter=[c.FPDF_PAGEOBJ_PATH]), _MOST_PATHS + 1))
    for path in paths if len(paths) <= _MOST_PATHS else []:
        c.FPDFPath_GetDrawMode(path, mode, stroke)
        for shape in _shapes(path):
            xs, ys = [x for x, _ in shape], [y for _, y in shape]
            if min(max(xs) - min(xs), max(ys) - min(ys)) < _THIN:
                yield min(xs), min(ys), max(xs), max(ys)
            elif stroke.value:
                for (x0, y0), (x1, y1) in pairwise(shape):
                    if abs(x1 - x0) < 1 or abs(y1 - y0) < 1:
                        yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _shapes(path: pypdfium2.PdfObject) -> list[list[tuple[float, float]]]:
    """The corners of each part of a path."""
    matrix, outer = path.get_matrix(), path.container
    while outer is not None:
        matrix, outer = matrix.multiply(outer.get_matrix()), outer.container
    x, y, shapes = ctypes.c_float(), ctypes.c_float(), list[list[tuple[float, float]]]()
    for index in range(c.FPDFPath_CountSegments(path)):
        segment = c.FPDFPath_GetPathSegment(path, index)
        if not shapes or c.FPDFPathSegment_GetType(segment) == c.FPDF_SEGMENT_MOVETO:
            shapes.append([])
        c.FPDFPathSegment_GetPoint(segment, x, y)
        shapes[-1].append(matrix.on_point(x.value, y.value))
        if c.FPDFPathSegment_GetClose(segment):
            shapes[-1].append(shapes[-1][0])
    return shapes
