"""Where to go from an answer: the sections near it, as links and as questions that are known to find what they name.

A question is a heading as it stands, so it is good in every language; one that says too little by itself ("Definition")
comes with the heading above it. It is offered only if asking it finds its section first.
"""

import re
from collections.abc import Callable, Sequence

from app.types import Footnote, Nearest
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold, plain_inline
from retrieval.types import Chunk, Retrieval, Retriever, Scope

NEAREST = 4
SUGGESTIONS = 3
LONGEST = 80  # characters of a question
_NUMBER = re.compile(r"^\W*\d+(?:\.\d+)*(?:[.:)]\s+|\s+(?![a-zß-öø-ÿ\d]))(?=\S)")

Finds = Callable[[str, Chunk], bool]


def nearest_sections(retrieval: Retrieval) -> tuple[Nearest, ...]:
    """The sections of the best hits, each once, best first."""
    found: dict[tuple[str, tuple[str, ...]], Nearest] = {}
    for hit in retrieval.hits:
        chunk = hit.chunk
        place = Nearest(chunk.document_id, (chunk.document_title, *chunk.section), chunk.start)
        found.setdefault((chunk.document_id, chunk.section), place)
    return tuple(found.values())[:NEAREST]


def suggestions(retrieval: Retrieval, footnotes: Sequence[Footnote], finds: Finds) -> tuple[str, ...]:
    """Headings that were found and not cited: first those beside a cited one, then best first; at most SUGGESTIONS.

    `finds` says whether a question finds the section of a chunk.
    """
    cited = {footnote.path for footnote in footnotes}
    around = {path[:-1] for path in cited if len(path) > 2}
    chunks = {(hit.chunk.document_title, *hit.chunk.section): hit.chunk for hit in reversed(retrieval.hits)}
    paths = dict.fromkeys((hit.chunk.document_title, *hit.chunk.section) for hit in retrieval.hits)
    others = sorted((path for path in paths if path not in cited), key=lambda path: path[:-1] not in around)
    made: list[str] = []
    for path in others:
        question = as_question(path)
        if len(made) < SUGGESTIONS and question and question not in made and finds(question, chunks[path]):
            made.append(question)
    return tuple(made)


def as_question(path: Sequence[str]) -> str:
    """A title and headings -> what is asked to learn about the last one; empty where that would be too long, or nothing.

    >>> as_question(("Notes", "12. how a long text is split"))
    'How a long text is split'
    >>> as_question(("Notes", "3.2 Language models", "Definition"))
    'Language models: Definition'
    """
    if len(path) < 2:
        return ""
    above, heading = (without_number(part) for part in path[-2:])
    question = heading if len(heading.split()) > 1 else f"{above}: {heading}"
    return question if len(question) <= LONGEST and any(map(str.isalpha, heading)) else ""


def without_number(heading: str) -> str:
    """`"2.1 **Tokens**"` -> `"Tokens"`, `"1.5 billion words"` as it stands; the first letter is a capital."""
    plain = fold(plain_inline(heading)).rstrip(":.")
    bare = _NUMBER.sub("", plain)
    return bare[:1].upper() + bare[1:]


def found_by(retriever: Retriever, *, scope: Scope = Scope()) -> Finds:
    """By a first look: a question finds a chunk if the best of either search stands in its section. A retriever
    other than the hybrid one has none, and nothing is offered.
    """

    def finds(question: str, chunk: Chunk) -> bool:
        if not isinstance(retriever, HybridRetriever):
            return False
        legs = retriever.candidates(question, limit=1, scope=scope)
        ids = {scored.id for leg in legs for scored in leg}
        return any(
            (point.chunk.document_id, point.chunk.section) == (chunk.document_id, chunk.section)
            for point in retriever.index.store.fetch(sorted(ids)).values()
        )

    return finds
