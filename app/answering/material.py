"""The parts of the course that a task is about, as a writer is given them: whole, instead of what was found for a question."""

from collections.abc import Iterator, Sequence

from app.types import Documents, Target, Task
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import count_tokens
from retrieval.types import Block, Document, Passage, Retrieval, Unit

PASSAGE_TOKENS = 8_000  # of one passage; what is longer is several, of whole blocks
NAMED = 3  # parts that are named where a task is about many


def material(task: Task, documents: Documents) -> Retrieval:
    """The parts whole, in the task's order, as if a search had found them for certain; the query names the parts."""
    parts = [(document, target) for target in task.targets if (document := documents(target.document_id)) is not None]
    pieces = [(document, target, units) for document, target in parts for units in _pieces(document, target)]
    passages = [_passage(rank, *piece) for rank, piece in enumerate(pieces, start=1)]
    named = "; ".join(target.path[-1] for target in task.targets[:NAMED])
    return Retrieval(query=named, hits=(), passages=tuple(passages), confidence=1.0, stages=())


def _pieces(document: Document, target: Target) -> Iterator[list[Unit]]:
    """The units of a part, in runs of about PASSAGE_TOKENS at most; one run without any where the part has none."""
    units: list[Unit] = []
    room = PASSAGE_TOKENS
    for block in document.blocks:
        if target.start <= block.start < target.end and block.kind != "boilerplate":
            size = count_tokens(document.text[block.start : block.end])
            if units and size > room:
                yield units
                units, room = [], PASSAGE_TOKENS
            units = units + _units(document, block)
            room -= size
    yield units


def _passage(rank: int, document: Document, target: Target, units: Sequence[Unit]) -> Passage:
    start, end = (units[0].start, units[-1].end) if units else (target.start, target.end)
    pages = [page.number for page in document.pages if page.start <= start]
    return Passage(
        rank=rank,
        document_id=document.id,
        document_title=document.title,
        section=target.path[1:],
        start=start,
        end=end,
        text=document.text[start:end],
        units=tuple(units),
        hits=(),
        page=pages[-1] if pages else None,
        page_word=document.page_word,
    )


def _units(document: Document, block: Block) -> list[Unit]:
    if block.kind == "paragraph":
        spans = sentence_spans(document.text[block.start : block.end])
        return [
            Unit("sentence", block.start + left, block.start + right, block.lead, block.role) for left, right in spans
        ]
    return [Unit(block.kind, block.start, block.end, block.lead, block.role)]  # type: ignore[arg-type]
