"""A question to passages: candidates, fused, put in order by a list of stages, merged, with a trace of every step."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.config import Settings
from retrieval.encoders.cross_encoder import load_reader
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index.bm25 import ceiling, query_terms
from retrieval.index.opened_index import Index, open_index
from retrieval.index.store import Scored, Stored
from retrieval.index.versions import embedding_model
from retrieval.ranking.answerability import confidence, features
from retrieval.ranking.fusion import convex_combination, ranked
from retrieval.ranking.late_interaction import LateInteraction
from retrieval.ranking.passages import passages
from retrieval.ranking.rerank import Reranking, load_rerankers
from retrieval.text.markdown import window_text
from retrieval.text.spelling import Speller
from retrieval.text.tokenize import ENGLISH
from retrieval.types import Embedder, Hit, Reranker, Retrieval, Scope, Stage, Vector

CANDIDATES = 200  # of each search
READABLE = 0.5  # share of letters that the encoder can read, below which its vectors say little
DOUBTFUL = (0.1, 0.8)  # between these confidences, by what the stages saw, a hit is read at all
UNSURE = (0.05, 0.4)  # between these, by what was read, the next one is
UNREADABLE_WEIGHT = 0.02  # of the vectors' score then: no more than to part equals


class Ranker(Protocol):
    """A stage of the order, from hits to hits, best first. It changes ranks and adds scores under its `name`."""

    @property
    def name(self) -> str: ...
    @property
    def depth(self) -> int: ...

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Hit]: ...


class HybridRetriever:
    """A `Retriever` over one opened index. Safe to use from several threads.

    `order`: the stages that put the fused hits in order. Where the encoder cannot read the documents or the question, BM25
    leads and late interaction stays out.
    """

    def __init__(
        self, index: Index, embedder: Embedder, settings: Settings, rerankers: Sequence[Reranker] = ()
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.settings = settings
        late: list[Ranker] = []
        if settings.reranker != "none" and index.states is not None and isinstance(embedder, FastEmbedder):
            late = [LateInteraction(embedder, index.states)]
        self.order: list[Ranker] = [*late, *map(Reranking, rerankers)]
        self.readable = index.known_share >= READABLE
        self.judge = load_reader() if late and index.language == ENGLISH else None
        self.speller = Speller(index.words(), index.languages)

    def retrieve(self, query: str, *, scope: Scope = Scope(), k: int = 0) -> Retrieval:
        """The best `k` hits (default: settings.k) and the passages made of them. An empty query finds nothing."""
        k = k or self.settings.k
        if not query.strip():
            return Retrieval(query, (), (), 0.0, (), self.index.name)
        trace = _Trace()
        with trace.stage("spell"):
            spelled = self.speller.correct(query)
            query = spelled.text
        with trace.stage("embed"):
            vector = self.embedder.embed_query(query)  # kept for the search
            readable = self.readable and self.embedder.known_share(query) >= READABLE
        with trace.stage("search"):
            dense, lexical = self.candidates(query, limit=CANDIDATES, scope=scope)
        trace.count(len(dense) + len(lexical))
        with trace.stage("fuse"):
            fused = self.fuse(dense, lexical, readable=readable)
            depth = max((stage.depth for stage in self.order), default=0)
            best = ranked(fused)[: max(k, self.settings.k, depth)]
        trace.count(len(fused))
        with trace.stage("fetch"):
            hits = _hits(best, fused, dense, lexical, self.index.store.fetch(best), self.index.windows, vector)
        for stage in self.order:
            if readable or not isinstance(stage, LateInteraction):
                with trace.stage(stage.name):
                    hits = stage(query, hits)
                trace.count(min(len(hits), stage.depth))
        with trace.stage("judge"):
            seen = self.seen(query, hits)
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

    def seen(self, query: str, hits: Sequence[Hit]) -> dict[str, float]:
        """What confidence is judged by, of hits in their order: where that leaves doubt they are read one after the other, until the
        course is likely enough to answer, or quite unlikely.
        """
        most_words = ceiling(query, self.index.lexical, self.index.languages)
        found = features(hits, ceiling=most_words, unread=self.judge is None)
        if self.judge is None:
            return found
        for hit in hits[: self.judge.depth]:
            least, most = UNSURE if "read" in found else DOUBTFUL
            if not least <= confidence(found) <= most:
                break
            [read] = self.judge.score(query, [window_text(hit.chunk, hit.chunk.windows[hit.window or 0])])
            found["read"] = max(found.get("read", read), read)
        return found

    def candidates(self, query: str, *, limit: int, scope: Scope = Scope()) -> tuple[list[Scored], list[Scored]]:
        """The best by the vector of the query as it stands, and by BM25 (see `Store.search`)."""
        words = query_terms(query, self.index.lexical, self.index.languages)
        return self.index.store.search(self.embedder.embed_query(query), words, limit=limit, scope=scope)

    def fuse(self, dense: Sequence[Scored], lexical: Sequence[Scored], *, readable: bool = True) -> dict[str, float]:
        """Fused scores by chunk id."""
        return convex_combination(
            {item.id: item.score for item in dense},
            {item.id: item.score for item in lexical},
            dense_weight=self.settings.dense_weight if readable else min(self.settings.dense_weight, UNREADABLE_WEIGHT),
        )

    def close(self) -> None:
        self.index.close()


def open_retriever(settings: Settings) -> HybridRetriever:
    """The live index of the settings, ready to be asked. Raises IndexMissing, IndexMismatch, ConfigError."""
    embedder = FastEmbedder(embedding_model(settings), threads=settings.threads)
    return HybridRetriever(open_index(settings, embedder), embedder, settings, load_rerankers(settings))


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


def _hits(
    order: Sequence[str],
    fused: Mapping[str, float],
    dense: Sequence[Scored],
    lexical: Sequence[Scored],
    stored: Mapping[str, Stored],
    windows: NDArray[np.float16],
    vector: Vector,
) -> list[Hit]:
    """In this order; `windows`: the vectors of the version's windows by row."""
    by_dense = {item.id: item.score for item in dense}
    by_lexical = {item.id: item.score for item in lexical}
    found = [stored[key] for key in order if key in stored]
    cosines = iter((windows[[row for item in found for row in item.rows]].astype(np.float32) @ vector).tolist())
    hits = []
    for rank, item in enumerate(found, start=1):
        scores = tuple(next(cosines) for _ in item.rows)
        hits.append(
            Hit(
                chunk=item.chunk,
                rank=rank,
                dense=by_dense.get(item.chunk.id),
                lexical=by_lexical.get(item.chunk.id),
                fused=fused[item.chunk.id],
                window=scores.index(max(scores)),
                rows=item.rows,
                window_scores=scores,
            )
        )
    return hits
