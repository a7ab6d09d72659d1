"""What a build puts aside on disk between its steps, so that memory does not grow with the corpus."""

import json
import os
import shutil
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np

from retrieval.index.codec import document_from_json, document_to_json
from retrieval.index.token_vectors import PackedWindow
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


class EncodedWindows:
    """Windows that were encoded, by the key of their text, in a new file. A key that is there already keeps its window."""

    def __init__(self, path: Path, *, dim: int) -> None:
        self._file, self._dim = path.open("x+b"), dim
        self._places: dict[bytes, tuple[int, int, int]] = {}  # offset, tokens, width of a token's state
        self._end = 0

    def add(self, key: bytes, window: PackedWindow) -> None:
        if key not in self._places:
            tokens, width = (0, 0) if window.states is None else window.states.shape
            data = window.vector.tobytes() + (b"" if window.states is None else window.states.tobytes())
            self._file.write(data)
            self._places[key] = self._end, tokens, width
            self._end += len(data)

    def __getitem__(self, key: bytes) -> PackedWindow:
        start, tokens, width = self._places[key]
        self._file.flush()
        data = os.pread(self._file.fileno(), 2 * self._dim + tokens * width, start)
        vector = np.frombuffer(data, np.float16, self._dim)
        return PackedWindow(
            vector, np.frombuffer(data[2 * self._dim :], np.int8).reshape(tokens, width) if width else None
        )

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        self._file.close()
