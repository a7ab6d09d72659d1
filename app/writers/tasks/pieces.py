"""Quotable pieces of a document: its statements, each a span of the text, and the sections and blocks they are read from.

What counts as a statement is decided by layout (kinds and roles of blocks) and punctuation, not by the words of one language.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.query.vocabulary import announces_task, words
from app.types import Citation, Target, TaskKind
from app.writers.exercises import MARK
from app.writers.exercises import posed as asking_blocks
from retrieval.text.markdown import PIPE, cells, fold
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Document, Section

MIN_STATEMENT_CHARS = 25  # a wide character (Chinese, Japanese) counts as three
MAX_TASK_SENTENCES = 3  # of a paragraph that sets a task for the learner
MIN_NOTE_WORDS = 8  # of a single line below a heading that is a statement without a full stop
MIN_LIST_ITEMS = 3  # of a list, or rows of a table, that explains terms
_NO_PROSE_ROLES = frozenset({"caption", "checklist", "contents", "diagram", "formula", "links", "note", "question"})
_SENTENCE_END = re.compile(r"[.!。！…][\s\"'”’»)\]*_`]*$")
QUESTION_SIGN = re.compile(r"[?？؟]|_{3,}|(?:\\_){3,}")  # a question mark, or a blank to fill in
_BIBLIOGRAPHY_ENTRY = re.compile(  # "Bely, P. Y., & Ray, A. (2003)"
    r"(?:[^\W\d_][\w'’-]*(?: [\w'’-]+)?, (?:[^\W\d_]\.[ -]?){1,4}(?:et al\.?)?,? ?(?:(?:&|and|und|et|y|e) )?){1,20}+\(?(?:1[5-9]|20)\d\d[a-z]?\b"
)

Parts = Sequence[tuple[Document, Target]]


@dataclass(frozen=True, slots=True)
class Piece:
    """`document.text[start:end]`, to be quoted.

    `term`: the term it defines, if any. `opens_paragraph`: it is the first sentence of its paragraph. `is_list_entry`: it is an item, row or
    caption rather than a sentence or an entry of a glossary. `line_spans`: of a list, the lines that are shown: its lead-in and items.
    `is_partial`: some items of the list are not shown.
    """

    document: Document
    start: int
    end: int
    term: str = ""
    opens_paragraph: bool = False
    is_list_entry: bool = False
    line_spans: tuple[tuple[int, int], ...] = ()
    is_partial: bool = False

    @property
    def text(self) -> str:
        """The quoted source; of a list the lines that are shown, with their indentation."""
        source = self.document.text
        if not self.line_spans:
            return source[self.start : self.end]
        return "\n".join(_indentation(source, start) + fold(source[start:end]) for start, end in self.line_spans)

    @property
    def flat_text(self) -> str:
        """The text, with the cells of a table row separated by semicolons, each after the name of its column if there are several."""
        source = self.document.text
        is_row = source.startswith("|", source.rfind("\n", 0, self.start) + 1, self.start) and "\n" not in self.text
        if not is_row:
            return self.text
        values = [cell.strip() for cell in PIPE.split(self.text)]
        lead = next((row.lead for row in self.document.blocks if row.start <= self.start < row.end), "")
        names = cells(lead.split("\n", 1)[0])[-len(values) :] if len(values) > 1 and lead else [""] * len(values)
        return "; ".join(
            f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value
        )

    @property
    def citation(self) -> Citation:
        return Citation(self.document.id, self.start, self.end, self.document.text[self.start : self.end])


def _indentation(text: str, start: int) -> str:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return before if before.isspace() else ""


def whole_document(document: Document) -> Target:
    return Target(document.id, (document.title,), 0, len(document.text))


def sections_in(document: Document, target: Target) -> list[Section]:
    """The sections with a heading that begin within the target, in order."""
    return [section for section in document.sections if section.path and target.start <= section.start < target.end]


def sections_of_kind(kind: TaskKind, document: Document, target: Target) -> list[Section]:
    """The course's own summaries, glossaries or quizzes: sections whose heading announces what a task of this kind makes.

    The announcing word stands first or last in such a heading; amid others it only says what the section is about.
    """
    found = []
    for section in sections_in(document, target):
        heading_words = [word.group() for word in words(section.path[-1])]
        shortened = [" ".join(heading_words[:-1]), " ".join(heading_words[1:])]
        is_amid = len(heading_words) > 2 and all(announces_task(kind, heading) for heading in shortened)
        if announces_task(kind, section.path[-1]) and not is_amid:
            found.append(section)
    return found


def boxes_in(document: Document, target: Target) -> list[Section]:
    """The boxes beside the text of a target; none where they would fill two thirds of it: then all its headings share a label."""
    boxes = [box for box in sections_in(document, target) if box.start in target.beside - {target.start}]
    size = sum(box.end - box.start for box in boxes)
    return boxes if 3 * size < 2 * (target.end - target.start) else []


def has_title(box: Section) -> bool:
    """Whether a box has more than the label that all such boxes share: "Link to Learning: Maps"."""
    return ":" in box.path[-1]


def lead_sentence(document: Document, start: int, end: int) -> Piece | None:
    """The first statement of the span."""
    return next(sentences_in(document, start, end), None)


def sentences_in(document: Document, start: int, end: int) -> Iterator[Piece]:
    """The statements in the paragraphs of a span: no captions, notes, questions, tasks for the learner or lead-ins."""
    blocks = list(blocks_in(document, start, end))
    asking = asking_blocks(document.text, blocks)
    for place, block in enumerate(blocks):
        is_prose = block.kind == "paragraph" and block.role not in _NO_PROSE_ROLES
        source = source_of(document, block)
        if not is_prose or block.start in asking or source[:1] == ">":
            continue
        spans = sentence_spans(source)
        sets_task = len(spans) <= MAX_TASK_SENTENCES and QUESTION_SIGN.search(source[slice(*spans[-1])])
        if sets_task:  # "Explain the role of clerks. Do you agree with it?"
            continue
        is_note = len(spans) == 1 and place > 0 and blocks[place - 1].kind == "heading" and _is_note(source)
        for left, right in spans:
            piece = Piece(document, block.start + left, block.start + right, opens_paragraph=left == spans[0][0])
            if is_note or is_statement(piece.text):
                yield piece


def _is_note(line: str) -> bool:
    """Whether the only line below a heading is a statement, as on slides, but for its full stop."""
    return len(line.split()) >= MIN_NOTE_WORDS and line[-1] not in ":：" and is_statement(f"{line}.")


def is_statement(text: str) -> bool:
    """Whether it is a sentence of some length that ends in a full stop: no question, link, bibliography entry, nor the end of a broken sentence."""
    length = len(text) + 2 * sum(char >= "\u2e80" for char in text)
    if length < MIN_STATEMENT_CHARS or text.lstrip("*_ ")[:1] in ",;)" or _BIBLIOGRAPHY_ENTRY.match(text):
        return False
    return bool(_SENTENCE_END.search(text)) and not QUESTION_SIGN.search(text) and "://" not in text


def is_next_sentence(before: Piece, piece: Piece) -> bool:
    """Whether a sentence comes right after another one in the same paragraph."""
    return not piece.opens_paragraph and not before.document.text[before.end : piece.start].strip()


def blocks_in(document: Document, start: int, end: int) -> Iterator[Block]:
    """The blocks that begin within a span, without boilerplate."""
    return (block for block in document.blocks if start <= block.start < end and block.kind != "boilerplate")


def source_of(document: Document, block: Block) -> str:
    return document.text[block.start : block.end]


def list_marker_length(source: str) -> int:
    """How many characters the bullet, number or letter takes with which a list item begins."""
    marker = MARK.match(source)
    return marker.end() if marker else 0
