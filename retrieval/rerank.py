"""Second opinions on the best candidates (the only importer of fastembed's cross-encoders)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retrieval.embed import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.late import LateInteraction
from retrieval.render import window_text
from retrieval.types import Embedder, Hit, Reranker


@dataclass(frozen=True, slots=True)
class LanguageModelReranker:
    """Scores by a function passed in, e.g. a language model's judgement; `name` is shown in the trace."""

    name: str
    judge: Callable[[str, Sequence[str]], Sequence[float]]
    weight: float | None = None

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return self.judge(query, texts)


class CrossEncoder:
    """A fastembed cross-encoder by name; raw logits, higher is better."""

    def __init__(self, name: str, *, threads: int = 2) -> None:
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        self.name = name
        self.weight: float | None = None
        try:
            self._model = TextCrossEncoder(name, threads=threads)
        except Exception as error:  # unknown name, no network, broken cache: all kinds
            raise ConfigError(
                f"RERANKER={name!r} cannot be loaded ({error}). Use none, or a cross-encoder from fastembed's list on a machine "
                "that can download it or has it cached."
            ) from error

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return list(self._model.rerank(query, texts))


def load_reranker(name: str, embedder: Embedder, *, threads: int) -> Reranker | None:
    """The reranker of a setting: `none`, `footnote` (late interaction), `auto` (that, if the embedding model can) or a
    fastembed cross-encoder. Raises ConfigError.
    """
    if name == "none" or (name == "auto" and not can_interact(embedder)):
        return None
    if name in ("footnote", "auto"):
        if not isinstance(embedder, FastEmbedder):
            raise ConfigError(f"RERANKER=footnote needs a bundled embedding model, not {embedder.name!r}.")
        embedder.query_states("a first look, so that a model without them is known at once")
        return LateInteraction(embedder)
    return CrossEncoder(name, threads=threads)


def can_interact(embedder: Embedder) -> bool:
    """Whether the embedding model gives token states."""
    return isinstance(embedder, FastEmbedder) and embedder.has_states


def reranked(query: str, hits: Sequence[Hit], reranker: Reranker, *, depth: int) -> list[Hit]:
    """The first `depth` hits in the order of the reranker (ties keep theirs), then the rest.

    What is scored is a hit's best window with its context. `rerank` on a hit is the score that decides.
    """
    head, tail = list(hits[:depth]), list(hits[depth:])
    texts = [window_text(hit.chunk, hit.chunk.windows[hit.window or 0]) for hit in head]
    scores = reranker.score(query, texts) if texts else []
    scored = [
        replace(hit, rerank=float(score) if reranker.weight is None else hit.fused + reranker.weight * float(score))
        for hit, score in zip(head, scores, strict=True)
    ]
    ordered = sorted(scored, key=lambda hit: -(hit.rerank or 0.0)) + tail
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]
