"""Vectors and token states of an index version's windows, in files that are read in place.

    windows.npy   (windows, dim) float16, the vector of each different window text; its row is kept with the chunk
    states.npy    (tokens, d) 8-bit integers, the states of the same windows in the same order, one after the other
    states.npz    keys (windows, 16): blake2b of a window's text; starts (windows + 1): where its states begin

About 6 kB a window. The files are mapped, not loaded: a process pays for what it looks at.
"""

import os
import struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexDamaged
from retrieval.types import Vector

SCALE = 127.0
NAME = "states"
VECTORS = "windows.npy"
HEADER = 128  # bytes, a multiple of 64 as the format wants
Packed = NDArray[np.int8]


def packed(states: Vector) -> Packed:
    """Unit vectors to 8-bit integers."""
    return np.round(states * SCALE).astype(np.int8)


def unpacked(states: Packed) -> Vector:
    return states.astype(np.float32) / np.float32(SCALE)


def text_key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def write_vectors(folder: Path, vectors: Sequence[bytes], by_key: Mapping[bytes, Vector], *, dim: int) -> None:
    """The window vectors (1, dim) of these keys, in order."""
    rows = np.lib.format.open_memmap(folder / VECTORS, "w+", np.float16, (len(vectors), dim))
    for row, key in enumerate(vectors):
        rows[row] = by_key[key][0]
    rows.flush()


def open_vectors(folder: Path) -> NDArray[np.float16]:
    """(windows, dim), mapped."""
    return np.asarray(np.lib.format.open_memmap(folder / VECTORS, "r"))


def write_states(folder: Path, states: Mapping[bytes, Packed]) -> None:
    """States by key, one after the other: they may be more than memory holds. An empty mapping writes nothing."""
    if not states:
        return
    lengths = []
    with (folder / f"{NAME}.npy").open("wb") as file:
        _write_header(file, tokens=0, dim=0)
        for one in states.values():
            file.write(one.tobytes())
            lengths.append(len(one))
        file.seek(0)
        _write_header(file, tokens=sum(lengths), dim=one.shape[1])
    keys = np.frombuffer(b"".join(states), np.uint8).reshape(-1, 16)
    np.savez(folder / f"{NAME}.npz", keys=keys, starts=np.cumsum([0, *lengths]))


def _write_header(file: BinaryIO, *, tokens: int, dim: int) -> None:
    """Of a .npy file, as long for any shape."""
    shape = f"({tokens:>16}, {dim:>4})"
    head = f"{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}"
    body = head.ljust(HEADER - len(np.lib.format.magic(1, 0)) - 3) + "\n"
    file.write(np.lib.format.magic(1, 0) + struct.pack("<H", len(body)) + body.encode("latin-1"))


class StoredStates:
    """The states of one version. Reading is safe from several threads.

    The file is read, not mapped: what is cut off from a mapped file ends the process of whoever looks there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{NAME}.npy"
        self._file = self._path.open("rb")
        np.lib.format.read_magic(self._file)
        (_, self._width), _, _ = np.lib.format.read_array_header_1_0(self._file)
        self._begin = self._file.tell()
        with np.load(folder / f"{NAME}.npz") as index:
            self._starts = index["starts"]
            self._keys = index["keys"]

    def of_rows(self, rows: Sequence[int]) -> tuple[Packed, list[int]]:
        """(n_tokens, d) of the windows in these rows one after the other, packed, and at which token each begins.

        Raises IndexDamaged where the file has become too short.
        """
        spans = [(int(self._starts[row]), int(self._starts[row + 1])) for row in rows]
        lengths = [end - start for start, end in spans]
        found = [self._read(start, end) for start, end in spans] or [self._read(0, 0)]
        return np.concatenate(found), np.cumsum([0, *lengths])[:-1].tolist()

    def _read(self, start: int, end: int) -> Packed:
        wanted = (end - start) * self._width
        data = os.pread(self._file.fileno(), wanted, self._begin + start * self._width)
        if len(data) < wanted:
            raise IndexDamaged(self._path.parent.name, self._path.name)
        return np.frombuffer(data, np.int8).reshape(-1, self._width)

    @cached_property
    def _rows(self) -> dict[bytes, int]:
        return {key.tobytes(): row for row, key in enumerate(self._keys)}

    def by_key(self, key: bytes) -> Packed | None:
        """(n_tokens, d) of a window's text, for builds; None for a text that is not in the version."""
        row = self._rows.get(key)
        return None if row is None else self._read(int(self._starts[row]), int(self._starts[row + 1]))


def open_states(folder: Path) -> StoredStates | None:
    """The states of a version, None where it has none."""
    return StoredStates(folder) if (folder / f"{NAME}.npz").is_file() else None
