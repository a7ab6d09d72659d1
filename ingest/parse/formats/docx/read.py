"""Word files (.docx) to Markdown (the only importer of python-docx).

The XML is walked directly, because what holds the words of a course (content controls, text boxes, footnotes, tracked
insertions, formulas) is not among the paragraphs that libraries list. Left out: headers and footers, tables of
contents, comments, deleted text; the first two are reported.
"""

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from ingest.parse import markdown_writer
from ingest.parse.formats import archive, table_grid
from ingest.parse.formats.docx import tables as word_table
from ingest.parse.formats.docx.lists import Numbering
from ingest.parse.formats.docx.styles import Style, Styles
from ingest.parse.formats.docx.text import Context, Paragraph, W, paragraph_of
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile

_LONGEST_HEADING = 80
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph or table on the way to Markdown. `level`: of a heading; `mark` and `indent`: of an item."""

    kind: Literal["heading", "item", "code", "text", "table"]
    words: str
    page: int
    level: int = 0
    mark: str = ""
    indent: int = 0
    bold: bool = False


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, encrypted, zip bomb, no text."""
    archive.check(data, limits)
    try:
        source = _read(docx.Document(io.BytesIO(data)))
    except Exception as error:  # the library lets through whatever a damaged part leads to
        message = f"The Word file is damaged: {error}."
        raise UnreadableFile("corrupt", message, remedy="Open it in Word and save it anew.") from error
    if not source.text:
        raise UnreadableFile("no text", "The document has no text.", remedy="If it is a scan, use one with text.")
    return source


def _read(document: Any) -> Source:
    walk = _Walk(document.part)
    walk.body(document.element.body)
    text, pages = markdown_writer.paged(list(_blocks(_with_headings(walk.parts))))
    properties = document.core_properties
    metadata = {
        "author": properties.author,
        "date": properties.created.date().isoformat() if properties.created else "",
    }
    return Source(
        text=text,
        title=properties.title or None,
        pages=pages if walk.page > 1 else (),
        metadata={name: value for name, value in metadata.items() if value},
        dropped=(*walk.dropped, *_margins(document)),
    )


class _Walk:
    """Collects the parts of a document in reading order. `page` counts the page breaks that Word has stored."""

    def __init__(self, part: Any) -> None:
        self.part = part
        self.styles = Styles(part.styles.element)
        self.numbering = Numbering(_related(part, RELATIONSHIP_TYPE.NUMBERING))
        self.notes = _notes(part)
        self.parts: list[Part] = []
        self.dropped: list[str] = []
        self.page = 1

    def body(self, parent: Any) -> None:
        for child in parent:
            if child.tag == f"{W}p":
                self.paragraph(child)
            elif child.tag == f"{W}tbl":
                self.table(child)
            elif child.tag == f"{W}sdt" and _is_contents(child):
                self.drop("contents", "".join(child.itertext()))
            elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml"}:
                self.body(child)

    def drop(self, what: str, words: str) -> None:
        if folded := " ".join(words.split()):
            self.dropped.append(f"{what}: {folded[:_SHOWN]}")

    def paragraph(self, element: Any) -> None:
        style = self.styles.of_paragraph(element)
        paragraph = self.text_of(element, style)
        if style.name.startswith("toc "):
            self.drop("contents", paragraph.plain())
            return
        turned = _take_breaks(paragraph)
        self.page += turned
        self.parts.append(self.part_of(paragraph, style))
        self.page += paragraph.plain().count(markdown_writer.PAGE_BREAK)
        for box in paragraph.boxes:
            self.body(box)
        for kind, note_id in paragraph.notes:
            if note := self.notes.get((kind, note_id)):
                self.parts.append(Part("text", f"Note {note_id}: {note}", self.page))

    def text_of(self, element: Any, style: Style) -> Paragraph:
        context = Context(
            is_mono=lambda run: self.styles.is_mono(run, style),
            is_bold=lambda run: self.styles.is_bold(run, style),
            target=lambda relation: _target(self.part, relation),
        )
        return paragraph_of(element, context)

    def part_of(self, paragraph: Paragraph, style: Style) -> Part:
        number = self.numbering.next(style.number_id, style.depth) if style.number_id not in {"", "0"} else None
        if style.level and paragraph.plain().strip():
            label = f"{number.label} " if number and number.label else ""
            return Part("heading", label + paragraph.plain(), self.page, level=style.level)
        if number:
            indent = number.indent if style.indent is None else style.indent
            return Part("item", paragraph.words(), self.page, mark=number.text, indent=indent + style.depth)
        if style.is_code or paragraph.all_mono():
            return Part("code", paragraph.plain(), self.page)
        return Part("text", paragraph.words(), self.page, bold=paragraph.bold, indent=style.indent or 0)

    def table(self, element: Any) -> None:
        lines = word_table.cells(element, lambda child: self.text_of(child, self.styles.of_paragraph(child)).words())
        if max(map(len, lines), default=0) < 2:  # a frame around text
            for row in word_table.within(element, "tr"):
                for cell in word_table.within(row, "tc"):
                    self.body(cell)
            return
        above, rows = table_grid.laid_out(lines)
        self.parts.append(Part("text", above, self.page))
        self.parts.append(Part("table", markdown_writer.table(rows), self.page))


