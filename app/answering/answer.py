"""A question to an answer, as events: what is searched for, what was found, the text as it grows, the finished answer.

Whatever fails on the way, there is an answer at the end: a writer that cannot begin is replaced by the next one, what a
writer left unfinished is kept, and the learner is told in a sentence.

A question with a false premise gets no special treatment: what is found is quoted, and neither writer says more than the
quotes do. Words and numbers of a question that no passage has would not tell such a question from others.
"""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.answering.course_search import CourseSearch
from app.answering.suggestions import found_by, nearest_sections, suggestions, without_number
from app.answering.tracing import Clock, searched_again, trace_of
from app.citations.composer import Composer
from app.citations.sentence_check import check_sentences
from app.citations.wording import INSTEAD, NOT_MADE, QUOTING, no_part
from app.query.standalone import Rewrite, Standalone, by_joining
from app.query.subquestions import SubQuestions, fuse_retrievals, retrieve_sub_questions, split_questions
from app.query.tasks import task_of
from app.types import (
    Answer,
    AnswerEvent,
    Documents,
    Done,
    Offer,
    Offered,
    Question,
    Reading,
    Refusal,
    Searched,
    Searching,
    Task,
    no_documents,
)
from app.writers.passages import material
from app.writers.protocols import OfferingWriter, SearchingWriter, SeparateWriter, Writer
from app.writers.tasks.explanation import best_definition, mentions_topic
from app.writers.tasks.writer import TaskWriter
from retrieval.errors import BudgetExceeded, WriterFailed, WriterPaused
from retrieval.types import Passage, Retrieval, Retriever, Scope

COVERED = 0.4  # confidence from which the course has the topic of a task
SURE = 0.32  # likelihood of being right from which a quote stands without a caution


