"""Real parts shared by the tests: the bundled model (loaded once), and a small course indexed once a session."""

import gc
import os
import runpy
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from ingest.build import build
from ingest.index.fingerprint import MEMO, reader_digest
from retrieval.config import Settings, load_settings
from retrieval.encoders import embedder as embedding
from retrieval.encoders.cross_encoder import CrossEncoder
from retrieval.encoders.embedder import FastEmbedder
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.index.version_files import copy
from tests.fake_messages_api import FakeMessagesApi

pytest_plugins = ["tests.outcomes"]
hypothesis_settings.register_profile("footnote", deadline=None)  # what must be fast has a test of its time
hypothesis_settings.load_profile("footnote")
os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
_OFFLINE = Path(__file__).parent / "offline"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_OFFLINE), os.environ.get("PYTHONPATH", "")]))
runpy.run_path(str(_OFFLINE / "sitecustomize.py"))
# a server is for the tests of servers alone; whatever else is indexed stays here
QDRANT_URL = os.environ.setdefault("TEST_QDRANT_URL", os.environ.pop("QDRANT_URL", ""))
CUT_OFF = not QDRANT_URL and runpy.run_path(str(_OFFLINE / "namespace.py"))["enter"]()
MEMORY, ROOM = "/dev/shm", 4 << 30  # a disk in memory: on another a build waits as long again as it works
if os.path.isdir(MEMORY) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(MEMORY).free > ROOM:
    tempfile.tempdir = os.environ.setdefault("TMPDIR", MEMORY)
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

SMALL_COURSE = {
    "tokens.md": """# Tokens

A token is a piece of text that a model reads as one unit. On average a token is three quarters of a word.

## Price

Output tokens cost more than input tokens. The bill counts both, and the whole conversation is sent again each turn.

| model | input | output |
| --- | --- | --- |
| small | $0.10 | $0.50 |
| large | $4.00 | $20.00 |
""",
    "search.md": """# Search

## Lexical search

BM25 ranks documents by the words they share with the query. Rare words count more than common ones.

## Vector search

An embedding turns a text into a vector. Texts that mean the same lie close together, whatever words they use.

1. Split the documents into chunks.
2. Embed every chunk.
3. Compare the query's vector with all of them.

```python
def cosine(a, b):
    return a @ b / (norm(a) * norm(b))
```
""",
    "notes/cats.txt": """Cats

Cats sleep up to sixteen hours a day. They hunt at dawn and at dusk.
""",
}


gc.disable()  # while everything is imported
ssl.create_default_context = lru_cache(ssl.create_default_context)  # or each client reads the machine's certificates


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What was imported stays: no collection of garbage looks at it again, which took a tenth of the time."""
    gc.freeze()
    gc.enable()


PAGES = ("tests/app/web/browser/", "tests/app/web/walks/")  # each shares a browser, and waits more than it works


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker takes a file at a time, those of a folder that shares a browser as one."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            own = str(super()._split_scope(nodeid))
            return next((pages for pages in PAGES if nodeid.startswith(pages)), own)

    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: not item.nodeid.startswith(PAGES))


def know_parsers(index_dir: Path) -> None:
    """Leaves there what the parsers make of their probes, as a build does: a process takes seconds to find out."""
    index_dir.mkdir(parents=True, exist_ok=True)
    reader_digest(index_dir / MEMO)


def write_course(folder: Path, files: dict[str, str]) -> Path:
    """Writes files below `folder` and returns it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def copy_folder(source: Path, target: Path, *without: str) -> None:
    """Leaves the holes of a store's files as they are: the files are far larger than what they hold."""
    shutil.copytree(
        source,
        target,
        ignore=shutil.ignore_patterns(*without),
        copy_function=lambda one, other: copy(Path(one), Path(other)),
        dirs_exist_ok=True,
    )


_States, _model, _states = embedding._States, lru_cache(embedding._load), lru_cache(embedding._States)
_encoded = lru_cache(maxsize=2_000)(_States._encode)
_score = CrossEncoder.score
_scored = lru_cache(maxsize=2_000)(lambda reader, query, text: _score(reader, query, [text])[0])


@pytest.fixture(autouse=True)
def models_read_a_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundled model is loaded once and encodes a text once, for all tests but its own: it gives the same each time."""
    monkeypatch.setattr(embedding, "_load", _model)
    monkeypatch.setattr(embedding, "_States", _states)
    monkeypatch.setattr(_States, "_encode", lambda *given: _encoded(*given))
    monkeypatch.setattr(
        CrossEncoder, "score", lambda reader, query, texts: [_scored(reader, query, text) for text in texts]
    )


@pytest.fixture(scope="session")
def embedder() -> FastEmbedder:
    return FastEmbedder("footnote/study")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over empty folders of the test's own."""
    return load_settings(
        corpus=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data", anthropic_api_key=""
    )


@pytest.fixture(scope="session")
def course_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a small course that is already indexed. Read only."""
    folder = tmp_path_factory.mktemp("course")
    settings = load_settings(
        corpus=write_course(folder / "corpus", SMALL_COURSE),
        index_dir=folder / "index",
        data_dir=folder / "data",
        anthropic_api_key="",
    )
    build(settings)
    return settings


@pytest.fixture(scope="session")
def retriever(course_settings: Settings) -> Iterator[HybridRetriever]:
    opened = open_retriever(course_settings)
    yield opened
    opened.close()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMessagesApi]:
    """A server of this test's own that speaks the Messages API."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeMessagesApi() as server:
        yield server
