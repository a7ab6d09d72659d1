"""Spans, as a collector in this process receives them over OTLP/HTTP; and nothing at all without an endpoint."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.answering.engine import Engine
from app.answering.services import open_services
from app.answering.tracing import Tracer, traces_url
from app.types import Answer, Question, Usage
from retrieval.config import ROOT, Settings
from retrieval.encoders.embedder import FastEmbedder
from tests.app.scripted_writer import done

ANSWER = Answer(
    text="Secret words.",
    footnotes=(),
    confidence=0.75,
    writer="Claude",
    model="claude-sonnet-5-5",
    usage=Usage(1000, 50, 200, 30, cost=0.0123),
    timings_ms={"rewriting": 5.0, "retrieval": 10.0, "writing": 100.0, "total": 120.0},
    trace={"index": "v1", "stages": [["embed", 2.0, 0], ["search", 4.0, 200]]},
)


@dataclass
class Collector:
    """Keeps what is sent. Requests are decoded by the protocol's own messages."""

    url: str = ""
    spans: list[Any] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def named(self, name: str) -> Any:
        (span,) = [span for span in self.spans if span.name == name]
        return span


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.paths.append(self.path)
            for part in ExportTraceServiceRequest.FromString(body).resource_spans:
                kept.resources.append({pair.key: pair.value.string_value for pair in part.resource.attributes})
                kept.spans += [span for scope in part.scope_spans for span in scope.spans]
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


def values(span: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


def test_an_answer_becomes_spans_with_its_times(collector: Collector) -> None:
    began = time.time_ns()
    tracer = Tracer(collector.url)
    assert tracer
    tracer.record(ANSWER, began=began)
    tracer.close()
    assert collector.paths == ["/v1/traces"]
    root = collector.named("answer")
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (began, began + 120_000_000)
    children = [span.name for span in collector.spans if span.parent_span_id == root.span_id]
    assert sorted(children) == ["retrieval", "rewriting", "writing"]
    retrieval = collector.named("retrieval")
    assert retrieval.start_time_unix_nano == began + 5_000_000
    assert retrieval.end_time_unix_nano == began + 15_000_000
    search = collector.named("search")
    assert search.parent_span_id == retrieval.span_id
    assert search.start_time_unix_nano == began + 7_000_000
    assert values(search) == {"footnote.candidates": 200}
    assert len({span.trace_id for span in collector.spans}) == 1
    assert collector.resources[0]["service.name"] == "footnote"


def test_it_carries_figures_and_no_words(collector: Collector) -> None:
    tracer = Tracer(collector.url)
    assert tracer
    tracer.record(ANSWER, began=time.time_ns())
    tracer.close()
    found = values(collector.named("answer"))
    assert found["gen_ai.usage.input_tokens"] == 1230
    assert found["gen_ai.usage.output_tokens"] == 50
    assert found["gen_ai.response.model"] == "claude-sonnet-5-5"
    assert found["footnote.cost"] == 0.0123
    assert found["footnote.index"] == "v1"
    assert found["footnote.confidence"] == 0.75
    assert not any("Secret" in str(value) for span in collector.spans for value in values(span).values())


def test_an_answer_that_did_not_come_is_an_error(collector: Collector) -> None:
    tracer = Tracer(collector.url)
    assert tracer
    tracer.record(None, began=time.time_ns(), failure="StoreUnavailable")
    tracer.close()
    root = collector.named("answer")
    assert (root.status.code, root.status.message) == (2, "StoreUnavailable")


def test_the_service_can_be_named(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "course-42")
    tracer = Tracer(collector.url)
    assert tracer
    tracer.record(ANSWER, began=time.time_ns())
    tracer.close()
    assert collector.resources[0]["service.name"] == "course-42"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://host:4318", "http://host:4318/v1/traces"),
        ("http://host:4318/", "http://host:4318/v1/traces"),
        (" http://host/otel/v1/traces ", "http://host/otel/v1/traces"),
    ],
)
def test_where_spans_go(endpoint: str, url: str) -> None:
    assert traces_url(endpoint) == url


def test_a_collector_that_is_away_costs_no_answer_and_no_log(capfd: pytest.CaptureFixture[str]) -> None:
    tracer = Tracer("http://127.0.0.1:9", seconds=0.3)
    assert tracer
    begun = time.monotonic()
    for _ in range(100):
        tracer.record(ANSWER, began=time.time_ns())
    assert time.monotonic() - begun < 1.0
    tracer.close()
    assert time.monotonic() - begun < 4.0
    assert capfd.readouterr() == ("", "")


def test_the_engine_sends_one_trace_an_answer(
    course_settings: Settings, embedder: FastEmbedder, tmp_path: Path, collector: Collector
) -> None:
    changed = {"data_dir": tmp_path / "data", "otlp_endpoint": collector.url}
    settings = course_settings.model_copy(update=changed)
    engine = Engine(settings, embedder, open_services(settings, embedder))
    question = Question("How long do cats sleep?")
    done(engine.answer(question))
    done(engine.answer(question))
    stopped = engine.answer(Question("What is a token?"))
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    engine.close()
    roots = [span for span in collector.spans if not span.parent_span_id]
    assert [values(span).get("footnote.cached") for span in roots[:2]] == [False, True]
    assert [span.status.message for span in roots] == ["", "", "stopped"]
    names = {span.name for span in collector.spans if span.trace_id == roots[0].trace_id}
    assert {"answer", "retrieval", "writing", "embed", "search"} <= names


def test_without_an_endpoint_nothing_is_imported(course_settings: Settings, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.answering.engine import open_engine\n"
        "from app.types import Question\n"
        "from retrieval.config import load_settings\n"
        "engine = open_engine(load_settings())\n"
        "list(engine.answer(Question('How long do cats sleep?')))\n"
        "engine.close()\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'opentelemetry', 'anthropic', 'llama_index'}))\n"
    )
    environment = {
        "PATH": "",
        "INDEX_DIR": str(course_settings.index_dir),
        "DATA_DIR": str(tmp_path / "data"),
        "WRITER": "excerpts",
        "EMBEDDING_MODEL": course_settings.embedding_model,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}",
    }
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "[]", "")
