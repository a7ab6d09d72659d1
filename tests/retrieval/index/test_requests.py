"""The requests that a Qdrant server is sent, word for word: what its documentation asks for, and no local mode checks."""

import base64
import time
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from retrieval.config import load_settings
from retrieval.errors import IndexBusy
from retrieval.index import qdrant_server, qdrant_versions
from retrieval.index.qdrant_server import SentPoint, point_id
from retrieval.index.qdrant_versions import BUILDING, CURRENT, ServerVersions
from retrieval.types import Json, Scope
from tests.qdrant_double import QdrantDouble
from tests.retrieval.index.test_stores import DIM, make_points, wanted

Request = tuple[str, str, Json, Json]
OF_VERSION_2 = [{"key": "from", "range": {"lt": 3}}, {"key": "until", "range": {"gt": 2}}]
WAITS, IN_ORDER = {"wait": "true"}, {"wait": "true", "ordering": "medium"}


@pytest.fixture
def double() -> Iterator[QdrantDouble]:
    with QdrantDouble() as server:
        yield server


def of(double: QdrantDouble, **changes: object) -> ServerVersions:
    return ServerVersions(load_settings(qdrant_url=double.url, qdrant_collection="c", **changes))


def sent(double: QdrantDouble) -> list[Request]:
    """Since this was asked last: method, path below the collection, query, body without what is not set."""
    found = [
        (method, path.removeprefix("/collections/c"), {name: value for name, (value,) in query.items()}, _set(body))
        for (method, path, body), query in zip(double.requests, double.queries, strict=True)
    ]
    double.requests.clear()
    double.queries.clear()
    return found


def _set(value: object) -> object:
    if isinstance(value, dict):
        return {name: _set(one) for name, one in value.items() if one is not None}
    return [_set(one) for one in value] if isinstance(value, list) else value


QUANTIZED = {
    "none": None,
    "scalar": {"scalar": {"type": "int8", "always_ram": True}},
    "binary": {"binary": {"always_ram": True}},
}


@pytest.mark.parametrize(("kind", "copies", "enough"), [("none", 1, 1), ("scalar", 2, 1), ("binary", 3, 2)])
def test_a_collection(double: QdrantDouble, kind: str, copies: int, enough: int) -> None:
    """With half of the copies, rounded up, a write stands: one node of three may be down."""
    with of(double, qdrant_shards=3, qdrant_replicas=copies, qdrant_quantization=kind).building(dim=DIM):
        made = sent(double)
    windows = {"size": DIM, "distance": "Cosine", "multivector_config": {"comparator": "max_sim"}}
    assert made[:3] == [
        ("GET", "/", {}, {}),
        ("GET", "/exists", {}, {}),
        (
            "PUT",
            "",
            {},
            {
                "vectors": {"windows": {**windows, "on_disk": kind != "none"}},
                "sparse_vectors": {"terms": {}},
                "shard_number": 3,
                "replication_factor": copies,
                "write_consistency_factor": enough,
                "on_disk_payload": True,
                **({"quantization_config": QUANTIZED[kind]} if kind != "none" else {}),
            },
        ),
    ]
    schemas = {"kind": "keyword", "key": "keyword", "within": "keyword", "from": "integer", "until": "integer"}
    indexes = [("PUT", "/index", WAITS, {"field_name": name, "field_schema": of}) for name, of in schemas.items()]
    assert made[3:8] == indexes


def test_only_one_may_build(double: QdrantDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)  # both requests name the second in which the claim ends
    with of(double).building(dim=DIM):
        claimed = sent(double)[-3:]
    (_, _, first, new), (_, _, second, over), (method, path, how, asked) = claimed
    assert first == second == IN_ORDER
    assert new["update_mode"] == "insert_only"
    (point,) = new["points"]
    assert point == {"id": BUILDING, "vector": {}, "payload": point["payload"]}
    assert over["points"] == new["points"]
    assert over["update_filter"]["must"][0]["key"] == "until"
    assert (method, path, how) == ("POST", "/points", {}), "read from any copy: a node may be down"
    assert asked["ids"] == [BUILDING]
    mine = {"filter": {"must": [{"key": "holder", "match": {"any": [point["payload"]["holder"]]}}]}}
    assert sent(double) == [("POST", "/points/delete", IN_ORDER, mine)]


