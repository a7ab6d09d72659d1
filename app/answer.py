"""A question to an answer, as events: what is searched for, what was found, the text as it grows, the finished answer.

Whatever fails on the way, there is an answer at the end: a writer that cannot go on is replaced by the next one, and the
learner is told in one sentence.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.citations import Composer
from app.followup import standalone_query
from app.suggest import nearest_sections, suggestions
from app.support import check_sentences
from app.types import (
    Answer,
    AnswerEvent,
    Done,
    Finished,
    Footnote,
    Question,
    Reading,
    Refusal,
    Searching,
    Writer,
)
from retrieval.errors import WriterFailed
from retrieval.types import Retrieval, Retriever


@dataclass(frozen=True, slots=True)
class Written:
    """What a chain of writers made of the passages."""

    text: str
    footnotes: tuple[Footnote, ...]
    dropped: int
    finished: Finished
    writer: str
    version: str
    notices: tuple[str, ...]


def answer(
    question: Question, retriever: Retriever, writers: Sequence[Writer], *, threshold: float
) -> Iterator[AnswerEvent]:
    """Events in order, the last one Done. `writers` are tried in order; the last one must not fail.

    Below `threshold` of confidence nothing is written and the answer is a refusal with the nearest sections.
    """
    clock = _Clock()
    query = standalone_query(question.text, [turn.question for turn in question.history])
    yield Searching(query)
    retrieval = retriever.retrieve(query, scope=question.scope)
    clock.mark("retrieval")
    yield Reading(retrieval)
    if not retrieval.passages or retrieval.confidence < threshold:
        reason: Refusal = "low confidence" if retrieval.passages else "nothing found"
        yield Done(_refusal(question, query, retrieval, reason, clock))
        return
    written = yield from _write(question, query, retrieval, writers)
    clock.mark("writing")
    if written.finished.refused:
        refused = _refusal(question, query, retrieval, "writer", clock)
        yield Done(_with_writer(refused, written))
        return
    yield Done(_with_writer(_answer(question, query, retrieval, written, clock), written))


def _write(
    question: Question, query: str, retrieval: Retrieval, writers: Sequence[Writer]
) -> Generator[AnswerEvent, None, Written]:
    notices: list[str] = []
    for writer in writers:
        composer = Composer(retrieval.passages)
        writing = composer.writing()
        try:
            for event in writer.write(question, query, retrieval.passages):
                writing = composer.feed(event)
                yield writing
        except WriterFailed as error:
            notices.append(str(error))
            if not writing.text.strip():
                continue
        finished = composer.finished
        return Written(
            text=writing.text,
            footnotes=writing.footnotes,
            dropped=len(composer.dropped),
            finished=finished,
            writer=writer.name,
            version=writer.version,
            notices=(*notices, *finished.notices),
        )
    return Written("", (), 0, Finished(refused=True), "", "", tuple(notices))


def _answer(question: Question, query: str, retrieval: Retrieval, written: Written, clock: "_Clock") -> Answer:
    return Answer(
        text=written.text,
        footnotes=written.footnotes,
        sentences=check_sentences(written.text, written.footnotes),
        confidence=retrieval.confidence,
        dropped=written.dropped,
        searched=query if query != question.text.strip() else "",
        partial=written.finished.partial,
        timings_ms=clock.timings,
        trace=_trace(retrieval),
        suggestions=suggestions(retrieval, written.footnotes),
    )


def _refusal(question: Question, query: str, retrieval: Retrieval, reason: Refusal, clock: "_Clock") -> Answer:
    return Answer(
        text="",
        footnotes=(),
        refused=reason,
        nearest=nearest_sections(retrieval),
        confidence=retrieval.confidence,
        searched=query if query != question.text.strip() else "",
        timings_ms=clock.timings,
        trace=_trace(retrieval),
    )


def _with_writer(made: Answer, written: Written) -> Answer:
    return replace(
        made,
        writer=written.writer,
        model=written.finished.model,
        usage=written.finished.usage,
        notices=written.notices,
        trace={**made.trace, "writer_version": written.version},
    )


def _trace(retrieval: Retrieval) -> Mapping[str, object]:
    return {
        "index": retrieval.version,
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
