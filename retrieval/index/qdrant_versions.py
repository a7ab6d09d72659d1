"""The versions of an index on a Qdrant server: one collection that builders write and any number of hosts follow.

    kind "chunk"      what is searched, see `qdrant_server`; key: the chunk's id
    kind "file"       a part of a version's file, packed; key: its path. Documents, statistics, manifest, checksums
    kind "current"    one point: the live version's name and all that are published
    kind "building"   one point: who is building, and until when that holds

Chunks and files carry the range of versions they belong to, so a build sends what is new and ends what is gone; until
it publishes, no reader sees either. Publishing and rolling back write the one point "current", pruning deletes what no kept
version has, and the next build removes what a killed one left.

Copies: a write is done when every copy that takes part has it; one that fails takes no part any more until it has caught
up, if half of the copies (rounded up) have the write, and fails the write otherwise. So any one copy can be read, and a
node that is down stops neither readers nor builds where there are two copies or more. The points "current" and "building" are
written in one order, by way of the highest copy that is alive. (`strong` order waits for the highest whether it is alive or not,
and a reading of the majority, on the server, for all copies.)
"""

import base64
import secrets
import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from qdrant_client import QdrantClient, models

from retrieval.config import Settings
from retrieval.errors import IndexBusy, IndexMissing, StoreUnavailable
from retrieval.index.qdrant_server import (
    BATCH,
    BUILD,
    NAMESPACE,
    OPEN,
    Collection,
    SentPoint,
    ServerStore,
    address,
    between,
    in_version,
    matching,
    point_id,
    to_server,
)

PART = 4 << 20  # bytes of a file in a point
KEYS = 1000  # in a filter
OLDEST = 1, 17  # version of a server that knows `update_mode`
LEASE, RENEW = 120.0, 30.0  # seconds
INDEXED_WITHIN = 3600.0  # seconds that a build waits for the search graph
IN_ORDER = models.WriteOrdering.MEDIUM
CURRENT, BUILDING = (str(uuid.uuid5(NAMESPACE, name)) for name in ("current", "building"))
_INDEXES: Mapping[str, models.PayloadSchemaType] = {
    "kind": models.PayloadSchemaType.KEYWORD,
    "key": models.PayloadSchemaType.KEYWORD,
    "within": models.PayloadSchemaType.KEYWORD,
    "from": models.PayloadSchemaType.INTEGER,
    "until": models.PayloadSchemaType.INTEGER,
}


