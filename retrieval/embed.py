"""Text to vectors, by fastembed: the bundled model, or any model that fastembed knows or has cached.

The only importer of fastembed's text embeddings. Each text is embedded on its own (batch size 1): int8 activations are
scaled over the whole batch, so a text's neighbours would change its vector. Texts run side by side in threads instead.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType

from retrieval.errors import ConfigError
from retrieval.types import Vector

MODELS = Path(__file__).resolve().parent / "models"
BUNDLED = {
    "footnote/study": (MODELS / "study", 384),  # minilm, fine-tuned on questions about technical documentation
    "footnote/minilm": (MODELS / "minilm", 384),  # all-MiniLM-L6-v2 as published
}


class FastEmbedder:
    """An `Embedder`. `name` is a bundled model or a fastembed model name; `threads` texts are embedded at a time.

    Raises ConfigError when the model is neither bundled nor to be had from fastembed.
    """

    def __init__(self, name: str, *, threads: int = 2) -> None:
        self.name = name
        self._threads = threads
        self._model, self.digest = _load(name)
        self.dim = len(self.embed_query("dimension"))

    def embed(self, texts: Sequence[str]) -> Vector:
        return np.stack(list(self.stream(texts))) if texts else np.zeros((0, self.dim), np.float32)

    def stream(self, texts: Sequence[str]) -> Iterator[Vector]:
        """One vector (dim,) per text, in order, as they are done."""
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._embed_one, texts)

    def embed_query(self, text: str) -> Vector:
        vector = next(iter(self._model.query_embed(text)))
        return _unit(np.asarray(vector, np.float32))

    def _embed_one(self, text: str) -> Vector:
        vector = next(iter(self._model.embed([text], batch_size=1)))
        return _unit(np.asarray(vector, np.float32))


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def _load(name: str) -> tuple[TextEmbedding, str]:
    if name in BUNDLED:
        folder, dim = BUNDLED[name]
        _register(name, dim)
        model = TextEmbedding(name, specific_model_path=str(folder), local_files_only=True, threads=1)
        return model, _digest(folder / "model.onnx")
    try:
        return TextEmbedding(name, threads=1), "fastembed"
    except Exception as error:  # fastembed raises many kinds: unknown name, no network, broken cache
        raise ConfigError(
            f"EMBEDDING_MODEL={name!r} cannot be loaded ({error}). Use one of {', '.join(BUNDLED)}, or a model from "
            "fastembed's list on a machine that can download it or has it cached."
        ) from error


def _register(name: str, dim: int) -> None:
    # fastembed keeps a list per process and refuses a name that it knows already
    with suppress(ValueError):
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf="local/none"),
            dim=dim,
            model_file="model.onnx",
        )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
