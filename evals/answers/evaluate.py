"""Answers of each writer to a question set, judged: right or not, refused or not, borne by their quotes or not.

Measures, each in [0, 1] and a mean over questions. Over the answerable ones, a refusal counting 0:

- correct: how much of the reference answer is given (0, 0.5 or 1), by the judge.
- in sight: whether all of a gold set is quoted, so that a learner has the answer without a further step (`shown`).
- marked: whether all of a gold set is in what is marked, for writers that mark.
- gold recall: the share of the gold quotes that the footnotes cover (of the gold set that fares best).
- gold precision: the share of the footnotes' characters that lie in any gold quote. Gold quotes are as short as can be,
  so a good answer stays far below 1; it compares writers.

Over what was answered: supported, the share of answers of which every sentence is; citation recall and precision (`evals.answers.judges`), the share of sentences that the page would mark
as doubtful, citations left out because they are not in the course verbatim. Refused: the share of the answerable and of
the unanswerable that was, and of the unanswerable the share that was answered without a caution. Right from wrong: how well scores tell the answers that have all of the gold in sight
from the others (area under the curve).
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from app.answering.answer import answer
from app.citations.marks import find_marks, without_marks
from app.query.standalone import Rewrite, by_joining
from app.types import Answer, Done, Footnote, Question, Turn
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.protocols import Writer
from evals.answers.judges import Judge, Verdict, claims_of
from evals.datasets.gold import Gold
from evals.datasets.questions import GoldQuestion
from evals.search.metrics import DocumentSpan, inside, judge
from evals.search.refusal import auc
from evals.search.system import System
from evals.stats import mean, percentile
from retrieval.errors import WriterFailed
from retrieval.types import Json

Measures = Mapping[str, float]
ALL = 0.95  # share of each quote from which all of it counts as shown: a list mark or full stop may be missing
_WORD = re.compile(r"\S*\w\S*")  # what a table or a list is drawn with is none


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """An answer that was given. `ms`: of the writing alone. `verdict` is None for a refusal."""

    question: GoldQuestion
    answer: Answer
    gold: Gold
    ms: float
    verdict: Verdict | None


def ask_writer(
    questions: Sequence[GoldQuestion],
    system: System,
    writer: Writer,
    judging: Judge,
    *,
    rewrite: Rewrite = by_joining,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[JudgedAnswer]:
    """Each question as a learner would ask it, with the threshold of the settings. Raises WriterFailed where there is
    no answer: a fallback would be judged in the writer's name. Earlier questions of a follow-up are answered by quoting, so that
    what was said before is there, at no price.
    """
    for done, question in enumerate(questions, start=1):
        current = Question(question.question, _before(question.history, system))
        begun = time.perf_counter()
        written = _done(
            answer(
                current,
                system.retriever,
                [writer],
                threshold=system.settings.confidence_threshold,
                rewrite=rewrite,
                documents=system.documents.get,
                titles={key: document.title for key, document in system.documents.items()},
            )
        )
        if written.refused == "writer" and not written.writer:
            raise WriterFailed(" ".join((*written.notices, "What came is kept: run this again to go on.")))
        ms = written.timings_ms.get("writing", (time.perf_counter() - begun) * 1000.0)
        yield JudgedAnswer(question, written, system.locator.gold(question), ms, _judged(question, written, judging))
        progress(done)


def _before(questions: Sequence[str], system: System) -> tuple[Turn, ...]:
    turns: tuple[Turn, ...] = ()
    for earlier in questions:
        threshold = system.settings.confidence_threshold
        events = answer(
            Question(earlier, turns),
            system.retriever,
            [ExcerptsWriter()],
            threshold=threshold,
            documents=system.documents.get,
        )
        written = _done(events)
        turns += (Turn(earlier, without_marks(written.text), written.searched),)
    return turns


def _done(events: Iterator[object]) -> Answer:
    return next(event.answer for event in events if isinstance(event, Done))


def _judged(question: GoldQuestion, written: Answer, judging: Judge) -> Verdict | None:
    if written.refused:
        return None
    text = without_marks(written.text)
    return judging.judge(question.question, claims_of(written), answer=text, reference=question.answer)


def measures_of(judged: JudgedAnswer) -> dict[str, float]:
    """What can be said of one answer; names that do not apply to it are left out."""
    measures: dict[str, float] = {}
    notes = judged.answer.footnotes
    if judged.question.answerable and judged.gold.sets:
        in_sight = shown(notes, judged.gold)
        measures["in sight"], measures["gold recall"] = float(in_sight.whole), in_sight.recall
        if judged.answer.marked or judged.answer.refused:
            measures["marked"] = float(shown(marked_notes(judged.answer), judged.gold).whole)
        measures["gold precision"] = gold_precision(notes, judged.gold)
    if judged.question.answerable and judged.question.answer:
        measures["correct"] = (judged.verdict.correct or 0.0) if judged.verdict else 0.0
    if judged.verdict:
        sentences = judged.answer.sentences
        if judged.verdict.supported:
            measures["supported"] = float(all(judged.verdict.supported))
        ratios = {"citation recall": judged.verdict.recall, "citation precision": judged.verdict.precision}
        measures |= {name: value for name, value in ratios.items() if value is not None}
        measures["doubted"] = mean([float(bool(sentence.doubts)) for sentence in sentences])
        measures["dropped"] = float(judged.answer.dropped)
        measures["words"] = float(len(_WORD.findall(without_marks(judged.answer.text))))
        if judged.answer.marked:
            measures["marked words"] = float(
                sum(len(_WORD.findall(judged.answer.text[a:b])) for a, b in judged.answer.marked)
            )
    return measures


@dataclass(frozen=True, slots=True)
class QuotesShown:
    """`recall`: the mean share of the quotes of the gold set that fares best; `whole`: whether all of any set is there."""

    recall: float
    whole: bool


def shown(spans: Sequence[DocumentSpan], gold: Gold) -> QuotesShown:
    """What of the gold is shown: of each quote the share of its characters, spaces aside, at the place where most of it is
    quoted. Nothing shown is nothing found."""
    if not spans or not gold.sets:
        return QuotesShown(0.0, False)
    covered = judge(spans, gold).covered
    last = [shares[:, -1] for shares in covered]
    return QuotesShown(
        max(float(shares.mean()) for shares in last), any(bool((shares >= ALL).all()) for shares in last)
    )


def marked_notes(written: Answer) -> list[Footnote]:
    """The footnotes on what is marked: a marked run is followed by its own."""
    marks = find_marks(written.text)
    following = {next((mark.number for mark in marks if mark.start >= end), 0) for _, end in written.marked}
    return [note for note in written.footnotes if note.number in following]


def gold_precision(notes: Sequence[Footnote], gold: Gold) -> float:
    """The share of the quotes' characters, spaces aside, that lie in a place of any gold quote; 0 without quotes."""
    size = sum(not char.isspace() for note in notes for char in note.quote)
    places = [place for quotes in gold.sets for quote in quotes for place in quote.occurrences]
    inside_gold = 0
    for note in notes:
        offsets = [place.offsets for place in places if place.document_id == note.document_id]
        if offsets:
            every = np.unique(np.concatenate(offsets))
            inside_gold += int(inside(every, note).sum())
    return inside_gold / size if size else 0.0


