"""The content of a part of the course: the sections and pieces that teach, as against boxes and back matter. Pure functions."""

from itertools import pairwise

from app.query.parts import has_content
from app.query.vocabulary import ASIDE, announces_task, is_objectives_heading
from app.types import Target, TaskKind
from app.writers.tasks.enumerations import MAX_LIST_WORDS, lettered_captions, lists_in
from app.writers.tasks.pieces import (
    Parts,
    Piece,
    blocks_in,
    boxes_in,
    has_title,
    sections_in,
    sections_of_kind,
    sentences_in,
    whole_document,
)
from retrieval.types import Document, Section


def content_pieces(
    document: Document, target: Target, max_list_words: int = MAX_LIST_WORDS, *, with_boxes: bool = False
) -> list[Piece]:
    """The sentences, lists and lettered captions with which a target teaches, in order. `with_boxes`: also those of boxes with a title."""
    lists = [
        piece for section in sections_in(document, target) for piece in lists_in(document, section, max_list_words)
    ]
    lists += lettered_captions(document, target.start, target.end)
    list_starts = {piece.start for piece in lists}
    prose = [piece for piece in sentences_in(document, target.start, target.end) if piece.start not in list_starts]
    excluded = [(section.start, section.end) for section in back_matter(document, target)]
    for box in boxes_in(document, target):
        if not has_title(box):  # only its first block: the text may go on below that
            first = next(blocks_in(document, box.start + 1, box.end), None)
            excluded += [(first.start, first.end)] if first else []
        elif not with_boxes:
            excluded.append((box.start, box.end))
    return [
        piece
        for piece in sorted([*prose, *lists], key=lambda piece: piece.start)
        if not any(start <= piece.start < end for start, end in excluded)
    ]


def content_sections(document: Document, target: Target) -> list[Section]:
    """The sections with content, back matter among them.

    Left out are aims (a lesson may begin below them without a heading of its own), boxes without a title, sections of nothing but links, and
    those that go on under the heading of the one before.
    """
    untitled_boxes = {box.start for box in boxes_in(document, target) if not has_title(box)}
    sections = [
        section
        for section in sections_in(document, target)
        if not is_objectives_heading(section.path[-1])
        and section.start not in untitled_boxes
        and has_content(document, section)
    ]
    repeated = {section.start for before, section in pairwise(sections) if before.path == section.path}
    return [section for section in sections if section.start not in repeated]


def back_matter(document: Document, target: Target) -> list[Section]:
    """What tests or repeats: quizzes, glossaries and summaries, and what follows the last summary on its level."""
    last_summary = {
        section.path[:-1]: section.start for section in sections_of_kind("summary", document, whole_document(document))
    }
    return [
        section
        for section in sections_in(document, target)
        if any(announces_task(kind, section.path[-1]) for kind in ASIDE)
        or last_summary.get(section.path[:-1], section.start) < section.start
    ]


def without_introductions(parts: Parts) -> Parts:
    """The parts that have a summary or a glossary of their own, if most have: those that have neither only introduce."""
    kinds: tuple[TaskKind, ...] = ("summary", "key points", "cards")
    with_review = [part for part in parts if any(sections_of_kind(kind, *part) for kind in kinds)]
    return with_review if 2 * len(with_review) > len(parts) else parts
