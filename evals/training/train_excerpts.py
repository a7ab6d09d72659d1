"""The model of the excerpts writer (`app/writers/excerpts/model.json`), learned from question sets with their documents.

    python -m evals.training.train_excerpts --set QUESTIONS CORPUS [--set QUESTIONS CORPUS ...] [--limit N]

Each question is asked of an index of its documents as a learner would. A unit is an example: positive if it holds half of
a gold quote, or a gold quote half of it. Learned is what tells it from the other units of its question, then how likely that
is. Every set weighs the same, so none decides by its size. Newton's method; nothing is random.

Printed: for each set, what a model learned on the others makes of it: the share of its questions with all of the gold in sight, and
in what is marked; gold recall; words in the median. Sets of the same documents count as one: give them the same CORPUS.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.types import Citation
from app.writers.excerpts.choose import Judged, choose
from app.writers.excerpts.features import FEATURES, FILE, Matrix, Model, QueryTerms, features, likelihoods
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import FoundStretches, answering, find
from evals.answers.evaluate import shown
from evals.datasets.gold import Gold
from evals.datasets.questions import GoldQuestion, load_questions
from evals.search.system import System, build_index, opened, settings_for
from evals.stats import mean, percentile
from retrieval.config import load_settings
from retrieval.types import Unit

RIDGE = 1e-4
STEPS = 60


@dataclass(frozen=True)
class GradedStretches:
    """A question's stretches with their rows, an array (units, FEATURES) each, and which units hold gold."""

    asked: QueryTerms
    gold: Gold
    found: FoundStretches
    rows: Sequence[Matrix]
    labels: Matrix


def examples(questions: Sequence[GoldQuestion], system: System) -> Iterator[GradedStretches]:
    """Of the questions with an answer whose gold is in the documents, and that find something."""
    for question in (one for one in questions if one.answerable):
        retrieval = system.retriever.retrieve(system.rewrite(question.question, question.history))
        gold = system.locator.gold(question)
        if gold.lost:
            continue
        found = find(retrieval.passages, system.documents.get)
        found = replace(found, stretches=tuple(answering(retrieval.query, found.stretches)))
        asked, rows = features(retrieval.query, found.stretches, found.hits)
        labels = [holds(unit, stretch, gold) for stretch in found.stretches for unit in stretch.units]
        if rows:
            yield GradedStretches(asked, gold, found, rows, np.array(labels, float))


def holds(unit: Unit, stretch: Stretch, gold: Gold) -> bool:
    """Whether half of a gold quote lies in the unit, or half of the unit in a gold quote."""
    size = len("".join(stretch.source(unit).split())) or 1
    for place in (place for quotes in gold.sets for quote in quotes for place in quote.occurrences):
        if place.document_id == stretch.document.id:
            inside = int(((place.offsets >= unit.start) & (place.offsets < unit.end)).sum())
            if inside >= len(place.offsets) / 2 or inside >= size / 2:
                return True
    return False


def preferring(questions: Sequence[tuple[Matrix, Matrix, float]]) -> Matrix:
    """Coefficients (columns,) by which units with gold are preferred to the others of their question (a conditional logit,
    McFadden 1974). `questions`: rows, labels and weight of each; the weights sum to 1.
    """

    def derivatives(at: Matrix) -> tuple[Matrix, Matrix]:
        slope, bend = RIDGE * at, RIDGE * np.eye(len(at))
        for rows, labels, weight in questions:
            scores = rows @ at
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            expected = likely @ rows
            slope = slope + weight * (expected - labels @ rows / labels.sum())
            bend = bend + weight * ((rows.T * likely) @ rows - np.outer(expected, expected))
        return slope, bend

    return _least(derivatives, questions[0][0].shape[1])


