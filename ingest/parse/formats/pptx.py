"""PowerPoint files (.pptx) to Markdown, a heading for each slide (with `slide_drawing` the only importer of python-pptx).

Kept: titles, bullets with their levels, tables, the numbers behind charts, the words of diagrams, picture descriptions,
speaker notes. Left out: footers, dates and slide numbers (reported), animations, what a picture shows.
"""

import io
import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml import parse_xml

from ingest.parse import archives, table_grid
from ingest.parse import markdown_writer as markup
from ingest.parse.pandoc.process import from_omml
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_INK = "{http://schemas.openxmlformats.org/presentationml/2006/main}contentPart"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MARGINAL = frozenset({PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.SLIDE_NUMBER})
_TITLES = frozenset({PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE})
BULLETED = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})
_MOST_GROUPS = 20
_USUAL = 1800  # hundredths of a point: of text whose size a slide does not say
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
SIZE = 18.0  # points of letters whose size nothing says
_NAMES = {
    "a": A[1:-1],
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
}
_MARKS = {"buNone": "none", "buChar": "bullet", "buBlip": "bullet", "buAutoNum": "number"}


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb, too large, no text."""
    archives.check(data, limits)
    try:
        source = _read(Presentation(io.BytesIO(data)), limits)
    except UnreadableFile:
        raise
    except Exception as error:  # the library lets through whatever a damaged part leads to
        message = f"The PowerPoint file is damaged: {error}."
        raise UnreadableFile("corrupt", message, remedy="Open it in PowerPoint and save it anew.") from error
    if not source.text:
        message = "The slides have no text; they are probably pictures."
        raise UnreadableFile("no text", message, remedy="Use the original presentation.")
    return source


def _read(presentation: Any, limits: Limits) -> Source:
    slides = list(presentation.slides)
    if len(slides) > limits.pages:
        message = f"The file has {len(slides):,} slides; the limit is {limits.pages:,}."
        raise UnreadableFile("too large", message, remedy="Split it, or raise MAX_PAGES.")
    for slide in slides:
        prepare(slide)
    _write_formulas(slides, limits)
    hidden = [] if limits.include_hidden else [number for number, slide in enumerate(slides, 1) if _is_hidden(slide)]
    title = presentation.core_properties.title
    return replace(
        markup.paged(_pieces(slides, hidden)),
        title=title if title != "PowerPoint Presentation" else None,
        page_word="slide",
        dropped=tuple(
            dict.fromkeys(words for number, slide in enumerate(slides, 1) for words in _dropped(slide, number))
        ),
        hidden=tuple(f"hidden slide {number}: {_title(slides[number - 1])[0]}" for number in hidden),
    )


def prepare(slide: Any) -> None:
    """What new programs show stands in place of the choice between it and a picture for old ones, which ink keeps: python-pptx
    cannot read it; links have their addresses."""
    for alternate in list(slide.element.iter(f"{_COMPATIBLE}AlternateContent")):
        options = alternate.iterchildren(f"{_COMPATIBLE}Choice", f"{_COMPATIBLE}Fallback")
        for child in next((option for option in options if option.find(_INK) is None), ()):
            alternate.addprevious(child)
        alternate.getparent().remove(alternate)
    for link in slide.element.iter(f"{A}hlinkClick"):
        found = slide.part.rels.get(link.get(f"{_RELATION}id"))
        link.set("address", str(found.target_ref) if found is not None and found.is_external else "")


def _write_formulas(slides: list[Any], limits: Limits) -> None:
    """Equations become runs of text with their TeX."""
    equations = [equation for slide in slides for equation in slide.element.iter(f"{_MATH}oMath")]
    places = []
    for equation, tex in zip(equations, from_omml(equations, limits), strict=True):
        run = parse_xml(f'<a:r xmlns:a="{A[1:-1]}"><a:t/></a:r>')
        run[0].text = tex or "".join(part.text or "" for part in equation.iter(f"{_MATH}t"))
        places.append(next((above for above in equation.iterancestors() if above.getparent().tag == f"{A}p"), equation))
        places[-1].addprevious(run)
    for place in dict.fromkeys(places):
        place.getparent().remove(place)


def _is_hidden(slide: Any) -> bool:
    return slide.element.get("show") in {"0", "false"}


def _pieces(slides: list[Any], hidden: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The blocks of the slides that have words and are not hidden, with their numbers."""
    last = ""
    sectioned = any(_layout(slide) == "secHead" for slide in slides)
    for number, slide in enumerate(slides, start=1):
        if number in hidden:
            continue
        level = _level(slide, sectioned=sectioned)
        title, blocks = _title(slide)[0], [block for block in _slide(slide, level) if block]
        if (title and title != last) or (blocks and not title):  # one that goes on needs no new heading
            yield number, markup.heading(level, title or f"Slide {number}")
        last = title
        yield from ((number, block) for block in blocks)


