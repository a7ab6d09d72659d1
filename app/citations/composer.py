"""From a writer's events to text with numbered footnotes, each quote looked up before it is shown.

It is looked up in its document, and in the passages where the document cannot be read. Footnotes are numbered in the
order of first use; the same span keeps its number. A citation whose quote does not stand verbatim (white space folded)
at its place is left out and counted. What a writer marks is told by its span in the finished text.
"""

import re
from collections.abc import Mapping, Sequence

from app.citations.marks import place_marks, place_settled_marks
from app.query.vocabulary import without_objectives
from app.types import (
    Citation,
    CitationDropped,
    Cited,
    Documents,
    Finished,
    Footnote,
    TextPiece,
    WriterEvent,
    Writing,
    no_documents,
)
from retrieval.text.markdown import fold
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Chunk, Document, Passage, Unit, UnitKind

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # around what is marked; no text has them, they are no characters
_UNITS: Mapping[str, UnitKind] = {"heading": "heading", "item": "item", "code": "code", "row": "row"}
LONGEST_PARAGRAPH = 900  # characters; a longer one is cut around the quote
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_HEADINGS = re.compile(r"(?:[ \t]{0,3}#{1,6}[ \t][^\n]*\n+)+")


class Composer:
    """Takes events as they come and gives the answer so far. `dropped`: why citations were left out, in order."""

    def __init__(self, passages: Sequence[Passage], documents: Documents = no_documents) -> None:
        self.dropped: list[str] = []
        self.finished = Finished()
        self._passages = list(passages)
        self._documents = documents
        self._text = ""
        self._cited: list[tuple[int, int]] = []
        self._footnotes: dict[tuple[str, int, int], Footnote] = {}

    def add(self, passages: Sequence[Passage]) -> None:
        """More passages that may be quoted."""
        self._passages += passages

    def feed(self, event: WriterEvent) -> Writing:
        """Takes one event; what is written so far. Until Finished the text only grows at its end."""
        match event:
            case TextPiece(text, marked):
                self._text += f"{_OPEN}{_clean(text)}{_CLOSE}" if marked else _clean(text)
            case Cited(citation):
                self._cite(citation)
            case CitationDropped(reason):
                self.dropped.append(reason)
            case Finished():
                self.finished = event
                return self.writing()
        return self._writing(place_settled_marks(self._text, self._cited))

    def writing(self) -> Writing:
        """The whole text with its marks, the footnotes they point to, and what is marked."""
        return self._writing(place_marks(self._text, self._cited))

    def _writing(self, text: str) -> Writing:
        return Writing(_clean(text), tuple(self._footnotes.values()), _marked_spans(text))

    def _cite(self, citation: Citation) -> None:
        key = (citation.document_id, citation.start, citation.end)
        if key not in self._footnotes:
            document = self._documents(citation.document_id)
            passage = find_passage(citation, self._passages)
            if document is not None:
                passage = (passage or passage_around(document, citation)) if stands_in(citation, document) else None
            if passage is None:
                self.dropped.append(f"not verbatim in {citation.document_id}: {fold(citation.quote)[:80]!r}")
                return
            self._footnotes[key] = footnote(citation, passage, document, number=len(self._footnotes) + 1)
        self._cited.append((len(self._text), self._footnotes[key].number))


