"""The model of the excerpts writer (`app/writers/excerpts/model.json`), learned from question sets with their documents.

    python -m evals.training.train_excerpts --set QUESTIONS CORPUS [--set QUESTIONS CORPUS ...] [--limit N]

Each question is asked of an index of its documents as a learner would. A unit is positive if it holds half of a
gold quote, or a gold quote half of it. First the weights are learned by which positive units are preferred to the others of
their question, then how likely a unit of such a score is positive. Every set weighs the same, so none decides by its size.
Both are found by Newton's method; nothing is random.

Printed: for each set, how a model learned on the others answers it: the share of its questions with all of the gold in sight, and
in what is marked; gold recall; words in the median. Sets of the same documents count as one: give them the same CORPUS.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.types import Citation
from app.writers.excerpts.candidates import found_stretches, without_objectives_and_quizzes
from app.writers.excerpts.choose import choose_places
from app.writers.excerpts.features import FEATURES, Matrix, QueryTerms, stretch_features
from app.writers.excerpts.likelihoods import MODEL_FILE, Model, ScoredStretch, unit_likelihoods
from app.writers.excerpts.stretches import Stretch
from evals.answers.evaluate import shown
from evals.datasets.gold import Gold
from evals.datasets.questions import GoldQuestion, load_questions
from evals.search.system import System, build_index, opened, settings_for
from evals.stats import mean, percentile
from retrieval.config import load_settings
from retrieval.types import Unit

RIDGE = 1e-4
MAX_STEPS = 60  # of Newton's method


@dataclass(frozen=True)
class GradedStretches:
    """A question with its stretches, their features, an array (units, FEATURES) each, and which units hold gold."""

    query_terms: QueryTerms
    gold: Gold
    stretches: Sequence[Stretch]
    features: Sequence[Matrix]
    labels: Matrix


def graded_questions(questions: Sequence[GoldQuestion], system: System) -> Iterator[GradedStretches]:
    """The questions with an answer whose gold is in the documents, and that find something."""
    for question in (one for one in questions if one.answerable):
        retrieval = system.retriever.retrieve(system.rewrite(question.question, question.history))
        gold = system.locator.gold(question)
        if gold.lost:
            continue
        found = found_stretches(retrieval.passages, system.documents.get)
        candidates = without_objectives_and_quizzes(retrieval.query, found.stretches)
        query_terms, features = stretch_features(retrieval.query, candidates, found.hits)
        labels = [has_gold(unit, stretch, gold) for stretch in candidates for unit in stretch.units]
        if features:
            yield GradedStretches(query_terms, gold, candidates, features, np.array(labels, float))


def has_gold(unit: Unit, stretch: Stretch, gold: Gold) -> bool:
    """Whether half of a gold quote lies in the unit, or half of the unit in a gold quote."""
    size = len("".join(stretch.source(unit).split())) or 1
    for place in (place for quotes in gold.sets for quote in quotes for place in quote.occurrences):
        if place.document_id == stretch.document.id:
            inside = int(((place.offsets >= unit.start) & (place.offsets < unit.end)).sum())
            if inside >= len(place.offsets) / 2 or inside >= size / 2:
                return True
    return False


def preference_weights(questions: Sequence[tuple[Matrix, Matrix, float]]) -> Matrix:
    """Weights (columns,) by which units with gold are preferred to the others of their question (a conditional logit,
    McFadden 1974). `questions`: rows, labels and weight of each; the weights sum to 1.
    """

    def derivatives(at: Matrix) -> tuple[Matrix, Matrix]:
        gradient, hessian = RIDGE * at, RIDGE * np.eye(len(at))
        for rows, labels, weight in questions:
            scores = rows @ at
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            expected = likely @ rows
            gradient = gradient + weight * (expected - labels @ rows / labels.sum())
            hessian = hessian + weight * ((rows.T * likely) @ rows - np.outer(expected, expected))
        return gradient, hessian

    return _minimum(derivatives, questions[0][0].shape[1])


def calibration(scores: Matrix, labels: Matrix, weights: Matrix) -> tuple[float, float]:
    """Factor and intercept that make log-odds of scores (n,), by logistic regression (Platt 1999)."""
    design = np.c_[scores, np.ones(len(scores))]

    def derivatives(at: Matrix) -> tuple[Matrix, Matrix]:
        likely = 1.0 / (1.0 + np.exp(-np.clip(design @ at, -30.0, 30.0)))
        hessian = (design * (weights * likely * (1.0 - likely))[:, None]).T @ design
        return design.T @ (weights * (likely - labels)), hessian

    factor, intercept = _minimum(derivatives, 2)
    return float(factor), float(intercept)


def _minimum(derivatives: Callable[[Matrix], tuple[Matrix, Matrix]], size: int) -> Matrix:
    """Where a convex function with this gradient and Hessian has its minimum, by Newton's method."""
    at = np.zeros(size)
    for _ in range(MAX_STEPS):
        gradient, hessian = derivatives(at)
        step = np.linalg.solve(hessian, gradient)
        longest = float(np.abs(step).max())
        at -= step / max(1.0, longest)  # far away a whole step may overshoot
        if longest < 1e-7:
            break
    return at


