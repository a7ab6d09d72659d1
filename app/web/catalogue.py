"""The live version's documents, for reading and choosing. It needs no embedding model, so a page can show it at once."""

import threading
from functools import lru_cache
from pathlib import Path

from app.answering.course import Course, course_of
from retrieval.config import Settings
from retrieval.errors import IndexMismatch, IndexMissing
from retrieval.index.versions import FORMAT, current, read_manifest, stored_documents
from retrieval.types import Document

DOCUMENTS_HELD = 16


class Catalogue:
    """What one version of the index holds. Raises IndexMismatch for one of another format."""

    def __init__(self, index_dir: Path, name: str) -> None:
        self.name = name
        self.manifest = read_manifest(index_dir, name)
        if self.manifest.format != FORMAT:
            raise IndexMismatch(
                f"The index has format {self.manifest.format}, this program reads {FORMAT}. Build it again with: make index"
            )
        self.course: Course = course_of(self.manifest.course)
        self._paths = {entry.document_id: path for path, entry in self.manifest.files.items()}
        self._read = lru_cache(DOCUMENTS_HELD)(lambda path: stored_documents(index_dir, name, [path])[0])

    @property
    def titles(self) -> dict[str, str]:
        """Title by document id, in the order of the course."""
        return {entry.document_id: entry.title for entry in self.manifest.files.values()}

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for a document that is not in this version."""
        if document_id not in self._paths:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return self._read(self._paths[document_id])


class Library:
    """The catalogue of whichever version is live."""

    def __init__(self, settings: Settings) -> None:
        self._index_dir = settings.index_dir
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """Raises IndexMissing where there is no index, IndexMismatch."""
        name = current(self._index_dir)
        with self._lock:
            if self._catalogue is None or self._catalogue.name != name:
                self._catalogue = Catalogue(self._index_dir, name)
            return self._catalogue
