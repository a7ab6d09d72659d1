"""Rerankers as stages of the order: a cross-encoder from fastembed's list.

None is used by default: over many fields a small cross-encoder changed the order of the hits by nothing that could be
measured, and took four fifths of a question's time. The bundled one only reads the best few, to judge whether they answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.config import Settings
from retrieval.encoders.cross_encoder import CrossEncoder
from retrieval.text.markdown import window_text
from retrieval.types import Hit, Reranker


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


def load_rerankers(settings: Settings) -> tuple[Reranker, ...]:
    """What RERANKER adds to the default order: nothing for `auto` and `none`, else a cross-encoder. Raises ConfigError."""
    if settings.reranker in ("auto", "none"):
        return ()
    return (CrossEncoder(settings.reranker, depth=settings.n_rerank, threads=settings.threads),)
