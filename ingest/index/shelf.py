"""What is kept of each document while a version is built: files, so that memory does not grow with the corpus."""

import json
import shutil
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from retrieval.index.codec import document_from_json, document_to_json
from retrieval.types import Document, Json


class Named(Protocol):
    """`id`: the document's."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Named)


class Shelf(Generic[T]):
    """Values in a new folder, one JSON file per document; iterating reads them one by one, in the order they were put."""

    def __init__(self, folder: Path, to_json: Callable[[T], Json], from_json: Callable[[Json], T]) -> None:
        folder.mkdir(parents=True)
        self._folder, self._to_json, self._from_json = folder, to_json, from_json
        self._ids: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[T]:
        return self.some(self._ids)

    def __getitem__(self, document_id: str) -> T:
        return self._from_json(json.loads(self._path(document_id).read_text(encoding="utf-8")))

    def some(self, ids: Container[str]) -> Iterator[T]:
        """Those whose id is among `ids`."""
        return (self[document_id] for document_id in list(self._ids) if document_id in ids)

    def put(self, value: T) -> None:
        """One with the same id is replaced and keeps its place."""
        self._path(value.id).write_text(
            json.dumps(self._to_json(value), ensure_ascii=False, separators=(",", ":")), "utf-8"
        )
        self._ids[value.id] = None

    def take_over(self, document_id: str, folder: Path) -> None:
        """A copy of what a finished version has: no damage to a file is damage to two versions."""
        shutil.copyfile(folder / f"{document_id}.json", self._path(document_id))
        self._ids[document_id] = None

    def _path(self, document_id: str) -> Path:
        return self._folder / f"{document_id}.json"


def document_shelf(folder: Path) -> Shelf[Document]:
    return Shelf(folder, document_to_json, document_from_json)
