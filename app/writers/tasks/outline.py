"""Outlines: nested headings, each with a gloss beside it, and what the course lists, defines and stresses below it. Pure functions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.content import back_matter, content_pieces, content_sections, without_introductions
from app.writers.tasks.enumerations import lettered_captions, run_in_paragraphs
from app.writers.tasks.pieces import Parts, Piece, sections_in
from app.writers.tasks.rendering import bullet, gloss_after_dash
from app.writers.tasks.salience import SalienceScorer, is_enumeration, is_redundant
from app.writers.tasks.terms.definitions import defined_terms, glossary_entries, phrase_count, term_key
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document, Section

MAX_HEADINGS = 24
MAX_LINES = 40
MAX_CHILDREN = 5  # lines below a heading, itself included; of lists and terms alone MAX_LISTED
MAX_LISTED = 8
GLOSS_SENTENCES = 8  # with which a section begins, of which one may stand beside its heading
WORDS_PER_SENTENCE = 200  # of a section, for each salient sentence below its heading
MAX_LIST_WORDS, MAX_LONG_LIST_WORDS = 40, 250  # the second where there is room

Placed = tuple[int, Piece]  # with the offset where it belongs in the outline


@dataclass(frozen=True, slots=True)
class _Entry:
    """A heading: its `gloss` stands beside it; below it what is `listed`, lists and terms, then other `sentences`."""

    path: tuple[str, ...]
    name: str
    gloss: Piece | None = None
    listed: Sequence[Placed] = ()
    sentences: Sequence[Piece] = ()


def outline(parts: Parts, *, whole: bool = False) -> Iterator[Sequence[WriterEvent]]:
    """Headings, nested, as many levels as fit, each with a gloss, and below it its lists, terms and most salient sentences.

    A heading without content is left out. `whole`: with longer lists, as far as there is room.
    """
    headings = [_content_headings(*part) for part in parts]
    depth = _depth(list(chain(*headings)))
    shown = [[section for section in sections if len(section.path) <= depth] for sections in headings]
    max_children = min(MAX_CHILDREN, MAX_HEADINGS // max(1, sum(map(len, shown)))) - 1
    max_list_words = _max_list_words(parts) if whole else MAX_LIST_WORDS
    teaching = without_introductions(parts)
    entries_of_parts = [
        list(_entries(part, sections, max_list_words, max_children, is_only=len(parts) == 1, teaches=part in teaching))
        for part, sections in zip(parts, shown, strict=True)
    ]
    max_listed = _max_listed(list(chain(*entries_of_parts)))
    for entries in entries_of_parts:
        above: list[tuple[str, ...]] = []
        for entry in entries:
            indent = "  " * sum(entry.path[: len(path)] == path for path in above)
            above.append(entry.path)
            yield [TextPiece(f"{indent}- **{entry.name}**"), *gloss_after_dash(entry.gloss, indent)]
            children = [*entry.listed[:max_listed], *((piece.start, piece) for piece in entry.sentences)]
            children.sort(key=lambda placed: placed[0])
            yield from (bullet(piece, f"{indent}  ") for _, piece in children)


def _content_headings(document: Document, target: Target) -> list[Section]:
    excluded = back_matter(document, target)
    return [section for section in content_sections(document, target) if section not in excluded]


def _depth(sections: Sequence[Section]) -> int:
    """The most levels of headings that fit into MAX_HEADINGS lines, one at least."""
    levels = sorted({len(section.path) for section in sections})
    fitting = [level for level in levels if sum(len(section.path) <= level for section in sections) <= MAX_HEADINGS]
    return max(fitting, default=levels[0] if levels else 1)


def _max_list_words(parts: Parts) -> int:
    """How long a list may be, as room for MAX_HEADINGS lists is shared by those that there are."""
    lists = sum(bool(piece.line_spans) for part in parts for piece in content_pieces(*part, MAX_LONG_LIST_WORDS))
    return max(MAX_LIST_WORDS, min(MAX_LONG_LIST_WORDS, MAX_HEADINGS * MAX_LIST_WORDS // max(1, lists)))


def _max_listed(entries: Sequence[_Entry]) -> int:
    """How many lists and terms each entry may have, that all are no more than MAX_LINES lines."""
    for count in range(MAX_LISTED, 0, -1):
        if sum(1 + len(entry.listed[:count]) for entry in entries) <= MAX_LINES:
            return count
    return 0


def _entries(
    part: tuple[Document, Target],
    headings: Sequence[Section],
    max_list_words: int,
    max_children: int,
    *,
    is_only: bool,
    teaches: bool,
) -> Iterator[_Entry]:
    """What stands before the first heading, then the headings with content of their own or below them; an introduction has only headings.

    The name of one of several parts is an entry itself, unless its first heading repeats it.
    """
    content = _Content(*part, headings, max_list_words, max_children)
    for place, section in enumerate([Section((), 0, part[1].start, part[1].end), *headings]):
        inner = [other for other in headings[place:] if section.start <= other.start < section.end]
        end = inner[0].start if inner else section.end
        name = fold((section.path or part[1].path)[-1])
        if not content.is_in(section.start, end):
            is_heading = section.path or not (is_only or (inner and name == fold(inner[0].path[-1])))
            if not (is_heading and content.is_in(section.start, section.end)):
                continue
        yield content.entry(section, end, name) if teaches else _Entry(section.path, name)


class _Content:
    """What an outline can say of a part: its pieces, its enumerations without a list, and its terms by where they are introduced."""

    def __init__(
        self, document: Document, target: Target, headings: Sequence[Section], max_list_words: int, max_children: int
    ) -> None:
        self._document, self._max_children = document, max_children
        self._scorer = SalienceScorer(document, target)
        self._enumerations = _enumerations(document, target)
        self._pieces = [
            piece
            for piece in content_pieces(document, target, max_list_words, with_boxes=True)
            if not any(other.start <= piece.start < other.end for other in self._enumerations)
        ]
        self._glossary = {term_key(entry.term): entry for entry in glossary_entries(document)}
        heading_keys = {_heading_key(section.path[-1]) for section in headings}
        defined = [
            piece
            for piece in defined_terms(document, target)
            if not piece.is_list_entry and term_key(piece.term) not in heading_keys
        ]
        self._introduced = list(_introduced(defined, self._pieces))

    def is_in(self, start: int, end: int) -> bool:
        return any(start <= piece.start < end for piece in (*self._pieces, *self._enumerations))

    def entry(self, section: Section, end: int, name: str) -> _Entry:
        """The entry of a section of which the text up to `end` is its own."""
        start, text = section.start, self._document.text[section.start : end]
        pieces, enumerations = (
            [piece for piece in some if start <= piece.start < end] for some in (self._pieces, self._enumerations)
        )
        words = " ".join(terms(text))
        introduced = sorted(
            (placed for placed in self._introduced if start <= placed[0] < end),
            key=lambda placed: -phrase_count(placed[1].term, words),
        )
        elsewhere = [piece for place, piece in introduced if place != piece.start]
        namesakes = [piece for piece in elsewhere if _is_named_by(piece.term, name)]
        subject = namesakes if len(namesakes) == 1 else []  # the definition of what the heading names
        gloss = self._glossary.get(_heading_key(name))
        if not (gloss or subject):
            gloss = next(self._glosses(pieces, enumerations), None)
        said = set(terms(gloss.text)) if gloss else set()
        listed = [
            *((start, piece) for piece in subject),
            *((piece.start, piece) for piece in enumerations if piece != gloss),
            *((piece.start, piece) for piece in pieces if is_enumeration(piece) and piece != gloss),
            *(placed for placed in introduced if placed[1] not in subject and not is_redundant(placed[1], said)),
        ]
        listed = list({piece.start: (place, piece) for place, piece in listed}.values())
        count = min(len(text.split()) // WORDS_PER_SENTENCE, self._max_children - len(listed))
        shown = [*filter(None, [gloss]), *(piece for _, piece in listed)]
        return _Entry(section.path, name, gloss, listed, self._scorer.select(pieces, count, selected=shown))

    def _glosses(self, pieces: Sequence[Piece], enumerations: Sequence[Piece]) -> Iterator[Piece]:
        """What may stand beside a heading, the best first: a list with which its text begins, or its run-in headings; the most salient
        of its first sentences; a lettered caption.
        """
        yield from (piece for piece in (*pieces[:1], *enumerations) if piece.line_spans)
        sentences = [piece for piece in pieces if not piece.line_spans]
        yield from self._scorer.select(sentences[:GLOSS_SENTENCES], 1)
        yield from enumerations


def _enumerations(document: Document, target: Target) -> list[Piece]:
    """What the content of a target enumerates without a list."""
    excluded = back_matter(document, target)
    pieces = [
        *(piece for section in sections_in(document, target) for piece in run_in_paragraphs(document, section)),
        *lettered_captions(document, target.start, target.end),
    ]
    return [piece for piece in pieces if not any(part.start <= piece.start < part.end for part in excluded)]


def _introduced(defined: Sequence[Piece], pieces: Sequence[Piece]) -> Iterator[Placed]:
    """Each definition with where its term is introduced: the first piece that has it in bold, else as it is, else by its stems."""
    starts = {piece.start for piece in pieces}
    texts = [(piece.start, piece.text.casefold(), " ".join(terms(piece.text.casefold()))) for piece in pieces]
    for definition in defined:
        term = definition.term.casefold()
        whole = re.compile(rf"\b{re.escape(term)}\b")
        places = chain(
            [definition.start] if definition.start in starts else [],
            (start for start, text, _ in texts if f"**{term}" in text),
            (start for start, text, _ in texts if whole.search(text)),
            (start for start, _, stems in texts if phrase_count(definition.term, stems)),
        )
        yield from ((start, definition) for start in islice(places, 1))


def _is_named_by(term: str, heading: str) -> bool:
    """Whether a heading names a term, with some other words more or less: "Bone Remodeling" the term remodeling."""
    heading_words, term_words = set(terms(heading.rpartition(":")[2])), set(terms(term))
    if not heading_words or not term_words:
        return False
    is_most = 2 * len(term_words) >= len(heading_words)
    return heading_words <= term_words or (term_words <= heading_words and is_most)


def _heading_key(heading: str) -> frozenset[str] | str:
    """Equal to the key of the term that a heading names, after a label: "Lesson 2: Tokens"."""
    return term_key(fold(heading).rpartition(":")[2])
