"""PowerPoint to Markdown."""

import io
from typing import Any

import pptx
import pytest
from docx.oxml.ns import nsdecls
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches, Pt

from ingest.parse.formats import pptx as slides
from ingest.parse.reader import Limits, Source
from retrieval.config import ROOT
from retrieval.errors import UnreadableFile

CORPUS = ROOT / "corpus"


def read_slides(presentation: Any) -> Source:
    presentation.save(buffer := io.BytesIO())
    return slides.read(buffer.getvalue(), Limits())


def slide(presentation: Any, layout: int, title: str = "") -> Any:
    added = presentation.slides.add_slide(presentation.slide_layouts[layout])
    if title:
        added.shapes.title.text = title
    return added


def test_slides_have_headings_bullets_with_levels_and_notes() -> None:
    presentation = pptx.Presentation()
    slide(presentation, 0, "The course").placeholders[1].text = "Week 1"
    second = slide(presentation, 1, "Averages")
    frame = second.placeholders[1].text_frame
    frame.text = "mean"
    for level, text in [(1, "sum by count"), (0, "median")]:
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    second.notes_slide.notes_text_frame.text = "Ask first."
    source = read_slides(presentation)
    assert source.text == (
        "# The course\n\nWeek 1\n\n## Averages\n\n- mean\n  - sum by count\n- median\n\nSpeaker notes: Ask first."
    )
    assert source.page_word == "slide"
    assert [(page.number, source.text[page.start :][:6]) for page in source.pages] == [(1, "# The "), (2, "## Ave")]


def test_a_title_that_goes_on_is_not_repeated_and_a_missing_one_is_made_up() -> None:
    presentation = pptx.Presentation()
    for layout, title, text in [(1, "A", "one"), (1, "A", "two"), (6, "", "")]:
        added = slide(presentation, layout, title)
        if text:
            added.placeholders[1].text = text
        else:
            added.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "three"
    assert read_slides(presentation).text == "## A\n\none\n\ntwo\n\n## Slide 3\n\nthree"


def test_a_text_where_the_title_should_stand_is_no_heading_but_its_first_line() -> None:
    presentation = pptx.Presentation()
    slide(
        presentation,
        5,
        "Light\nPlants take in carbon dioxide and give off oxygen.\n" + "The sugar is stored as starch. " * 4,
    )
    slide(presentation, 5, "Chapter 3\nWaves")
    assert read_slides(presentation).text == (
        "## Light\n\nPlants take in carbon dioxide and give off oxygen.\n\n"
        + " ".join(["The sugar is stored as starch."] * 4)
        + "\n\n## Chapter 3 Waves"
    )


