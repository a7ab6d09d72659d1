"""The query that is searched for: the question as typed, joined to the questions that it follows up, or rewritten by a model.

A model rewrites best; the index decides at once and for nothing. So a model is asked only where the index finds a follow-up, and only
for a few seconds; if it fails, the follow-up is joined to the question before it.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from app.query.courtesy import is_courtesy
from app.query.followup import is_follow_up
from app.types import Question, Turn, Usage
from retrieval.errors import FootnoteError
from retrieval.types import Retriever, Scope

T = TypeVar("T")
MAX_QUERY_CHARACTERS = 400  # a model that writes more has answered instead of rewriting


@dataclass(frozen=True, slots=True)
class Standalone:
    """A query, who made it ("typed", "joined", "topic" of a task, or a model's name), and what that cost."""

    query: str
    by: str = "typed"
    usage: Usage = field(default_factory=Usage)


Rewrite = Callable[[Question, Retriever], Standalone]
Model = Callable[[Question], Standalone]  # may raise FootnoteError


def by_joining(question: Question, retriever: Retriever) -> Standalone:
    """The question, joined to its context if it is a follow-up."""
    query = question.text.strip()
    if _follows_typed_question(question, retriever):
        query = standalone_query(query, context_query(question.history), retriever, scope=question.scope)
    return Standalone(query, "typed" if query == question.text.strip() else "joined")


def _follows_typed_question(question: Question, retriever: Retriever) -> bool:
    """Whether it may follow up what was typed last. After a task the context is a list of headings, which brings any question nearer
    to the course ("what will be on the exam?"), so the order itself has to be followed up, too.
    """
    last = next((turn for turn in reversed(question.history) if not is_courtesy(turn.question)), None)
    if last is None or not last.searched or _was_joined(last):
        return True
    return is_follow_up(question.text, last.question, retriever, scope=question.scope)


def with_model(model: Model, *, seconds: float) -> Rewrite:
    """A rewriting by the model for a follow-up, if it answers with one line within `seconds`; otherwise by joining."""

    def rewrite(question: Question, retriever: Retriever) -> Standalone:
        joined = by_joining(question, retriever)
        if joined.by == "typed":
            return joined
        rewritten = _call_with_timeout(lambda: model(question), seconds)
        if rewritten is None or not _is_query(rewritten.query):
            return Standalone(joined.query, joined.by, rewritten.usage if rewritten else Usage())
        return rewritten

    return rewrite


def standalone_query(question: str, before: str, retriever: Retriever, *, scope: Scope = Scope()) -> str:
    """The question, joined to what was asked `before` if it is a follow-up of that."""
    joins = not is_courtesy(question) and is_follow_up(question, before, retriever, scope=scope)
    return f"{before.strip()} {question.strip()}" if joins else question.strip()


def context_query(history: Sequence[Turn]) -> str:
    """The earlier questions that a follow-up may refer to: the last one (greetings aside), after the stand-alone question that it
    goes back to itself. "an example?" after "how do I compute it" needs to know what "it" is; the questions between would only dilute
    the query.
    """
    turns = [turn for turn in history if not is_courtesy(turn.question)]
    root_turn = next((turn for turn in reversed(turns) if not _was_joined(turn)), None)
    if root_turn is None:
        return turns[-1].searched if turns else ""
    root = root_turn.searched or root_turn.question
    return root if root_turn is turns[-1] else f"{root.strip()} {turns[-1].question}"


def _was_joined(turn: Turn) -> bool:
    question = turn.question.strip()
    return turn.searched != question and turn.searched.endswith(question)


def _is_query(text: str) -> bool:
    return 0 < len(text.strip()) <= MAX_QUERY_CHARACTERS and "\n" not in text.strip()


def _call_with_timeout(call: Callable[[], T], seconds: float) -> T | None:
    """What the call returns; None if it fails or takes longer. A late call goes on in its thread until the network's own limit."""
    results: queue.SimpleQueue[T | None] = queue.SimpleQueue()

    def work() -> None:
        result: T | None = None
        try:
            with suppress(FootnoteError):
                result = call()
        finally:
            results.put(result)

    threading.Thread(target=work, name="footnote-rewrite", daemon=True).start()
    try:
        return results.get(timeout=seconds)
    except queue.Empty:
        return None
