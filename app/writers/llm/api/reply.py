"""A model's reply: what it is made of, how it streams in, and replies that are kept and given again. Knows no library.

One that streams in keeps within the budget, is told to the breaker, booked when it ends, and kept where replies are kept. A kept
one is paid for once, so that a run that broke off goes on where it was: a file of JSON lines, only ever added to. A request is
told by a digest of all that it says, so another prompt, passage or model asks anew.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from app.storage.usage import Purpose
from app.types import Searched, TextPiece, Usage
from app.writers.llm.api.failures import Deadline, ReplyFailed
from app.writers.llm.api.pricing import prompt_tokens
from retrieval.errors import WriterCut
from retrieval.text.tokenize import count_tokens
from retrieval.types import Json

if TYPE_CHECKING:
    from app.writers.llm.api.messages import Messages

MUCH = 4  # times the tokens that were asked for, by our own count


@dataclass(frozen=True, slots=True)
class Range:
    """What a model cites: text blocks `start` to `end` (exclusive) of the passage that was sent as `source`."""

    source: str
    start: int
    end: int
    cited_text: str


Delta = TextPiece | Range | Searched


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be used."""

    id: str
    name: str
    given: Mapping[str, Any]


def calls_in(content: Sequence[Json]) -> list[ToolCall]:
    """The tool calls among the blocks of a reply; one that cannot be answered, for want of an id, is none."""
    return [
        ToolCall(block["id"], str(block.get("name")), given if isinstance(given := block.get("input"), dict) else {})
        for block in content
        if block.get("type") == "tool_use" and isinstance(block.get("id"), str)
    ]


def well_formed(value: Any) -> Any:
    """JSON in which every string can be written as UTF-8: half a surrogate pair is replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {name: well_formed(inner) for name, inner in value.items()}
    return list(map(well_formed, value)) if isinstance(value, list) else value


class StreamedReply:
    """A reply over the wire, by the events of the SDK's message stream: iterate once. `usage`, `stop_reason` and `content` (what the model said, as it
    has to be sent back) are what is known of it so far. `begin` waits for its first sign, `close` ends it by closing the
    connection, from any thread; neither has to be called. Beginning and iterating raise ReplyFailed, and BudgetExceeded. A
    Range comes after the text that it supports.

    It is booked when it ends, however it ends; what the service did not say of one that broke off is estimated.
    """

    def __init__(
        self, service: "Messages", model: str, request: Mapping[str, Any], deadline: Deadline, purpose: Purpose
    ) -> None:
        self.usage = Usage()
        self.stop_reason = ""
        self.content: list[Json] = []
        self._service = service
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

    def _guarded(self) -> Generator[TextPiece | Range | None]:
        """The deltas, None first when the model has begun; what becomes of them is told to the breaker and the books."""
        client = self._service.client(self._deadline)
        gateway = self._service.gateway
        if self._service.costs(self._model):
            gateway.check(self._purpose.person)
        gateway.breaker.admit(self._model)
        come: list[TextPiece | Range] = []
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

    def _events(self, client: Any) -> Iterator[TextPiece | Range | None]:
        cited: list[Range] = []  # of the present text block; they may come before its text does
        try:
            self._sent = True
            with client.messages.stream(model=self._model, **self._request) as self._stream:
                for event in self._stream if not self._closed else ():
                    if event.type == "text":
                        self._written += count_tokens(event.text)
                        if self._written > MUCH * self._request["max_tokens"]:
                            raise ReplyFailed(WriterCut, "it wrote more than it was told to")
                        yield TextPiece(well_formed(event.text))
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
            raise self._service.failure(error, self._model) from error

    def _book(self) -> None:
        """Once: what it took. Of a reply that was not brought to its end the words that came are counted here."""
        if self._booked:
            return
        self._booked = True
        if not self.stop_reason:
            counted = self.usage
            if not counted.read_tokens and self._sent:
                counted = Usage(input_tokens=prompt_tokens(self._request))
            self.usage = self._service.priced(
                self._model, replace(counted, output_tokens=max(counted.output_tokens, self._written))
            )
        if self.usage != Usage():
            self._service.gateway.book(self._purpose, self._model, self.usage)

    def _note(self, message: Any) -> None:
        self.usage = self._service.usage(self._model, message.usage)
        self.stop_reason = str(message.stop_reason or "")
        self.content = [well_formed(block.to_dict()) for block in message.content]


def _ranges(citation: Any) -> list[Range]:
    """What is no number or no text is given as what cannot be found."""
    if citation.type != "search_result_location":
        return []
    places = (citation.start_block_index, citation.end_block_index)
    start, end = (place if isinstance(place, int) else -1 for place in places)
    return [Range(well_formed(str(citation.source)), start, end, well_formed(str(citation.cited_text)))]


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A reply that came to its end before; see `StreamedReply`."""

    deltas: tuple[TextPiece | Range, ...]
    usage: Usage
    stop_reason: str
    content: list[Json]

    @property
    def calls(self) -> Sequence[ToolCall]:
        return calls_in(self.content)

    def begin(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __iter__(self) -> Iterator[Delta]:
        return iter(self.deltas)


ToolReply = StreamedReply | RecordedReply
_RECORDED: TypeAdapter[RecordedReply] = TypeAdapter(RecordedReply)


class Replies(Protocol):
    """What is asked before a request is sent, and told of each reply that came to its end."""

    def find(self, model: str, request: Mapping[str, Any]) -> RecordedReply | None: ...

    def keep(self, model: str, request: Mapping[str, Any], purpose: Purpose, reply: RecordedReply) -> None: ...


class Recording:
    """Replies in a file. Opening it reads them; a line that was not written to its end is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, RecordedReply] = {}
        for line in path.read_bytes().split(b"\n") if path.is_file() else []:
            try:
                found = json.loads(line)
                self._kept[found["key"]] = _RECORDED.validate_python(found)
            except (ValueError, KeyError, TypeError):  # empty, or broken off
                continue

    def find(self, model: str, request: Mapping[str, Any]) -> RecordedReply | None:
        return self._kept.get(request_key(model, request))

    def keep(self, model: str, request: Mapping[str, Any], purpose: Purpose, reply: RecordedReply) -> None:
        key = request_key(model, request)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = {"key": key, "model": model, "step": purpose.step, **_RECORDED.dump_python(reply, mode="json")}
        with self._path.open("ab") as file:  # begins a line of its own whatever the one before came to
            file.write(f"\n{json.dumps(line, ensure_ascii=False)}\n".encode())
        self._kept[key] = reply


def request_key(model: str, request: Mapping[str, Any]) -> str:
    """32 hexadecimal digits."""
    return blake2b(json.dumps([model, request], sort_keys=True).encode(), digest_size=16).hexdigest()
