"""What is to be done with which part of the course, or nothing where a question is asked."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.query.followup import is_courtesy
from app.query.parts import (
    boxes,
    has_part,
    label,
    means_everything,
    named,
    overlap,
    points_back,
    scoped,
    section_of,
    whole,
    without_parts,
)
from app.query.spotting import spotted
from app.query.vocabulary import ASIDE, bare, count_in, names, plain, vocabulary, words
from app.query.wishes import MADE, Wish, asked, task_word, wish
from app.types import Documents, Question, Target, Task, TaskKind, no_documents
from retrieval.hybrid import HybridRetriever
from retrieval.types import Document, Retriever, Scope

ANSWERED: tuple[TaskKind, ...] = ("example",)  # of a topic that no heading names: an answer's places serve better
WIDE: tuple[TaskKind, ...] = ("quiz", "cards")  # for which the section of a topic may have too little
NEAR = 3  # hits whose sections are the material on a topic that no heading names


def task_of(question: Question, retriever: Retriever, documents: Documents, *, threshold: float) -> Task | None:
    """The task that a question sets; None for a question, and where the documents cannot be read.

    Nothing said: the chosen scope, else the section of the last answer, else the course. `threshold`: confidence from
    which what the course has on a topic counts as material.
    """
    if documents is no_documents or not isinstance(retriever, HybridRetriever):
        return None
    slips = dict(retriever.speller.correct(question.text.casefold()).changes)  # titles are typed with capitals
    text = re.sub(r"[^\W\d_]+", lambda word: slips.get(word.group().casefold(), word.group()), question.text)
    name, wished = asked(text), wish(text)
    is_part = label(name)[2] == len(words(name)) or (points_back(name) and has_part(name))
    if not (wished or question.history) and name and is_part:  # "what's lesson 5.4 about?"
        wished = Wish("summary", name, True)
    if wished is None and task_word(text) is None:
        return None
    read = [document for name in retriever.index.documents() if (document := documents(name)) is not None]
    is_wide = wished is not None and wished.kind in (*MADE, "simpler")
    if wished is None or not wished.order or (is_wide and not named(wished.rest, read, exactly=True)):
        wished = spotted(text, read) or wished
    if wished is None:
        return None
    if wished.kind == "compare":
        return _comparison(wished, question, retriever, read, threshold)
    told, beside = wished.rest, _to_the_point(replace(wished, rest=wished.beside), read)
    wished = _to_the_point(wished, read)
    if beside.rest and not _means_any(wished.rest, read) and named(beside.rest, read):
        wished = beside
    targets, is_named = _targets(wished, question, retriever, read, threshold)
    unnamed = not is_named and wished.order and has_part(wished.rest)
    if not targets and not unnamed:
        return None
    topic = told if wished.kind == "example" else wished.rest  # of which every word tells where one may be
    is_part = is_named and (len(targets[0].path) == 1 or any(label(wished.rest)))
    if means_everything(wished.rest) or (wished.kind in WIDE and is_part):
        topic = ""
    if points_back(wished.rest):
        topic = _last(question) if wished.kind in ("simpler", "example") else ""
    boxed = boxes(read)
    targets = tuple(replace(target, beside=boxed[target.document_id]) for target in targets)
    return Task(wished.kind, targets, without_parts(topic) if unnamed else topic, count=wished.count, unnamed=unnamed)


def _targets(
    wished: Wish, question: Question, retriever: Retriever, read: Sequence[Document], threshold: float
) -> tuple[tuple[Target, ...], bool]:
    """What it is about, and whether that is named."""
    if means_everything(wished.rest):
        return whole(read), True
    if points_back(wished.rest):
        return (_before(question, retriever, read) if wished.order else ()), True
    found = named(wished.rest, read, exactly=not wished.order)
    is_topic = wished.kind in WIDE and len(found) == 1 and len(found[0].path) > 1 and not any(label(wished.rest))
    if not wished.order or (not is_topic if found else wished.kind in ANSWERED):
        return found, bool(found)
    topic = found[0].path[-1] if found else without_parts(wished.rest)
    here = replace(question, scope=Scope(documents=(found[0].document_id,))) if found else question
    near = _on(topic, here, retriever, read, 0.0 if found else threshold)
    near = near[:1] if wished.kind == "summary" else near
    return (*found, *(target for target in near if not any(overlap(target, one) for one in found))), bool(found)


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
        if not any(overlap(target, other) for other in targets):
            targets.append(target)
    return tuple(targets)


def _comparison(
    wished: Wish, question: Question, retriever: Retriever, read: Sequence[Document], threshold: float
) -> Task | None:
    if not wished.order or len(wished.sides) != 2:
        return None
    targets = [target for side in wished.sides for target in _on(side[-1], question, retriever, read, threshold)[:1]]
    return Task("compare", tuple(dict.fromkeys(targets)), wished.rest, wished.sides) if targets else None


def _to_the_point(wished: Wish, documents: Sequence[Document]) -> Wish:
    """An order whose words name no part, without those after one that is named, and with the number that follows: "lesson 3, 5
    questions please" is five of lesson 3, "rivers in three sentences" is rivers.
    """
    name, told = wished.rest, words(wished.rest)
    if not wished.order or _means_any(name, documents):
        return wished
    small, used = vocabulary("of", "around"), label(name)[2]
    for place, word in reversed(list(enumerate(told))):
        number, head = count_in([word]) or place == used, bare(name[: word.start()])
        if not (number or plain(word) in small) or {plain(one) for one in words(head)} <= vocabulary("parts"):
            continue
        if means_everything(head) or points_back(head) or named(head, documents, exactly=not number):
            after = [one for one in told[place:] if plain(one) not in small]
            return replace(wished, rest=head, count=wished.count or count_in(after[:2]))  # "5 questions", "just 5"
    tails = (name[word.start() :] for word in told)
    parts = (tail for tail in tails if named(tail, documents, exactly=label(tail)[2] < len(words(tail))))
    return replace(wished, rest=next(parts, name))


def _means_any(name: str, documents: Sequence[Document]) -> bool:
    return means_everything(name) or points_back(name) or bool(named(name, documents))
