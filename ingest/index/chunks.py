"""The documents of a version into pieces on disk, one document at a time; and what is to be said of each."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk.chunker import Chunking, chunks
from ingest.index.chunk_store import FOLDER, Pieces, pieces_of
from ingest.index.documents import Reading
from ingest.index.manifest import Described, describe
from ingest.index.report import Repeats, document_health
from ingest.index.shelf import Shelf
from ingest.index.vectors import Progress
from ingest.parse.language import language_of
from retrieval.types import Chunk, Document, Json


@dataclass(frozen=True, slots=True)
class Cut:
    """`described` and `health` are in course order; `windows` are the distinct keys of the windows, as they come; `kept` has the windows' keys of each chunk that was taken over, by its id; `words` are those of all documents."""

    described: tuple[Described, ...]
    health: Json
    windows: tuple[bytes, ...]
    kept: Mapping[str, tuple[bytes, ...]]
    words: Mapping[str, int]

    @property
    def chunks(self) -> int:
        return sum(document.chunks for document in self.described)


def cut_documents(
    documents: Shelf[Document],
    reading: Reading,
    shelf: Shelf[Pieces],
    chunking: Chunking,
    *,
    live: Path,
    before: Mapping[str, Json],
    known: Callable[[str], float],
    progress: Progress,
) -> Cut:
    """Puts the pieces of all documents on the shelf, in order; those of unchanged ones are taken over from the version
    in `live`. `before`: per path what that version's report says of it. `known`: of a text, how much
    of it the embedding model knows."""
    described: list[Described] = []
    entries: list[Json] = []
    windows: dict[bytes, None] = {}
    kept: dict[str, tuple[bytes, ...]] = {}
    words: Counter[str] = Counter()
    repeats = Repeats()
    for done, document in enumerate(documents):
        progress("chunking", done, len(documents))
        if document.path in reading.fresh:
            shelf.put(made := pieces_of(document.id, chunks(document, chunking), language=language_of(document)))
        else:
            shelf.take_over(document.id, live / FOLDER)
            made = shelf[document.id]
            kept |= {piece.chunk.id: piece.keys for piece in made}
        windows |= dict.fromkeys(key for piece in made for key in piece.keys)
        words.update(made.words)
        described.append(describe(document, made, known=round(known(document.text), 3)))
        entries.append(_entry(document, made.chunks, reading, before.get(document.path)))
        repeats.add(document)
    progress("chunking", len(documents), len(documents))
    health = {"documents": entries, "duplicates": repeats.report()}
    return Cut(tuple(described), health, tuple(windows), kept, _by_count(words))


def _by_count(words: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first, ties by word, as `count_words` has them."""
    return dict(sorted(words.items(), key=lambda item: (-item[1], item[0])))


def _entry(document: Document, made: list[Chunk], reading: Reading, before: Json | None) -> Json:
    """An unchanged document is as it was; of one that is only laid out anew the remarks still hold."""
    if before and document.path not in reading.fresh:
        return before
    known = reading.remarks.get(document.path, before["remarks"] if before else ())
    return {**document_health(document, made), "remarks": list(known)}
