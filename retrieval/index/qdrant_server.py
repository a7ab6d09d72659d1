"""One index version on a Qdrant server or cluster, as a `Store`, and the points that a build sends there.

A point belongs to the versions in its range: `from` <= number < `until`, which is OPEN as long as no later version was
built without it. Requests are those of `qdrant_edge` within one version: MaxSim over `windows`, a dot product over
`terms` whose query side has the IDF, so that scores do not depend on shards. A point also carries what the next stages
read, window vectors and token states, in its payload: `fetch` brings those of the best hits.

Below EXACT_BELOW chunks a search looks at every vector; above, at a graph (HNSW), and scores again what quantization
made smaller.

Every request can be made twice: points are written by ids that their contents give, payloads and deletions by filters. So
one that broke off, was refused for load (429) or met a server that restarts (5xx) is sent again, after 0.2 s, then twice
that, and so on, with a random part, or when the server says; what fails in the end is said in words.
"""

import base64
import random
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from retrieval.config import Settings
from retrieval.errors import StoreUnavailable
from retrieval.index.codec import chunk_from_json, chunk_to_json, point_of, scope_keys
from retrieval.index.store import Point, Scored, SparseTerms, Stored
from retrieval.index.token_vectors import Packed
from retrieval.types import Scope, Vector

OPEN = 2**31 - 1  # no later version is without it
EXACT_BELOW = 20_000  # chunks
LOOKED_AT = 512  # candidates of a search in the graph
BATCH = 64  # points in a request: about 2 MB, and requests above 32 MB are refused
ROWS_KEPT = 4096  # chunks whose vectors are remembered
NAMESPACE = uuid.UUID("6f2d6c0e-2f5a-4a44-9a6a-3d1f6f0f8f6b")
TIMEOUT = 30  # seconds
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds
QUESTION, BUILD = 3, 9  # tries: a learner waits, a build has time (about a minute)
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
T = TypeVar("T")


def connect(settings: Settings) -> QdrantClient:
    """A client for QDRANT_URL; nothing is sent yet."""
    return QdrantClient(
        url=settings.qdrant_url,
        api_key=settings.qdrant_api_key or None,
        timeout=TIMEOUT,
        check_compatibility=False,
    )


class Collection:
    """Makes requests about one collection, each `tries` times at most."""

    def __init__(self, settings: Settings, *, tries: int, client: QdrantClient | None = None) -> None:
        self.name = settings.qdrant_collection
        self.client = client or connect(settings)
        self.url = settings.qdrant_url
        self._secrets = [text for text in (settings.qdrant_api_key, urlsplit(self.url).password) if text]
        self._tries = tries

    def __call__(self, method: str, *given: Any, **named: Any) -> Any:
        """What a method of the client gives for this collection. Raises StoreUnavailable, without keys or passwords."""
        return self.tried(lambda: getattr(self.client, method)(self.name, *given, **named))

    def tried(self, request: Callable[[], T]) -> T:
        for left in reversed(range(self._tries)):
            try:
                return request()
            except Exception as error:  # httpx and validation errors, each of its own family
                if not left or not _passing(error):
                    raise self._in_words(error) from None
                time.sleep(_wait(error, self._tries - left - 1))
        raise AssertionError("at least one try is made")

    def records(self, where: models.Filter, *, vectors: bool = False) -> Iterator[Any]:
        """All, in an order of the server's."""
        offset: Any = None
        while True:
            found, offset = self("scroll", where, limit=BATCH, offset=offset, with_vectors=vectors)
            yield from found
            if offset is None:
                return

    def _in_words(self, error: Exception) -> StoreUnavailable:
        said = str(error).replace(self.url, address(self.url))
        for secret in self._secrets:
            said = said.replace(secret, "...")
        return StoreUnavailable(
            f"Qdrant at {address(self.url)} failed: {said[:500]}. Check that it runs and that QDRANT_URL and QDRANT_API_KEY "
            "are right, or unset QDRANT_URL to use the embedded engine."
        )


def address(url: str) -> str:
    """An address without user and password: `https://me:secret@q.example:6333/x` -> `https://q.example:6333`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _passing(error: Exception) -> bool:
    """Whether it may be over in a moment."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _AGAIN
    return isinstance(error, (ResponseHandlingException, ResourceExhaustedResponse))


def _wait(error: Exception, tried: int) -> float:
    """Seconds."""
    if isinstance(error, ResourceExhaustedResponse):
        return min(float(error.retry_after_s), LONGEST_WAIT)
    return float(min(FIRST_WAIT * 2**tried, LONGEST_WAIT) * random.uniform(0.75, 1.25))


@dataclass(frozen=True, slots=True)
class SentPoint:
    """A point as a build sends it. `digest`: of all that it holds; `states`: (tokens, d) of each window, if there are any."""

    point: Point
    digest: str
    states: tuple[Packed, ...] = ()


