"""Vectors and token states of an index version's windows, in files that are read in place.

    windows.npy   (windows, dim) float16, the vector of each different window text; its row is kept with the chunk
    states.npy    (tokens, d) 8-bit integers, the states of the same windows in the same order, one after the other;
                  not there for a model without
    windows.npz   keys (windows, 16): blake2b of a window's text; starts (windows + 1): where its states begin

About 6 kB a window. What a question needs is read by its rows, so a process pays for what it looks at. The files are not
mapped to memory: what is cut off from a mapped file ends the process of whoever looks there.
"""

import os
import struct
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexDamaged
from retrieval.types import Vector

SCALE = 127.0
VECTORS, STATES, KEYS = "windows.npy", "states.npy", "windows.npz"
HEADER = 128  # bytes, a multiple of 64 as the format wants
Packed = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PackedWindow:
    """A window's vector (dim,) and the states of its tokens (n_tokens, d), as they are stored."""

    vector: NDArray[np.float16]
    states: Packed | None = None


def packed(states: Vector) -> Packed:
    """Unit vectors to 8-bit integers."""
    return np.round(states * SCALE).astype(np.int8)


def unpacked(states: Packed) -> Vector:
    return states.astype(np.float32) / np.float32(SCALE)


def text_key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def write_vectors(folder: Path, keys: Sequence[bytes], window: Callable[[bytes], PackedWindow], *, dim: int) -> None:
    """The windows of these keys, in order, one by one: they may be more than memory holds."""
    lengths: list[int] = []
    with ExitStack() as opened:
        vectors = opened.enter_context((folder / VECTORS).open("wb"))
        _write_header(vectors, np.dtype(np.float16), rows=len(keys), width=dim)
        states: BinaryIO | None = None
        width = 0
        for key in keys:
            one = window(key)
            vectors.write(one.vector.tobytes())
            lengths.append(0 if one.states is None else len(one.states))
            if one.states is not None:
                if states is None:
                    states, width = opened.enter_context((folder / STATES).open("wb")), one.states.shape[1]
                    _write_header(states, np.dtype(np.int8), rows=0, width=0)
                states.write(one.states.tobytes())
        if states is not None:
            states.seek(0)
            _write_header(states, np.dtype(np.int8), rows=sum(lengths), width=width)
    np.savez(
        folder / KEYS,
        keys=np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16),
        starts=np.cumsum([0, *lengths]),
    )


def _write_header(file: BinaryIO, dtype: np.dtype[np.generic], *, rows: int, width: int) -> None:
    """Of a .npy file, as long for any shape."""
    head = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': ({rows:>16}, {width:>4}), }}"
    body = head.ljust(HEADER - len(np.lib.format.magic(1, 0)) - 3) + "\n"
    file.write(np.lib.format.magic(1, 0) + struct.pack("<H", len(body)) + body.encode("latin-1"))


class StoredVectors:
    """The vectors and states of one version. Reading is safe from several threads.

    Raises IndexDamaged, at once and later, where a file is shorter than it says.
    """

    def __init__(self, folder: Path) -> None:
        with np.load(folder / KEYS) as index:
            self._starts, self._keys = index["starts"], index["keys"]
        self._vectors = _Rows(folder / VECTORS)
        self._states = _Rows(folder / STATES) if (folder / STATES).is_file() else None

    @property
    def has_states(self) -> bool:
        return self._states is not None

    def __getitem__(self, rows: Sequence[int]) -> NDArray[np.float16]:
        """(rows, dim): the vectors of the windows in these rows."""
        return self._vectors.read([(row, row + 1) for row in rows])

    def of_rows(self, rows: Sequence[int]) -> tuple[Packed, list[int]]:
        """(n_tokens, d) of the windows in these rows one after the other, packed, and at which token each begins."""
        if self._states is None:
            raise LookupError("this version holds no token states")
        spans = [(int(self._starts[row]), int(self._starts[row + 1])) for row in rows]
        lengths = [end - start for start, end in spans]
        return self._states.read(spans), np.cumsum([0, *lengths])[:-1].tolist()

    @cached_property
    def _row_of(self) -> dict[bytes, int]:
        return {key.tobytes(): row for row, key in enumerate(self._keys)}

    def __contains__(self, key: bytes) -> bool:
        return key in self._row_of

    def by_key(self, key: bytes) -> PackedWindow:
        """A window by its text, for builds. Raises KeyError for a text that is not in the version."""
        row = self._row_of[key]
        return PackedWindow(self[[row]][0], self.of_rows([row])[0] if self.has_states else None)


class _Rows:
    """The rows of a .npy file, read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("rb")
        try:
            np.lib.format.read_magic(self._file)
            (count, self._width), _, self._dtype = np.lib.format.read_array_header_1_0(self._file)
        except ValueError as error:
            raise IndexDamaged(path.parent.name, path.name) from error
        self._begin, self._row = self._file.tell(), self._width * self._dtype.itemsize
        if os.fstat(self._file.fileno()).st_size != self._begin + count * self._row:
            raise IndexDamaged(path.parent.name, path.name)

    def read(self, spans: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """The rows from each start to before its end, one after the other."""
        parts = [
            os.pread(self._file.fileno(), (end - start) * self._row, self._begin + start * self._row)
            for start, end in spans
        ]
        data = b"".join(parts)
        if len(data) != sum(end - start for start, end in spans) * self._row:
            raise IndexDamaged(self._path.parent.name, self._path.name)
        return np.frombuffer(data, self._dtype).reshape(-1, self._width)
