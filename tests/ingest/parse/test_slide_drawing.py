"""A slide as a drawing: its boxes at their places, the quote marked, nothing of its text taken for markup."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pptx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pptx.util import Pt

from ingest.parse.slide_drawing import drawn
from tests.ingest.parse.test_pictures import asked, png

SVG, XHTML = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xhtml}"


def deck() -> tuple[Any, Any]:
    """A presentation and its only slide, which is blank."""
    presentation = pptx.Presentation()
    return presentation, presentation.slides.add_slide(presentation.slide_layouts[6])


def saved(presentation: Any) -> bytes:
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def box(slide: Any, text: str, left: float = 10, top: float = 20, width: float = 200, height: float = 40) -> Any:
    shape = slide.shapes.add_textbox(Pt(left), Pt(top), Pt(width), Pt(height))
    shape.text_frame.text = text
    return shape


def root(presentation: Any, marked: frozenset[int] = frozenset()) -> Any:
    drawing, _ = drawn(
        saved(presentation), 1, mark=lambda _: marked, encode=lambda data: {"type": "x/y", "data": "QUJD"}
    )
    return etree.fromstring(drawing)


def places(drawing: Any, name: str = "foreignObject") -> list[tuple[float, ...]]:
    return [tuple(float(one.get(key)) for key in ("x", "y", "width", "height")) for one in drawing.iter(f"{SVG}{name}")]


def test_text_tables_and_pictures_stand_where_they_stand_on_the_slide() -> None:
    presentation, slide = deck()
    box(slide, "Ohm's law")
    table = slide.shapes.add_table(2, 2, Pt(100), Pt(200), Pt(300), Pt(60)).table
    table.cell(0, 0).text, table.cell(0, 1).text, table.cell(1, 1).text = "metal", "ohm", "0.5"
    table.cell(1, 0).merge(table.cell(1, 1))
    slide.shapes.add_picture(io.BytesIO(png()), Pt(5), Pt(300), Pt(80), Pt(40))
    drawing = root(presentation)
    assert (float(drawing.get("width")), float(drawing.get("height"))) == (720, 540)
    assert places(drawing)[:2] == [(10, 20, 200, 40), (100, 200, 300, 60)]
    assert places(drawing, "image") == [(5, 300, 80, 40)]
    assert [cell.get("colspan") for cell in drawing.iter(f"{XHTML}td")] == ["1", "1", "2"]
    assert "Ohm's law" in "".join(drawing.itertext())


def test_shapes_of_a_group_are_placed_and_sized_with_it() -> None:
    presentation, slide = deck()
    group = slide.shapes.add_group_shape([box(slide, "a", 10, 10, 20, 20), box(slide, "b", 50, 30, 20, 20)])
    group.left, group.top, group.width, group.height = Pt(100), Pt(100), Pt(120), Pt(80)  # twice as large
    first, second = places(root(presentation))
    assert first == pytest.approx((100, 100, 40, 40))
    assert second == pytest.approx((180, 140, 40, 40))


def test_letters_are_as_large_as_the_run_the_layout_or_the_master_say() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Title"
    slide.placeholders[1].text = "point"
    box(slide, "note").text_frame.paragraphs[0].runs[0].font.size = Pt(9)
    styles = {"".join(one.itertext()): one.get("style") for one in root(presentation).iter(f"{XHTML}p")}
    assert styles == {
        "Title": "font-size:44px;text-align:center;margin-left:0px",
        "• point": "font-size:32px;text-align:left;margin-left:0px",
        "note": "font-size:9px;text-align:left;margin-left:0px",
    }


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1))
def test_no_text_becomes_markup_and_what_is_marked_is_marked(text: str) -> None:
    presentation, slide = deck()
    box(slide, f"<script>&amp;{text}")
    drawing = root(presentation, frozenset(range(8)))
    assert not list(drawing.iter("{*}script"))
    assert "".join(mark.text or "" for mark in drawing.iter(f"{XHTML}mark")) == "<script>"


def test_the_quote_of_a_course_is_marked_on_its_slide(tmp_path: Path) -> None:
    presentation, slide = deck()
    box(slide, "Warmth")
    box(slide, "Heat flows from hot to cold.\nIt never flows back.", top=100)
    (tmp_path / "heat.pptx").write_bytes(saved(presentation))
    answer = asked(tmp_path, "heat.pptx", page=1, words=["Heat **flows** from hot to cold"])
    assert answer is not None
    assert (answer["page"]["type"], answer["page"]["found"]) == ("image/svg+xml", True)
    drawing = etree.fromstring(base64.b64decode(answer["page"]["data"]))
    assert "".join(mark.text for mark in drawing.iter(f"{XHTML}mark")) == "Heat flows from hot to cold"
    assert asked(tmp_path, "heat.pptx", page=2) is None
    nowhere = asked(tmp_path, "heat.pptx", page=1, words=["nothing of the kind"])
    assert nowhere is not None
    assert nowhere["page"]["found"] is False


def test_a_picture_that_is_gone_leaves_its_place_empty() -> None:
    presentation, slide = deck()
    slide.shapes.add_picture(io.BytesIO(png()), Pt(5), Pt(300), Pt(80), Pt(40))
    whole = saved(presentation)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"no picture" if "media" in name else old.read(name))

    def refuse(data: bytes) -> dict[str, str]:
        raise ValueError(data)

    drawing, _ = drawn(out.getvalue(), 1, mark=lambda _: frozenset(), encode=refuse)
    assert "<image" not in drawing
