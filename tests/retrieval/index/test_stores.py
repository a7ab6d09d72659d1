"""One contract for every store: the embedded engine, the server's requests against qdrant-client's local mode, and against
a server where QDRANT_URL is set."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient
from rank_bm25 import BM25Okapi

from retrieval.config import Settings, load_settings
from retrieval.errors import StoreUnavailable
from retrieval.index.bm25 import K1, B, chunk_terms, fit, idf, query_terms
from retrieval.index.qdrant_edge import EdgeStore, EdgeWriter, PrivateCopy
from retrieval.index.qdrant_server import SentPoint, ServerStore, connect
from retrieval.index.qdrant_versions import ServerVersions
from retrieval.index.store import Point, SparseTerms, Store
from retrieval.index.version_files import checksum
from retrieval.text.tokenize import terms
from retrieval.types import Chunk, Scope, Unit, Window
from tests.conftest import QDRANT_URL

DIM = 8
TEXTS = [
    "a token is a piece of text",
    "output tokens cost more than input tokens",
    "cats sleep all day",
    "embedding turns text into a vector",
]


STATISTICS = fit([terms(text) for text in TEXTS])


def wanted(text: str) -> SparseTerms:
    return query_terms(text, STATISTICS)


def make_points() -> list[Point]:
    random = np.random.default_rng(7)
    found = [terms(text) for text in TEXTS]
    points = []
    for number, text in enumerate(TEXTS):
        vectors = random.normal(size=(number % 3 + 1, DIM)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        chunk = Chunk(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, text)),
            document_id="d1" if number < 2 else "d2",
            document_title="Title",
            section=("A", "B") if number % 2 else ("A",),
            start=0,
            end=len(text),
            text=text,
            units=(Unit("sentence", 0, len(text), "lead"),),
            windows=tuple(Window(0, len(text)) for _ in vectors),
        )
        rows = tuple(range(10 * number, 10 * number + len(vectors)))
        points.append(Point(chunk, vectors, chunk_terms(found[number], STATISTICS.average_length), rows))
    return points


def edge_store(folder: Path, points: list[Point]) -> Store:
    writer = EdgeWriter(folder / "points", dim=DIM)
    writer.add(points)
    writer.finish()
    return opened_edge(folder)


def opened_edge(folder: Path) -> EdgeStore:
    points = folder / "points"
    files = [path for path in points.rglob("*") if path.is_file()]
    expected = {path.relative_to(points).as_posix(): checksum(path) for path in files}
    return EdgeStore(PrivateCopy(points, folder, expected=expected))


def local_store(_: Path, points: list[Point]) -> Store:
    return sent(load_settings(qdrant_url="http://127.0.0.1:1"), QdrantClient(":memory:"), points)


def server_store(_: Path, points: list[Point]) -> Store:
    settings = load_settings(qdrant_url=QDRANT_URL, qdrant_collection="footnote-test-contract")
    client = connect(settings)
    client.delete_collection(settings.qdrant_collection)
    return sent(settings, client, points)


def sent(settings: Settings, client: QdrantClient, points: list[Point]) -> Store:
    """As the second version; the first had other points."""
    server = ServerVersions(settings, client=client)
    with server.building(dim=DIM):
        other = replace(points[0], chunk=replace(points[0].chunk, id=str(uuid.uuid4()), text="an older token"))
        server.send([SentPoint(other, "older"), SentPoint(points[1], "same")], 1)
        server.end("chunk", [other.chunk.id], 2)
        states = [tuple(np.full((2, 4), row, np.int8) for row in point.rows) for point in points]
        new = [SentPoint(one, "new", held) for one, held in zip(points, states, strict=True)]
        server.send([one for one in new if one.point.chunk.id != points[1].chunk.id], 2)
    return server.store(2, size=len(points))


STORES = [edge_store, local_store, *([server_store] if QDRANT_URL else [])]


@pytest.fixture(params=STORES, ids=lambda make: make.__name__.split("_")[0])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    make: Callable[[Path, list[Point]], Store] = request.param
    opened = make(tmp_path, make_points())
    yield opened
    opened.close()


def test_dense_scores_are_the_best_window_cosine(store: Store) -> None:
    points = make_points()
    query = points[1].vectors[1]
    expected = {point.chunk.id: float(np.max(point.vectors @ query)) for point in points}
    dense, _ = store.search(query, wanted(""), limit=10, scope=Scope())
    assert {item.id: pytest.approx(item.score, abs=1e-5) for item in dense} == expected
    assert [item.score for item in dense] == sorted((item.score for item in dense), reverse=True)


@pytest.mark.parametrize("query", ["token text", "tokens", "cats and a vector of text"])
def test_lexical_scores_are_those_of_rank_bm25(store: Store, query: str) -> None:
    found = [terms(text) for text in TEXTS]
    oracle = BM25Okapi(found, k1=K1, b=B)
    oracle.idf = {term: idf(len(found), sum(term in chunk for chunk in found)) for chunk in found for term in chunk}
    scores = oracle.get_scores(terms(query))
    expected = {point.chunk.id: score for point, score in zip(make_points(), scores, strict=True) if score > 0}
    _, lexical = store.search(make_points()[0].vectors[0], wanted(query), limit=10, scope=Scope())
    assert {item.id: item.score for item in lexical} == pytest.approx(expected, rel=1e-5)


def test_words_that_occur_nowhere_find_nothing_by_words(store: Store) -> None:
    _, lexical = store.search(make_points()[0].vectors[0], wanted("zebra"), limit=10, scope=Scope())
    assert lexical == []


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        (Scope(), 4),
        (Scope(documents=("d1",)), 2),
        (Scope(sections=(("d1", "A", "B"),)), 1),
        (Scope(documents=("d1",), sections=(("d2", "A", "B"),)), 3),
        (Scope(documents=("absent",)), 0),
    ],
)
def test_scope(store: Store, scope: Scope, count: int) -> None:
    dense, _ = store.search(make_points()[0].vectors[0], wanted("token"), limit=10, scope=scope)
    assert len(dense) == count


def test_limit(store: Store) -> None:
    dense, lexical = store.search(make_points()[0].vectors[0], wanted("token text"), limit=1, scope=Scope())
    assert len(dense) == len(lexical) == 1


def test_fetch_and_all_give_back_what_was_added(store: Store) -> None:
    points = {point.chunk.id: point for point in make_points()}
    fetched = store.fetch([*points, str(uuid.uuid4())])
    assert {key: one.chunk for key, one in fetched.items()} == {key: point.chunk for key, point in points.items()}
    everything = {point.chunk.id: point for point in store.all()}
    for key, point in everything.items():
        if isinstance(store, ServerStore):  # its rows are of this process; what stands in them is what was sent
            assert np.allclose(store.rows[fetched[key].rows], points[key].vectors, atol=1e-3)
        else:
            assert point.rows == fetched[key].rows == points[key].rows
    assert all(np.allclose(everything[key].vectors, points[key].vectors, atol=1e-6) for key in points)
    assert store.count() == len(points)
    assert store.fetch([]) == {}


def test_both_stores_rank_alike(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    (tmp_path / "a").mkdir()
    edge, server = edge_store(tmp_path / "a", make_points()), local_store(tmp_path, make_points())
    for text in ("token text", "cats", "cost of a vector", "nothing known"):
        query = random.normal(size=DIM).astype(np.float32)
        query /= np.linalg.norm(query)
        one = edge.search(query, wanted(text), limit=4, scope=Scope())
        other = server.search(query, wanted(text), limit=4, scope=Scope())
        for ours, theirs in zip(one, other, strict=True):
            assert [item.id for item in ours] == [item.id for item in theirs]
    edge.close()
    server.close()


@pytest.mark.fault("the native engine fails or panics", "said in words, no copy left")
def test_storage_that_the_engine_cannot_open_is_a_clear_error(tmp_path: Path) -> None:
    """Also where it panics, which is no Exception: an empty status file."""
    edge_store(tmp_path, make_points()).close()
    for damaged in ("status.dat", "segment.json"):
        for path in (tmp_path / "points").rglob(damaged):
            path.write_bytes(b"")
        with pytest.raises(StoreUnavailable, match="make index"):
            opened_edge(tmp_path)
        assert copies(tmp_path) == []


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "open").iterdir() if path.name != "LOCK")


def test_opening_leaves_the_finished_folder_untouched(tmp_path: Path) -> None:
    edge_store(tmp_path, make_points()).close()
    before = {path: path.read_bytes() for path in (tmp_path / "points").rglob("*") if path.is_file()}
    opened = opened_edge(tmp_path)
    opened.search(make_points()[0].vectors[0], wanted("token"), limit=3, scope=Scope())
    opened.close()
    assert {path: path.read_bytes() for path in (tmp_path / "points").rglob("*") if path.is_file()} == before
    assert copies(tmp_path) == []
