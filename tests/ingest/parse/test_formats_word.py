"""Word to Markdown; the course's Word file against the Markdown it was made from."""

import io
import re
import zipfile
from typing import Any

import docx
import docx.opc.constants
import docx.opc.packuri
import docx.opc.part
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import nsdecls

from ingest.parse.markdown import blocks as markdown
from ingest.parse.pandoc import read as pandoc
from ingest.parse.reader import Limits, Source
from retrieval.config import ROOT
from retrieval.errors import UnreadableFile

CORPUS = ROOT / "corpus"


def read_word(document: Any) -> Source:
    document.save(buffer := io.BytesIO())
    return pandoc.read(buffer.getvalue(), Limits(), kind="docx")


def edited(document: Any, old: str, new: str) -> bytes:
    """The file with a replacement made in the XML of its body."""
    document.save(buffer := io.BytesIO())
    target = io.BytesIO()
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(old.encode(), new.encode()) if name == "word/document.xml" else data)
    return target.getvalue()


def test_the_word_file_of_the_course_gives_back_its_source() -> None:
    """Emphasis and the languages of code are not in a Word file; everything else is compared line by line."""
    source = (CORPUS / "source" / "book-notes.md").read_text(encoding="utf-8")
    found = pandoc.read((CORPUS / "book-notes.docx").read_bytes(), Limits(), kind="docx")
    assert found.title == "Notes on AI Engineering: from foundation model to product"

    def blocks(text: str) -> list[tuple[str, int, str]]:
        return [(b.kind, b.level, bare(b.kind, text[b.start : b.end])) for b in markdown.blocks(text)]

    def bare(kind: str, text: str) -> str:
        if kind == "code":
            return text.partition("\n")[2]
        return re.sub(r"\| +(?=\|)", "|", text.replace("*", ""))

    assert blocks(found.text) == blocks(source)


