"""Text to vectors, by fastembed: the bundled model, or any model that fastembed knows or has cached.

The only importer of fastembed's text embeddings. Each text is embedded on its own (batch size 1): int8 activations are
scaled over the whole batch, so a text's neighbours would change its vector. Texts run side by side in threads instead.
A window's place and its words are encoded each for itself (`retrieval.encoders.placed`). A bundled model with a projection also
gives the states of a text's tokens, for late interaction, in the same pass.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.config import ROOT
from retrieval.encoders import known
from retrieval.encoders.placed import Encoded, placed, split_place, unit
from retrieval.errors import ConfigError
from retrieval.types import Vector

MODELS = ROOT / "retrieval" / "models"
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
        self._tokenizer: Tokenizer = self._model.model.tokenizer  # type: ignore[attr-defined]
        self._projection = _table(name, "projection.npy")
        self._idf = _table(name, "idf.npy")
        # the vector and the token states of a question are asked for one after the other
        self._query = lru_cache(maxsize=16)(self._encode_query)
        self._place = lru_cache(maxsize=1024)(self._encode)  # a section's windows all stand at the same
        self.dim = len(self.embed_query("dimension"))

    @property
    def has_states(self) -> bool:
        return self._projection is not None

    def embed(self, texts: Sequence[str]) -> Vector:
        return np.stack([item.vector for item in self.stream(texts)]) if texts else np.zeros((0, self.dim), np.float32)

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """One result per text of a window, in order, as they are done."""
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._encode_window, texts)

    def embed_query(self, text: str) -> Vector:
        return self._query(text).vector

    def known_share(self, text: str) -> float:
        return known.known_share(self._tokenizer, text)

    def query_states(self, text: str) -> tuple[Vector, Vector]:
        """(n_tokens, d), and the tokens' weights (n_tokens,). Raises ConfigError for a model without token states."""
        encoded = self._query(text)
        states = self._states(encoded)
        return states, np.ones(len(states), np.float32) if encoded.weights is None else encoded.weights

    def token_states(self, text: str) -> Vector:
        """(n_tokens, d): unit vectors of the tokens of a window's text, those of the marks around it among them.

        Raises ConfigError for a model without token states.
        """
        return self._states(self._encode_window(text))

    def _states(self, encoded: Encoded) -> Vector:
        if encoded.states is None:
            known = ", ".join(name for name in BUNDLED if _table(name, "projection.npy") is not None)
            raise ConfigError(
                f"EMBEDDING_MODEL={self.name!r} has no token states for RERANKER=footnote. Use {known}, or RERANKER=none."
            )
        return encoded.states

    def _encode_query(self, text: str) -> Encoded:
        if self._projection is not None:
            return self._encode(text)
        return Encoded(unit(np.asarray(next(iter(self._model.query_embed(text))), np.float32)), None)

    def _encode_window(self, text: str) -> Encoded:
        place, words = split_place(text)
        if not place or not words:
            return self._encode(words or place)
        return placed(self._encode(words), self._place(place))

    def _encode(self, text: str) -> Encoded:
        if self._projection is None:
            return Encoded(unit(np.asarray(next(iter(self._model.embed([text], batch_size=1))), np.float32)), None)
        inner: Any = self._model.model
        output = inner.onnx_embed([text])
        states = np.asarray(output.model_output[0], np.float32)
        tokens = states @ self._projection
        lengths = np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-9)
        return Encoded(unit(states.mean(axis=0)), tokens / lengths, self._weights(output.input_ids[0]))

    def _weights(self, ids: NDArray[np.int64]) -> Vector | None:
        if self._idf is None:
            return None
        weights = self._idf[ids]
        weights[[0, -1]] = 0.0
        return weights


def _table(name: str, file: str) -> Vector | None:
    path = BUNDLED[name][0] / file if name in BUNDLED else Path()
    return np.asarray(np.load(path), np.float32) if path.is_file() else None


def _load(name: str) -> tuple[TextEmbedding, str]:
    if name in BUNDLED:
        folder, dim = BUNDLED[name]
        _register(name, dim)
        model = TextEmbedding(name, specific_model_path=str(folder), local_files_only=True, threads=1)
        return model, _digest(folder / file for file in ("model.onnx", "projection.npy"))
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


def _digest(files: Iterable[Path]) -> str:
    """Of the files that are there: what vectors and token states are made with."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()
