"""Passages as a model is given them, and the way back from what it cites to offsets in the documents.

Two forms. Blocks: a `search_result` block a passage and a text block a unit, for native citations. Text: numbered
passages between tags, for models that can only write `[n]`. A table row is given with its column names, and a unit
whose meaning stands outside the passage after the words that lead into it; what is quoted is always the document.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.citations.marks import TYPED
from app.types import Citation, CitationDropped, Cited
from retrieval.text.markdown import fold, row_with_columns
from retrieval.types import Json, Passage, Unit

_TAG = re.compile(r"<(?=/?\s*passage)", re.I)


@dataclass(frozen=True, slots=True)
class Range:
    """What a model cites: text blocks `start` to `end` (exclusive) of the passage that was sent as `source`."""

    source: str
    start: int
    end: int
    cited_text: str


class Sources:
    """The passages of one question."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = {source_key(passage): passage for passage in passages}

    def blocks(self) -> list[Json]:
        """`search_result` blocks in the order of the passages."""
        return [_search_result(source, passage) for source, passage in self._passages.items()]

    def add(self, passages: Sequence[Passage]) -> list[Json]:
        """More passages; their blocks."""
        more = {source_key(passage): passage for passage in passages}
        self._passages |= more
        return [_search_result(source, passage) for source, passage in more.items()]

    def resolve(self, cited: Range) -> Cited | CitationDropped:
        """The span of the cited units; dropped if it is nowhere, or if `cited_text` is not what stands there."""
        passage = self._passages.get(cited.source)
        if passage is None:
            return CitationDropped(f"no passage was sent as {cited.source!r}")
        units = quotable_units(passage)
        if not 0 <= cited.start < cited.end <= len(units):
            return CitationDropped(f"{cited.source!r} has {len(units)} blocks, not {cited.start} to {cited.end}")
        chosen = units[cited.start : cited.end]
        sent = "".join(unit_as_sent(passage, unit) for unit in chosen)
        if _squeeze(cited.cited_text) != _squeeze(sent):
            return CitationDropped(
                f"the cited text does not stand in {cited.source!r}: {fold(cited.cited_text)[:80]!r}"
            )
        return Cited(citation_of(passage, chosen))


def source_key(passage: Passage) -> str:
    """`document id:start-end`: says nothing to the model, and finds the passage again."""
    return f"{passage.document_id}:{passage.start}-{passage.end}"


def quotable_units(passage: Passage) -> tuple[Unit, ...]:
    """The units with any text; the whole passage where it has none. (An empty text block would be refused.)"""
    units = tuple(unit for unit in passage.units if passage.slice(unit.start, unit.end).strip())
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
    inside = [hit.chunk.id for hit in passage.hits if hit.chunk.start <= start < hit.chunk.end]
    inside += [
        hit.chunk.id for hit in passage.hits[:1]
    ]  # a whole section was not found by a chunk of it: it has no hits
    return Citation(
        chunk_id=inside[0] if inside else "",
        document_id=passage.document_id,
        start=start,
        end=end,
        quote=passage.slice(start, end),
    )


def numbered_text(passages: Sequence[Passage], *, first: int = 1) -> str:
    """`<passage number="1" place="title > heading">` ... for each passage, numbered from `first`.

    Tags of this kind and bracketed numbers inside a passage are disarmed, so that it can neither end itself nor pass
    its own marks off as the model's. Only the prompt is changed; quotes come from the passage.
    """
    parts = []
    for number, passage in enumerate(passages, start=first):
        body = "\n".join(_disarmed(unit_as_sent(passage, unit), unit) for unit in quotable_units(passage))
        place = _TAG.sub("‹", passage.place).replace('"', "'")
        parts.append(f'<passage number="{number}" place="{place}">\n{body}\n</passage>')
    return "\n\n".join(parts)


def _disarmed(text: str, unit: Unit) -> str:
    text = _TAG.sub("‹", text)
    return text if unit.kind == "code" else TYPED.sub(r"(\1)", text)


def _search_result(source: str, passage: Passage) -> Json:
    texts = [unit_as_sent(passage, unit) for unit in quotable_units(passage)]
    return {
        "type": "search_result",
        "source": source,
        "title": passage.place,
        "content": [{"type": "text", "text": text} for text in texts],
        "citations": {"enabled": True},
    }


def _squeeze(text: str) -> str:
    """Without any white space: blocks may be joined with or without it."""
    return "".join(text.split())