def _clean(text: str) -> str:
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def _marked_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Of the text without the signs: `"a [b] c"` -> `((2, 3),)`."""
    before, *pieces = text.split(_OPEN)
    spans, length = list[tuple[int, int]](), len(before)
    for piece in pieces:
        inside, _, after = piece.partition(_CLOSE)
        spans.append((length, length + len(inside)))
        length += len(inside) + len(after)
    return tuple(spans)


def stands_in(citation: Citation, document: Document) -> bool:
    """Whether the quote stands verbatim (white space folded) at its offsets; an empty one stands nowhere."""
    quote = fold(citation.quote)
    return bool(quote) and fold(document.text[citation.start : citation.end]) == quote


def passage_around(document: Document, citation: Citation) -> Passage:
    """The blocks of the document that a citation touches, as a passage without hits."""
    blocks = [block for block in document.blocks if block.start < citation.end and citation.start < block.end]
    start = min([citation.start, *(block.start for block in blocks)])
    end = max([citation.end, *(block.end for block in blocks)])
    units = [unit for block in blocks for unit in units_of(document, block)]
    return passage_of(document, start, end, units, section=document.section_at(citation.start))


def passage_of(
    document: Document, start: int, end: int, units: Sequence[Unit], *, section: tuple[str, ...], rank: int = 0
) -> Passage:
    """A stretch of the document as a passage that no search found."""
    return Passage(
        rank=rank,
        document_id=document.id,
        document_title=document.title,
        section=section,
        start=start,
        end=end,
        text=document.text[start:end],
        units=tuple(units),
        hits=(),
        page=document.page_at(start),
        page_word=document.page_word,
    )


def units_of(document: Document, block: Block) -> list[Unit]:
    """The sentences of a paragraph; any other block whole."""
    source = document.text[block.start : block.end]
    spans = sentence_spans(source) if block.kind == "paragraph" else [(0, len(source))]
    sure = min((word.sure for word in document.recognised if block.start <= word.start < block.end), default=None)
    kind = _UNITS.get(block.kind, "sentence")
    return [Unit(kind, block.start + left, block.start + right, block.lead, block.role, sure) for left, right in spans]


def find_passage(citation: Citation, passages: Sequence[Passage]) -> Passage | None:
    """The first passage in which the quote stands verbatim (white space folded) at the citation's offsets."""
    quote = fold(citation.quote)
    for passage in passages:
        here = passage.document_id == citation.document_id
        inside = here and passage.start <= citation.start < citation.end <= passage.end
        if quote and inside and fold(passage.slice(citation.start, citation.end)) == quote:
            return passage
    return None


def footnote(citation: Citation, passage: Passage, document: Document | None = None, *, number: int) -> Footnote:
    """A verified citation with what is known of its place. Without the document, its page is that on which its chunk begins."""
    chunk = _chunk_at(passage, citation.start)
    unit = next((unit for unit in passage.units if unit.kind != "heading" and unit.end > citation.start), None)
    start, paragraph = paragraph_around(passage, citation.start, citation.end)
    return Footnote(
        number=number,
        document_id=citation.document_id,
        start=citation.start,
        end=citation.end,
        quote=passage.slice(citation.start, citation.end),
        path=(passage.document_title, *without_objectives(chunk.section if chunk else passage.section)),
        paragraph=paragraph,
        paragraph_start=start,
        page=document.page_at(citation.start) if document else chunk.page if chunk else passage.page,
        page_word=chunk.page_word if chunk else passage.page_word,
        kind=unit.kind if unit else "sentence",
        lead=unit.lead if unit else "",
        sure=_sureness(passage.units, citation),
    )


def _sureness(units: Sequence[Unit], citation: Citation) -> float | None:
    """How sure OCR was of the quote's least sure word; None where it did not read it."""
    quoted = (unit for unit in units if unit.start < citation.end and citation.start < unit.end)
    return min((unit.sure for unit in quoted if unit.sure is not None), default=None)


def paragraph_around(passage: Passage, start: int, end: int) -> tuple[int, str]:
    """The text between the blank lines around a span, as (document offset, text): no heading, of bearable length."""
    text, first, last = passage.text, start - passage.start, end - passage.start
    left = max((gap.end() for gap in _BLANK_LINE.finditer(text, 0, first)), default=0)
    after = _BLANK_LINE.search(text, last)
    right = after.start() if after else len(text)
    headings = _HEADINGS.match(text, left, first)
    left = headings.end() if headings else left
    room = max(0, LONGEST_PARAGRAPH - (last - first)) // 2
    if first - left > room:
        starts = [unit.start - passage.start for unit in passage.units]
        left = min((border for border in starts if first - room <= border <= first), default=first)
    if right - last > room:
        ends = [unit.end - passage.start for unit in passage.units]
        right = max((border for border in ends if last <= border <= last + room), default=last)
    left += len(text[left:first]) - len(text[left:first].lstrip("\n"))
    return passage.start + left, text[left:right].rstrip()


def _chunk_at(passage: Passage, offset: int) -> Chunk | None:
    return next((hit.chunk for hit in passage.hits if hit.chunk.start <= offset < hit.chunk.end), None)
