"""Text to vectors, by fastembed: the bundled model, or any model that fastembed knows or has cached.

The only importer of fastembed's text embeddings. Each text is embedded on its own (batch size 1): int8 activations are
scaled over the whole batch, so a text's neighbours would change its vector. Texts run side by side in threads instead.
A window's place and its words are encoded each for itself and put together: read as one text, a long path of headings drowns
two short bullets, and every window of a section comes to lie near the path. So the path is encoded once and added to the
window's vector with a weight below one, and its tokens stand beside the window's for late interaction.

A bundled model also gives the states of a text's tokens, for late interaction, in the same pass. Where all its vectors
lie in one narrow cone (multilingual-e5: cosines between .7 and 1), their centre is taken away from them, so that cosines
of what has nothing in common lie about 0 whatever the model.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.encoders.bundled import BUNDLED, BundledModel, known_share, session
from retrieval.errors import ConfigError
from retrieval.types import Vector

if TYPE_CHECKING:
    from fastembed import TextEmbedding

PLACE_WEIGHT = 0.4  # chosen on held-out sources of the training data


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's unit vector (dim,), its tokens' (n_tokens, d), and how much each token tells (n_tokens,), 0 for the marks
    around the text; None where the model gives no token states.
    """

    vector: Vector
    states: Vector | None
    weights: Vector | None = None


class FastEmbedder:
    """An `Embedder`. `name` is a bundled model or a fastembed model name; `threads` texts are embedded at a time.

    Raises ConfigError when the model is neither bundled nor to be had from fastembed.
    """

    def __init__(self, name: str, *, threads: int = 2) -> None:
        self.name = name
        self._threads = threads
        self._model, self.digest = _load(name)
        self._tokenizer: Tokenizer = self._model.model.tokenizer  # type: ignore[attr-defined]
        self._states_of = _States(BUNDLED[name], self._model) if name in BUNDLED else None
        # the vector and the token states of a question are asked for one after the other
        self._query = lru_cache(maxsize=16)(self._encode_query)
        self._place = lru_cache(maxsize=1024)(self._encode)  # a section's windows all stand at the same
        self.dim = len(self.embed_query("dimension"))

    @property
    def has_states(self) -> bool:
        return self._states_of is not None

    def embed(self, texts: Sequence[str]) -> Vector:
        return np.stack([item.vector for item in self.stream(texts)]) if texts else np.zeros((0, self.dim), np.float32)

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """One result per text of a window, in order, as they are done."""
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._encode_window, texts)

    def embed_query(self, text: str) -> Vector:
        return self._query(text).vector

    def known_share(self, text: str) -> float:
        return known_share(self._tokenizer, text)

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
            raise ConfigError(
                f"EMBEDDING_MODEL={self.name!r} has no token states for late interaction. Use {', '.join(BUNDLED)}, or "
                "RERANKER=none."
            )
        return encoded.states

    def _encode_query(self, text: str) -> Encoded:
        if self._states_of is not None:
            return self._states_of.query(text)
        return Encoded(unit(np.asarray(next(iter(self._model.query_embed(text))), np.float32)), None)

    def _encode_window(self, text: str) -> Encoded:
        place, words = split_place(text)
        if not place or not words:
            return self._encode(words or place)
        return placed(self._encode(words), self._place(place))

    def _encode(self, text: str) -> Encoded:
        if self._states_of is not None:
            return self._states_of.text(text)
        return Encoded(unit(np.asarray(next(iter(self._model.embed([text], batch_size=1))), np.float32)), None)


class _States:
    """A bundled model's vectors and token states of questions and texts, those of what it sees before them left out."""

    def __init__(self, bundled: BundledModel, model: "TextEmbedding") -> None:
        self._inner: Any = model.model
        self._bundled = bundled
        projection, centre = bundled.table("projection"), bundled.table("centre")
        if projection is None:
            raise ConfigError(f"{bundled.folder} has no projection.npy: install Footnote again.")
        self._projection = projection
        self._centre = np.zeros((2, bundled.dim), np.float32) if centre is None else centre  # of vectors, of states
        self._idf = bundled.table("idf")

    def query(self, text: str) -> Encoded:
        return self._encode(self._bundled.before_query, text)

    def text(self, text: str) -> Encoded:
        return self._encode(self._bundled.before_text, text)

    def _encode(self, before: str, text: str) -> Encoded:
        output = self._inner.onnx_embed([before + text])
        states = np.asarray(output.model_output[0], np.float32)
        own = np.array([0, *range(1 + self._length(before), len(states))])
        tokens = (states[own] - self._centre[1]) @ self._projection
        lengths = np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-9)
        vector = unit(unit(states.mean(axis=0)) - self._centre[0])
        return Encoded(vector, tokens / lengths, self._weights(output.input_ids[0][own]))

    def _length(self, before: str) -> int:
        """In tokens."""
        return len(self._inner.tokenizer.encode(before, add_special_tokens=False).ids) if before else 0

    def _weights(self, ids: NDArray[np.int64]) -> Vector | None:
        if self._idf is None:
            return None
        weights = self._idf[ids]
        weights[[0, -1]] = 0.0
        return weights


def _load(name: str) -> tuple["TextEmbedding", str]:
    from fastembed import TextEmbedding  # takes longer than to answer a question, and most processes embed nothing

    if name in BUNDLED:
        bundled = BUNDLED[name]
        _register(name, bundled.dim)
        model = TextEmbedding(name, specific_model_path=str(bundled.folder), local_files_only=True, lazy_load=True)
        model.token_count("")  # loads the tokenizer
        model.model.model = session(bundled.folder)  # type: ignore[attr-defined]
        return model, _digest(bundled.folder / file for file in ("model.onnx", "projection.npy", "centre.npy"))
    try:
        return TextEmbedding(name, threads=1), "fastembed"
    except Exception as error:  # fastembed raises many kinds: unknown name, no network, broken cache
        raise ConfigError(
            f"EMBEDDING_MODEL={name!r} cannot be loaded ({error}). Use one of {', '.join(BUNDLED)}, or a model from "
            "fastembed's list on a machine that can download it or has it cached."
        ) from error


def _register(name: str, dim: int) -> None:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

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


def split_place(text: str) -> tuple[str, str]:
    """The place and the words of a text as `retrieval.text.markdown.window_text` makes it: its first line, and the rest."""
    place, _, words = text.partition("\n")
    return place, words


def placed(words: Encoded, place: Encoded) -> Encoded:
    """One vector, `words + PLACE_WEIGHT * place` at length 1, and the tokens of both, without the marks around the place."""
    states = None
    if words.states is not None and place.states is not None:
        states = np.concatenate([words.states, place.states[1:-1]])
    return Encoded(unit(words.vector + np.float32(PLACE_WEIGHT) * place.vector), states)


def unit(vector: Vector) -> Vector:
    """At length 1; a vector of zeros stays as it is."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
