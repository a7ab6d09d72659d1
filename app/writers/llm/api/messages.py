"""The Messages API of Anthropic, or of a server that speaks like it: replies, batches, token counts, errors in words.

The only module that imports anthropic (and httpx2, the HTTP library whose errors the SDK lets through); its errors
become ReplyFailed or FootnoteErrors here. Import it only where a model is wanted: that takes seconds. Formats: the
Messages API's `search_result` blocks, citations, prompt caching and effort, as of anthropic 2.12.

Leaves `thinking` unset, because models differ in the values they accept; low effort keeps it short, and max_tokens
leaves room for it, since the service counts it there.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2

from app.storage.usage import Purpose
from app.types import TextPiece, Usage
from app.writers.llm.api.failures import (
    Deadline,
    ReplyFailed,
    asked_pause,
    key_failure,
    status_failure,
    timeout_failure,
    unreachable,
)
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.pricing import price_of, priced, prompt_tokens, read_prices, total
from app.writers.llm.api.reply import StreamedReply, ToolReply, well_formed
from retrieval.config import Settings
from retrieval.errors import WriterCut, WriterFailed

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
            text = "".join(delta.text for delta in reply if isinstance(delta, TextPiece))
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
            return int(self.client(Deadline(self._silence)).messages.count_tokens(model=model, **asked).input_tokens)

    def scale(self, model: str, request: Mapping[str, Any]) -> float:
        """How many tokens the service counts for one of ours, 1 at least: what is foretold by our own count is off by that.
        Free of charge. Raises WriterFailed.
        """
        return max(1.0, self.count_tokens(model, request) / prompt_tokens(request))

    def abilities(self, model: str) -> Mapping[str, bool]:
        """What the service says a model can do: by name, and "available" if it is not retired. Free of charge.

        Raises WriterFailed, also where the server does not tell.
        """
        with self._in_words(model):
            found = self.client(Deadline(self._silence)).models.retrieve(model)
            able = found.capabilities.to_dict() if found.capabilities else {}
            told = {name: value for name, value in able.items() if isinstance(value, dict) and "supported" in value}
            listed = {name: bool(of["supported"]) for name, of in told.items()}
            return {"available": found.lifecycle != "retired"} | listed

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
        if not (self._key.isascii() and self._key.isprintable()):  # it could not be sent
            raise key_failure("the API key has characters that no key has")
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
        return BatchReply(found.custom_id, well_formed(text), self.usage(model, result.message.usage, batch=True), why)

    def usage(self, model: str, counted: Any, *, batch: bool = False) -> Usage:
        """The service's counts with their price; other servers leave some out."""
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        read = [max(0, int(getattr(counted, name, None) or 0)) for name in names]
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


def _base_url(address: str) -> str | None:
    """The SDK adds /v1 itself."""
    return address.strip().rstrip("/").removesuffix("/v1") or None
