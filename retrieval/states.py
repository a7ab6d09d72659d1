"""Token states of an index version's windows, in a file that is read in place.

    states.npy    (tokens, d) 8-bit integers, the states of all windows one after the other
    states.npz    keys (windows, 16): blake2b of a window's text; starts (windows + 1): where its states begin

About 5 kB a window. The file is mapped, not loaded: a process pays for the windows it looks at.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Vector

SCALE = 127.0
Packed = NDArray[np.int8]


def packed(states: Vector) -> Packed:
    """Unit vectors to 8-bit integers."""
    return np.round(states * SCALE).astype(np.int8)


def unpacked(states: Packed) -> Vector:
    return states.astype(np.float32) / np.float32(SCALE)


def text_key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def write_states(folder: Path, states: Mapping[bytes, Packed]) -> None:
    """States by `text_key`. An empty mapping writes nothing."""
    if not states:
        return
    np.save(folder / "states.npy", np.concatenate(list(states.values())))
    keys = np.frombuffer(b"".join(states), np.uint8).reshape(-1, 16)
    np.savez(folder / "states.npz", keys=keys, starts=np.cumsum([0, *map(len, states.values())]))


class StoredStates:
    """The states of one version. Reading is safe from several threads."""

    def __init__(self, folder: Path) -> None:
        self._states: Packed = np.load(folder / "states.npy", mmap_mode="r")
        with np.load(folder / "states.npz") as index:
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
    return StoredStates(folder) if (folder / "states.npz").is_file() else None


def kept_states(stored: StoredStates | None, keys: Iterable[bytes]) -> dict[bytes, Packed]:
    """Those of `keys` that are stored."""
    if stored is None:
        return {}
    found = ((key, stored.by_key(key)) for key in keys)
    return {key: states for key, states in found if states is not None}
