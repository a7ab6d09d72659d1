"""The two models of the excerpts writer (`app/writers/excerpts/model.json`), learned from question sets with their documents.

    python -m evals.training.train_excerpts --set QUESTIONS CORPUS [--set QUESTIONS CORPUS ...] [--limit N]

Each question is asked of an index of its documents as a learner would. A unit is an example: positive if it holds half of
a gold quote, or a gold quote half of it. A question is another: positive if all of a gold set is in sight. Every set
weighs the same, so none decides by its size. Ridge logistic regression by Newton's method; nothing is random.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.writers.excerpts.choose import Judged, choose
from app.writers.excerpts.features import FEATURES, Matrix, asked, features, unit_terms
from app.writers.excerpts.model import FILE, RIGHT, Model, applied, log_odds
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import Found, find
from evals.answers.sight import shown
from evals.datasets.gold import Gold, Locator
from evals.datasets.questions import Question, load_questions
from evals.search.system import System, build_index, opened, settings_for
from retrieval.config import load_settings
from retrieval.types import Unit

RIDGE = 3.0
STEPS = 60
UNITS, QUESTIONS = 5000.0, 1000.0  # what all examples together weigh against the ridge


@dataclass(frozen=True)
class Example:
    """A question's stretches with their rows, an array (units, FEATURES) each, and which units hold gold."""

    query: str
    gold: Gold
    confidence: float
    found: Found
    rows: Sequence[Matrix]
    labels: Matrix


@dataclass(frozen=True)
class Quoted:
    """A stretch of a document; see `evals.search.metrics.Span`."""

    document_id: str
    start: int
    end: int


def examples(questions: Sequence[Question], system: System) -> Iterator[Example]:
    """Without questions whose gold is not in the documents, and without those that find nothing."""
    locator = Locator(system.texts)
    for question in questions:
        retrieval = system.retriever.retrieve(system.rewrite(question.question, question.history))
        gold = locator.gold(question)
        if question.answerable and gold.lost:
            continue
        found = find(retrieval.passages, system.documents.get)
        rows = features(retrieval.query, found.stretches, found.hits)
        labels = [holds(unit, stretch, gold) for stretch in found.stretches for unit in stretch.units]
        if rows:
            yield Example(retrieval.query, gold, retrieval.confidence, found, rows, np.array(labels, float))


def holds(unit: Unit, stretch: Stretch, gold: Gold) -> bool:
    """Whether half of a gold quote lies in the unit, or half of the unit in a gold quote."""
    size = len("".join(stretch.source(unit).split())) or 1
    for place in (place for quotes in gold.sets for quote in quotes for place in quote.occurrences):
        if place.document_id == stretch.document.id:
            inside = int(((place.offsets >= unit.start) & (place.offsets < unit.end)).sum())
            if inside >= len(place.offsets) / 2 or inside >= size / 2:
                return True
    return False


def logistic(rows: Matrix, labels: Matrix, weights: Matrix) -> tuple[Matrix, float]:
    """Coefficients (columns,) and intercept of a ridge logistic regression on standardised columns, as for raw ones."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.c_[(rows - mean) / spread, np.ones(len(rows))]
    ridge = np.diag([*[RIDGE] * rows.shape[1], 0.0])
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        likely = 1.0 / (1.0 + np.exp(-np.clip(design @ found, -30.0, 30.0)))
        slope = design.T @ (weights * (likely - labels)) + ridge @ found
        bend = (design * (weights * likely * (1.0 - likely))[:, None]).T @ design + ridge
        step = np.linalg.solve(bend, slope)
        found -= step
        if float(np.abs(step).max()) < 1e-7:
            break
    raw = found[:-1] / spread
    return raw, float(found[-1] - raw @ mean)


def fit(names: Sequence[str], groups: Sequence[tuple[Matrix, Matrix]], *, total: float) -> Model:
    """`groups`: rows and labels of each set; together they weigh `total` examples, each set the same."""
    rows, labels = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    weights = np.concatenate([np.full(len(part), total / len(groups) / len(part)) for part, _ in groups])
    found, intercept = logistic(rows, labels, weights)
    return {
        "intercept": round(intercept, 4),
        "weights": {name: round(float(value), 4) for name, value in zip(names, found, strict=True)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs=2, action="append", type=Path, required=True, metavar=("QUESTIONS", "CORPUS"))
    parser.add_argument("--split", default="all", help="of the sets that have one")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="at most N questions of a set")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    made: list[list[Example]] = []
    for file, corpus in options.set:
        settings = settings_for(load_settings(), corpus)
        build_index(settings)
        questions = load_questions(file, split=options.split)
        with opened(settings) as system:
            made.append(list(examples(questions[: options.limit], system)))
        print(
            f"{corpus}: {len(made[-1])} questions, {sum(one.labels.any() for one in made[-1])} with gold among the hits"
        )
    unit = fit(FEATURES, [_unit_rows(one) for one in made], total=UNITS)
    right = fit(RIGHT, [_right_rows(one, unit) for one in made], total=QUESTIONS)
    options.out.write_text(json.dumps({"unit": unit, "right": right}, indent=1) + "\n", encoding="utf-8")


def _unit_rows(made: Sequence[Example]) -> tuple[Matrix, Matrix]:
    """Of the questions whose gold is among what was found: the others have nothing to tell apart."""
    telling = [one for one in made if one.labels.any()]
    return np.concatenate([row for one in telling for row in one.rows]), np.concatenate([one.labels for one in telling])


def _right_rows(made: Sequence[Example], unit: Model) -> tuple[Matrix, Matrix]:
    rows, labels = [], []
    for one in made:
        judged = [Judged(stretch, applied(unit, of)) for stretch, of in zip(one.found.stretches, one.rows, strict=True)]
        words = asked(
            one.query, [unit_terms(stretch, unit) for stretch in one.found.stretches for unit in stretch.units]
        )
        spans = [
            Quoted(part.stretch.document.id, unit.start, unit.end)
            for place in choose(judged, words)
            for part in place
            for unit in part.units
        ]
        rows.append((log_odds(one.confidence), log_odds(max(each.likelihood for each in judged))))
        labels.append(float(shown(spans, one.gold).whole))
    return np.array(rows), np.array(labels)


if __name__ == "__main__":
    main()
