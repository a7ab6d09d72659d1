"""A question and a text to one score: cross-encoders, by fastembed (whose only importer of them this is).

The bundled one, the reader, says how likely a text answers a question, and judges answerability from the best hits; see its
card for what it was trained on. It reads English.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from retrieval.encoders.bundled import MODELS, session
from retrieval.errors import ConfigError

READER = "footnote/reader"
JUDGED = 3  # hits that it reads at most


class CrossEncoder:
    """A cross-encoder by name, the bundled one or of fastembed's list; raw scores (log-odds for the bundled one), higher is
    better. Each text is read on its own: int8 activations are scaled over the whole batch.

    `threads`: of the processor, for those of fastembed's list; the bundled one gains nothing from a second.
    """

    def __init__(self, name: str, *, depth: int, threads: int = 1) -> None:
        self.name = name
        self.depth = depth
        self._model = _load(name, threads)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return [float(next(iter(self._model.rerank(query, [text])))) for text in texts]


@lru_cache(maxsize=1)
def load_reader() -> CrossEncoder:
    """The bundled cross-encoder, loaded once."""
    return CrossEncoder(READER, depth=JUDGED)


def _load(name: str, threads: int) -> Any:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    if name == READER:
        with suppress(ValueError):  # fastembed keeps a list per process and refuses a name that it knows already
            TextCrossEncoder.add_custom_model(model=name, model_file="model.onnx", sources=ModelSource(hf="local/none"))
        folder = MODELS / "reader"
        reader = TextCrossEncoder(name, specific_model_path=str(folder), local_files_only=True, lazy_load=True)
        reader.token_count([("", "")])  # loads the tokenizer
        reader.model.model = session(folder)  # type: ignore[attr-defined]
        return reader
    try:
        return TextCrossEncoder(name, threads=threads)
    except Exception as error:  # unknown name, no network, broken cache: all kinds
        raise ConfigError(
            f"RERANKER={name!r} cannot be loaded ({error}). Use auto, none, or a cross-encoder from fastembed's list on "
            "a machine that can download it or has it cached."
        ) from error