def learned_model(sets: Sequence[Sequence[GradedStretches]]) -> Model:
    """The model of all questions that have gold among what was found: only these tell what an answer looks like. Each set weighs the same."""
    graded = [[one for one in of_set if one.labels.any()] for of_set in sets]
    questions = [
        (np.concatenate(one.features), one.labels, 1.0 / len(sets) / len(of_set)) for of_set in graded for one in of_set
    ]
    preferences = preference_weights(questions)
    rows, labels = (np.concatenate(parts) for parts in list(zip(*questions, strict=True))[:2])
    unit_counts = [sum(len(one.labels) for one in of_set) for of_set in graded]
    unit_weights = np.repeat([1.0 / count for count in unit_counts], unit_counts)
    factor, intercept = calibration(rows @ preferences, labels, unit_weights)
    weights = {name: round(float(factor * value), 4) for name, value in zip(FEATURES, preferences, strict=True)}
    return {"intercept": round(intercept, 4), "weights": weights}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs=2, action="append", type=Path, required=True, metavar=("QUESTIONS", "CORPUS"))
    parser.add_argument("--split", default="all", help="of the sets that have one")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="at most N questions of a set")
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    graded: dict[Path, list[GradedStretches]] = {}
    for file, corpus in options.set:
        settings = settings_for(load_settings(), corpus)
        build_index(settings)
        questions = load_questions(file, split=options.split)
        with opened(settings) as system:
            graded.setdefault(corpus, []).extend(graded_questions(questions[: options.limit], system))
    for corpus, of_set in graded.items() if len(graded) > 1 else ():
        of_others = learned_model([other for name, other in graded.items() if name != corpus])
        print(f"{corpus}: {_evaluated(of_set, of_others)}", flush=True)
    options.out.write_text(json.dumps(learned_model(list(graded.values())), indent=1) + "\n", encoding="utf-8")


def _evaluated(questions: Sequence[GradedStretches], model: Model) -> str:
    """How much of the gold a model puts in sight and marks, as a line of text."""
    in_sight, marked, words = [], [], []
    for question in questions:
        pairs = zip(question.stretches, question.features, strict=True)
        scored = [ScoredStretch(stretch, unit_likelihoods(rows, model)) for stretch, rows in pairs]
        parts = [part for place in choose_places(scored, question.query_terms) for part in place]
        citations = {
            Citation(part.stretch.document.id, unit.start, unit.end, ""): unit.start in part.marked
            for part in parts
            for unit in part.units
        }
        in_sight.append(shown(list(citations), question.gold))
        marked.append(shown([citation for citation, is_marked in citations.items() if is_marked], question.gold))
        words.append(float(sum(part.words for part in parts)))
    return (
        f"{len(questions)} questions, in sight {mean([one.whole for one in in_sight]):.2f}, "
        f"recall {mean([one.recall for one in in_sight]):.2f}, "
        f"marked {mean([one.whole for one in marked]):.2f}, {percentile(words, 50):.0f} words"
    )


if __name__ == "__main__":
    main()
