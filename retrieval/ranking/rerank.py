"""Second opinions on the best candidates (the only importer of fastembed's cross-encoders).

By default two, one after the other: late interaction (`retrieval.ranking.late_interaction`) over all windows of the best fifty hits, which
costs next to nothing, then the bundled cross-encoder, which reads the question together with the best window of the best few.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fastembed.common.model_description import ModelSource

from retrieval.config import Settings
from retrieval.encoders.embedder import MODELS, FastEmbedder
from retrieval.errors import ConfigError
from retrieval.ranking.answerability import READER
from retrieval.ranking.late_interaction import LateInteraction
from retrieval.text.embedding_text import window_text
from retrieval.types import Embedder, Hit, Reranker

READER_WEIGHT = (
    0.02  # of its log-odds beside the other scores: more helps near the training domain and harms far from it
)


@dataclass(frozen=True, slots=True)
class LanguageModelReranker:
    """Scores by a function passed in, e.g. a language model's judgement; `name` is shown in the trace."""

    name: str
    judge: Callable[[str, Sequence[str]], Sequence[float]]
    weight: float | None = None
    depth: int = 20
    all_windows: bool = False

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return self.judge(query, texts)


class CrossEncoder:
    """A cross-encoder by name, bundled or from fastembed's list; raw scores (log-odds for the bundled one), higher is better.

    `threads` texts are read at a time, each on its own: int8 activations are scaled over the whole batch.
    """

    all_windows = False

    def __init__(self, name: str, *, depth: int, weight: float | None = None, threads: int = 2) -> None:
        self.name = name
        self.depth = depth
        self.weight = weight
        self._model = _load(name)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="footnote-reader")

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return list(self._pool.map(lambda text: float(next(iter(self._model.rerank(query, [text])))), texts))


def load_rerankers(settings: Settings, embedder: Embedder, *, model: Reranker | None = None) -> tuple[Reranker, ...]:
    """The rerankers of RERANKER, in the order they work: `none`, `late` (late interaction), `footnote` (that and the
    bundled cross-encoder), `auto` (what of it the embedding model can do), `claude` (late interaction and the language
    `model` that is passed in), or a fastembed cross-encoder by name. Raises ConfigError.
    """
    name = settings.reranker
    if name == "none":
        return ()
    if not settings.wants_states:
        return (CrossEncoder(name, depth=settings.n_rerank, threads=settings.threads),)
    late: tuple[Reranker, ...] = (_late(embedder),) if name not in ("auto", "claude") or can_interact(embedder) else ()
    if name == "late":
        return late
    if name == "claude":
        if model is None:
            raise ConfigError("RERANKER=claude needs ANTHROPIC_API_KEY, and an application that asks the model.")
        return (*late, model)
    return (*late, CrossEncoder(READER, depth=settings.n_read, weight=READER_WEIGHT, threads=settings.threads))


def can_interact(embedder: Embedder) -> bool:
    """Whether the embedding model gives token states."""
    return isinstance(embedder, FastEmbedder) and embedder.has_states


def reranked(query: str, hits: Sequence[Hit], reranker: Reranker) -> list[Hit]:
    """The reranker's best `depth` hits in the order of its scores (ties keep theirs), then the rest.

    What is scored is a hit's windows with their context. `rerank` on a hit is the score that decides; the rest keep
    their distances, but come to lie below.
    """
    head, tail = hits[: reranker.depth], hits[reranker.depth :]
    looked_at = [range(len(hit.chunk.windows)) if reranker.all_windows else [hit.window or 0] for hit in head]
    texts = [
        window_text(hit.chunk, hit.chunk.windows[window])
        for hit, windows in zip(head, looked_at, strict=True)
        for window in windows
    ]
    scores = iter(reranker.score(query, texts) if texts else [])
    scored = [
        _with_score(hit, reranker, {window: float(next(scores)) for window in windows})
        for hit, windows in zip(head, looked_at, strict=True)
    ]
    ordered = sorted(scored, key=lambda hit: -_score(hit))
    if tail and ordered:
        drop = max(0.0, _score(tail[0]) - _score(ordered[-1]))
        ordered += [replace(hit, rerank=_score(hit) - drop) for hit in tail]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]


def _score(hit: Hit) -> float:
    """What decides so far."""
    return hit.fused if hit.rerank is None else hit.rerank


def _with_score(hit: Hit, reranker: Reranker, scores: Mapping[int, float]) -> Hit:
    """`scores` by window; of several that window counts whose score and cosine are best together, the first of equals."""
    window = max(scores, key=lambda window: scores[window] + (hit.window_scores[window] if len(scores) > 1 else 0.0))
    decides = scores[window] if reranker.weight is None else _score(hit) + reranker.weight * scores[window]
    return replace(hit, rerank=decides, opinions={**hit.opinions, reranker.name: scores[window]}, window=window)


def _late(embedder: Embedder) -> LateInteraction:
    if not isinstance(embedder, FastEmbedder):
        raise ConfigError(f"RERANKER=footnote needs a bundled embedding model, not {embedder.name!r}.")
    embedder.query_states("a first look, so that a model without them is known at once")
    return LateInteraction(embedder)


def _load(name: str) -> Any:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    if name == READER:
        with suppress(ValueError):  # fastembed keeps a list per process and refuses a name that it knows already
            TextCrossEncoder.add_custom_model(model=name, model_file="model.onnx", sources=ModelSource(hf="local/none"))
        return TextCrossEncoder(name, specific_model_path=str(MODELS / "reader"), local_files_only=True, threads=1)
    try:
        return TextCrossEncoder(name, threads=1)
    except Exception as error:  # unknown name, no network, broken cache: all kinds
        raise ConfigError(
            f"RERANKER={name!r} cannot be loaded ({error}). Use footnote, late or none, or a cross-encoder from "
            "fastembed's list on a machine that can download it or has it cached."
        ) from error
