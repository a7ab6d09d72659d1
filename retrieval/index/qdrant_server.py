"""The store on a Qdrant server or cluster (the only importer of qdrant_client).

One collection per index version, named `<collection>-<version>`, and the alias `<collection>` that is moved to the live
one in a single request. Requests are the same as in `edge`: MaxSim over `windows`, sparse `terms`, a dot product that holds over shards.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from qdrant_client import QdrantClient, models

from retrieval.config import Settings
from retrieval.errors import StoreUnavailable
from retrieval.index.codec import point_to_json, scope_keys, stored_from_json
from retrieval.types import Point, Scope, Scored, SparseTerms, Stored, Vector

BATCH = 128
T = TypeVar("T")


def connect(settings: Settings) -> QdrantClient:
    """A client for QDRANT_URL. Nothing is sent yet."""
    return QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key or None, timeout=30)


def collection_name(settings: Settings, version: str) -> str:
    return f"{settings.qdrant_collection}-{version}"


class ServerWriter:
    """Writes a version's points into a new collection; `finish()` waits until they can be searched."""

    def __init__(self, settings: Settings, version: str, *, dim: int, client: QdrantClient | None = None) -> None:
        self._url = settings.qdrant_url
        self._client = client or connect(settings)
        self._collection = collection_name(settings, version)
        _translated(self._url, lambda: self._create(settings, dim))

    def _create(self, settings: Settings, dim: int) -> None:
        self._client.delete_collection(self._collection)
        self._client.create_collection(
            self._collection,
            vectors_config={
                "windows": models.VectorParams(
                    size=dim,
                    distance=models.Distance.COSINE,
                    on_disk=settings.qdrant_on_disk,
                    multivector_config=models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM),
                )
            },
            sparse_vectors_config={"terms": models.SparseVectorParams()},
            shard_number=settings.qdrant_shards,
            replication_factor=settings.qdrant_replicas,
            quantization_config=_quantization(settings.qdrant_quantization),
        )
        self._client.create_payload_index(self._collection, "within", models.PayloadSchemaType.KEYWORD)

    def add(self, points: Sequence[Point]) -> None:
        for start in range(0, len(points), BATCH):
            batch = [_to_server(point) for point in points[start : start + BATCH]]
            _translated(self._url, partial(self._client.upsert, self._collection, batch, wait=True))

    def finish(self) -> None:
        """Nothing is left to do: every batch was waited for."""


class ServerStore:
    """A `Store` over one version's collection."""

    def __init__(self, settings: Settings, version: str, *, client: QdrantClient | None = None) -> None:
        self._url = settings.qdrant_url
        self._client = client or connect(settings)
        self._collection = collection_name(settings, version)
        if not _translated(self._url, lambda: self._client.collection_exists(self._collection)):
            raise StoreUnavailable(
                f"The collection {self._collection!r} is not on {self._url}. Build the index there: make index"
            )

    def search(
        self, vector: Vector, terms: SparseTerms, *, limit: int, scope: Scope
    ) -> tuple[list[Scored], list[Scored]]:
        where = _filter(scope)
        dense = models.QueryRequest(query=[vector.tolist()], using="windows", limit=limit, filter=where)
        requests = [dense]
        if terms.indices:
            sparse = models.SparseVector(indices=list(terms.indices), values=list(terms.values))
            requests.append(models.QueryRequest(query=sparse, using="terms", limit=limit, filter=where))
        answers = _translated(self._url, lambda: self._client.query_batch_points(self._collection, requests))
        lexical = answers[1].points if len(answers) > 1 else []
        return _scored(answers[0].points, minimum=-2.0), _scored(lexical, minimum=0.0)

    def fetch(self, ids: Sequence[str]) -> dict[str, Stored]:
        if not ids:
            return {}
        records = _translated(
            self._url,
            lambda: self._client.retrieve(self._collection, list(ids), with_payload=True, with_vectors=False),
        )
        return {str(record.id): stored_from_json(str(record.id), record.payload) for record in records}

    def all(self) -> Iterator[Point]:
        offset: Any = None
        while True:
            records, offset = _translated(
                self._url,
                partial(
                    self._client.scroll,
                    self._collection,
                    limit=BATCH,
                    offset=offset,
                    with_payload=True,
                    with_vectors=True,
                ),
            )
            yield from map(_from_server, records)
            if offset is None:
                return

    def count(self) -> int:
        return int(_translated(self._url, lambda: self._client.count(self._collection, exact=True)).count)

    def close(self) -> None:
        self._client.close()


def switch_alias(settings: Settings, version: str, *, client: QdrantClient | None = None) -> None:
    """Point the alias `settings.qdrant_collection` at a version's collection, in one request."""
    client = client or connect(settings)
    alias = settings.qdrant_collection
    create = models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=collection_name(settings, version), alias_name=alias)
    )
    delete = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
    known = _translated(settings.qdrant_url, lambda: [item.alias_name for item in client.get_aliases().aliases])
    operations: list[models.AliasOperations] = [delete, create] if alias in known else [create]
    _translated(settings.qdrant_url, lambda: client.update_collection_aliases(operations))


def drop_version(settings: Settings, version: str, *, client: QdrantClient | None = None) -> None:
    """Remove a version's collection; one that is not there is no error."""
    client = client or connect(settings)
    _translated(settings.qdrant_url, lambda: client.delete_collection(collection_name(settings, version)))


def _translated(url: str, call: Callable[[], T]) -> T:
    # httpx, grpc and validation errors, each of its own family
    try:
        return call()
    except Exception as error:
        raise StoreUnavailable(
            f"Qdrant at {url} failed: {error}. Check that it runs and that QDRANT_URL and QDRANT_API_KEY are right, or unset "
            "QDRANT_URL to use the embedded engine."
        ) from error


def _quantization(kind: str) -> Any:
    if kind == "scalar":
        return models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8))
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig())
    return None


def _to_server(point: Point) -> models.PointStruct:
    sparse = models.SparseVector(indices=list(point.terms.indices), values=list(point.terms.values))
    return models.PointStruct(
        id=point.chunk.id,
        vector={"windows": point.vectors.tolist(), "terms": sparse},
        payload=point_to_json(point),
    )


def _from_server(record: Any) -> Point:
    terms = record.vector["terms"]
    stored = stored_from_json(str(record.id), record.payload)
    return Point(
        chunk=stored.chunk,
        vectors=np.asarray(record.vector["windows"], np.float32),
        terms=SparseTerms(tuple(terms.indices), tuple(terms.values)),
        rows=stored.rows,
    )


def _filter(scope: Scope) -> models.Filter | None:
    keys = scope_keys(scope)
    return models.Filter(must=[models.FieldCondition(key="within", match=models.MatchAny(any=keys))]) if keys else None


def _scored(found: Sequence[Any], *, minimum: float) -> list[Scored]:
    scored = [Scored(str(point.id), float(point.score)) for point in found if point.score > minimum]
    return sorted(scored, key=lambda item: (-item.score, item.id))
