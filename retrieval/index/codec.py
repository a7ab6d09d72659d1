"""Chunks and documents as JSON values: what a store keeps beside the vectors, what a version keeps for the reader."""

from collections.abc import Mapping
from itertools import starmap
from typing import Any

import numpy as np

from retrieval.index.store import Point, SparseTerms, Stored
from retrieval.types import Block, Chunk, Document, Json, Page, Recognised, Scope, Section, Unit, Window

SEPARATOR = "\x1f"


def chunk_to_json(chunk: Chunk) -> Json:
    """`within` holds the document and each section the chunk is in, so that a store can filter by any of them."""
    return {
        "document_id": chunk.document_id,
        "title": chunk.document_title,
        "section": list(chunk.section),
        "within": within(chunk.document_id, chunk.section),
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "units": [[unit.kind, unit.start, unit.end, unit.lead, unit.role, unit.sure] for unit in chunk.units],
        "windows": [[window.start, window.end] for window in chunk.windows],
        "page": chunk.page,
        "page_word": chunk.page_word,
        "titled": chunk.titled,
        "tokens": chunk.tokens,
        "words": chunk.words.hex(),
        **({"about": chunk.about} if chunk.about else {}),
    }


def point_to_json(point: Point) -> Json:
    """What a store keeps of a point beside its vectors."""
    return {**chunk_to_json(point.chunk), "rows": list(point.rows)}


def stored_from_json(key: str, data: Mapping[str, Any] | None) -> Stored:
    data = data or {}
    return Stored(chunk_from_json(key, data), tuple(data["rows"]))


def chunk_from_json(key: str, data: Mapping[str, Any]) -> Chunk:
    return Chunk(
        id=key,
        document_id=data["document_id"],
        document_title=data["title"],
        section=tuple(data["section"]),
        start=data["start"],
        end=data["end"],
        text=data["text"],
        units=tuple(starmap(Unit, data["units"])),
        windows=tuple(starmap(Window, data["windows"])),
        page=data["page"],
        page_word=data["page_word"],
        titled=data["titled"],
        about=data.get("about", ""),
        tokens=data["tokens"],
        words=bytes.fromhex(data["words"]),
    )


def within(document_id: str, section: tuple[str, ...]) -> list[str]:
    """`("d", ("A", "B"))` -> `["d", "d\\x1fA", "d\\x1fA\\x1fB"]`"""
    parts = (document_id, *section)
    return [SEPARATOR.join(parts[: depth + 1]) for depth in range(len(parts))]


def scope_keys(scope: Scope) -> list[str]:
    """The values of `within` that a scope admits; a chunk needs one of them. Empty: all chunks."""
    return [*scope.documents, *(SEPARATOR.join(path) for path in scope.sections)]


def point_of(stored: Stored, record: Any) -> Point:
    """With the vectors of a record of Qdrant."""
    windows, terms = np.asarray(record.vector["windows"], np.float32), record.vector["terms"]
    return Point(stored.chunk, windows, SparseTerms(tuple(terms.indices), tuple(terms.values)), stored.rows)


def document_to_json(document: Document) -> Json:
    return {
        "id": document.id,
        "path": document.path,
        "title": document.title,
        "titled": document.titled,
        "markdown": document.markdown,
        "text": document.text,
        "blocks": [[b.kind, b.start, b.end, b.level, b.lead, b.language, b.role] for b in document.blocks],
        "sections": [[list(s.path), s.level, s.start, s.end] for s in document.sections],
        "pages": [[page.number, page.start] for page in document.pages],
        "page_word": document.page_word,
        "metadata": dict(document.metadata),
        "recognised": [[word.start, word.end, word.sure] for word in document.recognised],
    }


def document_from_json(data: Mapping[str, Any]) -> Document:
    return Document(
        id=data["id"],
        path=data["path"],
        title=data["title"],
        titled=data["titled"],
        markdown=data["markdown"],
        text=data["text"],
        blocks=tuple(Block(*values) for values in data["blocks"]),
        sections=tuple(Section(tuple(path), *rest) for path, *rest in data["sections"]),
        pages=tuple(Page(*values) for values in data["pages"]),
        page_word=data["page_word"],
        metadata=data["metadata"],
        recognised=tuple(Recognised(*values) for values in data["recognised"]),
    )
