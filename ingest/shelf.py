"""The documents of a version while it is built: files, so that memory does not grow with the corpus."""

import json
import os
import shutil
from collections.abc import Container, Iterator
from pathlib import Path

from retrieval.payload import document_from_json, document_to_json
from retrieval.types import Document


class Shelf:
    """Documents in a folder, one JSON file each; iterating reads them one by one, in the order they were put."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._ids: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Document]:
        return self.some(self._ids)

    def some(self, ids: Container[str]) -> Iterator[Document]:
        """Those whose id is among `ids`."""
        for document_id in list(self._ids):
            if document_id in ids:
                yield document_from_json(json.loads(self._path(document_id).read_text(encoding="utf-8")))

    def put(self, document: Document) -> None:
        """One with the same id is replaced and keeps its place."""
        path = self._path(document.id)
        path.unlink(missing_ok=True)  # it may be a link into another version
        path.write_text(json.dumps(document_to_json(document), ensure_ascii=False, separators=(",", ":")), "utf-8")
        self._ids[document.id] = None

    def take_over(self, document_id: str, folder: Path) -> None:
        """A document of a finished version, whose files never change: a link where the file system has links."""
        source, target = folder / f"{document_id}.json", self._path(document_id)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        self._ids[document_id] = None

    def _path(self, document_id: str) -> Path:
        return self._folder / f"{document_id}.json"