def test_tables_charts_links_code_groups_and_picture_descriptions() -> None:
    presentation = pptx.Presentation()
    added = slide(presentation, 5, "Things")
    table = added.shapes.add_table(2, 2, 0, Inches(1), Inches(4), Inches(1)).table
    for row, line in enumerate([("Name", "Value"), ("a", "1|2")]):
        for column, text in enumerate(line):
            table.cell(row, column).text = text
    chart = CategoryChartData()
    chart.categories = ["x", "y"]
    chart.add_series("s", (1, 2.5))
    added.shapes.add_chart(XL_CHART_TYPE.LINE, 0, Inches(2), Inches(3), Inches(3), chart)
    run = added.shapes.add_textbox(0, Inches(3), Inches(1), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text, run.hyperlink.address = "a link", "http://x.org"
    code = added.shapes.add_textbox(0, Inches(4), Inches(1), Inches(1)).text_frame
    for index, line in enumerate(["def f():", "    pass"]):
        run = (code.paragraphs[0] if index == 0 else code.add_paragraph()).add_run()
        run.text, run.font.name = line, "Consolas"
    group = added.shapes.add_group_shape()
    group.shapes.add_textbox(0, Inches(5), Inches(1), Inches(1)).text_frame.text = "grouped"
    added.shapes.add_picture(png(), 0, Inches(6))._element.nvPicPr.cNvPr.set("descr", "A tree")
    assert read_slides(presentation).text == (
        "## Things\n\n"
        "| Name | Value |\n| --- | --- |\n| a | 1\\|2 |\n\n"
        "|  | s |\n| --- | --- |\n| x | 1 |\n| y | 2.5 |\n\n"
        "[a link](http://x.org)\n\n```\ndef f():\n    pass\n```\n\ngrouped\n\n![A tree](ppt/media/image1.png)"
    )


def test_without_a_title_the_largest_text_above_the_others_is_one() -> None:
    presentation = pptx.Presentation()
    for size in (40, 18):
        added = slide(presentation, 6)
        for top, text, points in [(0, "Causes", size), (2, "Alliances", 18)]:
            frame = added.shapes.add_textbox(0, Inches(top), Inches(4), Inches(1)).text_frame
            frame.text = text
            frame.paragraphs[0].runs[0].font.size = Pt(points)
    assert read_slides(presentation).text == "## Causes\n\nAlliances\n\n## Slide 2\n\nCauses\n\nAlliances"


def test_a_chart_of_a_type_that_the_library_does_not_know_is_read() -> None:
    presentation = pptx.Presentation()
    chart = CategoryChartData()
    chart.categories = ["x", "y"]
    chart.add_series("s", (1, None))
    drawn = slide(presentation, 6).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(3), Inches(3), chart)
    (plot,) = drawn.chart.element.xpath("c:chart/c:plotArea/c:barChart")
    plot.tag = plot.tag.replace("barChart", "bar3DChart")
    assert read_slides(presentation).text == "## Slide 1\n\n|  | s |\n| --- | --- |\n| x | 1 |\n| y |  |"


def png() -> io.BytesIO:
    """One black pixel."""
    return io.BytesIO(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478da63600000000200015d0bb5cf"
            "0000000049454e44ae426082"
        )
    )


def test_too_many_slides() -> None:
    presentation = pptx.Presentation()
    for _ in range(3):
        slide(presentation, 6)
    presentation.save(buffer := io.BytesIO())
    with pytest.raises(UnreadableFile, match="3 slides; the limit is 2"):
        slides.read(buffer.getvalue(), Limits(pages=2))


def test_slides_without_words() -> None:
    presentation = pptx.Presentation()
    slide(presentation, 6)
    with pytest.raises(UnreadableFile) as caught:
        read_slides(presentation)
    assert caught.value.reason == "no text"


def test_hidden_slides_are_left_out_and_named_unless_they_are_wanted() -> None:
    deck = pptx.Presentation()
    for title in ("Seen", "Secret"):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
    slide._element.set("show", "0")
    deck.save(buffer := io.BytesIO())
    source = slides.read(buffer.getvalue(), Limits())
    assert (source.text, source.hidden) == ("## Seen", ("hidden slide 2: Secret",))
    assert slides.read(buffer.getvalue(), Limits(include_hidden=True)).text == "## Seen\n\n## Secret"


def test_a_body_with_an_equation_and_exponents_on_slides() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Area"
    paragraph = slide.placeholders[1].text_frame.paragraphs[0]
    paragraph.add_run().text = "10"
    run = paragraph.add_run()
    run.text, run._r.get_or_add_rPr().attrib["baseline"] = "6", "30000"
    paragraph.add_run().text = " and "
    power = "<m:sSup><m:e><m:r><m:t>r</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
    paragraph._p.append(
        parse_xml(
            '<a14:m xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main">'
            f"<m:oMath {nsdecls('m')}>{power}</m:oMath></a14:m>"
        )
    )
    body = slide.placeholders[1]._element
    choice = parse_xml(
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="a14"/><mc:Fallback/></mc:AlternateContent>'
    )
    body.addprevious(choice)
    choice[0].append(body)
    ink = parse_xml(
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="p14"><p:contentPart xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"/>'
        "</mc:Choice><mc:Fallback/></mc:AlternateContent>"
    )
    choice.addnext(ink)
    deck.save(buffer := io.BytesIO())
    assert slides.read(buffer.getvalue(), Limits()).text == "## Area\n\n10^6 and $r^{2}$"