def result(
    by_writer: Mapping[str, Sequence[JudgedAnswer]], judging: str, system: System, *, name: str, split: str
) -> Json:
    """`by_writer`: the answers of each writer. What `python -m evals answers` writes as JSON."""
    return {
        "kind": "answers",
        "name": name,
        "split": split,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": system.version,
        "judge": judging,
        "threshold": system.settings.confidence_threshold,
        "writers": {writer: _of_writer(answers) for writer, answers in by_writer.items()},
    }


def _of_writer(answers: Sequence[JudgedAnswer]) -> Json:
    rows = [measures_of(judged) for judged in answers]
    kinds = dict.fromkeys(judged.question.kind for judged in answers)
    answerable = [judged for judged in answers if judged.question.answerable]
    unanswerable = [judged for judged in answers if not judged.question.answerable]
    return {
        "n": len(answers),
        "version": next(
            (str(judged.answer.trace.get("writer_version", "")) for judged in answers if judged.verdict), ""
        ),
        "measures": _means(rows),
        "per_kind": {
            kind: _means([row for row, judged in zip(rows, answers, strict=True) if judged.question.kind == kind])
            for kind in kinds
        },
        "refused": {
            "answerable": _refused(answerable),
            "unanswerable": _refused(unanswerable),
            "unhedged": mean([float(not (judged.answer.refused or judged.answer.unsure)) for judged in unanswerable]),
            "hedged": mean([float(judged.answer.unsure) for judged in answerable]),
        },
        "right from wrong": {
            "likelihood": _auc_of_right(answers, rows, [judged.answer.likelihood for judged in answers]),
            "confidence": _auc_of_right(answers, rows, [judged.answer.confidence for judged in answers]),
        },
        "median words": percentile([row["words"] for row in rows if "words" in row], 50),
        "ms": {f"p{cut}": percentile([judged.ms for judged in answers if judged.verdict], cut) for cut in (50, 95)},
        "cost": sum(judged.answer.usage.cost for judged in answers),
        "cost per answer": mean([judged.answer.usage.cost for judged in answers if judged.verdict]),
        "per_question": [_row(judged, row) for judged, row in zip(answers, rows, strict=True)],
    }


def _auc_of_right(answers: Sequence[JudgedAnswer], rows: Sequence[Measures], scores: Sequence[float]) -> float | None:
    """The area under the curve by which the scores tell answers with all of the gold in sight from all others that were given."""
    scored = [
        (row.get("in sight") == 1.0, score)
        for judged, row, score in zip(answers, rows, scores, strict=True)
        if not judged.answer.refused
    ]
    return auc([score for right, score in scored if right], [score for right, score in scored if not right])


def _row(judged: JudgedAnswer, measures: Measures) -> Json:
    return {
        "id": judged.question.id,
        "kind": judged.question.kind,
        "question": judged.question.question,
        "reference": judged.question.answer,
        "refused": judged.answer.refused,
        "answer": judged.answer.text,
        "marked": [judged.answer.text[start:end] for start, end in judged.answer.marked],
        "unsure": judged.answer.unsure,
        "quotes": [note.quote for note in judged.answer.footnotes],
        "reason": judged.verdict.reason if judged.verdict else "",
        "measures": dict(measures),
    }


def _refused(answers: Sequence[JudgedAnswer]) -> float:
    return mean([float(bool(judged.answer.refused)) for judged in answers])


def _means(rows: Sequence[Measures]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: mean([row[name] for row in rows if name in row]) for name in names}