class ServerVersions:
    """What is on the server of QDRANT_URL. Versions are told apart by their numbers, and named by their names."""

    def __init__(self, settings: Settings, *, tries: int = BUILD, client: QdrantClient | None = None) -> None:
        self._settings = settings
        self._collection = Collection(settings, tries=tries, client=client)
        self._holder = secrets.token_hex(8)

    def current(self) -> tuple[str, tuple[str, ...]]:
        """The live version and all that are published, oldest first. Raises IndexMissing where there is none."""
        if self._collection("collection_exists") and (data := self._read(CURRENT)):
            return str(data["live"]), tuple(data["published"])
        raise IndexMissing(
            f"There is no index in {self._collection.name!r} on the Qdrant server yet. Build one with: make index"
        )

    def publish(self, live: str, published: Sequence[str]) -> None:
        """One write: from then on readers take `live`."""
        self._write(CURRENT, {"kind": "current", "live": live, "published": list(published)})

    def store(self, number: int, *, size: int) -> ServerStore:
        return ServerStore(self._collection, number, size=size)

    def prepare(self, *, newest: int) -> None:
        """Removes what was begun after version `newest` and not published."""
        self._delete(models.Filter(must=[between("from", gt=newest)]))
        ended = models.Filter(must=[matching("kind", "chunk", "file"), between("until", gt=newest, lt=OPEN)])
        self._collection("set_payload", {"until": OPEN}, ended)

    def send(self, points: Sequence[SentPoint], number: int) -> None:
        """Points that the version before does not have."""
        for start in range(0, len(points), BATCH):
            self._collection("upsert", [to_server(point, number) for point in points[start : start + BATCH]])

    def send_file(self, name: str, data: bytes, number: int) -> None:
        packed = zlib.compress(data)
        parts = [packed[at : at + PART] for at in range(0, len(packed), PART)] or [b""]
        for place, part in enumerate(parts):
            payload = {"kind": "file", "key": name, "from": number, "until": OPEN, "part": place, "parts": len(parts)}
            payload["data"] = base64.b64encode(part).decode()
            ident = point_id("file", name, str(place), number)
            self._collection("upsert", [models.PointStruct(id=ident, vector={}, payload=payload)])

    def end(self, kind: str, keys: Iterable[str], number: int) -> None:
        """Version `number` and those after it do not have these; what version `number` brought with it stays."""
        left = iter(keys)
        while some := list(islice(left, KEYS)):
            where = in_version(number - 1, matching("kind", kind), matching("key", *some), between("from", lt=number))
            self._collection("set_payload", {"until": number}, where)

    def file(self, name: str, number: int) -> bytes:
        """Raises IndexMissing where the version has no such file."""
        where = in_version(number, matching("kind", "file"), matching("key", name))
        parts = sorted(self._collection.records(where), key=lambda record: record.payload["part"])
        if not parts or len(parts) != parts[0].payload["parts"]:
            raise IndexMissing(f"{name} of version {number} is not on the Qdrant server.")
        try:
            return zlib.decompress(b"".join(base64.b64decode(record.payload["data"]) for record in parts))
        except (ValueError, zlib.error) as error:
            raise StoreUnavailable(
                f"{name} of version {number} is damaged on the Qdrant server. Run: make index"
            ) from error

    def wait_until_indexed(self) -> None:
        """Raises StoreUnavailable when that takes longer than an hour."""
        deadline, pause = time.monotonic() + INDEXED_WITHIN, 0.1
        while (info := self._collection("get_collection")).status != "green":
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"Qdrant has not finished its search graph (status {info.status}). Build again later."
                )
            time.sleep(pause := min(2 * pause, 5.0))

    def prune(self, kept: Iterable[int]) -> None:
        """Deletes what none of these versions has."""
        held: list[Any] = [in_version(number) for number in kept]
        self._delete(models.Filter(must=[matching("kind", "chunk", "file")], must_not=held))

    @contextmanager
    def building(self, *, dim: int) -> Iterator[None]:
        """Makes the collection if need be; nobody else builds meanwhile, on whatever host. Raises IndexBusy. Who is killed
        is waited for two minutes."""
        self._check_server()
        if not self._collection("collection_exists"):
            self._create(dim)
        ended = threading.Event()
        self._claim()
        renewing = threading.Thread(target=self._renew, args=(ended,), name="footnote-lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            self._delete(models.Filter(must=[matching("holder", self._holder)]), ordering=IN_ORDER)

    def close(self) -> None:
        self._collection.client.close()

    def _check_server(self) -> None:
        version = str(self._collection.tried(self._collection.client.info).version)
        parts = version.split(".")[:2]
        if all(part.isdigit() for part in parts) and tuple(map(int, parts)) < OLDEST:
            raise StoreUnavailable(
                f"The Qdrant server at {address(self._collection.url)} is version {version}, and a build needs "
                f"{'.'.join(map(str, OLDEST))} or later: an older one lets two builds write at once. Update the server "
                "(docker compose pull, then up -d), or unset QDRANT_URL to use the embedded engine."
            )

    def check_held(self) -> None:
        """Raises IndexBusy where another build has begun meanwhile, as when this host slept for some minutes."""
        found = self._read(BUILDING)
        if found.get("holder") != self._holder:
            raise IndexBusy(
                f"Another build is writing to {self._collection.name!r} on the Qdrant server. Wait for it to end, then run this "
                f"again; if it was killed, in {max(1, int(found.get('until', 0) - time.time()))} s."
            )

    def _claim(self) -> None:
        over = models.Filter(must=[between("until", lt=int(time.time()))])
        for condition in ({"update_mode": models.UpdateMode.INSERT_ONLY}, {"update_filter": over}):
            self._lease(**condition)
        self.check_held()

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(RENEW):
            self._lease(update_filter=models.Filter(must=[matching("holder", self._holder)]))

    def _lease(self, **condition: Any) -> None:
        mine = {"kind": "building", "holder": self._holder, "until": int(time.time() + LEASE)}
        self._write(BUILDING, mine, **condition)

    def _create(self, dim: int) -> None:
        settings, quantization = self._settings, _quantization(self._settings.qdrant_quantization)
        windows = models.VectorParams(
            size=dim,
            distance=models.Distance.COSINE,
            on_disk=quantization is not None,
            multivector_config=models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM),
        )
        self._collection(
            "create_collection",
            vectors_config={"windows": windows},
            sparse_vectors_config={"terms": models.SparseVectorParams()},
            shard_number=settings.qdrant_shards,
            replication_factor=settings.qdrant_replicas,
            write_consistency_factor=(settings.qdrant_replicas + 1) // 2,
            on_disk_payload=True,
            quantization_config=quantization,
        )
        for name, schema in _INDEXES.items():
            self._collection("create_payload_index", name, schema)

    def _read(self, ident: str) -> dict[str, Any]:
        found = self._collection("retrieve", [ident], with_payload=True)
        return dict(found[0].payload or {}) if found else {}

    def _write(self, ident: str, payload: dict[str, Any], **condition: Any) -> None:
        point = models.PointStruct(id=ident, vector={}, payload=payload)
        self._collection("upsert", [point], ordering=IN_ORDER, **condition)

    def _delete(self, where: models.Filter, **how: Any) -> None:
        self._collection("delete", models.FilterSelector(filter=where), **how)


def _quantization(kind: str) -> Any:
    """Small vectors in memory; the whole ones are read from disk, to score the best again."""
    if kind == "scalar":
        scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        return models.ScalarQuantization(scalar=scalar)
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