def calibrated(scores: Matrix, labels: Matrix, weights: Matrix) -> tuple[float, float]:
    """Factor and intercept that make log-odds of scores (n,), by logistic regression (Platt 1999)."""
    design = np.c_[scores, np.ones(len(scores))]

    def derivatives(at: Matrix) -> tuple[Matrix, Matrix]:
        likely = 1.0 / (1.0 + np.exp(-np.clip(design @ at, -30.0, 30.0)))
        bend = (design * (weights * likely * (1.0 - likely))[:, None]).T @ design
        return design.T @ (weights * (likely - labels)), bend

    factor, intercept = _least(derivatives, 2)
    return float(factor), float(intercept)


def _least(derivatives: Callable[[Matrix], tuple[Matrix, Matrix]], size: int) -> Matrix:
    """Where a convex function is least, by Newton's method."""
    found = np.zeros(size)
    for _ in range(STEPS):
        slope, bend = derivatives(found)
        step = np.linalg.solve(bend, slope)
        longest = float(np.abs(step).max())
        found -= step / max(1.0, longest)  # far away a whole step may overshoot
        if longest < 1e-7:
            break
    return found


def learned(sets: Sequence[Sequence[GradedStretches]]) -> Model:
    """Of the questions whose gold is among what was found: the others have nothing to tell apart. Each set weighs the same."""
    telling = [[one for one in of_set if one.labels.any()] for of_set in sets]
    questions = [
        (np.concatenate(one.rows), one.labels, 1.0 / len(sets) / len(of_set)) for of_set in telling for one in of_set
    ]
    found = preferring(questions)
    rows, labels = (np.concatenate(parts) for parts in list(zip(*questions, strict=True))[:2])
    units = [sum(len(one.labels) for one in of_set) for of_set in telling]
    factor, intercept = calibrated(rows @ found, labels, np.repeat([1.0 / size for size in units], units))
    weights = {name: round(float(factor * value), 4) for name, value in zip(FEATURES, found, strict=True)}
    return {"intercept": round(intercept, 4), "weights": weights}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs=2, action="append", type=Path, required=True, metavar=("QUESTIONS", "CORPUS"))
    parser.add_argument("--split", default="all", help="of the sets that have one")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="at most N questions of a set")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    made: dict[Path, list[GradedStretches]] = {}
    for file, corpus in options.set:
        settings = settings_for(load_settings(), corpus)
        build_index(settings)
        questions = load_questions(file, split=options.split)
        with opened(settings) as system:
            made.setdefault(corpus, []).extend(examples(questions[: options.limit], system))
    for corpus, of_set in made.items() if len(made) > 1 else ():
        print(
            f"{corpus}: {_judged(of_set, learned([other for name, other in made.items() if name != corpus]))}",
            flush=True,
        )
    options.out.write_text(json.dumps(learned(list(made.values())), indent=1) + "\n", encoding="utf-8")


def _chosen(one: GradedStretches, unit: Model) -> list[tuple[Citation, bool, int]]:
    """What is shown, whether it is marked, and its words."""
    judged = [Judged(stretch, likelihoods(of, unit)) for stretch, of in zip(one.found.stretches, one.rows, strict=True)]
    return [
        (Citation(part.stretch.document.id, of.start, of.end, ""), of.start in part.marked, part.stretch.size(of))
        for place in choose(judged, one.asked)
        for part in place
        for of in part.units
    ]


def _judged(made: Sequence[GradedStretches], unit: Model) -> str:
    chosen = [_chosen(one, unit) for one in made]
    seen = [shown([part[0] for part in parts], one.gold) for one, parts in zip(made, chosen, strict=True)]
    marked = [shown([part[0] for part in parts if part[1]], one.gold) for one, parts in zip(made, chosen, strict=True)]
    words = percentile([float(sum(size for *_, size in parts)) for parts in chosen], 50)
    return (
        f"{len(made)} questions, in sight {mean([one.whole for one in seen]):.2f}, recall {mean([one.recall for one in seen]):.2f}, "
        f"marked {mean([one.whole for one in marked]):.2f}, {words:.0f} words"
    )


if __name__ == "__main__":
    main()
