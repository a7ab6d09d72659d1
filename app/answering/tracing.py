"""How an answer was made: its times, its trace, and both as OpenTelemetry spans, sent by OTLP over HTTP where an endpoint is set
(the only importer of opentelemetry).

An answer already carries the times of its steps, so its spans are made from it once it is there; nothing is measured
twice and nothing waits for the collector. Spans carry figures, names and versions, no words of a question or an
answer. Without an endpoint nothing is imported and nothing is sent. Headers for the collector and the service's name
come from the standard variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME).
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.query.standalone import Standalone
from app.query.subquestions import SubQuestions
from app.types import Answer, Searched
from retrieval.types import Retrieval

if TYPE_CHECKING:
    from opentelemetry.trace import Span

SECONDS = 3.0  # to wait for the collector; what it does not take in that time is dropped
MILLISECOND = 1_000_000  # nanoseconds
Value = str | bool | int | float


class Clock:
    """Milliseconds since the start and between marks."""

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self._marks: dict[str, float] = {}

    def mark(self, name: str) -> None:
        now = time.perf_counter()
        self._marks[name] = (now - self._last) * 1000.0
        self._last = now

    @property
    def timings(self) -> Mapping[str, float]:
        return {**self._marks, "total": (time.perf_counter() - self._begun) * 1000.0}


def trace_of(retrieval: Retrieval, asked: Standalone, sub_questions: SubQuestions) -> Mapping[str, object]:
    """What was searched for and found."""
    return {
        "index": retrieval.version,
        "query": retrieval.query,
        "query_by": asked.by,
        **({"queries": [found.query for found in sub_questions.retrievals]} if sub_questions.retrievals else {}),
        "features": dict(retrieval.features),
        "stages": [[stage.name, round(stage.ms, 2), stage.count] for stage in retrieval.stages],
        "hits": [[hit.chunk.id, hit.chunk.place, round(hit.fused, 4)] for hit in retrieval.hits],
    }


def searched_again(searched: Searched) -> Mapping[str, object]:
    """A search of the writer's own, with what the request that led to it took."""
    return {
        "query": searched.query,
        "passages": [passage.place for passage in searched.passages],
        "input_tokens": searched.usage.read_tokens,
        "output_tokens": searched.usage.output_tokens,
        "cost": searched.usage.cost,
    }


class Tracer:
    """Sends spans to `endpoint`/v1/traces. One of its own: the process's global tracing is left alone."""

    def __init__(self, endpoint: str, *, seconds: float = SECONDS) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # a collector that is away is the operator's matter, not a page of log for every answer
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource({SERVICE_NAME: "footnote"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=traces_url(endpoint), timeout=seconds)
        self._milliseconds = round(seconds * 1000)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=self._milliseconds))
        self._tracer = self._provider.get_tracer("footnote")

    def record(self, answer: Answer | None, *, began: int, failure: str = "") -> None:
        """One answer that began `began` nanoseconds after 1970; without an answer, what ended it."""
        root = self._start("answer", began)
        if answer is None:
            from opentelemetry.trace import Status, StatusCode

            root.set_status(Status(StatusCode.ERROR, failure))
            root.end()
            return
        root.set_attributes(attributes(answer))
        self._steps(root, answer, began)
        root.end(began + round(answer.timings_ms.get("total", 0.0) * MILLISECOND))

    def close(self) -> None:
        """Sends what is not sent yet, for as long as the collector is waited for."""
        self._provider.force_flush(self._milliseconds)
        self._provider.shutdown()

    def _steps(self, parent: "Span", answer: Answer, at: int) -> None:
        """One step after the other; those of the retrieval once more one level down."""
        for name, ms in answer.timings_ms.items():
            if name == "total":
                continue
            step = self._start(name, at, parent)
            if name == "retrieval":
                self._stages(step, answer.trace.get("stages"), at)
            at += round(ms * MILLISECOND)
            step.end(at)

    def _stages(self, parent: "Span", stages: object, at: int) -> None:
        for name, ms, count in stages if isinstance(stages, Sequence) else ():
            stage = self._start(str(name), at, parent)
            stage.set_attribute("footnote.candidates", count)
            at += round(ms * MILLISECOND)
            stage.end(at)

    def _start(self, name: str, at: int, parent: "Span | None" = None) -> "Span":
        from opentelemetry.trace import set_span_in_context

        return self._tracer.start_span(name, start_time=at, context=set_span_in_context(parent) if parent else None)


def traces_url(endpoint: str) -> str:
    """`http://host:4318` -> `http://host:4318/v1/traces`; an address that has the path already stays."""
    base = endpoint.strip().rstrip("/")
    return base if base.endswith("/v1/traces") else f"{base}/v1/traces"


def attributes(answer: Answer) -> dict[str, Value]:
    """What is known of an answer, without its words; tokens by OpenTelemetry's names for language models."""
    usage = answer.usage
    found: dict[str, Value] = {
        "footnote.index": str(answer.trace.get("index", "")),
        "footnote.writer": answer.writer,
        "footnote.refused": answer.refused,
        "footnote.partial": answer.partial,
        "footnote.cached": answer.given_before,
        "footnote.confidence": answer.confidence,
        "footnote.footnotes": len(answer.footnotes),
        "footnote.dropped": answer.dropped,
        "footnote.notices": len(answer.notices),
        "footnote.cost": usage.cost,
        "gen_ai.usage.input_tokens": usage.read_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
    }
    return found | ({"gen_ai.response.model": answer.model} if answer.model else {})
