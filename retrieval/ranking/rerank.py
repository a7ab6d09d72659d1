"""Rerankers as stages of the order: a cross-encoder from fastembed's list (whose only importer of them this is), or a language model.

None is used by default: over many fields a small cross-encoder changed the order of the hits by nothing that could be
measured, and took four fifths of a question's time. The bundled one only reads the best three, to judge whether they answer.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from retrieval.config import Settings
from retrieval.encoders.bundled import MODELS
from retrieval.errors import ConfigError
from retrieval.text.embedding_text import window_text
from retrieval.types import Hit, Reranker

JUDGE = "footnote/reader"
JUDGED = 3  # hits that it reads


@dataclass(frozen=True, slots=True)
class LanguageModelReranker:
    """Scores by a function passed in, e.g. a language model's judgement; `name` is shown in the trace."""

    name: str
    judge: Callable[[str, Sequence[str]], Sequence[float]]
    depth: int = 20

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return self.judge(query, texts)


class CrossEncoder:
    """A cross-encoder by name, the bundled one or of fastembed's list; raw scores (log-odds for the bundled one), higher is
    better.

    `threads` texts are read at a time, each on its own: int8 activations are scaled over the whole batch.
    """

    def __init__(self, name: str, *, depth: int, threads: int = 2) -> None:
        self.name = name
        self.depth = depth
        self._model = _load(name)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="footnote-reranker")

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return list(self._pool.map(lambda text: float(next(iter(self._model.rerank(query, [text])))), texts))


@dataclass(frozen=True, slots=True)
class Reranking:
    """A `Ranker` made of a reranker: its best `depth` hits by its scores (ties keep their order), then the rest.

    What is scored is a hit's best window with its context.
    """

    reranker: Reranker

    @property
    def name(self) -> str:
        return self.reranker.name

    @property
    def depth(self) -> int:
        return self.reranker.depth

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        head, tail = hits[: self.depth], hits[self.depth :]
        texts = [window_text(hit.chunk, hit.chunk.windows[hit.window or 0]) for hit in head]
        scores = self.reranker.score(query, texts) if texts else []
        ordered = [
            replace(
                hit, opinions={**hit.opinions, self.name: float(score)}, scores={**hit.scores, self.name: float(score)}
            )
            for hit, score in sorted(zip(head, scores, strict=True), key=lambda pair: -pair[1])
        ]
        return [replace(hit, rank=rank) for rank, hit in enumerate([*ordered, *tail], start=1)]


def load_rerankers(settings: Settings, *, model: Reranker | None = None) -> tuple[Reranker, ...]:
    """What RERANKER adds to the default order: nothing for `auto` and `none`, the language `model` that is passed in for
    `claude`, or a fastembed cross-encoder by name. Raises ConfigError.
    """
    name = settings.reranker
    if name in ("auto", "none"):
        return ()
    if name != "claude":
        return (CrossEncoder(name, depth=settings.n_rerank, threads=settings.threads),)
    if model is None:
        raise ConfigError("RERANKER=claude needs ANTHROPIC_API_KEY, and an application that asks the model.")
    return (model,)


@lru_cache(maxsize=1)
def load_judge(threads: int) -> CrossEncoder:
    """The bundled cross-encoder, for English: how likely a text answers a question, from the best few."""
    return CrossEncoder(JUDGE, depth=JUDGED, threads=threads)


def _load(name: str) -> Any:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    if name == JUDGE:
        with suppress(ValueError):  # fastembed keeps a list per process and refuses a name that it knows already
            TextCrossEncoder.add_custom_model(model=name, model_file="model.onnx", sources=ModelSource(hf="local/none"))
        return TextCrossEncoder(name, specific_model_path=str(MODELS / "reader"), local_files_only=True, threads=1)
    try:
        return TextCrossEncoder(name, threads=1)
    except Exception as error:  # unknown name, no network, broken cache: all kinds
        raise ConfigError(
            f"RERANKER={name!r} cannot be loaded ({error}). Use auto, none or claude, or a cross-encoder from fastembed's list on "
            "a machine that can download it or has it cached."
        ) from error
