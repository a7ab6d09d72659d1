"""Second opinions on the best candidates (the only importer of fastembed's cross-encoders)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retrieval.errors import ConfigError
from retrieval.render import window_text
from retrieval.types import Hit, Reranker


@dataclass(frozen=True, slots=True)
class LanguageModelReranker:
    """Scores by a function passed in, e.g. a language model's judgement; `name` is shown in the trace."""

    name: str
    judge: Callable[[str, Sequence[str]], Sequence[float]]

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return self.judge(query, texts)


class CrossEncoder:
    """A fastembed cross-encoder by name; raw logits, higher is better."""

    def __init__(self, name: str, *, threads: int = 2) -> None:
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        self.name = name
        try:
            self._model = TextCrossEncoder(name, threads=threads)
        except Exception as error:  # unknown name, no network, broken cache: all kinds
            raise ConfigError(
                f"RERANKER={name!r} cannot be loaded ({error}). Use none, or a cross-encoder from fastembed's list on a machine "
                "that can download it or has it cached."
            ) from error

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return list(self._model.rerank(query, texts))


def load_reranker(name: str, *, threads: int) -> Reranker | None:
    """The reranker of a setting; None for `none`."""
    return None if name == "none" else CrossEncoder(name, threads=threads)


def reranked(query: str, hits: Sequence[Hit], reranker: Reranker, *, depth: int) -> list[Hit]:
    """The first `depth` hits ordered by the reranker's score of their best window (ties keep the order), then the rest."""
    head, tail = list(hits[:depth]), list(hits[depth:])
    texts = [window_text(hit.chunk, hit.chunk.windows[hit.window or 0]) for hit in head]
    scores = reranker.score(query, texts) if texts else []
    scored = [replace(hit, rerank=float(score)) for hit, score in zip(head, scores, strict=True)]
    ordered = sorted(scored, key=lambda hit: -(hit.rerank or 0.0)) + tail
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1)]
