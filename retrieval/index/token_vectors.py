"""Token states of an index version's windows, in files that are read in place.

    states.npy    (tokens, d) 8-bit integers, the states of all windows one after the other
    states.npz    keys (windows, 16): blake2b of a window's text; starts (windows + 1): where its states begin

About 5 kB a window. The files are mapped, not loaded: a process pays for what it looks at.
"""

import struct
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Vector

SCALE = 127.0
NAME = "states"
HEADER = 128  # bytes, a multiple of 64 as the format wants
Packed = NDArray[np.int8]


def packed(states: Vector) -> Packed:
    """Unit vectors to 8-bit integers."""
    return np.round(states * SCALE).astype(np.int8)


def unpacked(states: Packed) -> Vector:
    return states.astype(np.float32) / np.float32(SCALE)


def text_key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


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
    """The states of one version. Reading is safe from several threads."""

    def __init__(self, folder: Path) -> None:
        self._states: Packed = np.load(folder / f"{NAME}.npy", mmap_mode="r")
        with np.load(folder / f"{NAME}.npz") as index:
            starts = index["starts"].tolist()
            self._spans = {
                key.tobytes(): (starts[number], starts[number + 1]) for number, key in enumerate(index["keys"])
            }

    def get(self, text: str) -> Packed | None:
        """(n_tokens, d) of a window's text; None for a text that is not in the version."""
        return self.by_key(text_key(text))

    def by_key(self, key: bytes) -> Packed | None:
        span = self._spans.get(key)
        return None if span is None else np.asarray(self._states[span[0] : span[1]])


def open_states(folder: Path) -> StoredStates | None:
    """The states of a version, None where it has none."""
    return StoredStates(folder) if (folder / f"{NAME}.npz").is_file() else None


def kept_states(stored: StoredStates | None, keys: Iterable[bytes]) -> dict[bytes, Packed]:
    """Those of `keys` that are stored."""
    if stored is None:
        return {}
    found = ((key, stored.by_key(key)) for key in keys)
    return {key: states for key, states in found if states is not None}
