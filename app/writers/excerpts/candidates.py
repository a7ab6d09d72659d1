"""The stretches that a search has found, and those of them that can answer a question."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.query.vocabulary import announces_task, asks_for_objectives, is_objectives_heading
from app.types import Documents
from app.writers.excerpts.stretches import QUESTION_MARKS, Stretch, stretches
from retrieval.types import Block, Document, Hit, Passage, Section


@dataclass(frozen=True, slots=True)
class FoundStretches:
    """The hits of a question, best first; the stretches that overlap a hit; and `around`, all stretches of the sections with a hit.

    Both lists of stretches go document by document, in the author's order.
    """

    hits: tuple[Hit, ...]
    stretches: tuple[Stretch, ...]
    around: tuple[Stretch, ...]


def found_stretches(passages: Sequence[Passage], documents: Documents) -> FoundStretches:
    """The stretches of the passages' documents where there are hits. Where a document cannot be read, its passages stand for it."""
    hits_of: dict[tuple[str, int], tuple[Document, list[Hit]]] = {}
    for passage in passages:
        document = documents(passage.document_id)
        key = (passage.document_id, -1 if document else passage.start)
        hits_of.setdefault(key, (document or _as_document(passage), []))[1].extend(passage.hits)
    around, overlapping = [], []
    for document, hits in hits_of.values():
        spans = [(hit.chunk.start, hit.chunk.end) for hit in hits]
        for stretch in stretches(document, spans):
            around.append(stretch)
            if any(start < stretch.end and stretch.start < end for start, end in spans):
                overlapping.append(stretch)
    all_hits = sorted((hit for _, hits in hits_of.values() for hit in hits), key=lambda hit: hit.rank)
    return FoundStretches(tuple(all_hits), tuple(overlapping), tuple(around))


def without_objectives_and_quizzes(query: str, candidates: Sequence[Stretch]) -> list[Stretch]:
    """The candidates other than learning objectives, quizzes and plain questions, which name much and answer nothing.

    A query that asks for objectives keeps the objectives, one that asks for a quiz keeps quizzes and questions.
    """
    keeps_objectives, keeps_questions = asks_for_objectives(query), announces_task("quiz", query)
    return [
        stretch
        for stretch in candidates
        if (keeps_objectives or not _is_objectives(stretch))
        and (keeps_questions or not (_is_quiz(stretch) or has_only_questions(stretch)))
    ]


def has_only_questions(stretch: Stretch) -> bool:
    """Whether each of its sentences ends in a question mark."""
    return all(stretch.text(unit).endswith(QUESTION_MARKS) for unit in stretch.units)


def _is_objectives(stretch: Stretch) -> bool:
    """Whether it lists what is to be learned: it opens a section and its heading or lead-in says so ("After this lesson you can:"), or it is a
    list before all text.
    """
    is_list = stretch.kind == "list"
    has_heading = is_list and is_objectives_heading("".join(stretch.section[-1:]))
    has_lead_in = stretch.lead_in_count > 0 and is_objectives_heading(stretch.text(stretch.units[0]))
    return (stretch.opens_section and (has_heading or has_lead_in)) or (is_list and _precedes_all_text(stretch))


def _precedes_all_text(stretch: Stretch) -> bool:
    """Whether its document begins with it, and most of what follows is no list."""
    blocks = [block for block in stretch.document.blocks if block.kind not in ("heading", "boilerplate")]
    item_count = sum(block.kind == "item" for block in blocks[1:]) + 1
    return stretch.start <= blocks[0].start and 2 * item_count < len(blocks)


def _is_quiz(stretch: Stretch) -> bool:
    return stretch.kind == "list" and announces_task("quiz", "".join(stretch.section[-1:]))


def _as_document(passage: Passage) -> Document:
    """A document that holds only the passage, at its own offsets: spaces stand for the text before it."""
    blocks = (
        Block("paragraph" if unit.kind == "sentence" else unit.kind, unit.start, unit.end, 0, unit.lead, role=unit.role)
        for unit in passage.units
    )
    return Document(
        id=passage.document_id,
        path="",
        title=passage.document_title,
        text=" " * passage.start + passage.text,
        blocks=tuple(blocks),
        sections=(Section(passage.section, 1, passage.start, passage.end),),
    )
