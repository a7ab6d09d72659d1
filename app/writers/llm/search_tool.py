"""A model's reply made of one request or several: it may search the course again while it answers, by a tool.

The model gets `search_course` and calls it when the passages do not suffice: for the other half of a double question,
the other side of a comparison. What is found goes back within the tool's result: to Claude as `search_result` blocks, so
that native citations reach it, to a local model as numbered text. Bounded in steps (MOST_SEARCHES), in time (no search once two thirds of the time are gone)
and in money (`search` raises BudgetExceeded); at the bounds of steps and time the model is asked once more, without
the tool, and answers from what is there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.query.standalone import MAX_QUERY_CHARACTERS
from app.types import Searched, TextPiece, Usage
from app.writers.llm.api.failures import Deadline
from app.writers.llm.api.pricing import total
from app.writers.llm.api.reply import Delta, ToolCall, ToolReply
from app.writers.passages import source_key
from app.writers.protocols import Search
from retrieval.errors import BudgetExceeded, FootnoteError
from retrieval.types import Json, Passage

MOST_SEARCHES = 3
_THINKING, _THOUGHT = "<think>", "</think>"
TIME_LEFT = 1 / 3  # share of the time below which nothing is searched for any more
TOOL: Json = {
    "name": "search_course",
    "description": (
        "Searches the course and returns the passages that fit best. Use it when the passages you were given do not "
        "answer the question, or only a part of it: once for each thing that is missing. The result may be empty."
    ),
    "input_schema": {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "What to look for, in the words and the language of the course.",
            },
            "scope": {
                "type": "string",
                "description": "The title of a document, as passages name it first, to look only there. Leave it out to look everywhere.",
            },
        },
        "required": ["query"],
        "additionalProperties": False,
    },
}


class SearchingReply:
    """A reply in up to MOST_SEARCHES + 1 requests. `usage` is that of all of them together."""

    def __init__(
        self,
        ask: Callable[[Mapping[str, Any]], ToolReply],
        request: Mapping[str, Any],
        *,
        shown: Sequence[Passage],
        add: Callable[[Sequence[Passage]], list[Json]],
        search: Search | None,
        deadline: Deadline,
    ) -> None:
        """`shown`: the passages of the request; `add`: more of them, as the model is given them; without a `search` it has
        no tool."""
        self.stop_reason = ""
        self._ask, self._request, self._add, self._search, self._deadline = ask, request, add, search, deadline
        self._usages: list[Usage] = []
        self._calls = 0
        self._queries: set[tuple[str, str]] = set()
        self._messages = list(request["messages"])
        self._sent = set(map(source_key, shown))
        self._step = self._next()

    @property
    def usage(self) -> Usage:
        return total(self._usages)

    def begin(self) -> None:
        self._step.begin()

    def close(self) -> None:
        self._step.close()
        if not self._usages:  # closed before anybody read it
            self._usages.append(self._step.usage)

    def __iter__(self) -> Iterator[Delta]:
        while True:
            yield from self._said(self._step)
            calls = self._step.calls
            if self.stop_reason != "tool_use" or not self._may or not calls:
                return
            results: list[Json] = []
            for call in calls:
                found, result = self._result(call, self._step.usage)
                results.append(result)
                if found:
                    yield found
            self._messages.append({"role": "assistant", "content": self._step.content})
            self._messages.append({"role": "user", "content": results})
            self._step = self._next()

    def _next(self) -> ToolReply:
        """The next request; without the tool once the bounds are reached."""
        if self._search is None:
            self._may = False
            return self._ask(self._request)
        self._may = self._calls < MOST_SEARCHES and self._deadline.left() > TIME_LEFT * self._deadline.seconds
        choice = {"type": "auto" if self._may else "none"}
        return self._ask({**self._request, "messages": [*self._messages], "tools": [TOOL], "tool_choice": choice})

    def _said(self, reply: ToolReply) -> Iterator[Delta]:
        try:
            yield from without_thoughts(reply)
        finally:
            self._usages.append(reply.usage)
            self.stop_reason = reply.stop_reason

    def _result(self, call: ToolCall, usage: Usage) -> tuple[Searched | None, Json]:
        """What was found, and what the model is told of it. Raises BudgetExceeded."""
        self._calls += 1
        if self._calls > MOST_SEARCHES:
            return None, _told(call, "No more searches. Answer from what is there.", error=True)
        if call.name != TOOL["name"]:
            return None, _told(call, f"There is no tool {call.name!r}, only {TOOL['name']}.", error=True)
        query, scope = (str(call.given.get(name) or "").strip()[:MAX_QUERY_CHARACTERS] for name in ("query", "scope"))
        if not query:
            return None, _told(call, "The query is empty. Say what to look for.", error=True)
        if (query.casefold(), scope.casefold()) in self._queries:
            return None, _told(call, "This was searched for already. Answer from what is there.")
        self._queries.add((query.casefold(), scope.casefold()))
        try:
            passages = tuple(self._search(query, scope)) if self._search else ()
        except BudgetExceeded:
            raise
        except FootnoteError as error:
            return None, _told(call, f"The search failed: {error}", error=True)
        new = [passage for passage in passages if source_key(passage) not in self._sent]
        self._sent |= set(map(source_key, new))
        if not new:
            return Searched(query, passages, usage), _told(call, "Nothing more was found.")
        return Searched(query, passages, usage), {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": self._add(new),
        }


def _told(call: ToolCall, text: str, *, error: bool = False) -> Json:
    content = [{"type": "text", "text": text}]
    return {"type": "tool_result", "tool_use_id": call.id, "content": content, **({"is_error": True} if error else {})}


def without_thoughts(deltas: Iterable[Delta]) -> Iterator[Delta]:
    """Without the reasoning that a local model writes into its text, at the beginning; held back only as long as that may be
    what it is.

    >>> list(without_thoughts([TextPiece("<thi"), TextPiece("nk>hm"), TextPiece("</think>"), TextPiece("\\n\\nYes.")]))
    [TextPiece(text='Yes.', marked=False)]
    """
    held, deciding, thought = "", True, False
    for delta in deltas:
        if not deciding or not isinstance(delta, TextPiece):
            yield delta
            continue
        held += delta.text
        begun = held.lstrip()
        if begun.startswith(_THINKING):
            _, ended, rest = begun.partition(_THOUGHT)
            thought = bool(ended)
            held = begun = rest.lstrip() if ended else held
            deciding = not (ended and held)
        else:
            deciding = _THINKING.startswith(begun)
        if not deciding:
            yield TextPiece(begun if thought else held)
    if deciding and held and not held.lstrip().startswith(_THINKING):
        yield TextPiece(held)
