"""The embedded store: Qdrant's engine in this process (the only importer of qdrant_edge).

A point is a chunk: multivector `windows` (MaxSim over cosine: the chunk scores as its best window), sparse vector
`terms` (BM25 as a dot product), and the chunk itself as payload. A finished folder is never changed: opening one rewrites
small files in it, so every process opens a private copy of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import qdrant_edge as qe

from retrieval.errors import NO_THREAD, StoreUnavailable
from retrieval.index.codec import point_to_json, scope_keys, stored_from_json
from retrieval.index.version_files import PrivateCopy
from retrieval.types import Point, Scope, Scored, SparseTerms, Stored, Vector

BATCH = 256
T = TypeVar("T")


class EdgeWriter:
    """Writes points into a new folder `path`. Readable after `finish()`."""

    def __init__(self, path: Path, *, dim: int) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=False)
        windows = qe.EdgeVectorParams(
            dim,
            qe.Distance.Cosine,
            multivector_config=qe.MultiVectorConfig(qe.MultiVectorComparator.MaxSim),
            memory=qe.Memory.Cold,  # else opening reads all of two files that are made 32 MB long and are mostly holes
        )
        terms = qe.EdgeSparseVectorParams()
        config = qe.EdgeConfig(vectors={"windows": windows}, sparse_vectors={"terms": terms}, wal_enabled=False)
        self._shard: qe.EdgeShard = _translated(path, lambda: qe.EdgeShard.create(str(path), config))

    def add(self, points: Sequence[Point]) -> None:
        for start in range(0, len(points), BATCH):
            batch = [_to_edge(point) for point in points[start : start + BATCH]]
            _translated(self._path, partial(self._shard.update, qe.UpdateOperation.upsert_points(batch)))

    def finish(self) -> None:
        _translated(self._path, self._shard.flush)
        self._shard.close()


class EdgeStore:
    """A `Store` over a private copy of a finished folder, which `close()` removes."""

    def __init__(self, copy: PrivateCopy) -> None:
        self._path, self._copy = copy.source, copy
        try:
            self._shard: qe.EdgeShard = _translated(self._path, lambda: qe.EdgeShard.load(str(copy.path)))
        except StoreUnavailable:
            copy.close()
            raise

    def search(
        self, vector: Vector, terms: SparseTerms, *, limit: int, scope: Scope
    ) -> tuple[list[Scored], list[Scored]]:
        where = _filter(scope)
        dense = qe.QueryRequest(limit=limit, query=qe.Query.Nearest([vector.tolist()], using="windows"), filter=where)
        sparse = qe.SparseVector(list(terms.indices), list(terms.values))
        lexical = qe.QueryRequest(limit=limit, query=qe.Query.Nearest(sparse, using="terms"), filter=where)
        found_dense = _translated(self._path, lambda: self._shard.query(dense))
        found_lexical = _translated(self._path, lambda: self._shard.query(lexical)) if terms.indices else []
        return _scored(found_dense, minimum=-2.0), _scored(found_lexical, minimum=0.0)

    def fetch(self, ids: Sequence[str]) -> dict[str, Stored]:
        if not ids:
            return {}
        records = _translated(self._path, lambda: self._shard.retrieve(list(ids), with_payload=True, with_vector=False))
        return {str(record.id): stored_from_json(str(record.id), record.payload) for record in records}

    def all(self) -> Iterator[Point]:
        """Every point, in id order."""
        offset: Any = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=BATCH, with_payload=True, with_vector=True)
            records, offset = _translated(self._path, partial(self._shard.scroll, request))
            yield from map(_from_edge, records)
            if offset is None:
                return

    def count(self) -> int:
        return int(_translated(self._path, lambda: self._shard.count(qe.CountRequest(exact=True))))

    def close(self) -> None:
        self._shard.close()
        self._copy.close()


def _translated(path: Path, call: Callable[[], T]) -> T:
    """The engine raises plain Exception for everything, and when it panics something that is not even that."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if "thread pool" in str(error):
            raise StoreUnavailable(NO_THREAD) from error
        raise StoreUnavailable(
            f"The index storage at {path} failed: {error}. Go back to the version before (make rollback) or build again (make index)."
        ) from error


def _to_edge(point: Point) -> qe.Point:
    sparse = qe.SparseVector(list(point.terms.indices), list(point.terms.values))
    return qe.Point(point.chunk.id, {"windows": point.vectors.tolist(), "terms": sparse}, point_to_json(point))


def _from_edge(record: Any) -> Point:
    terms = record.vector["terms"]
    stored = stored_from_json(str(record.id), record.payload)
    return Point(
        chunk=stored.chunk,
        vectors=np.asarray(record.vector["windows"], np.float32),
        terms=SparseTerms(tuple(terms.indices), tuple(terms.values)),
        rows=stored.rows,
    )


def _filter(scope: Scope) -> qe.Filter | None:
    keys = scope_keys(scope)
    return qe.Filter(must=[qe.FieldCondition(key="within", match=qe.MatchAny(keys))]) if keys else None


def _scored(found: Sequence[Any], *, minimum: float) -> list[Scored]:
    scored = [Scored(str(point.id), float(point.score)) for point in found if point.score > minimum]
    return sorted(scored, key=lambda item: (-item.score, item.id))
