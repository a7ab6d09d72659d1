"""Where a build keeps what it has made so far: files beside the new version, gone when it is done."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.index.scratch import Arrays


@dataclass(frozen=True, slots=True)
class Workplace:
    """Vectors (1, dim) and new token states (tokens, d) by the key of a window."""

    vectors: Arrays[np.float32]
    states: Arrays[np.int8]


@contextmanager
def workplace(folder: Path) -> Iterator[Workplace]:
    folder.mkdir(parents=True)
    work = Workplace(Arrays(folder / "vectors", np.float32), Arrays(folder / "states", np.int8))
    try:
        yield work
    finally:
        for part in (work.vectors, work.states):
            part.close()
        shutil.rmtree(folder, ignore_errors=True)
