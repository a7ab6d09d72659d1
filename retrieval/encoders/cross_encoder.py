"""A question and a text to one score: cross-encoders, the bundled one and fastembed's (whose only importer of them this is).

The bundled one, the reader, says how likely a text answers a question, and judges answerability from the best hits; see its
card for what it was trained on. It reads English.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from retrieval.encoders.bundled import MODELS, Network
from retrieval.errors import ConfigError

READER = "footnote/reader"
JUDGED = 2  # hits that it reads: one a core on the smallest machine


class CrossEncoder:
    """A cross-encoder by name, the bundled one or of fastembed's list; raw scores (log-odds for the bundled one), higher is
    better.

    `threads` texts are read at a time, each on its own: int8 activations are scaled over the whole batch.
    """

    def __init__(self, name: str, *, depth: int, threads: int = 2) -> None:
        self.name = name
        self.depth = depth
        self._model = _load(name)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="footnote-reader")

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return list(self._pool.map(lambda text: float(next(iter(self._model.rerank(query, [text])))), texts))


@lru_cache(maxsize=1)
def load_reader(threads: int = 2) -> CrossEncoder:
    """The bundled cross-encoder, loaded once."""
    return CrossEncoder(READER, depth=JUDGED, threads=threads)


class _Reader:
    def __init__(self) -> None:
        self._network = Network(MODELS / "reader")

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        return [float(self._network.run(query, text)[1][0]) for text in texts]


def _load(name: str) -> Any:
    if name == READER:
        return _Reader()
    from fastembed.rerank.cross_encoder import TextCrossEncoder  # takes longer to import than a question to answer

    try:
        return TextCrossEncoder(name, threads=1)
    except Exception as error:  # unknown name, no network, broken cache: all kinds
        raise ConfigError(
            f"RERANKER={name!r} cannot be loaded ({error}). Use auto, none or claude, or a cross-encoder from fastembed's list on "
            "a machine that can download it or has it cached."
        ) from error