def _dropped(slide: Any, number: int) -> Iterator[str]:
    """The words of footers and dates; that there are formulas of old programs, which are pictures."""
    for shape in slide.placeholders:
        if _is_of(shape, _MARGINAL) and shape.has_text_frame:
            words = shape.text_frame.text.strip()
            if any(map(str.isalpha, words)):
                yield f"slide footer: {words}"
    if any("equation" in name.lower() for name in xpath(slide.element, ".//p:oleObj/@progId")):
        yield f"a formula of another program on slide {number}"


def _layout(slide: Any) -> str:
    return str(slide.slide_layout.element.get("type") or "")


def _level(slide: Any, *, sectioned: bool) -> int:
    if _layout(slide) == "title":
        return 1
    return 3 if sectioned and _layout(slide) != "secHead" else 2


def _title(slide: Any) -> tuple[str, list[str]]:
    """The title; and of a text that is written where it should stand, what is below its first line."""
    shape = _title_shape(slide)
    text = shape.text_frame.text if shape is not None else ""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for count in (len(lines), 1):
        if len(title := " ".join(lines[:count])) <= markup.LONGEST_HEADING:
            return title, lines[count:]
    return "", lines


def _title_shape(slide: Any) -> Any:
    """The placeholder of the title; where that has no words, the text above all others if it is the largest."""
    shapes = (shape for shape in _in_order(slide.shapes, 0) if shape.has_text_frame and not _is_of(shape, _MARGINAL))
    texts = [shape for shape in shapes if shape.text_frame.text.strip()]
    sizes = [max(map(int, shape.element.xpath(".//a:rPr/@sz")), default=_USUAL) for shape in texts]
    largest = texts[0] if len(texts) > 1 and sizes[0] > max(sizes[1:]) else None
    return next((shape for shape in texts if _is_of(shape, _TITLES)), largest)


def _is_of(shape: Any, kinds: Container[Any]) -> bool:
    return bool(shape.is_placeholder) and shape.placeholder_format.type in kinds


def _slide(slide: Any, level: int) -> Iterator[str]:
    """The blocks of a slide, its title apart: placeholders first, then from top to bottom and from left to right, with what heads
    them; notes last."""
    yield from map(markup.paragraph, _title(slide)[1])
    title = _title_shape(slide)
    shapes = [shape for shape in _in_order(slide.shapes, 0) if not _is_of(shape, _MARGINAL)]
    for head, shape in _headed([shape for shape in shapes if title is None or shape.element is not title.element]):
        words = " ".join(head.text_frame.text.split()) if head is not None else ""
        yield markup.boxed(markup.joined([markup.heading(level + 1, words), *_shape(shape)]))
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and notes.text.strip():
        yield markup.paragraph(f"Speaker notes: {notes.text}")


