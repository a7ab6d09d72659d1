"""What the local Messages API says: the steps of a script, and replies, batches and models in the service's form."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from retrieval.text.tokenize import count_tokens

Json = dict[str, Any]
Break = Literal["", "cut", "end", "error", "hang", "pings"]


@dataclass(frozen=True)
class Cite:
    """A citation of blocks `start` to `end` of the n-th search result (from 0); what is given replaces what is true."""

    result: int
    start: int
    end: int
    source: str | None = None
    cited_text: str | None = None


@dataclass(frozen=True)
class Say:
    """A text block, streamed `step` characters at a time, with its citations before or after the text."""

    text: str
    cites: tuple[Cite, ...] = ()
    step: int = 9
    cites_first: bool = False


@dataclass(frozen=True)
class Use:
    """A tool call; its input is streamed in pieces."""

    given: Json
    name: str = "search_course"
    id: str = "toolu_1"


@dataclass(frozen=True)
class Answer:
    """A streamed reply. `broken`: what happens after `after` events instead of the rest."""

    says: tuple[Say | Use, ...]
    stop_reason: str | None = "end_turn"
    broken: Break = ""
    after: int = 0
    thinking: str = ""
    late: float = 0.0  # seconds before the first event


@dataclass(frozen=True)
class Status:
    """An error response."""

    code: int
    error: str = "api_error"
    message: str = "something went wrong"
    headers: tuple[tuple[str, str], ...] = (("retry-after-ms", "10"),)


@dataclass(frozen=True)
class Body:
    """A successful response with any body."""

    body: bytes = b""
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Silence:
    """A request that is accepted and never answered."""


@dataclass(frozen=True)
class Expired:
    """A request of a batch that the service did not come to."""


Step = Answer | Status | Body | Silence | Expired


@dataclass
class Batch:
    """Requests that are answered together; each takes a step of the script when the batch ends."""

    requests: list[Json]
    looked: int = 0
    cancelled: bool = False
    results: list[Json] = field(default_factory=list)


def answer(*says: str | Say | Use, **options: Any) -> Answer:
    """An answer of plain texts, blocks with citations, and tool calls."""
    return Answer(tuple(Say(say) if isinstance(say, str) else say for say in says), **options)


def prompt_blocks(body: Json) -> list[Json]:
    """All blocks of a request in the order in which prefixes are made of them; those of a tool's result for themselves."""
    system = body.get("system", [])
    blocks: list[Json] = [{"type": "text", "text": system}] if isinstance(system, str) else list(system)
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            blocks += block["content"] if block["type"] == "tool_result" else [block]
    return blocks


def search_results(body: Json) -> list[Json]:
    return [block for block in prompt_blocks(body) if block["type"] == "search_result"]


def events(step: Answer, body: Json, usage: Json) -> Iterator[Json]:
    """The events of a reply, as the service sends them."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    start = {**message, "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    if step.thinking:
        yield from _block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            [
                {"type": "thinking_delta", "thinking": step.thinking},
                {"type": "signature_delta", "signature": "c2ln"},
            ],
        )
    for index, say in enumerate(step.says, start=bool(step.thinking)):
        if isinstance(say, Use):
            given = json.dumps(say.given)
            pieces = [
                {"type": "input_json_delta", "partial_json": given[at : at + 7]} for at in range(0, len(given), 7)
            ]
            yield from _block(index, {"type": "tool_use", "id": say.id, "name": say.name, "input": {}}, pieces)
            continue
        texts = [
            {"type": "text_delta", "text": say.text[at : at + say.step]} for at in range(0, len(say.text), say.step)
        ]
        cites = [{"type": "citations_delta", "citation": citation(cite, body)} for cite in say.cites]
        block: Json = {"type": "text", "text": "", **({"citations": []} if cites else {})}
        yield from _block(index, block, [*cites, *texts] if say.cites_first else [*texts, *cites])
    written = [json.dumps(say.given) if isinstance(say, Use) else say.text for say in step.says]
    told = count_tokens(" ".join((step.thinking, *written)))
    delta = {"stop_reason": step.stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": told}}
    yield {"type": "message_stop"}


def message_of(step: Answer, body: Json, usage: Json) -> Json:
    """A whole reply, as in a batch's results."""
    texts = [say.text for say in step.says if isinstance(say, Say)]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text, "citations": None} for text in texts],
        "stop_reason": step.stop_reason,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": count_tokens("".join(texts)), "service_tier": "batch"},
    }


def batch_state(name: str, batch: Batch, url: str) -> Json:
    """A batch as the service describes it."""
    ended = bool(batch.results)
    kinds = [result["result"]["type"] for result in batch.results]
    counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": "ended" if ended else "canceling" if batch.cancelled else "in_progress",
        "request_counts": {**counts, "processing": 0 if ended else len(batch.requests)},
        "created_at": "2026-11-01T00:00:00Z",
        "expires_at": "2026-11-02T00:00:00Z",
        "ended_at": "2026-11-01T00:10:00Z" if ended else None,
        "results_url": f"{url}/v1/messages/batches/{name}/results" if ended else None,
    }


def model_info(name: str, lacking: frozenset[str]) -> Json:
    """A model as the models endpoint describes it, as far as it is looked at."""
    able = {kind: {"supported": kind not in lacking} for kind in ("batch", "citations", "structured_outputs", "effort")}
    return {
        "id": name,
        "type": "model",
        "display_name": name,
        "created_at": "2026-10-07T00:00:00Z",
        "lifecycle": "retired" if "lifecycle" in lacking else "active",
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": able,
    }


def _block(index: int, block: Json, deltas: Sequence[Json]) -> Iterator[Json]:
    yield {"type": "content_block_start", "index": index, "content_block": block}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def citation(cite: Cite, body: Json) -> Json:
    """A citation as the service makes it: the text of the cited blocks, joined."""
    result = search_results(body)[cite.result]
    texts = [block["text"] for block in result["content"]][cite.start : cite.end]
    return {
        "type": "search_result_location",
        "cited_text": "".join(texts) if cite.cited_text is None else cite.cited_text,
        "source": cite.source or result["source"],
        "title": result["title"],
        "search_result_index": cite.result,
        "start_block_index": cite.start,
        "end_block_index": cite.end,
    }
