"""A new version is opened and asked before it is published: what does not answer does not go live."""

from ingest.points import Made
from retrieval.errors import StoreUnavailable
from retrieval.lexical import query_terms
from retrieval.render import lexical_text
from retrieval.store import Index
from retrieval.types import Scope

QUESTIONS = 5
DEPTH = 20


def verify_version(index: Index, made: Made) -> None:
    """Counts the points and looks up some chunks by their own vector and words.

    Raises StoreUnavailable when a chunk is not found. Many chunks may say the same, so near the top is enough.
    """
    if index.store.count() != len(made.chunks):
        raise StoreUnavailable(
            f"The new index holds {index.store.count()} of {len(made.chunks)} chunks. The live one was kept; build again."
        )
    step = max(1, len(made.chunks) // QUESTIONS)
    for chunk, vectors in list(zip(made.chunks, made.vectors, strict=True))[::step]:
        words = query_terms(lexical_text(chunk))
        dense, lexical = index.store.search(vectors[0], words, limit=DEPTH, scope=Scope())
        best = dense[0].score if dense else -1.0
        if best < 0.98 or (words.indices and not lexical):
            raise StoreUnavailable(
                f"The new index does not find its own chunk {chunk.place!r} (best cosine {best:.3f}, {len(lexical)} by "
                "words). The live one was kept; build again, and check the disk if it happens again."
            )
