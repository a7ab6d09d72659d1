"""What is embedded and what BM25 sees of a chunk: its context and its words, without notation.

A table row is written with its column names, a nested list item after its parent, so that a piece can be understood
by itself. None of it goes into a quote, which is always a slice of the document.
"""

from collections.abc import Iterable
from functools import lru_cache

from retrieval.text.markdown import plain_inline, plain_text, row_with_columns
from retrieval.types import Chunk, Unit, Window


@lru_cache(maxsize=8192)
def unit_text(unit: Unit, source: str) -> str:
    """One unit in words; `source` is its slice. Kept, since a unit is in several windows and comes up again and again."""
    if unit.kind == "row":
        return row_with_columns(source, unit.lead)
    if unit.kind == "code":
        return plain_text(source)
    return plain_inline(source).strip()


def window_text(chunk: Chunk, window: Window) -> str:
    """Context on a line of its own, empty where there is none, then the window's units; what leads into the first unit
    comes before it. See `retrieval.encoders.embedder.split_place`.
    """
    units = [unit for unit in chunk.units if window.start <= unit.start and unit.end <= window.end]
    return "\n".join([" ".join(chunk.context.split()), *(line for line in _lines(chunk, units) if line)])


def lexical_text(chunk: Chunk) -> str:
    """Context and all units of the chunk, the leads that stand outside of it included."""
    return "\n".join(part for part in (chunk.context, *_lines(chunk, chunk.units)) if part)


def _lines(chunk: Chunk, units: Iterable[Unit]) -> list[str]:
    lines: list[str] = []
    lead = ""
    for unit in units:
        if unit.kind == "heading":
            continue
        if unit.lead != lead:
            lead = unit.lead
            if lead and unit.kind != "row" and lead not in chunk.text[: unit.start - chunk.start]:
                lines.append(plain_inline(lead))
        lines.append(unit_text(unit, chunk.slice(unit.start, unit.end)))
    return lines