def _with_headings(parts: list[Part]) -> list[Part]:
    """In a document without heading styles, short bold paragraphs serve as headings."""
    if any(part.kind == "heading" and part.level > 1 for part in parts):
        return parts
    return [replace(part, kind="heading", level=2) if _looks_like_heading(part) else part for part in parts]


def _looks_like_heading(part: Part) -> bool:
    words = part.words.strip()
    short = 0 < len(words) <= _LONGEST_HEADING and "\n" not in words
    return part.kind == "text" and part.bold and short and words[-1] not in ".,;:!"


def _blocks(parts: list[Part]) -> Iterator[tuple[int, str]]:
    """Markdown blocks with their pages: neighbouring items make a list, neighbouring code lines one block of code."""
    for kind, group in _groups(parts):
        page = group[0].page
        if kind == "code":
            yield page, markdown_writer.code("\n".join(part.words for part in group))
        elif kind == "item":
            yield (
                page,
                markdown_writer.listing(
                    [(part.indent, part.mark, markdown_writer.paragraph(part.words)) for part in group]
                ),
            )
        else:
            for part in group:
                if part.kind == "heading":
                    yield part.page, markdown_writer.heading(part.level, part.words)
                else:
                    yield part.page, part.words if part.kind == "table" else markdown_writer.paragraph(part.words)


def _groups(parts: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    """Runs of one kind. An empty paragraph between two code lines is one of them; elsewhere it says nothing."""
    filled = [
        replace(part, kind="code") if not part.words.strip() and _between_code(parts, index) else part
        for index, part in enumerate(parts)
    ]
    kept = [part for part in filled if part.words.strip() or part.kind == "code"]
    for kind, group in itertools.groupby(kept, key=lambda part: part.kind):
        yield kind, list(group)


def _between_code(parts: list[Part], index: int) -> bool:
    around = parts[index - 1 : index] + parts[index + 1 : index + 2]
    return len(around) == 2 and all(part.kind == "code" for part in around)


def _take_breaks(paragraph: Paragraph) -> int:
    """Page breaks before the first word, taken out: the paragraph as a whole stands on the new page."""
    count = 0
    for index, (words, mono) in enumerate(paragraph.pieces):
        bare = words.lstrip(markdown_writer.PAGE_BREAK)
        count += len(words) - len(bare)
        paragraph.pieces[index] = (bare, mono)
        if bare.strip():
            break
    return count


def _is_contents(control: Any) -> bool:
    gallery = control.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val") == "Table of Contents"


def _target(part: Any, relation: str) -> str:
    found = part.rels.get(relation)
    return str(found.target_ref) if found is not None and found.is_external else ""


def _related(part: Any, kind: str) -> Any:
    """The root element of a related part, None without one."""
    relations = [relation for relation in part.rels.values() if relation.reltype == kind and not relation.is_external]
    return parse_xml(relations[0].target_part.blob) if relations else None


def _notes(part: Any) -> dict[tuple[str, str], str]:
    """The words of foot- and endnotes by kind and id."""
    found: dict[tuple[str, str], str] = {}
    for kind, relation in (("footnote", RELATIONSHIP_TYPE.FOOTNOTES), ("endnote", RELATIONSHIP_TYPE.ENDNOTES)):
        root = _related(part, relation)
        for note in root.iterchildren(W + kind) if root is not None else []:
            words = "".join(text.text or "" for text in note.iter(f"{W}t"))
            found[kind, note.get(f"{W}id")] = " ".join(words.split())
    return found


def _margins(document: Any) -> list[str]:
    """The words of headers and footers, each once."""
    found: dict[str, None] = {}
    for section in document.sections:
        for what, margin in (("header", section.header), ("footer", section.footer)):
            words = " ".join(" ".join(paragraph.text for paragraph in margin.paragraphs).split())
            if words:
                found[f"{what}: {words[:_SHOWN]}"] = None
    return list(found)
