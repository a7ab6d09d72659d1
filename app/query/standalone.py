"""What is searched for: the question itself, or, for one that leans on what was said before, one that stands alone.

A model rewrites best, the index (`app.query.followup`) at once and for nothing. So the model is asked only where the
index sees a question lean back, and only for so long; whatever goes wrong with it, there is the question joined to those it
leans on.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from app.query.followup import standalone_query
from app.types import Question, Usage
from retrieval.errors import FootnoteError
from retrieval.types import Retriever

T = TypeVar("T")
LONGEST_QUERY = 400  # characters; a model that writes more has answered instead


@dataclass(frozen=True, slots=True)
class Standalone:
    """A query, who made it ("typed", "joined", "topic" of a task, or a model's name), and what that cost. `others`: what is
    searched for beside it, see `app.query.expansion`."""

    query: str
    by: str = "typed"
    usage: Usage = field(default_factory=Usage)
    others: tuple[str, ...] = ()


Rewrite = Callable[[Question, Retriever], Standalone]
Model = Callable[[Question], Standalone]  # may raise FootnoteError


def by_joining(question: Question, retriever: Retriever) -> Standalone:
    """The question with those that it leans on before it; as typed if it stands alone."""
    history = [turn.question for turn in question.history]
    query = standalone_query(question.text, history, retriever, scope=question.scope)
    return Standalone(query, "typed" if query == question.text.strip() else "joined")


def with_model(model: Model, *, seconds: float) -> Rewrite:
    """By the model where the question leans back and the model answers in time with one line, else by joining."""

    def rewrite(question: Question, retriever: Retriever) -> Standalone:
        joined = by_joining(question, retriever)
        if joined.by == "typed":
            return joined
        made = in_time(lambda: model(question), seconds)
        if made is None or not _is_query(made.query):
            return Standalone(joined.query, joined.by, made.usage if made else Usage())
        return made

    return rewrite


def _is_query(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST_QUERY and "\n" not in text.strip()


def in_time(make: Callable[[], T], seconds: float) -> T | None:
    """None if it fails or takes longer. A call that is late goes on in its thread and ends at the network's own limit."""
    made: queue.SimpleQueue[T | None] = queue.SimpleQueue()

    def work() -> None:
        result: T | None = None
        try:
            with suppress(FootnoteError):
                result = make()
        finally:
            made.put(result)

    threading.Thread(target=work, name="footnote-rewrite", daemon=True).start()
    try:
        return made.get(timeout=seconds)
    except queue.Empty:
        return None
