"""The live version's documents, for reading and choosing. It needs no embedding model, so a page can show it at once."""

import threading
from dataclasses import replace
from functools import lru_cache

from app.answering.course import Course, course_of
from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMissing
from retrieval.index.opened_index import stored_documents
from retrieval.index.versions import candidates, mark_damaged, read_manifest
from retrieval.types import Document

DOCUMENTS_HELD = 16


class Catalogue:
    """What one version of the index holds. Raises IndexMismatch for one of another format, IndexDamaged."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.settings = settings
        self.key = (
            f"{settings.index_dir} {settings.qdrant_collection} {name}"  # tells it from those of other courses too
        )
        self.manifest = read_manifest(settings, name)
        self.course: Course = course_of(self.manifest.course)
        self._paths = {entry.document_id: path for path, entry in self.manifest.files.items()}
        self._read = lru_cache(DOCUMENTS_HELD)(lambda path: stored_documents(settings, name, [path])[0])

    @property
    def titles(self) -> dict[str, str]:
        """Title by document id, in the order of the course."""
        return {entry.document_id: entry.title for entry in self.manifest.files.values()}

    def original(self, document_id: str) -> tuple[str, str]:
        """The file a document was made from, as a path inside the course, and its SHA-256."""
        path = self._paths[document_id]
        return path, self.manifest.files[path].digest

    def offer(self, starters: tuple[str, ...]) -> None:
        """Questions to begin with, from now on."""
        self.course = replace(self.course, starters=starters)

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for a document that is not in this version, IndexDamaged."""
        if document_id not in self._paths:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return self._read(self._paths[document_id])


class Library:
    """The catalogue of whichever version is live, or of the one before it where that is damaged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """Raises IndexMissing where there is no index, IndexMismatch, IndexDamaged where none is intact."""
        with self._lock:
            names = candidates(self._settings)
            for name in names:
                if self._catalogue is not None and self._catalogue.name == name:
                    return self._catalogue
                try:
                    self._catalogue = Catalogue(self._settings, name)
                    return self._catalogue
                except IndexDamaged as error:
                    mark_damaged(self._settings, error)
            raise IndexDamaged(names[0], "manifest.json")
