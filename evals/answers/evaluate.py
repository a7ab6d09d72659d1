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
class Given:
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
) -> Iterator[Given]:
    """Each question as a learner would ask it, with the threshold of the settings. Raises WriterFailed where there is
    no answer: a fallback would be judged in the writer's name. Earlier questions of a follow-up are answered by quoting, so that
    what was said before is there, at no price.
    """
    for done, question in enumerate(questions, start=1):
        asked = Question(question.question, _before(question.history, system))
        begun = time.perf_counter()
        made = _done(
            answer(
                asked,
                system.retriever,
                [writer],
                threshold=system.settings.confidence_threshold,
                rewrite=rewrite,
                documents=system.documents.get,
                titles={key: document.title for key, document in system.documents.items()},
            )
        )
        if made.refused == "writer" and not made.writer:
            raise WriterFailed(" ".join((*made.notices, "What came is kept: run this again to go on.")))
        ms = made.timings_ms.get("writing", (time.perf_counter() - begun) * 1000.0)
        yield Given(question, made, system.locator.gold(question), ms, _judged(question, made, judging))
        progress(done)


def _before(questions: Sequence[str], system: System) -> tuple[Turn, ...]:
    turns: tuple[Turn, ...] = ()
    for earlier in questions:
        threshold = system.settings.confidence_threshold
        said = answer(
            Question(earlier, turns),
            system.retriever,
            [ExcerptsWriter()],
            threshold=threshold,
            documents=system.documents.get,
        )
        made = _done(said)
        turns += (Turn(earlier, without_marks(made.text), made.searched),)
    return turns


def _done(events: Iterator[object]) -> Answer:
    return next(event.answer for event in events if isinstance(event, Done))


def _judged(question: GoldQuestion, made: Answer, judging: Judge) -> Verdict | None:
    if made.refused:
        return None
    text = without_marks(made.text)
    return judging.judge(question.question, claims_of(made), answer=text, reference=question.answer)


def measures_of(given: Given) -> dict[str, float]:
    """What can be said of one answer; names that do not apply to it are left out."""
    found: dict[str, float] = {}
    notes = given.answer.footnotes
    if given.question.answerable and given.gold.sets:
        seen = shown(notes, given.gold)
        found["in sight"], found["gold recall"] = float(seen.whole), seen.recall
        if given.answer.marked or given.answer.refused:
            found["marked"] = float(shown(marked_notes(given.answer), given.gold).whole)
        found["gold precision"] = gold_precision(notes, given.gold)
    if given.question.answerable and given.question.answer:
        found["correct"] = (given.verdict.correct or 0.0) if given.verdict else 0.0
    if given.verdict:
        sentences = given.answer.sentences
        if given.verdict.supported:
            found["supported"] = float(all(given.verdict.supported))
        ratios = {"citation recall": given.verdict.recall, "citation precision": given.verdict.precision}
        found |= {name: value for name, value in ratios.items() if value is not None}
        found["doubted"] = mean([float(bool(sentence.doubts)) for sentence in sentences])
        found["dropped"] = float(given.answer.dropped)
        found["words"] = float(len(_WORD.findall(without_marks(given.answer.text))))
        if given.answer.marked:
            found["marked words"] = float(
                sum(len(_WORD.findall(given.answer.text[a:b])) for a, b in given.answer.marked)
            )
    return found


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


def marked_notes(made: Answer) -> list[Footnote]:
    """The footnotes on what is marked: a marked run is followed by its own."""
    marks = find_marks(made.text)
    following = {next((mark.number for mark in marks if mark.start >= end), 0) for _, end in made.marked}
    return [note for note in made.footnotes if note.number in following]


def gold_precision(notes: Sequence[Footnote], gold: Gold) -> float:
    """The share of the quotes' characters, spaces aside, that lie in a place of any gold quote; 0 without quotes."""
    size = sum(not char.isspace() for note in notes for char in note.quote)
    places = [place for quotes in gold.sets for quote in quotes for place in quote.occurrences]
    held = 0
    for note in notes:
        offsets = [place.offsets for place in places if place.document_id == note.document_id]
        if offsets:
            every = np.unique(np.concatenate(offsets))
            held += int(inside(every, note).sum())
    return held / size if size else 0.0


def result(given: Mapping[str, Sequence[Given]], judging: str, system: System, *, name: str, split: str) -> Json:
    """`given`: by writer. What `python -m evals answers` writes as JSON."""
    return {
        "kind": "answers",
        "name": name,
        "split": split,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": system.version,
        "judge": judging,
        "threshold": system.settings.confidence_threshold,
        "writers": {writer: _of_writer(answers) for writer, answers in given.items()},
    }


def _of_writer(given: Sequence[Given]) -> Json:
    rows = [measures_of(one) for one in given]
    kinds = dict.fromkeys(one.question.kind for one in given)
    return {
        "n": len(given),
        "version": next((str(one.answer.trace.get("writer_version", "")) for one in given if one.verdict), ""),
        "measures": _means(rows),
        "per_kind": {
            kind: _means([row for row, one in zip(rows, given, strict=True) if one.question.kind == kind])
            for kind in kinds
        },
        "refused": {
            "answerable": _refused([one for one in given if one.question.answerable]),
            "unanswerable": _refused([one for one in given if not one.question.answerable]),
            "unhedged": mean(
                [float(not (one.answer.refused or one.answer.unsure)) for one in given if not one.question.answerable]
            ),
            "hedged": mean([float(one.answer.unsure) for one in given if one.question.answerable]),
        },
        "right from wrong": {
            "likelihood": _told(given, rows, [one.answer.likelihood for one in given]),
            "confidence": _told(given, rows, [one.answer.confidence for one in given]),
        },
        "median words": percentile([row["words"] for row in rows if "words" in row], 50),
        "ms": {f"p{cut}": percentile([one.ms for one in given if one.verdict], cut) for cut in (50, 95)},
        "cost": sum(one.answer.usage.cost for one in given),
        "cost per answer": mean([one.answer.usage.cost for one in given if one.verdict]),
        "per_question": [_row(one, row) for one, row in zip(given, rows, strict=True)],
    }


def _told(given: Sequence[Given], rows: Sequence[Measures], scores: Sequence[float]) -> float | None:
    """The area under the curve by which the scores tell answers with all of the gold in sight from all others that were given."""
    told = [
        (row.get("in sight") == 1.0, score)
        for one, row, score in zip(given, rows, scores, strict=True)
        if not one.answer.refused
    ]
    return auc([score for right, score in told if right], [score for right, score in told if not right])


def _row(given: Given, measures: Measures) -> Json:
    return {
        "id": given.question.id,
        "kind": given.question.kind,
        "question": given.question.question,
        "reference": given.question.answer,
        "refused": given.answer.refused,
        "answer": given.answer.text,
        "marked": [given.answer.text[start:end] for start, end in given.answer.marked],
        "unsure": given.answer.unsure,
        "quotes": [note.quote for note in given.answer.footnotes],
        "reason": given.verdict.reason if given.verdict else "",
        "measures": dict(measures),
    }


def _refused(given: Sequence[Given]) -> float:
    return mean([float(bool(one.answer.refused)) for one in given])


def _means(rows: Sequence[Measures]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: mean([row[name] for row in rows if name in row]) for name in names}
