"""A new version is opened and asked before it is published: what does not answer does not go live."""

from collections.abc import Sequence

from retrieval.errors import StoreUnavailable
from retrieval.index.bm25 import query_terms
from retrieval.index.opened_index import Index
from retrieval.text.embedding_text import lexical_text
from retrieval.types import Point, Scope

QUESTIONS = 5
DEPTH = 20


def verify_version(index: Index, sample: Sequence[Point], *, count: int) -> None:
    """Counts the points and looks up those of a sample by their own vector and words.

    Raises StoreUnavailable when a chunk is not found. Many chunks may say the same, so near the top is enough.
    """
    if (found := index.store.count()) != count:
        raise StoreUnavailable(f"The new index holds {found} of {count} chunks. The live one was kept; build again.")
    for point in sample:
        words = query_terms(lexical_text(point.chunk), index.lexical, index.languages)
        dense, lexical = index.store.search(point.vectors[0], words, limit=DEPTH, scope=Scope())
        best = dense[0].score if dense else -1.0
        if best < 0.98 or (words.indices and not lexical):
            raise StoreUnavailable(
                f"The new index does not find its own chunk {point.chunk.place!r} (best cosine {best:.3f}, "
                f"{len(lexical)} by words). The live one was kept; build again, and check the disk if it happens again."
            )
