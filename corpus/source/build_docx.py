"""Build the Word edition of a course document from its Markdown source.

Usage: python corpus/source/build_docx.py corpus/source/book-notes.md corpus/book-notes.docx

Headings become Heading 1-6 (the title is Heading 1), lists the List Bullet and List
Number styles (3 levels), tables real tables with a repeating header row, fenced code
the 'Code' style, links real hyperlinks. Core properties and zip timestamps are fixed,
so that the same source gives the same bytes.
"""

import argparse
import io
import zipfile
from datetime import datetime
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

FIXED_DATE = datetime(2025, 1, 1)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
MONOSPACED = "Consolas"
LINK_COLOR = RGBColor(0x05, 0x63, 0xC1)
DEEPEST_LIST = 3
PLAIN: frozenset[str] = frozenset()


def add_styles(document: WordDocument) -> None:
    """Add the 'Code' paragraph style and the 'Code Char' and 'Hyperlink' run styles."""
    styles = document.styles
    code = styles.add_style("Code", WD_STYLE_TYPE.PARAGRAPH)
    code.font.name, code.font.size = MONOSPACED, Pt(9)
    styles.add_style("Code Char", WD_STYLE_TYPE.CHARACTER).font.name = MONOSPACED
    link = styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb, link.font.underline = LINK_COLOR, True


def add_text(paragraph: Paragraph, text: str, marks: frozenset[str]) -> None:
    """Append one run that carries the given marks (strong, em, code)."""
    run = paragraph.add_run(text)
    if "code" in marks:
        run.style = "Code Char"
    run.bold = True if "strong" in marks else None
    run.italic = True if "em" in marks else None


def add_link(paragraph: Paragraph, node: SyntaxTreeNode, marks: frozenset[str]) -> None:
    """Append a hyperlink: add its runs to the paragraph, then move them into the link."""
    first_new = len(paragraph.runs)
    add_inline(paragraph, node.children, marks)
    address = str(node.attrs["href"])
    relation = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    for run in paragraph.runs[first_new:]:
        run.style = "Hyperlink"
        link.append(run._r)
    paragraph._p.append(link)


def add_inline(paragraph: Paragraph, nodes: list[SyntaxTreeNode], marks: frozenset[str] = PLAIN) -> None:
    """Append inline Markdown nodes as runs and hyperlinks."""
    for node in nodes:
        if node.type == "text":
            add_text(paragraph, node.content, marks)
        elif node.type == "code_inline":
            add_text(paragraph, node.content, marks | {"code"})
        elif node.type in ("strong", "em"):
            add_inline(paragraph, node.children, marks | {node.type})
        elif node.type == "link":
            add_link(paragraph, node, marks)
        elif node.type == "softbreak":
            add_text(paragraph, " ", marks)
        elif node.type == "inline":
            add_inline(paragraph, node.children, marks)
        else:
            raise ValueError(f"unsupported inline Markdown: {node.type}")


def add_code(document: WordDocument, node: SyntaxTreeNode) -> None:
    """Add one 'Code' paragraph whose lines are separated by line breaks."""
    run = document.add_paragraph(style="Code").add_run()
    for number, line in enumerate(node.content.rstrip("\n").split("\n")):
        if number:
            run.add_break()
        run.add_text(line)


def add_table(document: WordDocument, node: SyntaxTreeNode) -> None:
    """Add a table whose first row is bold and marked as a repeating header."""
    rows = [row for section in node.children for row in section.children]
    table = document.add_table(rows=len(rows), cols=len(rows[0].children), style="Table Grid")
    for row_number, row in enumerate(rows):
        for cell, cell_node in zip(table.rows[row_number].cells, row.children, strict=True):
            add_inline(cell.paragraphs[0], cell_node.children, PLAIN if row_number else PLAIN | {"strong"})
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()  # space below the table


def restarted_numbering(document: WordDocument, style: str) -> int:
    """Create a numbering that looks like the list style's own but starts at 1 again."""
    numbering = document.part.numbering_part.element
    style_number = document.styles[style].element.pPr.numPr.numId.val
    abstract = numbering.num_having_numId(style_number).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(number.numId)


def set_numbering(paragraph: Paragraph, number: int) -> None:
    """Attach the paragraph to a numbering created by restarted_numbering."""
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = number


def add_list(document: WordDocument, node: SyntaxTreeNode, level: int) -> None:
    """Add a bullet or numbered list; nested lists use the next level's style."""
    if level > DEEPEST_LIST:
        raise ValueError(f"lists go {DEEPEST_LIST} levels deep at most")
    ordered = node.type == "ordered_list"
    style = ("List Number" if ordered else "List Bullet") + ("" if level == 1 else f" {level}")
    number = restarted_numbering(document, style) if ordered else None
    for item in node.children:
        for block in item.children:
            if block.type != "paragraph":
                add_block(document, block, level + 1)
                continue
            paragraph = document.add_paragraph(style=style)
            add_inline(paragraph, block.children)
            if number is not None:
                set_numbering(paragraph, number)


def add_block(document: WordDocument, node: SyntaxTreeNode, level: int = 1) -> None:
    """Add one block of the Markdown source to the document."""
    if node.type == "heading":
        add_inline(document.add_paragraph(style=f"Heading {node.tag[1:]}"), node.children)
    elif node.type == "paragraph":
        add_inline(document.add_paragraph(), node.children)
    elif node.type in ("bullet_list", "ordered_list"):
        add_list(document, node, level)
    elif node.type == "table":
        add_table(document, node)
    elif node.type == "fence":
        add_code(document, node)
    else:
        raise ValueError(f"unsupported Markdown block: {node.type}")


def set_properties(document: WordDocument, title: str) -> None:
    """Give the document its title and fixed values for everything else."""
    properties = document.core_properties
    properties.title = title
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = FIXED_DATE
    properties.revision = 1


def fixed_zip(data: bytes) -> bytes:
    """Return the same archive with a fixed timestamp on every member."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, ZIP_DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def build(markdown: str) -> bytes:
    """Turn Markdown text into the bytes of a Word file."""
    root = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(markdown))
    document = Document()
    add_styles(document)
    set_properties(document, "".join(n.content for n in root.children[0].walk() if n.type == "text"))
    for node in root.children:
        add_block(document, node)
    document.save(buffer := io.BytesIO())
    return fixed_zip(buffer.getvalue())


def main() -> None:
    """Read the two paths and write the Word file."""
    parser = argparse.ArgumentParser(description="Build the Word edition of a Markdown document.")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    paths = parser.parse_args()
    paths.target.write_bytes(build(paths.source.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