def test_a_head_over_each_of_two_boxes_goes_before_its_own() -> None:
    presentation = pptx.Presentation()
    added = slide(presentation, 5, "Maps")
    for left, head, lines in [(1, "Raster", "cells\nrows"), (5, "Vector", "points\nlines")]:
        for top, height, text in [(2, 0.5, head), (2.5, 2, lines)]:
            box = added.shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(height))
            box.text_frame.text = text
    text = read_slides(presentation).text
    assert text == "## Maps\n\n### Raster\n\ncells\n\nrows\n\n### Vector\n\npoints\n\nlines"


@pytest.mark.parametrize(("points", "expected"), [(24, "### Why"), (12, "Why"), (None, "Why")])
def test_a_line_over_a_box_heads_it_if_it_is_larger(points: int | None, expected: str) -> None:
    presentation = pptx.Presentation()
    added = slide(presentation, 5, "Maps")
    for top, height, text in [(2, 0.5, "Why"), (2.5, 2, "cells\nrows")]:
        frame = added.shapes.add_textbox(0, Inches(top), Inches(3), Inches(height)).text_frame
        frame.text = text
        if points and text == "Why":
            frame.paragraphs[0].runs[0].font.size = Pt(points)
    assert read_slides(presentation).text == f"## Maps\n\n{expected}\n\ncells\n\nrows"


def test_formulas_of_other_programs_are_named() -> None:
    presentation = pptx.Presentation()
    added = slide(presentation, 5, "Area")
    for kind in ("Equation.3", "Excel.Sheet.8"):
        added.shapes.add_ole_object(io.BytesIO(b"x"), kind, 0, 0)
    assert read_slides(presentation).dropped == ("a formula of another program on slide 1",)


def test_code_by_the_font_of_its_box() -> None:
    presentation = pptx.Presentation()
    body = slide(presentation, 5, "C").shapes.add_textbox(0, Inches(3), Inches(1), Inches(1)).text_frame
    body.text = "do\n  i--;"
    style = f'<a:lvl1pPr {nsdecls("a")}><a:defRPr><a:latin typeface="Consolas"/></a:defRPr></a:lvl1pPr>'
    body._txBody.find(f"{slides.A}lstStyle").append(parse_xml(style))
    assert read_slides(presentation).text == "## C\n\n```\ndo\n  i--;\n```"


def test_a_diagram_is_read_along_its_tree_without_what_is_drawn_between() -> None:
    points = [
        ("0", "doc", ""),
        ("b", "node", "Tin"),
        ("a", "node", "Metals"),
        ("1", "sibTrans", "01"),
        ("c", "node", "Lead"),
    ]
    lines = [("0", "a", 0), ("a", "c", 0), ("a", "b", 1), ("c", "a", 0)]
    space = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    data = "".join(
        f'<d:pt modelId="{name}" type="{kind}"><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>'
        for name, kind, text in points
    ) + "".join(f'<d:cxn srcId="{one}" destId="{other}" srcOrd="{at}"/>' for one, other, at in lines)
    presentation = pptx.Presentation()
    added = slide(presentation, 5, "Kinds")
    frame = added.shapes.add_table(1, 1, 0, 0, 100, 100)._element
    part = Part(
        PackURI("/ppt/diagrams/data1.xml"),
        "application/xml",
        presentation.part.package,
        f'<d:dataModel xmlns:d="{space}" {nsdecls("a")}>{data}</d:dataModel>'.encode(),
    )
    graphic = frame.xpath(".//a:graphicData")[0]
    graphic.clear()
    graphic.set("uri", space)
    graphic.append(
        parse_xml(
            f'<d:relIds xmlns:d="{space}" {nsdecls("r")} r:dm="{added.part.relate_to(part, "http://x.org/diagramData")}"/>'
        )
    )
    assert read_slides(presentation).text == "## Kinds\n\n- Metals\n  - Lead\n  - Tin"
