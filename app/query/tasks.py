"""What is to be done with which part of the course, or nothing where a question is asked."""

from collections.abc import Sequence
from dataclasses import replace

from app.query.followup import is_courtesy
from app.query.targets import means_everything, named, points_back, scoped, section_of, whole
from app.query.wishes import ASIDE, Wish, names, wish
from app.types import Documents, Question, Target, Task, TaskKind, no_documents
from retrieval.hybrid import HybridRetriever
from retrieval.types import Document, Retriever

ANSWERED: tuple[TaskKind, ...] = (
    "example",
    "summary",
)  # of a topic that no heading names: an answer's places serve better
NEAR = 3  # hits whose sections are the material on a topic that no heading names


def task_of(question: Question, retriever: Retriever, documents: Documents, *, threshold: float) -> Task | None:
    """The task that a question sets; None for a question, and where the documents cannot be read.

    Nothing said: the chosen scope, else the section of the last answer, else the course. `threshold`: confidence from
    which what the course has on a topic counts as material.
    """
    wished = wish(question.text)
    if wished is None or documents is no_documents or not isinstance(retriever, HybridRetriever):
        return None
    read = [document for name in retriever.index.documents() if (document := documents(name)) is not None]
    if wished.kind == "compare":
        return _comparison(wished, question, retriever, read, threshold)
    targets = _targets(wished, question, retriever, read, threshold)
    if not targets:
        return None
    topic = "" if means_everything(wished.rest) else wished.rest
    if points_back(wished.rest):
        topic = _last(question) if wished.kind in ("simpler", "example") else ""
    return Task(wished.kind, targets, topic, count=wished.count)


def _targets(
    wished: Wish, question: Question, retriever: Retriever, read: Sequence[Document], threshold: float
) -> tuple[Target, ...]:
    if means_everything(wished.rest):
        return whole(read)
    if points_back(wished.rest):
        return _before(question, retriever, read) if wished.order else ()
    found = named(wished.rest, read, exactly=not wished.order)
    if found or not wished.order or wished.kind in ANSWERED:
        return found
    return _on(wished.rest, question, retriever, read, threshold)


def _last(question: Question) -> str:
    """What was asked before, courtesies aside; perhaps nothing."""
    return next((turn.question for turn in reversed(question.history) if not is_courtesy(turn.question)), "")


def _before(question: Question, retriever: Retriever, read: Sequence[Document]) -> tuple[Target, ...]:
    """What is chosen, or was spoken of last, or all."""
    last = _last(question)
    earlier = wish(last) if last else None
    if question.scope:
        return scoped(read, question.scope)
    if earlier is not None and (found := named(earlier.rest, read)):
        return found
    return _on(last, replace(question, text=last), retriever, read, 0.0)[:1] if last else whole(read)


def _on(
    topic: str, question: Question, retriever: Retriever, read: Sequence[Document], threshold: float
) -> tuple[Target, ...]:
    """The sections that hold the best hits on a topic, best first, none of them twice."""
    found = retriever.retrieve(topic, scope=question.scope, k=NEAR)
    if found.confidence < threshold:
        return ()
    by_id = {document.id: document for document in read}
    chunks = [hit.chunk for hit in found.hits[:NEAR] if hit.chunk.document_id in by_id]
    found_in = [section_of(by_id[chunk.document_id], chunk.start) for chunk in chunks]
    teaching = [target for target in found_in if not any(names(kind, target.path[-1]) for kind in ASIDE)]
    targets: list[Target] = []
    for target in teaching or found_in:
        if not any(_overlap(target, other) for other in targets):
            targets.append(target)
    return tuple(targets)


def _overlap(one: Target, other: Target) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end


def _comparison(
    wished: Wish, question: Question, retriever: Retriever, read: Sequence[Document], threshold: float
) -> Task | None:
    if not wished.order or len(wished.sides) != 2:
        return None
    targets = [target for side in wished.sides for target in _on(side[-1], question, retriever, read, threshold)[:1]]
    return Task("compare", tuple(dict.fromkeys(targets)), wished.rest, wished.sides) if targets else None