@pytest.mark.fault("server: two hosts build at once", "the second says so")
def test_a_build_that_slept_does_not_publish_over_another(
    double: QdrantDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, other = of(double), of(double)
    with slept.building(dim=DIM):
        slept.check_held()
        now = time.time() + qdrant_versions.LEASE + 1
        with monkeypatch.context() as later:
            later.setattr(time, "time", lambda: now)
            entered = other.building(dim=DIM)
            entered.__enter__()
        awake = [True, False]
        slept._renew(SimpleNamespace(wait=lambda _: awake.pop()))  # type: ignore[arg-type]
        assert awake == []
        other.check_held()
        with pytest.raises(IndexBusy):
            slept.check_held()
    other.check_held()


@pytest.mark.fault("server: two hosts build at once", "the second says so")
def test_the_lease_of_a_build_that_is_killed_ends(double: QdrantDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it had begun; another build says for how long it is to wait."""
    killed = of(double).building(dim=DIM)
    killed.__enter__()
    of(double).prepare(newest=1)
    with pytest.raises(IndexBusy, match=r"in 1[12]\d s"), of(double).building(dim=DIM):
        pass
    monkeypatch.setattr(time, "time", lambda now=time.time() + qdrant_versions.LEASE + 1: now)
    with of(double).building(dim=DIM):
        pass


def test_a_version(double: QdrantDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdrant_server, "BATCH", 2)
    server, point = of(double), make_points()[1]
    with server.building(dim=DIM):
        sent(double)
        server.prepare(newest=1)
        states = tuple(np.full((2, 4), row, np.int8) for row in point.rows)
        server.send([SentPoint(point, "digest", states)], 2)
        server.send_file("words.json", b"{}", 2)
        server.end("chunk", ["gone"], 2)
        server.wait_until_indexed()
        server.publish("000002-x", ["000001-x", "000002-x"])
        server.prune([1, 2])
        made = sent(double)
    begun, ended, chunk, file, gone, indexed, published, pruned = made
    assert begun == (
        "POST",
        "/points/delete",
        WAITS,
        {"filter": {"must": [{"key": "from", "range": {"gt": 1}}]}},
    )
    between = {"key": "until", "range": {"gt": 1, "lt": qdrant_server.OPEN}}
    of_versions = {"key": "kind", "match": {"any": ["chunk", "file"]}}
    opened = {"payload": {"until": qdrant_server.OPEN}, "filter": {"must": [of_versions, between]}}
    assert ended == ("POST", "/points/payload", WAITS, opened)
    (record,) = chunk[3]["points"]
    assert chunk[:3] == ("PUT", "/points", WAITS)
    assert record["id"] == point_id("chunk", point.chunk.id, "digest", 2)
    assert record["vector"]["windows"] == point.vectors.tolist()
    assert record["vector"]["terms"] == {"indices": list(point.terms.indices), "values": list(point.terms.values)}
    payload = record["payload"]
    assert {name: payload[name] for name in ("kind", "key", "from", "until", "within", "tokens")} == {
        "kind": "chunk",
        "key": point.chunk.id,
        "from": 2,
        "until": qdrant_server.OPEN,
        "within": ["d1", "d1\x1fA", "d1\x1fA\x1fB"],
        "tokens": [2, 2],
    }
    assert base64.b64decode(payload["windows"]) == point.vectors.astype(np.float16).tobytes()
    assert base64.b64decode(payload["states"]) == np.concatenate(states).tobytes()
    assert file[:3] == ("PUT", "/points", WAITS)
    assert gone[:3] == ("POST", "/points/payload", WAITS)
    assert gone[3]["payload"] == {"until": 2}
    assert gone[3]["filter"]["must"] == [
        {"key": "kind", "match": {"any": ["chunk"]}},
        {"key": "key", "match": {"any": ["gone"]}},
        {"key": "from", "range": {"lt": 2}},
        {"key": "from", "range": {"lt": 2}},
        {"key": "until", "range": {"gt": 1}},
    ]
    assert indexed == ("GET", "", {}, {}), "the search graph is waited for before anybody sees the version"
    live = {"kind": "current", "live": "000002-x", "published": ["000001-x", "000002-x"]}
    assert published == ("PUT", "/points", IN_ORDER, {"points": [{"id": CURRENT, "vector": {}, "payload": live}]})
    kept = [{"must": [{"key": "from", "range": {"lt": n + 1}}, {"key": "until", "range": {"gt": n}}]} for n in (1, 2)]
    assert pruned == ("POST", "/points/delete", WAITS, {"filter": {"must": [of_versions], "must_not": kept}})


@pytest.mark.parametrize(
    ("size", "how"),
    [
        (100, {"exact": True}),
        (20_000, {"exact": False, "hnsw_ef": 512, "quantization": {"rescore": True, "oversampling": 2.0}}),
    ],
)
def test_a_question(double: QdrantDouble, size: int, how: Json) -> None:
    """Every vector is looked at in a small version; in a large one the graph, and what is small is scored again whole."""
    server, point = of(double), make_points()[1]
    with server.building(dim=DIM):
        server.send([SentPoint(point, "digest", tuple(np.zeros((2, 4), np.int8) for _ in point.rows))], 2)
    store = server.store(2, size=size)
    sent(double)
    store.search(point.vectors[0], wanted("token"), limit=5, scope=Scope(documents=("d1",)))
    store.fetch([point.chunk.id])
    asked, fetched = sent(double)
    where = [{"key": "kind", "match": {"any": ["chunk"]}}, {"key": "within", "match": {"any": ["d1"]}}]
    common = {"filter": {"must": [*where, *OF_VERSION_2]}, "limit": 5, "with_payload": ["key"]}
    terms = wanted("token")
    sparse = {"indices": list(terms.indices), "values": list(terms.values)}
    assert asked == (
        "POST",
        "/points/query/batch",
        {},
        {
            "searches": [
                {
                    "query": {"nearest": [point.vectors[0].tolist()]},
                    "using": "windows",
                    "params": how,
                    **common,
                },
                {"query": {"nearest": sparse}, "using": "terms", **common},
            ]
        },
    )
    assert fetched[:3] == ("POST", "/points/scroll", {})
    assert fetched[3]["filter"] == {
        "must": [where[0], {"key": "key", "match": {"any": [point.chunk.id]}}, *OF_VERSION_2]
    }
    assert (fetched[3]["with_payload"], fetched[3]["with_vector"]) == (True, False)
