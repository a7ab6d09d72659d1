"""The Messages API of Anthropic, or of a server that speaks like it: streamed replies, token counts, errors in words.

The only module that imports anthropic (and httpx2, the HTTP library whose errors the SDK lets through); its errors
become ReplyFailed or FootnoteErrors here. Import it only where a model is wanted: that takes seconds. Formats: the
Messages API's `search_result` blocks, citations, prompt caching and effort, as of anthropic 2.12.

Leaves `thinking` unset, because models differ in the values they accept; low effort keeps it short, and max_tokens
leaves room for it, since the service counts it there.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import anthropic
import httpx2
from anthropic.types import CitationsSearchResultLocation

from app.storage.usage import Purpose
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
from app.writers.llm.pricing import price_of, priced, read_prices, total
from app.writers.llm.prompt import prompt_tokens
from app.writers.llm.recording import RecordedReply
from app.writers.llm.search_tool import ToolCall, ToolReply, calls_in
from app.writers.passages import Range
from retrieval.config import Settings
from retrieval.errors import WriterCut, WriterFailed
from retrieval.text.tokenize import count_tokens
from retrieval.types import Json

RETRIES = 2
LONGEST_PAUSE = 5.0  # seconds; a service that asks for more is not asked again
CONNECT_SECONDS = 5.0
LONGEST_BATCH_READ = 600.0  # seconds, for all results of a batch


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

    def ask(
        self, model: str, request: Mapping[str, Any], deadline: Deadline, purpose: Purpose = Purpose()
    ) -> ToolReply:
        """A streamed reply, or one that was kept; nothing is sent before it is iterated, and nothing beyond the budget
        (BudgetExceeded).
        """
        kept = self.gateway.replies.find(model, request) if self.gateway.replies is not None else None
        return kept or StreamedReply(self, model, request, deadline, purpose)

    def complete(
        self, model: str, request: Mapping[str, Any], deadline: Deadline, purpose: Purpose = Purpose()
    ) -> tuple[str, Usage]:
        """A whole reply's text. Raises WriterFailed, also for one that is cut short, and BudgetExceeded."""
        reply = self.ask(model, request, deadline, purpose)
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
        asked = {name: request[name] for name in ("system", "messages", "tools") if name in request}
        with self._in_words(model):
            return self.client(Deadline(self._silence)).messages.count_tokens(model=model, **asked).input_tokens

    def abilities(self, model: str) -> Mapping[str, bool]:
        """What the service says a model can do: by name, and "available" if it is not retired. Free of charge.

        Raises WriterFailed, also where the server does not tell.
        """
        with self._in_words(model):
            found = self.client(Deadline(self._silence)).models.retrieve(model)
        able = found.capabilities.to_dict() if found.capabilities else {}
        told = {name: value for name, value in able.items() if isinstance(value, dict) and "supported" in value}
        return {"available": found.lifecycle != "retired"} | {name: bool(of["supported"]) for name, of in told.items()}

    @contextmanager
    def _in_words(self, model: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            failure = self.failure(error, model)
            raise failure.for_reader(model) from error

    def client(self, deadline: Deadline) -> anthropic.Anthropic:
        """The client for one question. Raises ReplyFailed without a key."""
        if not self._key:
            raise key_failure("there is no API key", "Set ANTHROPIC_API_KEY in .env, or WRITER=excerpts.")
        return self._client.with_middleware(_Patience(deadline))

    def send_batch(self, model: str, requests: Mapping[str, Mapping[str, Any]]) -> str:
        """Requests by their names, to be answered within a day at half the price; the batch's id. Raises WriterFailed."""
        listed: list[Any] = [
            {"custom_id": name, "params": {"model": model, **asked}} for name, asked in requests.items()
        ]
        with self._in_words(model):
            return self.client(Deadline(self._silence)).messages.batches.create(requests=listed).id

    def cancel_batch(self, model: str, batch: str) -> None:
        """What is not answered yet is not paid. Raises WriterFailed."""
        with self._in_words(model):
            self.client(Deadline(self._silence)).messages.batches.cancel(batch)

    def batch_replies(self, model: str, batch: str, purpose: Purpose) -> "list[BatchReply] | None":
        """The replies, in any order, booked; None while the batch is not done, and none of one that the service does not
        have (any more). Raises WriterFailed.
        """
        with self._in_words(model):
            client = self.client(Deadline(LONGEST_BATCH_READ))
            try:
                if client.messages.batches.retrieve(batch).processing_status != "ended":
                    return None
                replies = [self._batch_reply(model, one) for one in client.messages.batches.results(batch)]
            except anthropic.NotFoundError:
                return []
        self.gateway.book(purpose, model, total(reply.usage for reply in replies))
        return replies

    def _batch_reply(self, model: str, found: Any) -> "BatchReply":
        result = found.result
        if result.type != "succeeded":
            why = result.error.error.message if result.type == "errored" else f"the request was {result.type}"
            return BatchReply(found.custom_id, "", Usage(), why)
        text = "".join(block.text for block in result.message.content if block.type == "text")
        why = "" if result.message.stop_reason == "end_turn" else f"it stopped because of {result.message.stop_reason}"
        return BatchReply(found.custom_id, text, self.usage(model, result.message.usage, batch=True), why)

    def usage(self, model: str, counted: Any, *, batch: bool = False) -> Usage:
        """The service's counts with their price; other servers leave some out."""
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        read = [getattr(counted, name, None) or 0 for name in names]
        hour = getattr(getattr(counted, "cache_creation", None), "ephemeral_1h_input_tokens", None) or 0
        return self.priced(model, Usage(*read), batch=batch, long_writes=hour)

    def priced(self, model: str, usage: Usage, *, batch: bool = False, long_writes: int = 0) -> Usage:
        """With the price of the settings, 0 where they have none."""
        return priced(usage, model, self._prices, batch=batch, long_writes=long_writes)

    def costs(self, model: str) -> bool:
        """Whether the model has a price."""
        return price_of(model, self._prices) is not None

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


@dataclass(frozen=True, slots=True)
class BatchReply:
    """One reply of a batch. `failure`: why it is not a whole one; empty if it is."""

    name: str
    text: str
    usage: Usage
    failure: str = ""


class StreamedReply:
    """A `Reply` over the wire, within the budget. Closing it closes the connection, which ends the writing.

    It is booked when it ends, however it ends; what the service did not say of one that broke off is estimated.
    """

    def __init__(
        self, messages: Messages, model: str, request: Mapping[str, Any], deadline: Deadline, purpose: Purpose
    ) -> None:
        self.usage = Usage()
        self.stop_reason = ""
        self.content: list[Json] = []
        self._messages = messages
        self._model = model
        self._request = request
        self._deadline = deadline
        self._purpose = purpose
        self._deltas = self._guarded()
        self._stream: Any = None
        self._begun = self._closed = self._sent = self._booked = False
        self._written = 0  # tokens so far

    @property
    def calls(self) -> Sequence[ToolCall]:
        return calls_in(self.content)

    def begin(self) -> None:
        """Sends the request and waits until the model begins to write. Raises what iterating raises."""
        if not self._begun:
            self._begun = True
            next(self._deltas, None)

    def __iter__(self) -> Iterator[Delta]:
        try:
            self.begin()
            yield from (delta for delta in self._deltas if delta is not None)
        finally:
            self.close()

    def close(self) -> None:
        """Also from another thread than the one that waits for it."""
        self._closed = True
        try:
            self._deltas.close()
        except ValueError:  # that thread is in it; it ends at the next byte
            self._book()
            if self._stream is not None:
                self._stream.close()

    def _guarded(self) -> Generator[Text | Range | None]:
        """The deltas, None first when the model has begun; what becomes of them is told to the breaker and the books."""
        client = self._messages.client(self._deadline)
        gateway = self._messages.gateway
        if self._messages.costs(self._model):
            gateway.check(self._purpose.person)
        gateway.breaker.admit(self._model)
        come: list[Text | Range] = []
        try:
            for delta in self._events(client):
                come += [delta] if delta else []
                yield delta
        except ReplyFailed as failure:
            if self._closed:
                gateway.breaker.abandoned(self._model)
                return
            gateway.breaker.failed(self._model, failure)
            raise
        except GeneratorExit:
            gateway.breaker.abandoned(self._model)
            raise
        else:
            (gateway.breaker.succeeded if self.stop_reason else gateway.breaker.abandoned)(self._model)
            if self.stop_reason and gateway.replies is not None:
                reply = RecordedReply(tuple(come), self.usage, self.stop_reason, self.content)
                gateway.replies.keep(self._model, self._request, self._purpose, reply)
        finally:
            self._book()

    def _events(self, client: anthropic.Anthropic) -> Iterator[Text | Range | None]:
        cited: list[Range] = []  # of the present text block; they may come before its text does
        try:
            self._sent = True
            with client.messages.stream(model=self._model, **self._request) as self._stream:
                for event in self._stream if not self._closed else ():
                    if event.type == "text":
                        self._written += count_tokens(event.text)
                        yield Text(event.text)
                    elif event.type == "citation":
                        cited += _ranges(event.citation)
                    elif event.type == "content_block_start":
                        yield None
                    elif event.type == "content_block_stop":
                        yield from cited
                        cited.clear()
                    elif event.type in ("message_start", "message_delta"):
                        self._note(self._stream.current_message_snapshot)
            yield from cited  # of a block that the stream did not bring to its end
        except Exception as error:  # the SDK lets through errors of several libraries
            yield from cited
            self._sent = self._sent and self._closed  # a request that failed before anything came costs nothing
            raise self._messages.failure(error, self._model) from error

    def _book(self) -> None:
        """Once: what it took. Of a reply that was not brought to its end the words that came are counted here."""
        if self._booked:
            return
        self._booked = True
        if not self.stop_reason:
            counted = self.usage
            if not counted.input_tokens + counted.cache_read_tokens + counted.cache_write_tokens and self._sent:
                counted = Usage(input_tokens=prompt_tokens(self._request))
            self.usage = self._messages.priced(
                self._model, replace(counted, output_tokens=max(counted.output_tokens, self._written))
            )
        if self.usage != Usage():
            self._messages.gateway.book(self._purpose, self._model, self.usage)

    def _note(self, message: Any) -> None:
        self.usage = self._messages.usage(self._model, message.usage)
        self.stop_reason = message.stop_reason or ""
        self.content = [block.to_dict() for block in message.content]


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