class FetchedRows:
    """The window vectors and token states of chunks that were fetched, under row numbers of this process: what
    `StoredVectors` are to a version on disk. The latest ROWS_KEPT chunks are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chunks: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._vectors: dict[int, NDArray[np.float16]] = {}
        self._states: dict[int, Packed] = {}
        self._next = 0

    def put(self, chunk: str, vectors: NDArray[np.float16], states: Sequence[Packed]) -> tuple[int, ...]:
        """The rows of a chunk's windows."""
        with self._lock:
            if chunk not in self._chunks:
                rows = tuple(range(self._next, self._next + len(vectors)))
                self._next += len(vectors)
                self._chunks[chunk] = rows
                self._vectors |= dict(zip(rows, vectors, strict=True))
                self._states |= dict(zip(rows, states, strict=bool(states)))
                if len(self._chunks) > ROWS_KEPT:
                    for row in self._chunks.popitem(last=False)[1]:
                        del self._vectors[row]
                        self._states.pop(row, None)
            self._chunks.move_to_end(chunk)
            return self._chunks[chunk]

    def __getitem__(self, rows: Sequence[int]) -> NDArray[np.float16]:
        """(rows, dim)"""
        return np.stack([self._vectors[row] for row in rows])

    def of_rows(self, rows: Sequence[int]) -> tuple[Packed, list[int]]:
        """As `token_vectors.StoredVectors.of_rows`."""
        found = [self._states[row] for row in rows]
        if not found:
            return np.zeros((0, 1), np.int8), []
        return np.concatenate(found), np.cumsum([0, *map(len, found)])[:-1].tolist()


class ServerStore:
    """A `Store` over the points of version `number`; `size`: how many those are."""

    def __init__(self, collection: Collection, number: int, *, size: int) -> None:
        self._collection, self._number = collection, number
        exact = size < EXACT_BELOW
        rescored = models.QuantizationSearchParams(rescore=True, oversampling=2.0)
        self._params = models.SearchParams(
            exact=exact, hnsw_ef=None if exact else LOOKED_AT, quantization=None if exact else rescored
        )
        self.rows = FetchedRows()

    def search(
        self, vector: Vector, terms: SparseTerms, *, limit: int, scope: Scope
    ) -> tuple[list[Scored], list[Scored]]:
        keys = scope_keys(scope)
        where = self._chunks(*([matching("within", *keys)] if keys else []))
        ask = partial(models.QueryRequest, filter=where, limit=limit, with_payload=["key"])
        requests = [ask(query=[vector.tolist()], using="windows", params=self._params)]
        if terms.indices:
            sparse = models.SparseVector(indices=list(terms.indices), values=list(terms.values))
            requests.append(ask(query=sparse, using="terms"))
        answers = self._collection("query_batch_points", requests)
        lexical = answers[1].points if len(answers) > 1 else []
        return _scored(answers[0].points, minimum=-2.0), _scored(lexical, minimum=0.0)

    def fetch(self, ids: Sequence[str]) -> dict[str, Stored]:
        where = self._chunks(matching("key", *ids))
        records = self._collection.records(where) if ids else ()
        return {str(record.payload["key"]): self._stored(record) for record in records}

    def all(self) -> Iterator[Point]:
        for record in self._collection.records(self._chunks(), vectors=True):
            yield point_of(self._stored(record), record)

    def count(self) -> int:
        return int(self._collection("count", self._chunks(), exact=True).count)

    def close(self) -> None:
        self._collection.client.close()

    def _chunks(self, *conditions: models.FieldCondition) -> models.Filter:
        return in_version(self._number, matching("kind", "chunk"), *conditions)

    def _stored(self, record: Any) -> Stored:
        data, chunk = record.payload, chunk_from_json(str(record.payload["key"]), record.payload["chunk"])
        vectors = _unpack(data["windows"], np.float16).reshape(len(chunk.windows), -1)
        starts = np.cumsum([0, *data["tokens"]])
        states = _unpack(data["states"], np.int8).reshape(int(starts[-1]) or 1, -1)
        parts = [states[start:end] for start, end in pairwise(starts)]
        return Stored(chunk, self.rows.put(chunk.id, vectors, parts))


def in_version(number: int, *conditions: models.FieldCondition) -> models.Filter:
    """What belongs to a version."""
    begun = between("from", lt=number + 1)
    return models.Filter(must=[*conditions, begun, between("until", gt=number)])


def point_id(kind: str, key: str, digest: str, number: int) -> str:
    """The same contents, beginning with the same version, are one point however often they are sent."""
    return str(uuid.uuid5(NAMESPACE, "\0".join((kind, key, digest, str(number)))))


def to_server(sent: SentPoint, number: int) -> models.PointStruct:
    point, chunk = sent.point, sent.point.chunk
    data = chunk_to_json(chunk)
    payload = {
        "kind": "chunk",
        "key": chunk.id,
        "from": number,
        "until": OPEN,
        "within": data.pop("within"),
        "chunk": data,
        "windows": _pack(point.vectors.astype(np.float16)),
        "states": _pack(np.concatenate(sent.states)) if sent.states else "",
        "tokens": [len(one) for one in sent.states],
    }
    sparse = models.SparseVector(indices=list(point.terms.indices), values=list(point.terms.values))
    vectors: dict[str, Any] = {"windows": point.vectors.tolist(), "terms": sparse}
    return models.PointStruct(id=point_id("chunk", chunk.id, sent.digest, number), vector=vectors, payload=payload)


def _pack(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _unpack(text: str, dtype: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), dtype)


def matching(field: str, *values: str) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))


def between(field: str, *, gt: int | None = None, lt: int | None = None) -> models.FieldCondition:
    return models.FieldCondition(key=field, range=models.Range(gt=gt, lt=lt))


def _scored(found: Sequence[Any], *, minimum: float) -> list[Scored]:
    scored = [Scored(str(point.payload["key"]), float(point.score)) for point in found if point.score > minimum]
    return sorted(scored, key=lambda item: (-item.score, item.id))
