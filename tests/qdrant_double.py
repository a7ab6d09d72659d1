"""A Qdrant server for tests: the HTTP interface, as far as Footnote uses it, over qdrant-client's own in-memory engine.

It keeps every request, and can be told to fail. What it cannot show (shards, copies, search graphs, load) needs a real
server: with QDRANT_URL set, `tests/retrieval/index/test_school.py` uses that one instead.
"""

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

Json = dict[str, Any]
_CONDITIONS = TypeAdapter(models.Filter)


class QdrantDouble:
    """`requests`: (method, path, body) of each, `queries`: what stood behind the question mark of each; `failures`: statuses that
    the next requests are answered with."""

    def __init__(self) -> None:
        self.engine = QdrantClient(":memory:")
        self.requests: list[tuple[str, str, Json]] = []
        self.queries: list[dict[str, list[str]]] = []
        self.failures: list[int] = []
        self.sent_bytes = 0
        self.version = "1.19.1"
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"double": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "QdrantDouble":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, method: str, pattern: str) -> list[Json]:
        """The bodies of requests to paths that end so."""
        return [body for made, path, body in self.requests if made == method and re.search(f"{pattern}$", path)]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Json) -> tuple[int, Any]:
        with self._lock:
            self.requests.append((method, path, body))
            self.queries.append(query)
            if self.failures:
                return self.failures.pop(0), None
            if path == "/":
                return 200, {"title": "qdrant - vector search engine", "version": self.version}
            for made, pattern, respond in _ROUTES:
                if made == method and (found := re.fullmatch(pattern, path)):
                    try:
                        return 200, respond(self.engine, found[1], body)
                    except ValueError:  # no such collection
                        return 404, None
        return 404, None


class _Handler(BaseHTTPRequestHandler):
    double: QdrantDouble
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.double.sent_bytes += len(data)
        parts = urlsplit(self.path)
        status, result = self.double.answer(self.command, parts.path, parse_qs(parts.query), json.loads(data or b"{}"))
        said = (
            result
            if parts.path == "/" and result
            else {"result": result, "status": "ok" if status == 200 else {"error": f"status {status}"}, "time": 0.0}
        )
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _respond

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _filter(data: Json | None) -> models.Filter | None:
    return None if data is None else _CONDITIONS.validate_python(data)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else value


_DONE = {"operation_id": 0, "status": "completed"}


def _create(engine: QdrantClient, name: str, body: Json) -> bool:
    engine.create_collection(
        name,
        vectors_config={key: models.VectorParams(**value) for key, value in body["vectors"].items()},
        sparse_vectors_config={
            key: models.SparseVectorParams(**value) for key, value in body["sparse_vectors"].items()
        },
    )
    return True


def _upsert(engine: QdrantClient, name: str, body: Json) -> Json:
    points = [models.PointStruct(**point) for point in body["points"]]
    mode = models.UpdateMode(body["update_mode"]) if body.get("update_mode") else None
    engine.upsert(name, points, update_filter=_filter(body.get("update_filter")), update_mode=mode)
    return _DONE


def _payload(engine: QdrantClient, name: str, body: Json) -> Json:
    where = _filter(body.get("filter"))
    engine.set_payload(name, body["payload"], body["points"] if where is None else where)
    return _DONE


def _delete(engine: QdrantClient, name: str, body: Json) -> Json:
    where = _filter(body.get("filter"))
    engine.delete(name, body["points"] if where is None else models.FilterSelector(filter=where))
    return _DONE


def _query(engine: QdrantClient, name: str, body: Json) -> list[Json]:
    found = engine.query_batch_points(name, [models.QueryRequest(**one) for one in body["searches"]])
    return [_plain(one) for one in found]


def _scroll(engine: QdrantClient, name: str, body: Json) -> Json:
    records, offset = engine.scroll(
        name,
        _filter(body.get("filter")),
        limit=body.get("limit", 10),
        offset=body.get("offset"),
        with_payload=body.get("with_payload", True),
        with_vectors=body.get("with_vector", False),
    )
    return {"points": [_plain(record) for record in records], "next_page_offset": offset}


def _retrieve(engine: QdrantClient, name: str, body: Json) -> list[Json]:
    return [_plain(record) for record in engine.retrieve(name, body["ids"], with_payload=True)]


def _count(engine: QdrantClient, name: str, body: Json) -> Json:
    return {"count": engine.count(name, _filter(body.get("filter"))).count}


_ROUTES: list[tuple[str, str, Callable[[QdrantClient, str, Json], Any]]] = [
    ("GET", "/collections/([^/]+)/exists", lambda engine, name, _: {"exists": engine.collection_exists(name)}),
    ("GET", "/collections/([^/]+)", lambda engine, name, _: _plain(engine.get_collection(name))),
    ("PUT", "/collections/([^/]+)", _create),
    ("PUT", "/collections/([^/]+)/index", lambda *_: _DONE),
    ("PUT", "/collections/([^/]+)/points", _upsert),
    ("POST", "/collections/([^/]+)/points", _retrieve),
    ("POST", "/collections/([^/]+)/points/payload", _payload),
    ("POST", "/collections/([^/]+)/points/delete", _delete),
    ("POST", "/collections/([^/]+)/points/query/batch", _query),
    ("POST", "/collections/([^/]+)/points/scroll", _scroll),
    ("POST", "/collections/([^/]+)/points/count", _count),
]
