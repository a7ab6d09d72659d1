"""The documents of a version into chunks, one document at a time; what is worked out from their words alone; and what is to
be said of each. It is kept with a version, so that the next one takes it over for a document that has not changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk.chunker import Chunking, chunks
from ingest.index.documents import Progress, Reading
from ingest.index.manifest import Described, describe
from ingest.index.report import Repeats, document_health
from ingest.index.scratch import Shelf
from ingest.parse.language import document_language
from retrieval.index.codec import chunk_from_json, chunk_to_json
from retrieval.index.contexts import Contexts, situated
from retrieval.index.token_vectors import text_key
from retrieval.query.spelling import count_words
from retrieval.text.embedding_text import lexical_text, window_text
from retrieval.text.tokenize import ENGLISH, terms
from retrieval.types import Chunk, Document, Json

FOLDER = "pieces"
KEY = 32  # hexadecimal digits of a window's key


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk, its terms as BM25 sees them, the `token_vectors.text_key` of each of its windows."""

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


def pieces_of(document_id: str, chunked: Sequence[Chunk], *, language: str = ENGLISH) -> Pieces:
    texts = [lexical_text(chunk) for chunk in chunked]
    made = [
        Piece(chunk, tuple(terms(text, language)), tuple(map(text_key, window_texts(chunk))))
        for chunk, text in zip(chunked, texts, strict=True)
    ]
    return Pieces(document_id, tuple(made), count_words(texts), language)


def window_texts(chunk: Chunk) -> Iterator[str]:
    """What is encoded of a chunk, window by window."""
    return (window_text(chunk, window) for window in chunk.windows)


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


@dataclass(frozen=True, slots=True)
class Cut:
    """`described` and `health` are in course order; `windows` are the distinct keys of the windows, as they come; `words`
    are those of all documents."""

    described: tuple[Described, ...]
    health: Json
    windows: tuple[bytes, ...]
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
    contexts: Contexts,
    anew: bool,
    known: Callable[[str], float],
    progress: Progress,
) -> Cut:
    """Puts the pieces of all documents on the shelf, in order; those of unchanged ones are taken over from the version
    in `live`, unless `anew`. `before`: per path what that version's report says of it. `contexts`: what is searched with the
    chunks. `known`: of a text, how much
    of it the embedding model knows."""
    described: list[Described] = []
    entries: list[Json] = []
    windows: dict[bytes, None] = {}
    words: Counter[str] = Counter()
    repeats = Repeats()
    for done, document in enumerate(documents):
        progress("chunking", done, len(documents))
        if anew or document.path in reading.fresh:
            cut = situated(chunks(document, chunking), contexts)
            shelf.put(made := pieces_of(document.id, cut, language=document_language(document)))
        else:
            shelf.take_over(document.id, live / FOLDER)
            made = shelf[document.id]
        windows |= dict.fromkeys(key for piece in made for key in piece.keys)
        words.update(made.words)
        described.append(describe(document, made.chunks, language=made.language, known=round(known(document.text), 3)))
        entries.append(_entry(document, made.chunks, reading, before.get(document.path)))
        repeats.add(document)
    progress("chunking", len(documents), len(documents))
    health = {"documents": entries, "duplicates": repeats.report()}
    return Cut(tuple(described), health, tuple(windows), _by_count(words))


def _by_count(words: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first, ties by word, as `count_words` has them."""
    return dict(sorted(words.items(), key=lambda item: (-item[1], item[0])))


def _entry(document: Document, made: list[Chunk], reading: Reading, before: Json | None) -> Json:
    """An unchanged document is as it was; of one that is only laid out anew the remarks still hold."""
    if before and document.path not in reading.fresh:
        return before
    known = reading.remarks.get(document.path, before["remarks"] if before else ())
    return {**document_health(document, made), "remarks": list(known)}
