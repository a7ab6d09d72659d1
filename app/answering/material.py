"""The parts of the course that a task is about, as a writer is given them: whole, instead of what was found for a question."""

from app.types import Documents, Target, Task
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import count_tokens
from retrieval.types import Block, Document, Passage, Retrieval, Unit

MOST_TOKENS = 60_000  # of all parts together; of what is more, each part gives its beginning
NAMED = 3  # parts that are named where a task is about many


def material(task: Task, documents: Documents) -> Retrieval:
    """A passage a part, in the task's order, as if a search had found them for certain; the query names the parts."""
    parts = [(document, target) for target in task.targets if (document := documents(target.document_id)) is not None]
    room = MOST_TOKENS // max(1, len(parts))
    passages = [_passage(rank, document, target, room) for rank, (document, target) in enumerate(parts, start=1)]
    named = "; ".join(target.path[-1] for target in task.targets[:NAMED])
    return Retrieval(query=named, hits=(), passages=tuple(passages), confidence=1.0, stages=())


def _passage(rank: int, document: Document, target: Target, room: int) -> Passage:
    units: list[Unit] = []
    for block in document.blocks:
        if target.start <= block.start < target.end and block.kind != "boilerplate" and room > 0:
            units += _units(document, block)
            room -= count_tokens(document.text[block.start : block.end])
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
