"""A question to an answer, as events: what is searched for, what was found, the text as it grows, the finished answer.

Whatever fails on the way, there is an answer at the end: a writer that cannot begin is replaced by the next one, what a
writer left unfinished is kept, and the learner is told in a sentence.

A question with a false premise gets no special treatment: what is found is quoted, and neither writer says more than the
quotes do. Words and numbers of a question that no passage has would not tell such a question from others.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.answering.suggestions import Finds, found_by, nearest_sections, suggestions
from app.citations.composer import Composer
from app.citations.sentence_check import check_sentences
from app.query.followup import is_courtesy
from app.query.standalone import Rewrite, Standalone, by_joining
from app.types import (
    Answer,
    AnswerEvent,
    Documents,
    Done,
    Finished,
    Question,
    Reading,
    Refusal,
    Searching,
    Writer,
    Writing,
    no_documents,
)
from app.writers.llm.pricing import total
from retrieval.errors import BudgetExceeded, WriterFailed
from retrieval.query.spelling import respell
from retrieval.types import Retrieval, Retriever


@dataclass(frozen=True, slots=True)
class Written:
    """What a chain of writers made of the passages."""

    writing: Writing
    dropped: int
    finished: Finished
    writer: str
    version: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A question, what was searched for, and what was found."""

    question: Question
    asked: Standalone
    retrieval: Retrieval
    clock: "_Clock"
    finds: Finds

    @property
    def searched(self) -> str:
        """The query where it is not the question as typed."""
        return self.retrieval.query if self.retrieval.query != self.question.text.strip() else ""

    @property
    def meant(self) -> Question:
        """The question with its spelling put right."""
        return replace(self.question, text=respell(self.question.text, self.retrieval.respelled))

    def refuses(self, threshold: float) -> Refusal:
        """Why nothing is written, or nothing."""
        if is_courtesy(self.question.text):
            return "no question"
        if not self.retrieval.passages:
            return "nothing found"
        return "low confidence" if self.retrieval.confidence < threshold else ""


INSTEAD = {"extractive": "This answer is put together from sentences of the course instead."}
SURE = 0.5  # confidence from which a question is more likely answered by the course than not


def answer(
    question: Question,
    retriever: Retriever,
    writers: Sequence[Writer],
    *,
    threshold: float,
    rewrite: Rewrite = by_joining,
    documents: Documents = no_documents,
) -> Iterator[AnswerEvent]:
    """Events in order, the last one Done. `writers` are tried in order; the last one must not fail.

    Below `threshold` of confidence nothing is written and the answer is a refusal with the nearest sections.
    `documents`: what the passages are part of, in which every quote is looked up. Raises what the retriever raises.
    """
    clock = _Clock()
    asked = rewrite(question, retriever)
    if question.history:
        clock.mark("rewriting")
    yield Searching(asked.query)
    found = retriever.retrieve(asked.query, scope=question.scope)
    search = Search(question, asked, found, clock, found_by(retriever, scope=question.scope))
    clock.mark("retrieval")
    yield Reading(search.retrieval)
    reason = search.refuses(threshold)
    if reason:
        yield Done(_refusal(search, reason))
        return
    written = yield from _write(search, writers, documents)
    clock.mark("writing")
    made = _refusal(search, "writer") if written.finished.refused else _answer(search, written)
    yield Done(_with_writer(made, written))


def _write(search: Search, writers: Sequence[Writer], documents: Documents) -> Generator[AnswerEvent, None, Written]:
    """The first writer's text that is any; one that broke off has written a partial answer."""
    notices: list[str] = []
    for writer in writers:
        composer = Composer(search.retrieval.passages, documents)
        failure = ""
        try:
            for event in writer.write(search.meant, search.retrieval.query, search.retrieval.passages, documents):
                yield composer.feed(event)
        except (WriterFailed, BudgetExceeded) as error:
            failure = str(error)
        if failure and not composer.writing().text.strip():
            notices.append(failure)
            continue
        if notices:
            notices.append(INSTEAD.get(writer.name, f"The {writer.name} writer made this answer instead."))
        return _written(writer, composer, notices, failure)
    return Written(Writing("", ()), 0, Finished(refused=True), "", "", tuple(notices))


def _written(writer: Writer, composer: Composer, notices: Sequence[str], failure: str) -> Written:
    finished = replace(composer.finished, partial=True) if failure else composer.finished
    broken = (f"This answer is not complete. {failure}",) if failure else ()
    return Written(
        writing=composer.writing(),
        dropped=len(composer.dropped),
        finished=finished,
        writer=writer.name,
        version=writer.version,
        notices=(*notices, *finished.notices, *broken),
    )


def _answer(search: Search, written: Written) -> Answer:
    writing = written.writing
    return Answer(
        text=writing.text,
        footnotes=writing.footnotes,
        sentences=check_sentences(writing.text, writing.footnotes),
        confidence=search.retrieval.confidence,
        unsure=written.writer == "extractive" and search.retrieval.confidence < SURE,
        dropped=written.dropped,
        searched=search.searched,
        partial=written.finished.partial,
        usage=search.asked.usage,
        marked=writing.marked,
        more=written.finished.more,
        suggestions=suggestions(search.retrieval, writing.footnotes, search.finds),
        timings_ms=search.clock.timings,
        trace=_trace(search),
    )


def _refusal(search: Search, reason: Refusal) -> Answer:
    return Answer(
        text="",
        footnotes=(),
        refused=reason,
        nearest=() if reason == "no question" else nearest_sections(search.retrieval),
        confidence=search.retrieval.confidence,
        searched=search.searched,
        usage=search.asked.usage,
        timings_ms=search.clock.timings,
        trace=_trace(search),
    )


def _with_writer(made: Answer, written: Written) -> Answer:
    return replace(
        made,
        writer=written.writer,
        model=written.finished.model,
        usage=total([made.usage, written.finished.usage]),
        notices=written.notices,
        trace={**made.trace, "writer_version": written.version},
    )


def _trace(search: Search) -> Mapping[str, object]:
    retrieval = search.retrieval
    return {
        "index": retrieval.version,
        "query": retrieval.query,
        "query_by": search.asked.by,
        "features": dict(retrieval.features),
        "stages": [[stage.name, round(stage.ms, 2), stage.count] for stage in retrieval.stages],
        "hits": [[hit.chunk.id, hit.chunk.place, round(hit.fused, 4)] for hit in retrieval.hits],
    }


class _Clock:
    """Milliseconds since the start and between marks."""

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self._marks: dict[str, float] = {}

    def mark(self, name: str) -> None:
        now = time.perf_counter()
        self._marks[name] = (now - self._last) * 1000.0
        self._last = now

    @property
    def timings(self) -> Mapping[str, float]:
        return {**self._marks, "total": (time.perf_counter() - self._begun) * 1000.0}
