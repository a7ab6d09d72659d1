"""Where to go from an answer: the sections near it, as links and as questions. Pure functions over one retrieval."""

from collections.abc import Sequence

from app.types import Footnote, Nearest
from retrieval.types import Retrieval

NEAREST = 4
SUGGESTIONS = 3


def nearest_sections(retrieval: Retrieval) -> tuple[Nearest, ...]:
    """The sections of the best hits, each once, best first."""
    found: dict[tuple[str, tuple[str, ...]], Nearest] = {}
    for hit in retrieval.hits:
        chunk = hit.chunk
        place = Nearest(chunk.document_id, (chunk.document_title, *chunk.section), chunk.start)
        found.setdefault((chunk.document_id, chunk.section), place)
    return tuple(found.values())[:NEAREST]


def suggestions(retrieval: Retrieval, footnotes: Sequence[Footnote]) -> tuple[str, ...]:
    """Questions about the sections that were found and not cited, best first."""
    cited = {footnote.path[-1] for footnote in footnotes}
    made: dict[str, None] = {}
    for hit in retrieval.hits:
        heading = hit.chunk.section[-1] if hit.chunk.section else ""
        if heading and heading not in cited and len(heading) <= 60:
            made.setdefault(_as_question(heading), None)
    return tuple(made)[:SUGGESTIONS]


def _as_question(heading: str) -> str:
    plain = heading.strip().rstrip(":.")
    return plain if plain.endswith("?") else f"What does the course say about “{plain}”?"