def test_headings_title_outline_levels_and_their_numbers() -> None:
    document = docx.Document()
    document.add_heading("The Title", 0)
    document.add_heading("One", 1)
    document.add_heading("Two", 2)
    own = document.styles.add_style("Kapitel", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = document.styles["Heading 3"]
    document.add_paragraph("Three", style="Kapitel")
    assert read_word(document).text == "# The Title\n\n# One\n\n## Two\n\n### Three"


def test_short_bold_paragraphs_are_headings_where_no_style_is() -> None:
    document = docx.Document()
    document.add_paragraph().add_run("A bold line").bold = True
    document.add_paragraph("Words below it.")
    document.add_paragraph().add_run("A bold sentence is none.").bold = True
    assert read_word(document).text == "## A bold line\n\nWords below it.\n\nA bold sentence is none."


def test_a_bold_answer_among_others_is_no_heading() -> None:
    document = docx.Document()
    for text, bold in [("1. Knots", True), ("Which holds?", False), ("A. Bend", False), ("B. Hitch", True)]:
        document.add_paragraph().add_run(text).bold = bold
    assert read_word(document).text == "## 1. Knots\n\nWhich holds?\n\nA. Bend\n\nB. Hitch"


def test_lists_by_style_and_by_level() -> None:
    document = docx.Document()
    for style, text in [("List Bullet", "a"), ("List Bullet 2", "b"), ("List Bullet", "c"), ("List Number", "d")]:
        document.add_paragraph(text, style=style)
    document.add_paragraph("between")
    item = document.add_paragraph("e", style="List Number")
    item._p.get_or_add_pPr().get_or_add_numPr()
    assert read_word(document).text == "- a\n  - b\n- c\n\n1. d\n\nbetween\n\n2. e"


def test_code_by_style_and_by_font_is_one_block_with_its_empty_lines() -> None:
    document = docx.Document()
    document.add_paragraph("Run it:")
    for line in ("def f():", "", "    return 1"):
        document.add_paragraph().add_run(line).font.name = "Courier New"
    paragraph = document.add_paragraph("Call ")
    paragraph.add_run("f").font.name = "Consolas"
    paragraph.add_run("()").font.name = "Consolas"
    paragraph.add_run(" now.")
    assert read_word(document).text == "Run it:\n\n```\ndef f():\n\n    return 1\n```\n\nCall `f()` now."


def test_tables_with_merged_cells_and_a_frame_of_one_cell() -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    for row, line in enumerate(["A B C", "x 1 2", ". 3 4"]):
        for column, text in enumerate(line.split()):
            table.cell(row, column).text = text
    table.cell(2, 0).text = ""
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(1, 1).add_paragraph("more")
    document.add_table(rows=1, cols=1).cell(0, 0).text = "A frame"
    assert read_word(document).text == (
        "| A | B | C |\n| --- | --- | --- |\n| x | 1; more | 2 |\n| x | 3 | 4 |\n\nA frame"
    )


def test_links_insertions_controls_formulas_and_notes() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("See PLACE.")
    relation = paragraph.part.relate_to(
        "http://x.org", docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, is_external=True
    )
    link = f'<w:hyperlink r:id="{relation}"><w:r><w:t>here</w:t></w:r></w:hyperlink>'
    insertion = '<w:ins w:id="1" w:author="Ada"><w:r><w:t> new</w:t></w:r></w:ins><w:del w:id="2" w:author="Ada"><w:r><w:delText>old</w:delText></w:r></w:del>'
    control = "<w:sdt><w:sdtContent><w:r><w:t> form</w:t></w:r></w:sdtContent></w:sdt>"
    formula = f"<m:oMath {nsdecls('m')}><m:r><m:t>x=1</m:t></m:r></m:oMath>"
    data = edited(document, "See PLACE.</w:t></w:r>", f"See </w:t></w:r>{link}{insertion}{control}{formula}")
    assert pandoc.read(data, Limits(), kind="docx").text == "See [here](http://x.org) new form$x = 1$"


def test_text_boxes_are_read_once() -> None:
    document = docx.Document()
    document.add_paragraph("Body PLACE")
    inside = "<w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>"
    both = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice><w:drawing>{inside}</w:drawing></mc:Choice><mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    data = edited(document, "PLACE</w:t>", f"text</w:t>{both}")
    assert pandoc.read(data, Limits(), kind="docx").text == "Body text\n\nBoxed"


def test_pages_where_word_has_stored_them() -> None:
    document = docx.Document()
    for text in ("One.", "BREAKTwo goes BREAKon.", "Three."):
        document.add_paragraph(text)
    data = edited(document, "BREAK", "</w:t><w:lastRenderedPageBreak/><w:t>")
    source = pandoc.read(data, Limits(), kind="docx")
    assert source.text == "One.\n\nTwo goes on.\n\nThree."
    assert [(page.number, source.text[page.start :].split()[0]) for page in source.pages] == [
        (1, "One."),
        (2, "Two"),
        (3, "on."),
    ]


def test_contents_headers_and_footers_are_dropped_and_named() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Course 101"
    document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Intro ... 3", style="toc 1")
    document.add_paragraph("Words.")
    source = read_word(document)
    assert source.text == "Words."
    assert source.dropped == ("contents: Intro ... 3", "header: Course 101")


def test_the_title_among_the_properties_of_a_file() -> None:
    document = docx.Document()
    document.core_properties.title = "A title"
    document.add_paragraph("Words.")
    assert read_word(document).title == "A title"


def test_footnotes_stand_below_their_paragraph() -> None:
    document = docx.Document()
    document.add_paragraph("A claim.PLACE")
    document.add_paragraph("More.")
    notes = f'<w:footnotes {nsdecls("w")}><w:footnote w:id="2"><w:p><w:r><w:t>Its proof.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    part = docx.opc.part.Part(
        docx.opc.packuri.PackURI("/word/footnotes.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
        notes.encode(),
        document.part.package,
    )
    document.part.relate_to(part, docx.opc.constants.RELATIONSHIP_TYPE.FOOTNOTES)
    data = edited(document, "PLACE</w:t>", '</w:t></w:r><w:r><w:footnoteReference w:id="2"/><w:t></w:t>')
    assert pandoc.read(data, Limits(), kind="docx").text == "A claim. (note 1)\n\nNote 1: Its proof.\n\nMore."


def test_a_word_file_without_words() -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_word(docx.Document())
    assert caught.value.reason == "no text"
