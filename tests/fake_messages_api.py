"""The Messages API as a local server: streaming, citations, prompt caching, token counts, and each way to fail.

Speaks HTTP/1.1 with chunked server-sent events, so that the real SDK meets what the real service sends. Each request
takes the next step of the script, which may be a function of the request; the last step repeats. Requests are recorded as they came. Checks what the service
checks: the key, the model, empty text blocks, mixed citation settings, removed parameters, a last turn by the user.
Tokens are estimated, consistently, so that cached and uncached requests can be compared.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from retrieval.text.tokenize import count_tokens
from tests.fake_messages_replies import (
    Answer,
    Batch,
    Body,
    Break,
    Expired,
    Json,
    Silence,
    Status,
    Step,
    batch_state,
    events,
    message_of,
    model_info,
    prompt_blocks,
    search_results,
)

KEY = "test-key"
MODELS = frozenset({"claude-sonnet-5-5", "claude-haiku-5-5", "llama"})
SMALLEST_CACHED_PREFIX = 1024
CACHE_LOOKBACK = 20  # blocks before a mark at which a cached prefix is looked for


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: Json


@dataclass
class FakeMessagesApi:
    """The server. Use as a context manager; `url` is its address."""

    steps: list[Step | Callable[[Json], Step]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    key: str = KEY
    url: str = ""
    batches: dict[str, "Batch"] = field(default_factory=dict)
    polls: int = 1  # how often a batch is looked at before it has ended
    scale: float = 1.0  # what it counts for one token, where it is asked to count
    lacking: frozenset[str] = frozenset()  # what models cannot do, by the names of the models endpoint
    _cache: set[str] = field(default_factory=set)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "FakeMessagesApi":
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def script(self, *steps: Step | Callable[[Json], Step]) -> None:
        """What the coming requests meet, in order."""
        self.steps[:] = steps

    @property
    def asked(self) -> list[Request]:
        """The requests for a message."""
        return [request for request in self.requests if request.path == "/v1/messages"]

    def next_step(self, body: Json) -> Step:
        with self._lock:
            step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
            return step(body) if callable(step) else step

    def wait(self, seconds: float) -> bool:
        """True once the test is over."""
        return self._released.wait(seconds)

    def input_usage(self, body: Json) -> Json:
        """Counts of the input: read from the cache up to the longest known prefix, written up to the last mark."""
        blocks = prompt_blocks(body)
        sizes = [block_tokens(block) for block in blocks]
        marked = [index + 1 for index, block in enumerate(blocks) if "cache_control" in block]
        marked = [end for end in marked if sum(sizes[:end]) >= SMALLEST_CACHED_PREFIX]
        names = [json.dumps([body["model"], *map(_unmarked, blocks[:end])]) for end in range(len(blocks) + 1)]
        looked_at = {end for mark in marked for end in range(max(0, mark - CACHE_LOOKBACK), mark + 1)}
        with self._lock:
            read = max((sum(sizes[:end]) for end in looked_at if names[end] in self._cache), default=0)
            self._cache.update(names[end] for end in marked)
        written = max((sum(sizes[:end]) for end in marked), default=0) - read
        return {
            "input_tokens": sum(sizes) - read - written,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
        }


def block_tokens(block: Json) -> int:
    if block["type"] in ("tool_use", "thinking"):
        return count_tokens(json.dumps(block.get("input", block.get("thinking"))))
    if block["type"] == "search_result":
        return count_tokens(f"{block['source']} {block['title']}") + sum(map(block_tokens, block["content"]))
    return count_tokens(block["text"])


def _unmarked(block: Json) -> Json:
    return {name: value for name, value in block.items() if name != "cache_control"}


def problem(body: Json) -> str:
    """Why the service would refuse a request with 400; empty if it would not."""
    unknown = {"temperature", "top_p", "top_k"} & set(body)
    if unknown:
        return f"{unknown.pop()}: not supported by this model"
    if not body.get("max_tokens"):
        return "max_tokens: Field required"
    if not body.get("messages") or body["messages"][-1]["role"] != "user":
        return "messages: must end with a user message"
    if told := tool_problem(body):
        return told
    blocks = [block for block in prompt_blocks(body) if block["type"] in ("text", "search_result")]
    texts = [inner["text"] for block in blocks for inner in block.get("content", [block])]
    if not all(text.strip() for text in texts):
        return "text content blocks must be non-empty"
    if len({json.dumps(block.get("citations")) for block in search_results(body)}) > 1:
        return "citations must be enabled for all search results or for none"
    if sum("cache_control" in block for block in blocks) > 4:
        return "A maximum of 4 blocks with cache_control may be provided"
    return ""


def tool_problem(body: Json) -> str:
    """What the service would say of tool calls and results that do not go together."""
    names = {tool["name"] for tool in body.get("tools", [])}
    if "tool_choice" in body and not names:
        return "tool_choice: may only be specified while providing tools"
    called: list[str] = []
    for message in body["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else []
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if sorted(results) != sorted(called):
            return f"messages: tool_use ids {called} need tool_result blocks right after them, found {results}"
        called = [block["id"] for block in blocks if block["type"] == "tool_use"]
    if called:
        return f"messages: no tool_result for {called}"
    return ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    api: FakeMessagesApi
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.api.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, {}))
        kind, _, rest = self.path.removeprefix("/v1/").partition("/")
        batch = rest.removeprefix("batches/").removesuffix("/results") if kind == "messages" else ""
        if not self._knows_key():
            self._error(Status(401, "authentication_error", "invalid x-api-key", ()))
        elif kind == "models" and rest in MODELS:
            self._json(model_info(rest, self.api.lacking))
        elif batch in self.api.batches and self.path.endswith("/results"):
            lines = "\n".join(map(json.dumps, self.api.batches[batch].results))
            self._whole(200, lines.encode(), content_type="application/x-jsonl")
        elif batch in self.api.batches:
            self._json(self._looked_at(batch))
        else:
            self._error(Status(404, "not_found_error", self.path, ()))

    def _knows_key(self) -> bool:
        return self.api.key in (
            self.headers.get("x-api-key"),
            self.headers.get("authorization", "").removeprefix("Bearer "),
        )

    def _json(self, value: Json) -> None:
        self._whole(200, json.dumps(value).encode())

    def _looked_at(self, name: str) -> Json:
        batch = self.api.batches[name]
        batch.looked += 1
        if not batch.results and (batch.looked > self.api.polls or batch.cancelled):
            batch.results = [self._in_batch(one, cancelled=batch.cancelled) for one in batch.requests]
            batch.results.reverse()  # the order is not that of the requests
        return batch_state(name, batch, self.api.url)

    def _in_batch(self, one: Json, *, cancelled: bool) -> Json:
        """The result of one request of a batch."""
        step = Expired() if cancelled else self.api.next_step(one["params"])
        told = problem(one["params"])
        match step:
            case Answer() if not told:
                usage = self.api.input_usage(one["params"])
                result: Json = {"type": "succeeded", "message": message_of(step, one["params"], usage)}
            case Expired():
                result = {"type": "canceled" if cancelled else "expired"}
            case _:
                error = {"type": "invalid_request_error", "message": told or "something went wrong"}
                result = {"type": "errored", "error": {"type": "error", "error": error, "request_id": None}}
        return {"custom_id": one["custom_id"], "result": result}

    def _batch(self, body: Json) -> None:
        names = [one["custom_id"] for one in body["requests"]]
        if len(set(names)) < len(names):
            self._error(Status(400, "invalid_request_error", "custom_id: must be unique", ()))
            return
        name = f"msgbatch_{len(self.api.batches) + 1}"
        self.api.batches[name] = Batch(body["requests"])
        self._json(batch_state(name, self.api.batches[name], self.api.url))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        self.api.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if not self._knows_key():
            self._error(Status(401, "authentication_error", "invalid x-api-key", ()))
        elif self.path == "/v1/messages/batches":
            self._batch(body)
        elif self.path.endswith("/cancel"):
            name = self.path.split("/")[-2]
            self.api.batches[name].cancelled = True
            self._json(batch_state(name, self.api.batches[name], self.api.url))
        elif body["model"] not in MODELS:
            self._error(Status(404, "not_found_error", f"model: {body['model']}", ()))
        elif self.path == "/v1/messages/count_tokens":
            self._json({"input_tokens": round(self.api.scale * sum(map(block_tokens, prompt_blocks(body))))})
        elif told := problem(body):
            self._error(Status(400, "invalid_request_error", told, ()))
        else:
            self._step(self.api.next_step(body), body)

    def _step(self, step: Step, body: Json) -> None:
        match step:
            case Status():
                self._error(step)
            case Body():
                self._whole(200, step.body, content_type=step.content_type)
            case Silence():
                self.api.wait(10)
                self.close_connection = True
            case Answer():
                self._stream(step, body)

    def _error(self, status: Status) -> None:
        told = {"type": "error", "error": {"type": status.error, "message": status.message}}
        self._whole(status.code, json.dumps(told).encode(), headers=status.headers)

    def _whole(
        self, code: int, body: bytes, *, headers: Sequence[tuple[str, str]] = (), content_type: str = "application/json"
    ) -> None:
        self.send_response(code)
        for name, value in (*headers, ("content-type", content_type), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, step: Answer, body: Json) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            self.api.wait(step.late)
            for count, event in enumerate(events(step, body, self.api.input_usage(body))):
                if step.broken and count >= step.after:
                    self._break(step.broken)
                    return
                self._send(event)
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, event: Json) -> None:
        data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _break(self, how: Break) -> None:
        self.close_connection = True
        if how == "error":
            self._send({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
        if how in ("error", "end"):
            self.wfile.write(b"0\r\n\r\n")
        if how == "hang":
            self.api.wait(10)
        while how == "pings" and not self.api.wait(0.02):
            self._send({"type": "ping"})
