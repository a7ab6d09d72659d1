"""The documents of a version into pieces on disk, one document at a time; and what is to be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.chunk import Chunking, chunks
from ingest.describe import Described, describe
from ingest.health import Repeats, document_health
from ingest.points import Piece, Progress, piece_of
from ingest.read import Reading
from ingest.shelf import Shelf
from ingest.spool import Spool
from retrieval.types import Chunk, Document, Json


@dataclass(frozen=True, slots=True)
class Cut:
    """`described` and `health` are in course order; `windows` are the distinct keys of the windows, as they come."""

    described: tuple[Described, ...]
    health: Json
    windows: tuple[bytes, ...]

    @property
    def chunks(self) -> int:
        return sum(document.chunks for document in self.described)


def cut_documents(
    shelf: Shelf,
    reading: Reading,
    pieces: Spool[Piece],
    chunking: Chunking,
    *,
    before: Mapping[str, Json],
    progress: Progress,
) -> Cut:
    """Puts the pieces of all documents in order. `before`: per path what the live version's report says of it."""
    described: list[Described] = []
    entries: list[Json] = []
    windows: dict[bytes, None] = {}
    repeats = Repeats()
    for done, document in enumerate(shelf):
        progress("chunking", done, len(shelf))
        made = _chunks(document, chunking, fresh=document.path in reading.fresh)
        for chunk in made:
            pieces.add(piece := piece_of(chunk))
            windows.update(dict.fromkeys(piece.keys))
        described.append(describe(document, made))
        entries.append(_entry(document, made, reading, before.get(document.path)))
        repeats.add(document)
    progress("chunking", len(shelf), len(shelf))
    return Cut(tuple(described), {"documents": entries, "duplicates": repeats.report()}, tuple(windows))


def _chunks(document: Document, chunking: Chunking, *, fresh: bool) -> list[Chunk]:
    if not fresh:
        return chunks(document, chunking)
    from ingest.transformations import chunk_documents  # imports llama_index: two seconds

    return chunk_documents([document], chunking)


def _entry(document: Document, made: list[Chunk], reading: Reading, before: Json | None) -> Json:
    """An unchanged document is as it was; of one that is only laid out anew the remarks still hold."""
    if before and document.path not in reading.fresh:
        return before
    known = reading.remarks.get(document.path, before["remarks"] if before else ())
    return {**document_health(document, made), "remarks": list(known)}
