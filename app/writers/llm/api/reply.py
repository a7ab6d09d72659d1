"""What a model's reply is made of, and what anything that replies can do. Knows no library."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.types import Usage
from app.writers.passages import Range
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


Delta = Text | Range | Found


class Reply(Protocol):
    """One model's streamed reply: iterate once. `usage` and `stop_reason` are what is known of it so far.

    `begin` waits for its first sign, `close` ends it, from any thread; neither has to be called. Beginning and iterating
    raise ReplyFailed, and BudgetExceeded. A Range comes after the text that it supports.
    """

    @property
    def usage(self) -> Usage: ...

    @property
    def stop_reason(self) -> str: ...

    def begin(self) -> None: ...

    def close(self) -> None: ...

    def __iter__(self) -> Iterator[Delta]: ...


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be used."""

    id: str
    name: str
    given: Mapping[str, Any]


def calls_in(content: Sequence[Json]) -> list[ToolCall]:
    """The tool calls among the blocks of a reply."""
    return [
        ToolCall(block["id"], block["name"], block["input"] if isinstance(block["input"], dict) else {})
        for block in content
        if block["type"] == "tool_use"
    ]


class ToolReply(Reply, Protocol):
    """A reply that may end in tool calls. `content`: what the model said, as it has to be sent back."""

    @property
    def calls(self) -> Sequence[ToolCall]: ...

    @property
    def content(self) -> list[Json]: ...
