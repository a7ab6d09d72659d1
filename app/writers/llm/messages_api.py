"""The Messages API of Anthropic, or of a server that speaks like it: streamed replies, token counts, errors in words.

The only module that imports anthropic (and httpx2, the HTTP library whose errors the SDK lets through); its errors
become ReplyFailed or FootnoteErrors here. Import it only where a model is wanted: that takes seconds. Formats: the
Messages API's `search_result` blocks, citations, prompt caching and effort, as of anthropic 2.12.

Leaves `thinking` unset, because models differ in the values they accept; low effort keeps it short, and max_tokens
leaves room for it, since the service counts it there.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import anthropic
import httpx2
from anthropic.types import CitationsSearchResultLocation

from app.types import Usage
from app.writers.llm.attempts import Delta, Text
from app.writers.llm.failures import (
    Deadline,
    ReplyFailed,
    asked_pause,
    key_failure,
    status_failure,
    timeout_failure,
    unreachable,
)
from app.writers.llm.gateway import Gateway
from app.writers.llm.pricing import priced, read_prices
from app.writers.llm.search_tool import ToolCall
from app.writers.passages import Range
from retrieval.config import Settings
from retrieval.errors import WriterCut, WriterFailed
from retrieval.types import Json

RETRIES = 2
LONGEST_PAUSE = 5.0  # seconds; a service that asks for more is not asked again
CONNECT_SECONDS = 5.0
CHECK_SECONDS = 10.0


def check_service(settings: Settings) -> str:
    """Whether key, model and address are right. Raises WriterFailed.

    The tokens of a word are counted, which is free; a local server, which may not count, is asked for its first word.
    """
    local = settings.writer == "local"
    messages = Messages(settings, silence=CHECK_SECONDS, key=settings.anthropic_api_key or ("local" if local else ""))
    request = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
    if not local:
        messages.count_tokens(settings.model, request)
        return f"{settings.model} can be asked"
    try:
        next(iter(messages.ask(settings.model, request, Deadline(settings.writer_timeout))), None)
    except ReplyFailed as failure:
        raise failure.for_reader(settings.model) from failure
    return f"{settings.model} answers at {settings.anthropic_base_url}"


class Messages:
    """The Messages API of Anthropic, or of a server that speaks like it."""

    def __init__(self, settings: Settings, *, silence: float, key: str = "", gateway: Gateway | None = None) -> None:
        """`silence`: seconds without a byte after which a reply is given up; `key` instead of the settings' key;
        `gateway`: what is shared with the other requests of this process.

        Raises ConfigError for a price that cannot be read.
        """
        self.gateway = gateway or Gateway()
        self._key = (key or settings.anthropic_api_key).strip()
        self._prices = read_prices(settings.prices)
        self._silence = silence
        self._client = anthropic.Anthropic(
            api_key=self._key or "none",  # with no key the SDK would look for other credentials
            base_url=_base_url(settings.anthropic_base_url),
            timeout=anthropic.Timeout(silence, connect=min(CONNECT_SECONDS, silence)),
            max_retries=RETRIES,
        )

    def ask(self, model: str, request: Mapping[str, Any], deadline: Deadline) -> "StreamedReply":
        """A streamed reply; nothing is sent before it is iterated."""
        return StreamedReply(self, model, request, deadline)

    def complete(self, model: str, request: Mapping[str, Any], deadline: Deadline) -> tuple[str, Usage]:
        """A whole reply's text. Raises WriterFailed, also for one that is cut short."""
        reply = self.ask(model, request, deadline)
        try:
            text = "".join(delta.text for delta in reply if isinstance(delta, Text))
            if reply.stop_reason not in ("end_turn", "stop_sequence"):
                raise ReplyFailed(
                    WriterCut, f"the reply is not complete (stop reason {reply.stop_reason or 'missing'})"
                )
        except ReplyFailed as failure:
            raise failure.for_reader(model) from failure
        return text, reply.usage

    def count_tokens(self, model: str, request: Mapping[str, Any]) -> int:
        """Input tokens as the service counts them; free of charge, so it also tells whether key and model are right."""
        asked = {name: request[name] for name in ("system", "messages") if name in request}
        try:
            return self.client(Deadline(self._silence)).messages.count_tokens(model=model, **asked).input_tokens
        except Exception as error:
            failure = self.failure(error, model)
            raise failure.for_reader(model) from error

    def client(self, deadline: Deadline) -> anthropic.Anthropic:
        """The client for one question. Raises ReplyFailed without a key."""
        if not self._key:
            raise key_failure("there is no API key", "Set ANTHROPIC_API_KEY in .env, or WRITER=excerpts.")
        return self._client.with_middleware(_Patience(deadline))

    def usage(self, model: str, counted: Any) -> Usage:
        """The service's counts with their price; other servers leave some out."""
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        read = [getattr(counted, name, None) or 0 for name in names]
        return priced(Usage(*read), model, self._prices)

    def failure(self, error: Exception, model: str) -> ReplyFailed:
        """Any error of a request in the words of the reader."""
        if isinstance(error, ReplyFailed):
            return error
        if isinstance(error, anthropic.APIStatusError):
            said = (error.api_message or "").replace(self._key, "...")  # some servers repeat the key
            pause = asked_pause(error.response.headers)
            return status_failure(error.status_code, error.type or "error", said, model, pause=pause)
        if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
            return timeout_failure(f"nothing came for {self._silence:g} s")
        if isinstance(error, anthropic.APIConnectionError):
            return unreachable(self._client.base_url.host)
        if isinstance(error, httpx2.HTTPError):
            return ReplyFailed(WriterCut, "the connection was lost")
        return ReplyFailed(
            WriterFailed, f"the reply cannot be read ({type(error).__name__})", "Check ANTHROPIC_BASE_URL."
        )


