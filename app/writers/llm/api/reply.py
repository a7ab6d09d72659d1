"""What a model's reply is made of, and replies that are kept and given again.

A kept reply is paid for once, and a run that broke off goes on where it was: a file of JSON lines, only ever added to. A
request is told by a digest of all that it says, so another prompt, passage or model asks anew. Knows no library.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from app.storage.usage import Purpose
from app.types import Usage
from retrieval.types import Json, Passage


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it streams in."""

    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The model searched the course for `query`; `usage` is that of the request that led to it."""

    query: str
    passages: tuple[Passage, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Range:
    """What a model cites: text blocks `start` to `end` (exclusive) of the passage that was sent as `source`."""

    source: str
    start: int
    end: int
    cited_text: str


Delta = Text | Range | Found


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


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A reply that came to its end before; see `StreamedReply`."""

    deltas: tuple[Text | Range, ...]
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
                self._kept[found["key"]] = _from_json(found)
            except (ValueError, KeyError, TypeError):  # empty, or broken off
                continue

    def find(self, model: str, request: Mapping[str, Any]) -> RecordedReply | None:
        return self._kept.get(request_key(model, request))

    def keep(self, model: str, request: Mapping[str, Any], purpose: Purpose, reply: RecordedReply) -> None:
        key = request_key(model, request)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = {"key": key, "model": model, "step": purpose.step, **_to_json(reply)}
        with self._path.open("ab") as file:  # begins a line of its own whatever the one before came to
            file.write(f"\n{json.dumps(line, ensure_ascii=False)}\n".encode())
        self._kept[key] = reply


def request_key(model: str, request: Mapping[str, Any]) -> str:
    """32 hexadecimal digits."""
    return blake2b(json.dumps([model, request], sort_keys=True).encode(), digest_size=16).hexdigest()


def _to_json(reply: RecordedReply) -> Json:
    deltas = [asdict(delta) for delta in reply.deltas]
    return {"deltas": deltas, "usage": asdict(reply.usage), "stop_reason": reply.stop_reason, "content": reply.content}


def _from_json(found: Json) -> RecordedReply:
    deltas = tuple(Text(**delta) if "text" in delta else Range(**delta) for delta in found["deltas"])
    return RecordedReply(deltas, Usage(**found["usage"]), found["stop_reason"], found["content"])
