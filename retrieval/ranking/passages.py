"""Hits into passages: what the writer reads. Pure functions.

Neighbouring chunks of a section become one passage, chunks that say the same as a better one are left out, and what
does not fit a token budget is dropped from the end.
"""

from collections.abc import Sequence

from retrieval.types import Chunk, Hit, Passage

DUPLICATE = 0.9  # Jaccard similarity of words from which two chunks say the same
GAP = 3  # characters of white space between neighbouring chunks


def passages(hits: Sequence[Hit], *, tokens: int) -> tuple[Passage, ...]:
    """Best first (by each passage's best hit). At least one passage when there is a hit, whatever its size."""
    chosen = within_budget(without_duplicates(hits), tokens=tokens)
    merged = [_merge(run) for run in _neighbours(chosen)]
    return tuple(sorted(merged, key=lambda passage: passage.rank))


def without_duplicates(hits: Sequence[Hit]) -> list[Hit]:
    """Hits in order, without those whose words are nearly all those of a hit before."""
    kept: list[Hit] = []
    seen: list[frozenset[int]] = []
    for hit in hits:
        found = frozenset(memoryview(hit.chunk.words).cast("H"))
        if not any(_jaccard(found, other) >= DUPLICATE for other in seen):
            kept.append(hit)
            seen.append(found)
    return kept


def within_budget(hits: Sequence[Hit], *, tokens: int) -> list[Hit]:
    """The first hits that fit `tokens` together; always the first."""
    kept: list[Hit] = []
    used = 0
    for hit in hits:
        used += hit.chunk.tokens
        if kept and used > tokens:
            break
        kept.append(hit)
    return kept


def _neighbours(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Runs of hits that follow each other in a section with nothing but white space between them."""
    runs: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda hit: (hit.chunk.document_id, hit.chunk.start)):
        last = runs[-1][-1].chunk if runs else None
        if last and _adjoin(last, hit.chunk):
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return runs


def _adjoin(one: Chunk, other: Chunk) -> bool:
    # chunks of a section follow each other directly: only white space can be between two
    same = (one.document_id, one.section) == (other.document_id, other.section)
    return same and 0 <= other.start - one.end <= GAP


def _merge(run: Sequence[Hit]) -> Passage:
    first, last = run[0].chunk, run[-1].chunk
    text = first.text
    for hit in run[1:]:
        text += "\n" * (hit.chunk.start - first.start - len(text)) + hit.chunk.text
    return Passage(
        rank=min(hit.rank for hit in run),
        document_id=first.document_id,
        document_title=first.document_title,
        section=first.section,
        start=first.start,
        end=last.end,
        text=text,
        units=tuple(unit for hit in run for unit in hit.chunk.units),
        hits=tuple(run),
        page=first.page,
        page_word=first.page_word,
    )


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    shared = len(one & other)
    union = len(one) + len(other) - shared
    return shared / union if union else 1.0