class StreamedReply:
    """A `Reply` over the wire. Closing the iteration closes the connection, which ends the writing."""

    def __init__(self, messages: Messages, model: str, request: Mapping[str, Any], deadline: Deadline) -> None:
        self.usage = Usage()
        self.stop_reason = ""
        self.calls: list[ToolCall] = []
        self.content: list[Json] = []
        self._messages = messages
        self._model = model
        self._request = request
        self._deadline = deadline

    def __iter__(self) -> Iterator[Delta]:
        client = self._messages.client(self._deadline)
        breaker = self._messages.gateway.breaker
        breaker.admit(self._model)
        try:
            yield from self._deltas(client)
        except ReplyFailed as failure:
            breaker.failed(self._model, failure)
            raise
        except GeneratorExit:
            breaker.abandoned(self._model)
            raise
        if self.stop_reason:
            breaker.succeeded(self._model)
        else:
            breaker.abandoned(self._model)

    def _deltas(self, client: anthropic.Anthropic) -> Iterator[Delta]:
        cited: list[Range] = []  # of the present text block; they may come before its text does
        try:
            with client.messages.stream(model=self._model, **self._request) as stream:
                for event in stream:
                    if event.type == "text":
                        yield Text(event.text)
                    elif event.type == "citation":
                        cited += _ranges(event.citation)
                    elif event.type == "content_block_stop":
                        yield from cited
                        cited.clear()
                    elif event.type in ("message_start", "message_delta"):
                        self._note(stream.current_message_snapshot)
            yield from cited  # of a block that the stream did not bring to its end
        except Exception as error:  # the SDK lets through errors of several libraries
            yield from cited
            raise self._messages.failure(error, self._model) from error

    def _note(self, message: Any) -> None:
        self.usage = self._messages.usage(self._model, message.usage)
        self.stop_reason = message.stop_reason or ""
        self.content = [block.to_dict() for block in message.content]
        self.calls = [
            ToolCall(block.id, block.name, block.input if isinstance(block.input, dict) else {})
            for block in message.content
            if block.type == "tool_use"
        ]


class _Patience:
    """Middleware of the SDK: bounds one question's time over all retries, and within a reply that only trickles."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, request: Any, call_next: Any) -> Any:
        if self._deadline.passed():
            raise self._deadline.failure()
        started = time.monotonic()
        try:
            response = call_next(request)
        except anthropic.APITimeoutError as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                raise unreachable(error.request.url.host) from None
            # not chained: the SDK would look through the chain and try again, as slowly
            raise timeout_failure(f"no reply came in {time.monotonic() - started:.1f} s") from None
        if asked_pause(response.headers) > LONGEST_PAUSE:
            response.http_response.headers["x-should-retry"] = "false"
        response.http_response.stream = _Timed(response.http_response.stream, self._deadline)
        return response


class _Timed(httpx2.SyncByteStream):
    """A body that fails at the deadline even while pings keep coming."""

    def __init__(self, body: Any, deadline: Deadline) -> None:
        self._body = body
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            if self._deadline.passed():
                raise self._deadline.failure()
            yield piece

    def close(self) -> None:
        self._body.close()


def _ranges(citation: object) -> list[Range]:
    if not isinstance(citation, CitationsSearchResultLocation):
        return []
    return [Range(citation.source, citation.start_block_index, citation.end_block_index, citation.cited_text)]


def _base_url(address: str) -> str | None:
    """The SDK adds /v1 itself."""
    return address.strip().rstrip("/").removesuffix("/v1") or None