def answer(
    question: Question,
    retriever: Retriever,
    writers: Sequence[Writer],
    *,
    threshold: float,
    rewrite: Rewrite = by_joining,
    documents: Documents = no_documents,
    titles: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[AnswerEvent]:
    """Events in order, the last one Done. `writers` are tried in order; the last one must not fail.

    A writer that searches again does so in the question's scope; `titles`: ids of documents and their titles, by which
    it may name one to look in.

    Below `threshold` of confidence nothing is written and the answer is a refusal with the nearest sections.
    `documents`: what the passages are part of, in which every quote is looked up. Raises what the retriever raises.
    """
    clock = Clock()
    task = task_of(question, retriever, documents, threshold=max(threshold, COVERED))
    if task is not None and task.kind == "compare" and len(split_questions(question.text)) > 1:
        task = None  # which is but one of the questions
    known = task is None or _is_known(task, retriever, question.scope, documents)
    if task is not None and task.targets and known:
        models = writers[:-1]
        performed = yield from _perform(question, task, retriever, models, threshold, documents, clock)
        if performed is not None:
            yield Done(_with_notices(performed, task, documents, titles))
            return
    topic = _topic(task, question)
    standalone = Standalone(topic, "topic") if topic else rewrite(question, retriever)
    if task and question.history and standalone.by == "typed" and task.topic not in question.text:  # "et un exemple ?"
        standalone = Standalone(f"{task.topic} {question.text.strip()}", "joined")
    if question.history:
        clock.mark("rewriting")
    yield Searching(standalone.query)
    retrieval = retriever.retrieve(standalone.query, scope=question.scope)
    alone = standalone.by == "typed" and task is None
    parts = retrieve_sub_questions(question, retrieval, retriever, threshold=threshold) if alone else SubQuestions()
    if parts.retrievals:
        least = min(part.confidence for part in parts.retrievals)
        retrieval = replace(
            fuse_retrievals([retrieval, *parts.retrievals]), confidence=max(retrieval.confidence, least)
        )
    search = CourseSearch(question, standalone, retrieval, clock, found_by(retriever, scope=question.scope), parts)
    clock.mark("retrieval")
    yield Reading(search.retrieval)
    least = max(threshold, COVERED) if topic and task and not task.targets else threshold
    reason = search.refuses(least) or ("" if known else "low confidence")
    if reason:
        refusal, notices = _refusal(search, reason), (no_part(task.topic),) if task and task.topic else ()
        yield Done(replace(refusal, notices=(*notices, *refusal.notices)))
        return
    written = yield from _write(search, writers, documents, SecondSearch(retriever, question.scope, titles))
    yield Done(_with_notices(written, task, documents, titles, done=False))


def _topic(task: Task | None, question: Question) -> str:
    """What is answered where the course has nothing for a task: its topic, or the name of its part; "an example?" of what was asked
    before is more than that.
    """
    if task is None or (task.kind == "example" and not (task.headed and task.topic and task.topic in question.text)):
        return ""
    return task.topic or " ".join(without_number(part.path[-1]) for part in task.targets if len(task.targets) == 1)


def _is_known(task: Task, retriever: Retriever, scope: Scope, documents: Documents) -> bool:
    """Whether the course speaks of the topic of a task: of what no heading names, with its words together."""
    if task.headed or not task.topic or not task.targets or task.kind in ("compare", "example"):
        return True
    retrieval = retriever.retrieve(task.topic, scope=scope)
    return mentions_topic(retrieval.query, retrieval, documents)


def _perform(
    question: Question,
    task: Task,
    retriever: Retriever,
    models: Sequence[Writer],
    threshold: float,
    documents: Documents,
    clock: Clock,
) -> Generator[AnswerEvent, None, Answer | None]:
    """The task done by a model, or by quoting; None where the course has nothing for it, so that it is answered
    as a question.
    """
    question, whole_parts = replace(question, task=task), material(task, documents)
    yield Searching(whole_parts.query)
    yield Reading(whole_parts)
    offer = _offer(models, question, whole_parts)
    if offer is not None and not question.agreed:
        return Answer("", (), refused="price", confidence=1.0, offer=offer, timings_ms=clock.timings)
    if offer is not None:
        yield Offered(offer)
    quoting = TaskWriter(lambda query, scope: retriever.retrieve(query, scope=scope), threshold=max(threshold, COVERED))
    search = CourseSearch(question, Standalone(whole_parts.query, "task"), whole_parts, clock, lambda *_: False)
    written = yield from _write(search, [*models, quoting], documents, SecondSearch(retriever, question.scope, {}))
    if written.refused:
        return None
    return replace(written, sentences=()) if written.writer == quoting.name else written  # all of it is quoted


def _offer(models: Sequence[Writer], question: Question, whole_parts: Retrieval) -> Offer | None:
    """Of the first writer, if it makes one."""
    return models[0].offer(question, whole_parts.passages) if models and isinstance(models[0], OfferingWriter) else None


@dataclass(frozen=True, slots=True)
class SecondSearch:
    """A second look into the course, for a writer: in the scope of the question, or in the document it names."""

    retriever: Retriever
    scope: Scope
    titles: Mapping[str, str]

    def __call__(self, query: str, scope: str = "") -> Sequence[Passage]:
        named = tuple(key for key, title in self.titles.items() if scope and title.casefold() == scope.casefold())
        where = Scope(documents=named) if named and not self.scope else self.scope
        return self.retriever.retrieve(query, scope=where).passages


def _write(
    search: CourseSearch, writers: Sequence[Writer], documents: Documents, second_search: SecondSearch
) -> Generator[AnswerEvent, None, Answer]:
    """The answer of the first writer that writes any; one that broke off has written a partial one. A refusal by no writer
    where none did.
    """
    notices: list[str] = []
    passages = list(search.retrieval.passages)
    searches: list[Searched] = []
    for writer in writers:
        composer = Composer(passages, documents)
        failure, paused = "", False
        query = search.retrieval.query
        try:
            if isinstance(writer, SearchingWriter):
                events = writer.write_searching(search.meant, query, tuple(passages), second_search)
            elif search.sub_questions.retrievals and isinstance(writer, SeparateWriter):
                events = writer.write_each(search.meant, search.sub_questions.retrievals, documents)
            else:
                events = writer.write(search.meant, query, tuple(passages), documents)
            for event in events:
                if isinstance(event, Searched):
                    searches.append(event)
                    passages += event.passages
                    composer.add(event.passages)
                    if not composer.writing().footnotes:
                        composer = Composer(passages, documents)
                    yield Searching(event.query)
                else:
                    yield composer.feed(event)
        except (WriterFailed, BudgetExceeded) as error:
            failure, paused = str(error), isinstance(error, WriterPaused)
        if failure and not composer.writing().text.strip():
            notices += [] if paused else [failure]  # that it is paused was told when it failed
            continue
        if notices:
            notices.append(INSTEAD.get(writer.name, f"The {writer.name} writer made this answer instead."))
        return _finished_answer(search, writer, composer, notices, searches, failure=failure)
    return replace(_refusal(search, "writer"), notices=(*search.remarks, *notices))


def _finished_answer(
    search: CourseSearch,
    writer: Writer,
    composer: Composer,
    notices: Sequence[str],
    searches: Sequence[Searched],
    *,
    failure: str,
) -> Answer:
    """What a writer that came to its end, or broke off because of `failure`, has written."""
    search.clock.mark("writing")
    writing, finished = composer.writing(), composer.finished
    quoted = writer.name == QUOTING
    written = _refusal(search, "writer")
    likelihood = likelihood_of_being_right(search.retrieval.confidence, finished.likelihood)
    if not finished.refused:
        written = replace(
            _unwritten(search),
            text=writing.text,
            footnotes=writing.footnotes,
            sentences=check_sentences(writing.text, writing.footnotes) if not quoted else (),
            likelihood=likelihood,
            unsure=quoted and likelihood < SURE,
            dropped=len(composer.dropped),
            partial=finished.partial or bool(failure),
            marked=writing.marked,
            more=finished.more,
            suggestions=suggestions(search.retrieval, writing.footnotes, search.finds),
        )
    cut_short = (f"This answer is not complete. {failure}",) if failure else ()
    searched = {"searches": [searched_again(one) for one in searches]} if searches else {}
    return replace(
        written,
        writer=writer.name,
        model=finished.model,
        usage=written.usage + finished.usage,
        notices=(*written.notices, *notices, *finished.notices, *cut_short),
        trace={**written.trace, "writer_version": writer.version, **searched},
    )


def likelihood_of_being_right(confidence: float, likelihood: float) -> float:
    """In [0, 1]: of what is marked, where the course answers with `confidence` and, if it does, that is where with `likelihood`.
    The root is for the second one's scale, which differs between courses.
    """
    return confidence * math.sqrt(likelihood)


def _refusal(search: CourseSearch, reason: Refusal) -> Answer:
    near = () if reason == "no question" else nearest_sections(search.retrieval)
    return replace(_unwritten(search), refused=reason, nearest=near)


def _unwritten(search: CourseSearch) -> Answer:
    """What is known of an answer before anything is written."""
    return Answer(
        text="",
        footnotes=(),
        confidence=search.retrieval.confidence,
        searched=search.searched,
        usage=search.asked.usage,
        notices=search.remarks,
        timings_ms=search.clock.timings,
        trace=trace_of(search.retrieval, search.asked, search.sub_questions),
    )


def _with_notices(
    written: Answer, task: Task | None, documents: Documents, titles: Mapping[str, str], *, done: bool = True
) -> Answer:
    """What is said where no part of the course has the name of the topic, or a task was not `done`. What is quoted instead of an
    example may well hold one that does not call itself so: then nothing is said.
    """
    if task is None or written.refused:
        return written
    missing_part = [no_part(task.topic, speaks=True)] * (
        task.unnamed or not _has_part_of_that_name(task, documents, titles)
    )
    not_done = [NOT_MADE] * (not done and task.kind != "example" and not task.unnamed)
    return replace(written, notices=(*missing_part, *not_done, *written.notices))


def _has_part_of_that_name(task: Task, documents: Documents, titles: Mapping[str, str]) -> bool:
    """Whether a part or an entry of the course is called as the topic is; of a comparison or an example that is not asked."""
    if task.headed or task.kind in ("compare", "example"):
        return True
    every = {*titles, *(target.document_id for target in task.targets)}
    return best_definition([task.topic], [document for name in every if (document := documents(name))]) is not None
