"""A document's chunks with all that is worked out from their words alone: it is kept with a version, so that the next one
takes it over for a document that has not changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.index.shelf import Shelf
from retrieval.index.codec import chunk_from_json, chunk_to_json
from retrieval.index.token_vectors import text_key
from retrieval.query.spelling import count_words
from retrieval.text.embedding_text import lexical_text, window_text
from retrieval.text.tokenize import ENGLISH, terms
from retrieval.types import Chunk, Json

FOLDER = "pieces"
KEY = 32  # hexadecimal digits of a window's key


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk, its terms as BM25 sees them, the `states.text_key` of each of its windows."""

    chunk: Chunk
    terms: tuple[str, ...]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Pieces:
    """All of a document, in reading order. `id`: the document's; `words`: how often it uses each, see `count_words`;
    `language`: that its terms are stemmed in."""

    id: str
    pieces: tuple[Piece, ...]
    words: Mapping[str, int]
    language: str = ENGLISH

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)

    @property
    def chunks(self) -> list[Chunk]:
        return [piece.chunk for piece in self.pieces]


def pieces_of(document_id: str, chunks: Sequence[Chunk], *, language: str = ENGLISH) -> Pieces:
    texts = [lexical_text(chunk) for chunk in chunks]
    made = [
        Piece(chunk, tuple(terms(text, language)), window_keys(chunk))
        for chunk, text in zip(chunks, texts, strict=True)
    ]
    return Pieces(document_id, tuple(made), count_words(texts), language)


def window_keys(chunk: Chunk) -> tuple[bytes, ...]:
    """The `states.text_key` of each window, in order."""
    return tuple(text_key(window_text(chunk, window)) for window in chunk.windows)


def piece_shelf(folder: Path) -> Shelf[Pieces]:
    return Shelf(folder / FOLDER, pieces_to_json, _from_json)


def pieces_to_json(found: Pieces) -> Json:
    listed = [
        [piece.chunk.id, chunk_to_json(piece.chunk), piece.terms, b"".join(piece.keys).hex()] for piece in found.pieces
    ]
    return {"id": found.id, "words": found.words, "language": found.language, "pieces": listed}


def _from_json(data: Json) -> Pieces:
    made = [
        Piece(
            chunk_from_json(chunk_id, chunk),
            tuple(found),
            tuple(bytes.fromhex(keys[at : at + KEY]) for at in range(0, len(keys), KEY)),
        )
        for chunk_id, chunk, found, keys in data["pieces"]
    ]
    return Pieces(data["id"], tuple(made), data["words"], data["language"])
