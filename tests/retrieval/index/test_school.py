"""An index on a Qdrant server: against a double of its HTTP interface, and once more against QDRANT_URL where that is set."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from evals.datasets.questions import load_questions
from ingest.build import build
from retrieval.config import ROOT, Settings, load_settings
from retrieval.encoders.embedder import Encoded, FastEmbedder
from retrieval.errors import IndexBusy, IndexDamaged, IndexMissing, StoreUnavailable
from retrieval.hybrid import HybridRetriever
from retrieval.index import qdrant_server, qdrant_versions, versions
from retrieval.index.opened_index import open_index, stored_document
from retrieval.index.qdrant_server import Collection
from retrieval.index.qdrant_versions import ServerVersions
from retrieval.index.version_files import follower, number
from tests.conftest import QDRANT_URL, SMALL_COURSE, write_course
from tests.ingest.test_kills import Digests
from tests.qdrant_double import QdrantDouble


@pytest.fixture
def double() -> Iterator[QdrantDouble]:
    with QdrantDouble() as server:
        yield server


@pytest.fixture(params=["double", *(["server"] if QDRANT_URL else [])])
def school(request: pytest.FixtureRequest, tmp_path: Path, double: QdrantDouble) -> Iterator[Settings]:
    """Settings of the host that builds."""
    url = QDRANT_URL if request.param == "server" else double.url
    made = load_settings(
        corpus=write_course(tmp_path / "corpus", SMALL_COURSE),
        index_dir=tmp_path / "builder",
        data_dir=tmp_path / "data",
        qdrant_url=url,
        qdrant_collection=f"footnote-test-{secrets.token_hex(4)}",
    )
    yield made
    if request.param == "server":
        QdrantClient(url, api_key=made.qdrant_api_key or None).delete_collection(made.qdrant_collection)


def reader(school: Settings, name: str = "reader") -> Settings:
    """Another host: it has nothing but the address."""
    return school.model_copy(update={"index_dir": school.index_dir.with_name(name), "corpus": Path("/nowhere")})


@contextmanager
def opened(settings: Settings, embedder: FastEmbedder) -> Iterator[HybridRetriever]:
    if settings.qdrant_url:
        follower(settings).current(now=True)
    retriever = HybridRetriever(open_index(settings, embedder), embedder, settings)
    try:
        yield retriever
    finally:
        retriever.close()


def best(settings: Settings, embedder: FastEmbedder, query: str) -> str:
    with opened(settings, embedder) as retriever:
        return retriever.retrieve(query).hits[0].chunk.text


def change(school: Settings, words: str) -> None:
    write_course(school.corpus, {"notes/cats.txt": f"Cats\n\nCats sleep {words} hours a day.\n"})


def test_a_host_that_only_answers_needs_an_address(school: Settings, embedder: FastEmbedder) -> None:
    report = build(school, encoder=embedder)
    other = reader(school)
    assert "sixteen hours" in best(other, embedder, "how long do cats sleep")
    assert versions.current(other) == report.version
    fetched = {path.name for path in versions.folder_of(other, report.version).iterdir()}
    assert not fetched & {"pieces", "points.json"}, "what only builds need"
    with opened(other, embedder) as retriever:
        documents = {name: retriever.index.document(name).text for name in retriever.index.documents()}
    assert any("sixteen hours" in text for text in documents.values())
    assert stored_document(other, report.version, next(iter(documents))).text in documents.values()


def test_publishing_and_rolling_back(school: Settings, embedder: FastEmbedder) -> None:
    first = build(school, encoder=embedder).version
    change(school, "eighteen")
    second = build(school, encoder=embedder).version
    other = reader(school)
    assert "eighteen" in best(other, embedder, "how long do cats sleep")
    assert versions.rollback(other) == first
    assert "sixteen" in best(school, embedder, "how long do cats sleep")
    assert versions.versions(school) == [first, second]
    change(school, "twenty")
    third = build(school, encoder=embedder).version
    assert number(third) == 3
    assert "twenty" in best(other, embedder, "how long do cats sleep")
    versions.rollback(other)
    assert versions.current(school) == second or versions.current(other) == second


def test_only_what_is_new_is_sent(school: Settings, embedder: FastEmbedder, double: QdrantDouble) -> None:
    if school.qdrant_url != double.url:
        pytest.skip("counts requests")
    first = build(school, encoder=embedder)
    before, requests = double.sent_bytes, len(double.requests)
    assert not build(school, encoder=embedder).published
    assert not [path for method, path, _ in double.requests[requests:] if method == "PUT" and path.endswith("/index")]
    change(school, "eighteen")
    report = build(school, encoder=embedder)
    sent = [point for body in double.of("PUT", "/points") for point in body["points"]]
    chunks = [point["payload"] for point in sent if point["payload"]["kind"] == "chunk"]
    second = [payload for payload in chunks if payload["from"] == number(report.version)]
    assert len(chunks) == first.counts["chunks"] + 1
    assert ["eighteen" in payload["chunk"]["text"] for payload in second] == [True]
    assert report.embedded == 1
    assert double.sent_bytes - before < before / 2
    ended = [body for body in double.of("POST", "/points/payload") if body["payload"] == {"until": 2}]
    assert ended


def test_old_versions_are_pruned(school: Settings, embedder: FastEmbedder) -> None:
    two = school.model_copy(update={"keep_versions": 2})
    for words in ("one", "two", "three", "four"):
        change(school, words)
        build(two, encoder=embedder)
    server = ServerVersions(school)
    live, published = server.current()
    assert len(published) == 2
    held = list(server.store(number(live), size=0).all())
    everything = server._collection.client.count(school.qdrant_collection).count
    files = [
        record
        for record in server._collection.client.scroll(school.qdrant_collection, limit=1000)[0]
        if record.payload["kind"] == "file"
    ]
    assert everything == len(held) + 1 + len(files) + 1  # the cats of the version before, and what is current
    assert {record.payload["until"] > number(published[0]) for record in files} == {True}


@pytest.mark.fault("server: a build is killed", "nobody sees it, the next build removes it")
def test_a_killed_build_leaves_nothing(
    school: Settings, embedder: FastEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(school, encoder=embedder)
    change(school, "eighteen")
    with monkeypatch.context() as patched:
        patched.setattr(ServerVersions, "wait_until_indexed", lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            build(school, encoder=embedder)
    assert "sixteen" in best(reader(school), embedder, "how long do cats sleep"), "nobody sees what was not published"
    change(school, "nineteen")
    report = build(school, encoder=embedder)
    with opened(reader(school), embedder) as retriever:
        texts = [point.chunk.text for point in retriever.index.store.all()]
    assert len(texts) == report.counts["chunks"]
    assert not any("eighteen" in text for text in texts)
    records = ServerVersions(school)._collection.client.scroll(school.qdrant_collection, limit=1000)[0]
    assert not any("eighteen" in str(record.payload.get("chunk")) for record in records)


@pytest.mark.fault(
    "server: a build is killed before a request", "one whole version is seen, the next build mends the rest"
)
def test_a_build_may_be_killed_before_each_request(
    school: Settings, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Nothing that it would have sent later arrives, nor does it give its lease back."""
    build(school, encoder=Digests())
    change(school, "eighteen")
    tried = Collection.tried
    for requests in count(step=3):
        left = iter(range(requests))

        def until_killed(collection: Collection, request: Callable[[], object], left: Iterator[int] = left) -> object:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return tried(collection, request)

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(Collection, "tried", until_killed)
            patched.setattr(qdrant_versions, "LEASE", -5)  # seconds: whoever comes next does not wait
            build(school, encoder=Digests())
            break
        said = texts(reader(school), Digests())
        assert [words in " ".join(said) for words in ("sixteen", "eighteen")].count(True) == 1
    record_property("tries", requests // 3)
    assert requests > 20
    change(school, "twenty")
    report = build(school, encoder=Digests())
    said = texts(reader(school), Digests())
    assert len(said) == report.counts["chunks"]
    assert "twenty" in " ".join(said)


def texts(settings: Settings, encoder: FastEmbedder) -> list[str]:
    """Of all chunks that a host finds."""
    follower(settings).current(now=True)
    index = open_index(settings, encoder)
    found = [point.chunk.text for point in index.store.all()]
    index.close()
    return found


@pytest.mark.fault("server: two hosts build at once", "the second says so")
def test_one_builder_at_a_time_on_whatever_host(school: Settings, embedder: FastEmbedder) -> None:
    build(school, encoder=embedder)
    other = school.model_copy(update={"index_dir": school.index_dir.with_name("second-builder")})
    with ServerVersions(school).building(dim=384), pytest.raises(IndexBusy, match="on the Qdrant server"):
        build(other, encoder=embedder)
    change(school, "eighteen")
    report = build(other, encoder=embedder)
    assert report.embedded == 1, "what is on the server is not made again by another host"
    assert "eighteen" in best(reader(school), embedder, "how long do cats sleep")


@pytest.mark.fault("server: 503, 429, 500, 502, 504, 401", "sent again while that can help, then said")
def test_what_breaks_off_is_sent_again(
    school: Settings, embedder: FastEmbedder, double: QdrantDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    if school.qdrant_url != double.url:
        pytest.skip("makes requests fail")
    monkeypatch.setattr(qdrant_server, "FIRST_WAIT", 0.001)
    build(school, encoder=embedder)
    change(school, "eighteen")
    double.failures += [503, 429, 500, 502, 504]
    build(school, encoder=embedder)
    double.failures += [503]
    assert "eighteen" in best(reader(school), embedder, "how long do cats sleep")
    double.failures += [503] * 3
    with pytest.raises(StoreUnavailable, match="QDRANT_URL"):
        follower(reader(school)).current(now=True)
    double.failures[:] = [401]
    with pytest.raises(StoreUnavailable):
        follower(reader(school)).current(now=True)
    assert double.failures == [], "what will not pass is not tried again"


@pytest.mark.fault("server: a reader's file is damaged", "fetched again")
def test_a_damaged_file_of_a_reader_is_fetched_again(school: Settings, embedder: FastEmbedder) -> None:
    name, other = build(school, encoder=embedder).version, reader(school)
    assert "sixteen" in best(other, embedder, "how long do cats sleep")
    words = versions.folder_of(other, name) / "words.json"
    words.write_bytes(words.read_bytes()[:-1])
    with pytest.raises(IndexDamaged, match="words"):
        open_index(other, embedder)
    assert "sixteen" in best(other, embedder, "how long do cats sleep")
    versions.check_intact(other, name)


@pytest.mark.attack("a key or password in a message", "not told")
def test_passwords_are_not_told(double: QdrantDouble) -> None:
    url = double.url.replace("//", "//ann:secret-word@")
    settings = load_settings(qdrant_url=url, qdrant_api_key="secret-key", qdrant_collection="absent")
    double.failures += [401]
    with pytest.raises(StoreUnavailable) as caught:
        ServerVersions(settings).current()
    assert "secret" not in f"{caught.value} {caught.value.__cause__} {settings!r}"
    assert double.url.removeprefix("http://") in str(caught.value)
    with pytest.raises(IndexMissing, match="make index"):
        ServerVersions(settings).current()


@pytest.mark.fault("server: too old, or not there", "said with what to do")
def test_a_server_that_is_too_old_for_builds(school: Settings, embedder: FastEmbedder, double: QdrantDouble) -> None:
    if school.qdrant_url != double.url:
        pytest.skip("says another version than its own")
    double.version = "1.16.3"
    with pytest.raises(
        StoreUnavailable, match=r"is version 1\.16\.3, and a build needs 1\.17 or later.*Update the server"
    ):
        build(school, encoder=embedder)
    assert not double.of("PUT", "/collections/.*"), "nothing was written"
    for version in ("1.17.0", "2.0.0-dev", "unknown"):
        double.version = version
        build(school, encoder=embedder)


@pytest.mark.fault("server: too old, or not there", "said with what to do")
def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdrant_server, "FIRST_WAIT", 0.001)
    with pytest.raises(StoreUnavailable, match="QDRANT_URL"):
        ServerVersions(load_settings(qdrant_url="http://127.0.0.1:9")).current()


class Remembering(FastEmbedder):
    """Encodes a text once."""

    def __init__(self) -> None:
        super().__init__("footnote/study")
        self._known: dict[str, Encoded] = {}

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, super().stream(new), strict=True))
        return (self._known[text] for text in texts)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_same_top_ten_as_embedded_for_every_question_of_the_own_set(school: Settings) -> None:
    """With late interaction and all; also in a second version, of which a part was sent with the first."""
    encoder = Remembering()
    corpus = school.index_dir.with_name("course")
    shutil.copytree(ROOT / "corpus", corpus)
    here = school.model_copy(update={"corpus": corpus})
    embedded = here.model_copy(update={"qdrant_url": "", "index_dir": school.index_dir.with_name("embedded")})
    questions = [question.standalone or question.question for question in load_questions(ROOT / "evals" / "questions")]
    for edition in range(2):
        if edition:
            (corpus / "added.md").write_text("# Added\n\nA page that says something about tokens.\n", encoding="utf-8")
        for settings in (here, embedded):
            build(settings, encoder=encoder)
        with opened(reader(here), encoder) as one, opened(embedded, encoder) as other:
            differing = [text for text in questions if ids(one, text) != ids(other, text)]
        assert (edition, differing) == (edition, [])


def ids(retriever: HybridRetriever, text: str) -> list[str]:
    return [hit.chunk.id for hit in retriever.retrieve(text).hits]
