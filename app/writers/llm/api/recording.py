"""Replies that are kept and given again: the same request is paid for once, and a run that broke off goes on where it was.

A file of JSON lines, only ever added to. A request is told by a digest of all that it says, so another prompt, passage or
model asks anew. `Forecast` stands in the same place before a run, sends nothing, and adds up what the run would cost.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from app.storage.usage import Purpose
from app.types import Usage
from app.writers.llm.api.pricing import Price, priced, prompt_tokens
from app.writers.llm.api.reply import Delta, Text, ToolCall, calls_in
from app.writers.passages import Range
from retrieval.types import Json

TYPICAL_TOKENS = 500  # of a reply with its thoughts: a guess, for a forecast


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A `ToolReply` that came to its end before."""

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


class Forecast:
    """Replies that are kept already, and for every other request one that is made up; what those would cost is added up.

    `likely`: dollars if none searches again, nothing is cached and each reply is of TYPICAL_TOKENS. `most`: if each
    searches `searches` times and is as long as it may be; `growth`: tokens of what one search finds.
    """

    def __init__(self, prices: Mapping[str, Price], *, searches: int, growth: int, kept: Recording) -> None:
        self.requests = 0
        self.likely = self.most = 0.0
        self._prices, self._searches, self._growth, self._kept = prices, searches, growth, kept

    def find(self, model: str, request: Mapping[str, Any]) -> RecordedReply:
        """A made-up reply cites the first words of each passage that was sent as a search result."""
        if kept := self._kept.find(model, request):
            return kept
        size, longest = prompt_tokens(request), request["max_tokens"]
        steps = range(self._searches + 1 if "tools" in request else 1)
        self.requests += 1
        self.likely += self._price(model, size, min(TYPICAL_TOKENS, longest))
        self.most += sum(self._price(model, size + step * (self._growth + longest), longest) for step in steps)
        return RecordedReply(tuple(_made_up(request)), Usage(), "end_turn", [])

    def keep(self, model: str, request: Mapping[str, Any], purpose: Purpose, reply: RecordedReply) -> None:
        """Nothing came."""

    def _price(self, model: str, tokens_in: int, tokens_out: int) -> float:
        return priced(Usage(tokens_in, tokens_out), model, self._prices).cost


def request_key(model: str, request: Mapping[str, Any]) -> str:
    """32 hexadecimal digits."""
    return blake2b(json.dumps([model, request], sort_keys=True).encode(), digest_size=16).hexdigest()


def _made_up(request: Mapping[str, Any]) -> Iterator[Text | Range]:
    yield Text("So it is. ")
    said = request["messages"][-1]["content"]
    for block in said if isinstance(said, list) else []:
        if block["type"] == "search_result":
            first = block["content"][0]["text"]
            yield Text(f"{first} ")
            yield Range(block["source"], 0, 1, first)


def _to_json(reply: RecordedReply) -> Json:
    deltas = [asdict(delta) for delta in reply.deltas]
    return {"deltas": deltas, "usage": asdict(reply.usage), "stop_reason": reply.stop_reason, "content": reply.content}


def _from_json(found: Json) -> RecordedReply:
    deltas = tuple(Text(**delta) if "text" in delta else Range(**delta) for delta in found["deltas"])
    return RecordedReply(deltas, Usage(**found["usage"]), found["stop_reason"], found["content"])
