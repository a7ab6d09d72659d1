"""From a writer's events to text with numbered footnotes, each quote looked up in the passages before it is shown.

Footnotes are numbered in the order of first use; the same span keeps its number. A citation whose quote does not stand
verbatim (white space folded) at its place is left out and counted.
"""

import re
from collections.abc import Callable, Sequence

from app.citations.marks import place_marks, place_settled_marks
from app.types import Citation, CitationDropped, Cited, Finished, Footnote, TextPiece, WriterEvent, Writing
from retrieval.text.markdown import fold
from retrieval.types import Chunk, Passage

LONGEST_PARAGRAPH = 900  # characters; a longer one is cut around the quote
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_HEADINGS = re.compile(r"(?:[ \t]{0,3}#{1,6}[ \t][^\n]*\n+)+")


class Composer:
    """Takes events as they come and gives the answer so far. `dropped`: why citations were left out, in order."""

    def __init__(self, passages: Sequence[Passage], *, text_of: Callable[[str], str | None] | None = None) -> None:
        """`text_of`: the whole text of a document by id, if quotes are to be looked up there too."""
        self.dropped: list[str] = []
        self.finished = Finished()
        self._passages = passages
        self._text_of = text_of
        self._text = ""
        self._cited: list[tuple[int, int]] = []
        self._footnotes: dict[tuple[str, int, int], Footnote] = {}

    def feed(self, event: WriterEvent) -> Writing:
        """Takes one event; what is written so far. Until Finished the text only grows at its end."""
        match event:
            case TextPiece(text):
                self._text += text
            case Cited(citation):
                self._cite(citation)
            case CitationDropped(reason):
                self.dropped.append(reason)
            case Finished():
                self.finished = event
                return self.writing()
        return Writing(place_settled_marks(self._text, self._cited), tuple(self._footnotes.values()))

    def writing(self) -> Writing:
        """The whole text with its marks, and the footnotes they point to."""
        return Writing(place_marks(self._text, self._cited), tuple(self._footnotes.values()))

    def _cite(self, citation: Citation) -> None:
        key = (citation.document_id, citation.start, citation.end)
        if key not in self._footnotes:
            passage = find_passage(citation, self._passages)
            if passage is None or not self._in_document(citation):
                self.dropped.append(f"not verbatim in {citation.document_id}: {fold(citation.quote)[:80]!r}")
                return
            self._footnotes[key] = footnote(citation, passage, number=len(self._footnotes) + 1)
        self._cited.append((len(self._text), self._footnotes[key].number))

    def _in_document(self, citation: Citation) -> bool:
        text = self._text_of(citation.document_id) if self._text_of else None
        return text is None or fold(text[citation.start : citation.end]) == fold(citation.quote)


def find_passage(citation: Citation, passages: Sequence[Passage]) -> Passage | None:
    """The first passage in which the quote stands verbatim (white space folded) at the citation's offsets."""
    quote = fold(citation.quote)
    for passage in passages:
        here = passage.document_id == citation.document_id
        inside = here and passage.start <= citation.start < citation.end <= passage.end
        if quote and inside and fold(passage.slice(citation.start, citation.end)) == quote:
            return passage
    return None


def footnote(citation: Citation, passage: Passage, *, number: int) -> Footnote:
    """A verified citation with what is known of its place."""
    chunk = _chunk_at(passage, citation.start)
    unit = next((unit for unit in passage.units if unit.kind != "heading" and unit.end > citation.start), None)
    start, paragraph = paragraph_around(passage, citation.start, citation.end)
    return Footnote(
        number=number,
        chunk_id=citation.chunk_id,
        document_id=citation.document_id,
        start=citation.start,
        end=citation.end,
        quote=passage.slice(citation.start, citation.end),
        path=(passage.document_title, *(chunk.section if chunk else passage.section)),
        paragraph=paragraph,
        paragraph_start=start,
        page=chunk.page if chunk else passage.page,
        page_word=chunk.page_word if chunk else passage.page_word,
        kind=unit.kind if unit else "sentence",
        lead=unit.lead if unit else "",
    )


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
