"""What a version says of itself: its manifest and its name."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ingest.course import Course
from ingest.plan import Plan, Source
from ingest.points import Made
from ingest.read import Failure, Reading
from retrieval.store import FORMAT, FileEntry, Manifest
from retrieval.types import Document


def make_manifest(
    corpus: Path,
    course: Course,
    made_with: Mapping[str, object],
    plan: Plan,
    reading: Reading,
    made: Made,
    *,
    average_length: float,
) -> Manifest:
    """The manifest of a version; `average_length` is BM25's, in terms."""
    documents = reading.documents
    return Manifest(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus=str(corpus),
        title=course.title,
        made_with=made_with,
        bm25={"size": len(made.chunks), "average_length": average_length},
        files={document.path: _entry(plan, document, made) for document in documents},
        skipped={failure.path: _without_path(failure) for failure in reading.failures},
        counts=_counts(documents, made),
        furniture=sorted(reading.furniture),
        course=_course_json(course, documents),
    )


def _entry(plan: Plan, document: Document, made: Made) -> FileEntry:
    source = plan.sources[document.path]
    mine = [chunk for chunk in made.chunks if chunk.document_id == document.id]
    return FileEntry(
        digest=source.digest,
        document_id=document.id,
        title=document.title,
        size=source.size,
        chunks=len(mine),
        windows=sum(len(chunk.windows) for chunk in mine),
    )


def _counts(documents: Sequence[Document], made: Made) -> dict[str, int]:
    return {
        "documents": len(documents),
        "sections": sum(len(document.sections) for document in documents),
        "chunks": len(made.chunks),
        "windows": sum(len(chunk.windows) for chunk in made.chunks),
        "characters": sum(len(document.text) for document in documents),
    }


def _course_json(course: Course, documents: Sequence[Document]) -> dict[str, object]:
    by_file = {entry.file: entry for entry in course.documents}
    listed = []
    for document in documents:
        entry = by_file.get(document.path)
        listed.append(
            {
                "id": document.id,
                "title": document.title,
                "path": document.path,
                "description": (entry.description if entry else "") or document.metadata.get("description", ""),
                "source": entry.source if entry else "",
                "questions": list(entry.questions) if entry else [],
            }
        )
    return {"title": course.title, "documents": listed}


def version_name(made_with: Mapping[str, object], sources: Mapping[str, Source]) -> str:
    """`20261122T101500.123456-1a2b3c4d`: sorts by time; the digest is over settings and contents."""
    digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
    for path, source in sorted(sources.items()):
        digest.update(f"\0{path}\0{source.digest}".encode("utf-8", "surrogateescape"))
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{digest.hexdigest()[:8]}"


def _without_path(failure: Failure) -> dict[str, str]:
    return {key: value for key, value in asdict(failure).items() if key != "path"}
