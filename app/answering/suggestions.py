"""Where to go from an answer: the sections near it, as links and as questions. Pure functions over one retrieval."""

import re
from collections.abc import Sequence

from app.query.followup import leans_back
from app.types import Footnote, Nearest
from retrieval.types import Retrieval

NEAREST = 4
SUGGESTIONS = 3
LONGEST = 60  # characters of a heading that is asked about
CLAUSE_WORDS = 4  # "Why RAG" has no verb; with four words ("Why vocabulary size matters") an indirect question has one

_NUMBERED = re.compile(
    r"^(?:(?:chapter|part|section|module|unit|week|day|lecture|session|lesson|topic|step|phase|technique|principle|rule|tip|"
    r"question|exercise) )?\d+(?:\.\d+)*[.:)]\s+(?=\S)",
    re.I,
)
_INVERTED = re.compile(
    r"^(?:how|why|what|where|when|who)\s+(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|must)\s",
    re.I,
)
_INDIRECT = re.compile(r"^(?:how|why|what|where|who)\s(?!about\b|if\b|not\b|else\b|next\b|and\b|or\b)", re.I)


def nearest_sections(retrieval: Retrieval) -> tuple[Nearest, ...]:
    """The sections of the best hits, each once, best first."""
    found: dict[tuple[str, tuple[str, ...]], Nearest] = {}
    for hit in retrieval.hits:
        chunk = hit.chunk
        place = Nearest(chunk.document_id, (chunk.document_title, *chunk.section), chunk.start)
        found.setdefault((chunk.document_id, chunk.section), place)
    return tuple(found.values())[:NEAREST]


def suggestions(retrieval: Retrieval, footnotes: Sequence[Footnote]) -> tuple[str, ...]:
    """Questions about the sections that were found and not cited: first those beside a cited one, then best first.

    One that would be taken for a follow-up is left out: the question before it would be searched for too.
    """
    cited = {footnote.path for footnote in footnotes}
    around = {path[:-1] for path in cited if len(path) > 2}
    paths = dict.fromkeys((hit.chunk.document_title, *hit.chunk.section) for hit in retrieval.hits)
    others = (path for path in paths if len(path) > 1 and path not in cited and _can_be_asked(path[-1]))
    made = dict.fromkeys(map(as_question, sorted(others, key=lambda path: path[:-1] not in around)))
    return tuple(question for question in made if not leans_back(question))[:SUGGESTIONS]


def as_question(path: Sequence[str]) -> str:
    """A title and headings (at least one) -> a question about the last one.

    What does not read as a question, direct or indirect, is named as it stands, so that it is good English whatever it is.

    >>> as_question(("Notes", "Technique 12: how a long text is split"))
    'Explain how a long text is split'
    >>> as_question(("Notes", "Six ways to cut cost"))
    'Tell me about “Six ways to cut cost”'
    >>> as_question(("Notes", "Language models", "Definition"))
    'Tell me about “Definition” in “Language models”'
    """
    above, heading = (_plain(part) for part in path[-2:])
    if heading.endswith("?") or _INVERTED.match(heading):
        return heading.removesuffix("?") + "?"
    words = heading.split()
    if len(words) >= CLAUSE_WORDS and _INDIRECT.match(heading):
        return f"Explain {heading[0].lower()}{heading[1:]}"
    return f"Tell me about “{heading}”" if len(words) > 1 else f"Tell me about “{heading}” in “{above}”"


def _can_be_asked(heading: str) -> bool:
    return len(heading) <= LONGEST and any(map(str.isalpha, heading))


def _plain(heading: str) -> str:
    """Without its number: `"Technique 12: chunking"` -> `"Chunking"`."""
    bare = _NUMBERED.sub("", heading.strip().rstrip(":."))
    return bare[:1].upper() + bare[1:]
