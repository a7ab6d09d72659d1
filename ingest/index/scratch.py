"""Arrays that a build puts aside on disk between its steps, so that memory does not grow with the corpus."""

import os
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S", bound=np.generic)


class Arrays(Mapping[bytes, NDArray[S]]):
    """Arrays (rows, width) of one type and width in a new file, by key. A key that is there already keeps its array."""

    def __init__(self, path: Path, dtype: type[S]) -> None:
        self._file = path.open("x+b")
        self._width, self._dtype = 0, np.dtype(dtype)
        self._places: dict[bytes, int] = {}
        self._starts = array("q", [0])  # in rows

    def add(self, key: bytes, rows: NDArray[S]) -> None:
        if key not in self._places:
            self._width = rows.shape[1]
            self._file.write(np.ascontiguousarray(rows, self._dtype).tobytes())
            self._places[key] = len(self._starts) - 1
            self._starts.append(self._starts[-1] + len(rows))

    def __getitem__(self, key: bytes) -> NDArray[S]:
        place = self._places[key]
        start, end = self._starts[place], self._starts[place + 1]
        row = self._width * self._dtype.itemsize
        self._file.flush()
        data = os.pread(self._file.fileno(), (end - start) * row, start * row)
        return np.frombuffer(data, self._dtype).reshape(-1, self._width)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        self._file.close()