def _headed(shapes: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Each shape and what heads it: the text right above in larger letters, or one beside which stands the head of another."""
    above = [(head, box) for box in shapes for head in shapes if _is_above(head, box)]
    tops = Counter(head.top for head, _ in above)
    heads = {id(box): head for head, box in above if tops[head.top] > 1 or _size(head) > _size(box)}
    for shape in shapes:
        if all(shape is not head for head in heads.values()):
            yield heads.get(id(shape)), shape


def _is_above(shape: Any, box: Any) -> bool:
    """Whether a shape has one short line and stands right above one that has several."""
    if not (shape.has_text_frame and box.has_text_frame and shape.height and box.height):
        return False
    texts = [[line for line in each.text_frame.paragraphs if line.text.strip()] for each in (shape, box)]
    shared = min(shape.left + shape.width, box.left + box.width) - max(shape.left, box.left)
    near = abs(box.top - shape.top - shape.height) < shape.height < box.height
    named = any(map(str.isalpha, shape.text_frame.text))
    return near and named and 2 * shared > shape.width and len(texts[0]) == 1 < len(texts[1])


def _size(shape: Any) -> float:
    """Of its largest letters, in points; code has none."""
    texts = list(bodies(shape))
    lines = [line for line in texts[0].iterchildren(f"{A}p") if _words(line).strip()]
    return max(math.inf if _is_mono(line) else size_of(line, styles(shape, texts, level_of(line))) for line in lines)


def bodies(shape: Any) -> Iterator[Any]:
    """The text of a shape, then those of the placeholders on the layout and the master that it follows."""
    while shape is not None:
        yield shape.text_frame._txBody
        shape = getattr(shape, "_base_placeholder", None)


def styles(shape: Any, bodies: Sequence[Any], level: int) -> Iterator[Any]:
    """What is said of a paragraph of this level, the nearest first."""
    yield from (found for body in bodies for found in xpath(body, f"./a:lstStyle/a:lvl{level + 1}pPr"))
    kind = str(shape.placeholder_format.type) if shape.is_placeholder else ""
    name = "title" if "TITLE" in kind and "SUB" not in kind else "body" if kind else "other"
    master = shape.part.slide_layout.slide_master.element
    yield from xpath(master, f"./p:txStyles/p:{name}Style/a:lvl{level + 1}pPr")


def size_of(paragraph: Any, styles: Iterable[Any]) -> float:
    """Of its letters, in points."""
    own = xpath(paragraph, "./a:r/a:rPr/@sz")
    found = own or [size for style in styles for size in xpath(style, "./a:defRPr/@sz")]
    return int(found[0]) / 100 if found else SIZE


def xpath(element: Any, path: str) -> list[Any]:
    """By XPath; elements that python-pptx has a class for know the names, the others do not."""
    return list(etree._Element.xpath(element, path, namespaces=_NAMES))


def _in_order(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    ordered = sorted(shapes, key=lambda shape: (not shape.is_placeholder, shape.top or 0, shape.left or 0))
    for shape in ordered:
        if shape.element.tag.endswith("}grpSp") and depth < _MOST_GROUPS:
            yield from _in_order(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        bulleted = shape.is_placeholder and shape.placeholder_format.type in BULLETED
        yield _frame(shape.text_frame._txBody, bulleted=bulleted)
    elif getattr(shape, "has_table", False) and shape.has_table:
        above, rows = table_grid.laid_out(
            [[_cell(cell) for cell in row.cells if not cell.is_spanned] for row in shape.table.rows]
        )
        yield from (markup.paragraph(above), markup.table(rows))
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        yield from _chart(shape.chart)
    else:
        yield markup.listing([(depth, "-", markup.paragraph(words)) for depth, words in diagram_points(shape)])
        yield markup.image(next(iter(shape.element.xpath(".//p:cNvPr/@descr")), ""), _media(shape))


def _media(shape: Any) -> str:
    """Where the picture that a shape shows lies in the file; empty for any other shape."""
    relation = shape.part.rels.get(next(iter(shape.element.xpath(".//a:blip/@r:embed")), ""))
    return str(relation.target_part.partname).lstrip("/") if relation is not None else ""


def _cell(cell: Any) -> table_grid.Cell:
    words = "; ".join(filter(None, (_words(paragraph).strip() for paragraph in cell._tc.iter(f"{A}p"))))
    return table_grid.Cell(words, columns=cell.span_width, rows=cell.span_height)


def _chart(chart: Any) -> Iterator[str]:
    """The title of a chart of any type and its numbers, a column for each series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield markup.paragraph(chart.chart_title.text_frame.text)
    area = chart.element.find(f"{_CHART}chart/{_CHART}plotArea")
    for plot in area if area is not None else ():
        series = plot.findall(f"{_CHART}ser")
        names = [" ".join(value.text or "" for value in one.iterfind(f"{_CHART}tx//{_CHART}v")) for one in series]
        columns = [_points(one, "val", "yVal") for one in series]
        labels = {at: label for one in reversed(series) for at, label in _points(one, "cat", "xVal").items()}
        numbers = sorted({at for column in [labels, *columns] for at in column})
        rows = [[labels.get(at, ""), *(column.get(at, "") for column in columns)] for at in numbers]
        yield markup.table([["", *names], *rows])


def _points(series: Any, *names: str) -> dict[int, str]:
    """What the file keeps of the cells that a series shows, by their numbers; of labels of several levels the innermost."""
    found: dict[int, str] = {}
    for part in series.iterchildren(*(_CHART + name for name in names)):
        for point in part.iter(f"{_CHART}pt"):
            text = "".join(value.text or "" for value in point.iterchildren(f"{_CHART}v"))
            with suppress(ValueError):
                text = f"{float(text):g}"
            found.setdefault(int(point.get("idx", "0")), text)
    return found


def diagram_points(shape: Any) -> Iterator[tuple[int, str]]:
    """The words of SmartArt, of each of its points, with how far down its tree the point is; not what is drawn between points."""
    for reference in (one.get(f"{_RELATION}dm") for one in shape.element.iter(f"{_DIAGRAM}relIds")):
        root = parse_xml(shape.part.related_part(reference).blob)
        points = {point.get("modelId"): point for point in root.iter(f"{_DIAGRAM}pt")}
        below = defaultdict[str, list[str]](list)
        for line in sorted(root.iter(f"{_DIAGRAM}cxn"), key=lambda line: int(line.get("srcOrd", "0"))):
            if line.get("type", "parOf") == "parOf":
                below[line.get("srcId")].append(line.get("destId"))
        waiting = [(-1, name) for name, point in points.items() if point.get("type") == "doc"]
        while waiting:
            depth, name = waiting.pop()
            point = points.pop(name, None)  # each once, though a damaged file may go in circles
            if point is not None and (words := "\n".join(map(_words, point.iter(f"{A}p"))).strip()):
                yield max(depth, 0), words
            waiting += [(depth + 1, child) for child in reversed(below.pop(name, []))]


def _frame(body: Any, *, bulleted: bool) -> str:
    """The Markdown of an element that holds `a:p`; `bulleted`: paragraphs are items unless they say otherwise."""
    paragraphs = [child for child in body.iterchildren(f"{A}p") if _words(child).strip()]
    if paragraphs and all(_is_mono(paragraph) for paragraph in paragraphs):
        return markup.code("\n".join(_words(paragraph, linked=False) for paragraph in body.iterchildren(f"{A}p")))
    if len(paragraphs) == 1 and not _own_mark(paragraphs[0]):
        bulleted = False
    return markup.joined(_blocks(paragraphs, bulleted=bulleted))


def _blocks(paragraphs: list[Any], *, bulleted: bool) -> Iterator[str]:
    items: list[tuple[int, str, str]] = []
    counts: dict[int, int] = {}
    for paragraph in paragraphs:
        own, level = _own_mark(paragraph), level_of(paragraph)
        body = markup.paragraph(_words(paragraph))
        if own == "none" or (not own and not bulleted and level == 0):
            yield markup.listing(items)
            items, counts = [], {}
            yield body
            continue
        counts = {other: count for other, count in counts.items() if other <= level}
        counts[level] = counts.get(level, 0) + 1 if own == "number" else 0
        items.append((level, f"{counts[level]}." if own == "number" else "-", body))
    yield markup.listing(items)


def level_of(paragraph: Any) -> int:
    return int(next(iter(paragraph.xpath("a:pPr/@lvl")), "0"))


def _own_mark(paragraph: Any) -> str:
    """What the paragraph itself sets: none, bullet, number, or nothing."""
    return next((mark for name, mark in _MARKS.items() if paragraph.find(f"{A}pPr/{A}{name}") is not None), "")


def _words(paragraph: Any, *, linked: bool = True) -> str:
    """Of an `a:p`, with its links, exponents and indices."""
    words, before = "", ""
    for child in paragraph.iterchildren(f"{A}r", f"{A}fld", f"{A}br"):
        text = "\n" if child.tag == f"{A}br" else "".join(part.text or "" for part in child.iterchildren(f"{A}t"))
        baseline = next(iter(child.xpath("a:rPr/@baseline")), "").strip("0%")
        if baseline.strip("-"):
            text = markup.raised("_" if baseline.startswith("-") else "^", before, text)
        address = next(iter(child.xpath("a:rPr/a:hlinkClick/@address")), "") if linked else ""
        words, before = words + (markup.link(text, address) if address else text), text
    return words


def _is_mono(paragraph: Any) -> bool:
    """By the fonts of its runs or, where one has none of its own, that of its level in the box."""
    level = paragraph.xpath(f"../a:lstStyle/a:lvl{level_of(paragraph) + 1}pPr/a:defRPr/a:latin/@typeface")
    fonts = [(run.xpath("a:rPr/a:latin/@typeface") or level or [""])[0] for run in paragraph.iterchildren(f"{A}r")]
    return bool(fonts) and all(map(markup.is_monospaced, fonts))
