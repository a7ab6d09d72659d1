"""A question to passages: candidates, fused, reranked, in covering order, merged, with a trace of every step."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index.bm25 import query_terms
from retrieval.index.opened_index import Index, open_index
from retrieval.query.normalize import without_frame
from retrieval.query.spelling import Speller
from retrieval.ranking.answerability import confidence, features
from retrieval.ranking.diversity import covered
from retrieval.ranking.fusion import convex_combination, ranked, reciprocal_rank_fusion
from retrieval.ranking.late_interaction import LateInteraction
from retrieval.ranking.passages import passages
from retrieval.ranking.rerank import load_rerankers, reranked
from retrieval.types import Embedder, Hit, Point, Reranker, Retrieval, Scope, Scored, Stage, Vector


class HybridRetriever:
    """A `Retriever` over one opened index. Safe to use from several threads."""

    def __init__(
        self, index: Index, embedder: Embedder, settings: Settings, rerankers: Sequence[Reranker] = ()
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.settings = settings
        self.rerankers = [
            reranker.over(index.states) if isinstance(reranker, LateInteraction) else reranker for reranker in rerankers
        ]
        # what is stored is cheap enough to be looked at a second time
        self.late = next((one for one in self.rerankers if isinstance(one, LateInteraction) and one.all_windows), None)
        self.speller = Speller(index.words())

    def retrieve(self, query: str, *, scope: Scope = Scope(), k: int = 0) -> Retrieval:
        """The best `k` hits (default: settings.k) and the passages made of them. An empty query finds nothing."""
        k = k or self.settings.k
        if not query.strip():
            return Retrieval(query, (), (), 0.0, (), self.index.name)
        trace = _Trace()
        with trace.stage("spell"):
            spelled = self.speller.correct(without_frame(query))
            query = spelled.text
        trace.note(", ".join(f"{typed} -> {meant}" for typed, meant in spelled.changes))
        with trace.stage("embed"):
            vector = self.embedder.embed_query(query)
        with trace.stage("search"):
            dense, lexical = self.index.store.search(
                vector, query_terms(query), limit=self.settings.n_candidates, scope=scope
            )
        trace.count(len(dense) + len(lexical))
        with trace.stage("fuse"):
            fused = self.fuse(dense, lexical)
            depth = max((reranker.depth for reranker in self.rerankers), default=0)
            order = ranked(fused)[: max(k, self.settings.k, depth)]
        trace.count(len(fused))
        with trace.stage("fetch"):
            hits = _hits(order, fused, dense, lexical, self.index.store.fetch(order), vector)
        for reranker in self.rerankers:
            with trace.stage(reranker.name):
                hits = reranked(query, hits, reranker)
            trace.count(min(len(hits), reranker.depth))
        with trace.stage("judge"):
            seen = features(hits)
        if self.late is not None:
            with trace.stage("cover"):
                hits = covered(query, hits, self.late)
        with trace.stage("merge"):
            merged = passages(hits[: self.settings.k], tokens=self.settings.passage_tokens)
        trace.count(len(merged))
        return Retrieval(
            query=query,
            hits=tuple(hits[:k]),
            passages=merged,
            confidence=confidence(seen) if hits else 0.0,
            stages=tuple(trace.stages),
            version=self.index.name,
            features=seen,
            respelled=spelled.changes,
        )

    def fuse(self, dense: Sequence[Scored], lexical: Sequence[Scored]) -> dict[str, float]:
        """Fused scores by chunk id, by the way that is set."""
        if self.settings.fusion == "rrf":
            return reciprocal_rank_fusion([[item.id for item in dense], [item.id for item in lexical]])
        return convex_combination(
            {item.id: item.score for item in dense},
            {item.id: item.score for item in lexical},
            dense_weight=self.settings.dense_weight,
        )

    def close(self) -> None:
        self.index.close()


def open_retriever(settings: Settings, *, model: Reranker | None = None) -> HybridRetriever:
    """The live index of the settings, ready to be asked. `model`: the language model of RERANKER=claude.

    Raises IndexMissing, IndexMismatch, ConfigError.
    """
    embedder = FastEmbedder(settings.embedding_model, threads=settings.threads)
    return HybridRetriever(
        open_index(settings, embedder), embedder, settings, load_rerankers(settings, embedder, model=model)
    )


class _Trace:
    """Collects stages: name, milliseconds, candidates left."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.stages.append(Stage(name, (time.perf_counter() - begun) * 1000.0, 0))

    def count(self, count: int) -> None:
        self.stages[-1] = replace(self.stages[-1], count=count)

    def note(self, note: str) -> None:
        self.stages[-1] = replace(self.stages[-1], note=note)


def _hits(
    order: Sequence[str],
    fused: Mapping[str, float],
    dense: Sequence[Scored],
    lexical: Sequence[Scored],
    points: Mapping[str, Point],
    vector: Vector,
) -> list[Hit]:
    by_dense = {item.id: (rank, item.score) for rank, item in enumerate(dense, start=1)}
    by_lexical = {item.id: (rank, item.score) for rank, item in enumerate(lexical, start=1)}
    hits = []
    for rank, key in enumerate((key for key in order if key in points), start=1):
        dense_rank, cosine = by_dense.get(key, (None, None))
        lexical_rank, bm25 = by_lexical.get(key, (None, None))
        cosines = points[key].vectors @ vector
        hits.append(
            Hit(
                chunk=points[key].chunk,
                rank=rank,
                dense=cosine,
                dense_rank=dense_rank,
                lexical=bm25,
                lexical_rank=lexical_rank,
                fused=fused[key],
                window=int(np.argmax(cosines)),
                window_scores=tuple(map(float, cosines)),
            )
        )
    return hits
