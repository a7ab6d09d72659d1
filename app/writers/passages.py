"""Passages as writers are given them, what of them is quoted, and the parts of the course that a task is about: whole, in
place of what was found for a question.

A table row is given with its column names, and a unit whose meaning stands outside the passage after the words that lead
into it; what is quoted is always the document.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from app.citations.composer import passage_of, units_of
from app.types import Citation, Documents, Target, Task
from retrieval.text.markdown import row_with_columns
from retrieval.text.tokenize import count_tokens
from retrieval.types import Block, Document, Passage, Retrieval, Unit

T = TypeVar("T")
PASSAGE_TOKENS = 8_000  # of one passage of a task; what is longer is several, of whole blocks
NAMED = 3  # parts that are named where a task is about many


def source_key(passage: Passage) -> str:
    """`document id:start-end`: says nothing to the model, and finds the passage again."""
    return f"{passage.document_id}:{passage.start}-{passage.end}"


def quotable_units(passage: Passage) -> tuple[Unit, ...]:
    """The units with anything to read, which rows of empty cells have not; the whole passage where there is none. (An empty
    text block would be refused.)"""
    units = tuple(unit for unit in passage.units if unit_as_sent(passage, unit).strip())
    return units or (Unit("sentence", passage.start, passage.end),)


def unit_as_sent(passage: Passage, unit: Unit) -> str:
    """A unit's text, with the words that it needs and that do not stand before it in the passage."""
    source = passage.slice(unit.start, unit.end)
    if unit.kind == "row":
        return row_with_columns(source, unit.lead)
    if unit.lead and unit.lead not in passage.slice(passage.start, unit.start):
        return f"{unit.lead}\n{source}"
    return source


def citation_of(passage: Passage, units: Sequence[Unit]) -> Citation:
    """A citation of neighbouring units, without headings at its ends unless there is nothing else."""
    told = [unit for unit in units if unit.kind != "heading"] or list(units)
    start, end = told[0].start, told[-1].end
    return Citation(
        document_id=passage.document_id,
        start=start,
        end=end,
        quote=passage.slice(start, end),
    )


def material(task: Task, documents: Documents) -> Retrieval:
    """The parts whole, in the task's order, as if a search had found them for certain; the query names the parts."""
    parts = [(document, target) for target in task.targets if (document := documents(target.document_id)) is not None]
    pieces = [(document, target, units) for document, target in parts for units in _pieces(document, target)]
    passages = [_passage(rank, *piece) for rank, piece in enumerate(pieces, start=1)]
    named = "; ".join(target.path[-1] for target in task.targets[:NAMED])
    return Retrieval(query=named, hits=(), passages=tuple(passages), confidence=1.0, stages=())


def runs(items: Iterable[T], size: Callable[[T], int], *, limit: int) -> list[list[T]]:
    """The items in order, in runs of `limit` at most together, unless one item alone is more."""
    found: list[list[T]] = []
    room = 0
    for item in items:
        taken = size(item)
        if not found or taken > room:
            found.append([])
            room = limit
        found[-1].append(item)
        room -= taken
    return found


def block_size(document: Document, block: Block) -> int:
    return count_tokens(document.text[block.start : block.end])


def _pieces(document: Document, target: Target) -> list[list[Unit]]:
    """The units of a part, in runs of about PASSAGE_TOKENS at most; one run without any where the part has none."""
    kept = [
        block for block in document.blocks if target.start <= block.start < target.end and block.kind != "boilerplate"
    ]
    pieces = runs(kept, partial(block_size, document), limit=PASSAGE_TOKENS) or [[]]
    return [[unit for block in piece for unit in units_of(document, block)] for piece in pieces]


def _passage(rank: int, document: Document, target: Target, units: Sequence[Unit]) -> Passage:
    start, end = (units[0].start, units[-1].end) if units else (target.start, target.end)
    return passage_of(document, start, end, units, section=target.path[1:], rank=rank)
