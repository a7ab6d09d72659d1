"""What a version says of itself: its manifest and its name."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.discover.changes import Plan, Source
from ingest.discover.course_file import CourseFile
from ingest.index.documents import Failure, Reading
from retrieval.index.manifest import FORMAT, FileEntry, Manifest
from retrieval.text.display import shown
from retrieval.types import Chunk, Document


@dataclass(frozen=True, slots=True)
class Described:
    """What the manifest says of a document. `characters` are those of its text; `contexts`: how many chunks have a sentence
    about them; `known`: see `FileEntry`."""

    document_id: str
    path: str
    title: str
    description: str
    sections: int
    characters: int
    chunks: int
    windows: int
    contexts: int
    known: float
    language: str


def describe(document: Document, chunks: Sequence[Chunk], *, language: str, known: float) -> Described:
    return Described(
        document_id=document.id,
        path=document.path,
        title=document.title,
        description=shown(document.metadata.get("description", "")),
        sections=len(document.sections),
        characters=len(document.text),
        chunks=len(chunks),
        windows=sum(len(chunk.windows) for chunk in chunks),
        contexts=sum(bool(chunk.about) for chunk in chunks),
        known=known,
        language=language,
    )


def make_manifest(
    corpus: Path,
    course: CourseFile,
    made_with: Mapping[str, object],
    plan: Plan,
    reading: Reading,
    documents: Sequence[Described],
    *,
    average_length: float,
) -> Manifest:
    """The manifest of a version; `average_length` is BM25's, in terms."""
    counts = _counts(documents)
    return Manifest(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus=str(corpus),
        title=shown(course.title),
        made_with=made_with,
        bm25={"size": counts["chunks"], "average_length": average_length},
        files={document.path: _entry(plan.sources[document.path], document) for document in documents},
        skipped={failure.path: _without_path(failure) for failure in reading.failures},
        counts=counts,
        furniture=sorted(reading.furniture),
        course=_course_json(course, documents),
    )


def _entry(source: Source, document: Described) -> FileEntry:
    return FileEntry(
        digest=source.digest,
        document_id=document.document_id,
        title=document.title,
        size=source.size,
        chunks=document.chunks,
        windows=document.windows,
        known=document.known,
        language=document.language,
    )


def _counts(documents: Sequence[Described]) -> dict[str, int]:
    return {
        "documents": len(documents),
        "sections": sum(document.sections for document in documents),
        "chunks": sum(document.chunks for document in documents),
        "windows": sum(document.windows for document in documents),
        "contexts": sum(document.contexts for document in documents),
        "characters": sum(document.characters for document in documents),
    }


def _course_json(course: CourseFile, documents: Sequence[Described]) -> dict[str, object]:
    by_file = {entry.file: entry for entry in course.documents}
    listed = []
    for document in documents:
        entry = by_file.get(document.path)
        listed.append(
            {
                "id": document.document_id,
                "title": document.title,
                "path": document.path,
                "description": shown(entry.description if entry else "") or document.description,
                "source": entry.source if entry else "",
                "questions": list(map(shown, entry.questions)) if entry else [],
            }
        )
    return {"title": shown(course.title), "documents": listed}


def version_name(number: int, made_with: Mapping[str, object], sources: Mapping[str, Source]) -> str:
    """`000007-20261122T101500-1a2b3c4d`: its number gives the order; the digest is over settings and contents."""
    digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
    for path, source in sorted(sources.items()):
        digest.update(f"\0{path}\0{source.digest}".encode("utf-8", "surrogateescape"))
    return f"{number:06d}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{digest.hexdigest()[:8]}"


def _without_path(failure: Failure) -> dict[str, str]:
    return {key: value for key, value in asdict(failure).items() if key != "path"}
