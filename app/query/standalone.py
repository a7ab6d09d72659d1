"""What is searched for: the question itself, or, for one that leans on what was said before, one that stands alone.

A model rewrites best, a rule (`app.query.followup`) at once and for nothing. So the model is asked only where the rule sees a
question lean back, and only for so long; whatever goes wrong with it, the rule's query is as good as there is.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from app.query.followup import leans_back, standalone_query
from app.types import Question, Usage
from retrieval.errors import FootnoteError

LONGEST_QUERY = 400  # characters; a model that writes more has answered instead


@dataclass(frozen=True, slots=True)
class Standalone:
    """A query, who made it ("typed", "rule" or a model's name), and what that cost."""

    query: str
    by: str = "typed"
    usage: Usage = field(default_factory=Usage)


Rewrite = Callable[[Question], Standalone]  # may raise FootnoteError


def by_rule(question: Question) -> Standalone:
    """The question with those that it leans on before it; as typed if it stands alone."""
    query = standalone_query(question.text, [turn.question for turn in question.history])
    return Standalone(query, "typed" if query == question.text.strip() else "rule")


def with_model(model: Rewrite, *, seconds: float) -> Rewrite:
    """By the model where the question leans back and the model answers in time with one line, else by rule."""

    def rewrite(question: Question) -> Standalone:
        if not question.history or not leans_back(question.text):
            return by_rule(question)
        made = _in_time(lambda: model(question), seconds)
        if made is None or not _is_query(made.query):
            ruled = by_rule(question)
            return Standalone(ruled.query, ruled.by, made.usage if made else Usage())
        return made

    return rewrite


def _is_query(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST_QUERY and "\n" not in text.strip()


def _in_time(make: Callable[[], Standalone], seconds: float) -> Standalone | None:
    """None if it fails or takes longer. A call that is late goes on in its thread and ends at the network's own limit."""
    made: queue.SimpleQueue[Standalone | None] = queue.SimpleQueue()

    def work() -> None:
        result: Standalone | None = None
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
