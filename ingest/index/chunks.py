"""The documents of a version into chunks, one document at a time; what is worked out from their words alone; and what is to
be said of each. It is kept with a version, so that the next one takes it over for a document that has not changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk.chunker import Chunking, chunks
from ingest.discover.changes import Plan, SourceFile
from ingest.discover.files import CourseFile
from ingest.index.documents import Progress, ReadFiles, Shelf
from ingest.index.report import Repeats, document_health
from retrieval.config import Settings
from retrieval.index import versions
from retrieval.index.codec import chunk_from_json, chunk_to_json
from retrieval.index.contexts import Contexts, situated
from retrieval.index.manifest import FileEntry
from retrieval.index.token_vectors import text_key
from retrieval.text.display import shown
from retrieval.text.language import document_language
from retrieval.text.markdown import lexical_text, window_text
from retrieval.text.spelling import count_words
from retrieval.text.tokenize import ENGLISH, terms
from retrieval.types import Chunk, Document, Json

FOLDER = "pieces"
KEY = 32  # hexadecimal digits of a window's key


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk, its terms as BM25 sees them, the `token_vectors.text_key` of each of its windows."""

    chunk: Chunk
    terms: tuple[str, ...]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class DocumentChunks:
    """All of a document, in reading order. `id`: the document's; `words`: how often it uses each, see `count_words`;
    `language`: that its terms are stemmed in."""

    id: str
    indexed: tuple[IndexedChunk, ...]
    words: Mapping[str, int]
    language: str = ENGLISH

    def __iter__(self) -> Iterator[IndexedChunk]:
        return iter(self.indexed)

    @property
    def chunks(self) -> list[Chunk]:
        return [one.chunk for one in self.indexed]


def indexed_chunks(document_id: str, chunked: Sequence[Chunk], *, language: str = ENGLISH) -> DocumentChunks:
    texts = [lexical_text(chunk) for chunk in chunked]
    made = [
        IndexedChunk(chunk, tuple(terms(text, language)), tuple(map(text_key, window_texts(chunk))))
        for chunk, text in zip(chunked, texts, strict=True)
    ]
    return DocumentChunks(document_id, tuple(made), count_words(texts), language)


def window_texts(chunk: Chunk) -> Iterator[str]:
    """What is encoded of a chunk, window by window."""
    return (window_text(chunk, window) for window in chunk.windows)


def chunk_shelf(folder: Path) -> Shelf[DocumentChunks]:
    return Shelf(folder / FOLDER, chunks_to_json, _from_json)


def chunks_to_json(document: DocumentChunks) -> Json:
    listed = [[one.chunk.id, chunk_to_json(one.chunk), one.terms, b"".join(one.keys).hex()] for one in document.indexed]
    return {"id": document.id, "words": document.words, "language": document.language, "pieces": listed}


def _from_json(data: Json) -> DocumentChunks:
    made = [
        IndexedChunk(
            chunk_from_json(chunk_id, chunk),
            tuple(found),
            tuple(bytes.fromhex(keys[at : at + KEY]) for at in range(0, len(keys), KEY)),
        )
        for chunk_id, chunk, found, keys in data["pieces"]
    ]
    return DocumentChunks(data["id"], tuple(made), data["words"], data["language"])


@dataclass(frozen=True, slots=True)
class CourseChunks:
    """What is to be said of the documents, in course order: `files`, `counts` and `listed` in the manifest, `health` in the
    report. `windows` are the distinct keys of the windows, as they come; `words` are those of all documents."""

    files: Mapping[str, FileEntry]
    counts: Mapping[str, int]
    listed: Sequence[Json]
    health: Json
    windows: tuple[bytes, ...]
    words: Mapping[str, int]


def chunk_documents(
    documents: Shelf[Document],
    reading: ReadFiles,
    plan: Plan,
    course: CourseFile,
    settings: Settings,
    shelf: Shelf[DocumentChunks],
    *,
    contexts: Contexts,
    known: Callable[[str], float],
    progress: Progress,
) -> CourseChunks:
    """Puts the chunks of all documents on the shelf, in order; those of unchanged ones are taken over from the live version.
    `contexts`: what is searched with the chunks. `known`: of a text, how much of it the embedding model knows."""
    sizes = Chunking(settings.chunk_tokens, settings.window_units)
    report = versions.read_health(settings, plan.live) if plan.kept else {}
    before = {entry["path"]: entry for entry in report.get("documents", []) if entry["path"] in plan.kept}
    files: dict[str, FileEntry] = {}
    counts: Counter[str] = Counter()
    entries: list[Json] = []
    listed: list[Json] = []
    windows: dict[bytes, None] = {}
    words: Counter[str] = Counter()
    repeats = Repeats()
    for done, document in enumerate(documents):
        progress("chunking", done, len(documents))
        if plan.recut or document.path in reading.fresh:
            chunked = situated(chunks(document, sizes), contexts)
            shelf.put(indexed := indexed_chunks(document.id, chunked, language=document_language(document)))
        else:
            shelf.take_over(document.id, versions.folder_of(settings, plan.live) / FOLDER)
            indexed = shelf[document.id]
        source = plan.sources[document.path]
        files[document.path] = _file(document, indexed, source, known=round(known(document.text), 3))
        counts.update(_counts(document, indexed.chunks))
        entries.append(_entry(document, indexed.chunks, reading, before.get(document.path)))
        listed.append(_listed(document, course))
        windows |= dict.fromkeys(key for one in indexed for key in one.keys)
        words.update(indexed.words)
        repeats.add(document)
    progress("chunking", len(documents), len(documents))
    health = {"documents": entries, "duplicates": repeats.report()}
    by_count = dict(sorted(words.items(), key=lambda item: (-item[1], item[0])))  # as `count_words` has them
    return CourseChunks(files, dict(counts), listed, health, tuple(windows), by_count)


def _file(document: Document, indexed: DocumentChunks, source: SourceFile, *, known: float) -> FileEntry:
    return FileEntry(
        digest=source.digest,
        document_id=document.id,
        title=document.title,
        size=source.size,
        chunks=len(indexed.chunks),
        windows=sum(len(one.keys) for one in indexed),
        known=known,
        language=indexed.language,
    )


def _counts(document: Document, chunked: Sequence[Chunk]) -> dict[str, int]:
    return {
        "documents": 1,
        "sections": len(document.sections),
        "chunks": len(chunked),
        "windows": sum(len(chunk.windows) for chunk in chunked),
        "contexts": sum(bool(chunk.about) for chunk in chunked),
        "characters": len(document.text),
    }


def _listed(document: Document, course: CourseFile) -> Json:
    """What the page says of a document before it is opened."""
    entry = next((entry for entry in course.documents if entry.file == document.path), None)
    described = shown(entry.description if entry else "") or shown(document.metadata.get("description", ""))
    return {
        "id": document.id,
        "title": document.title,
        "path": document.path,
        "description": described,
        "source": entry.source if entry else "",
        "questions": list(map(shown, entry.questions)) if entry else [],
    }


def _entry(document: Document, chunked: list[Chunk], reading: ReadFiles, before: Json | None) -> Json:
    """An unchanged document is as it was; of one that is only laid out anew the remarks still hold."""
    if before and document.path not in reading.fresh:
        return before
    known = reading.remarks.get(document.path, before["remarks"] if before else ())
    return {**document_health(document, chunked), "remarks": list(known)}
