"""Fit the model that tells follow-ups (app/query/followup.json) on pairs of questions of several fields.

    python -m evals.training.followups [--courses ../shared/evals/courses]

followups.tsv: course, the question before, the question, 1 if it needs the one before. Course "own" is the project's; other
courses are folders with docs/ and questions.jsonl below --courses. Their question sets are used too: the follow-ups, and all other
questions, covered by the course or not, each after a covered one and after a question with its follow-up, drawn at random, and after
each covered one a question on another course: nobody means the question before by "How do I boil an egg?". Printed: how well each
course is told by a model fitted on the others.
"""

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from app.query.followup import FOLLOW_UP_THRESHOLD, MODEL, features
from evals.datasets.questions import GoldQuestion, load_questions
from evals.search.refusal import Logistic, fit
from evals.search.system import build_index, opened, settings_for
from retrieval.config import ROOT, Settings, load_settings

PAIRS = Path(__file__).resolve().parent / "followups.tsv"
ALWAYS = ("nearer", "matches", "away", "unknown")
NAMES = {"with states": (*ALWAYS, "weight", "shift"), "without states": (*ALWAYS, "terms")}


@dataclass(frozen=True, slots=True)
class Pair:
    """A question after another, and whether it leans on it."""

    course: str
    before: str
    question: str
    leans: bool


def pairs(courses: Path, path: Path = PAIRS) -> list[Pair]:
    """Those of the file, and those made of the courses' question sets."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    typed = [Pair(course, before, question, leans == "1") for course, before, question, leans in rows]
    sets = {course: courses / course / "questions.jsonl" for course, *_ in rows} | {"own": ROOT / "evals" / "questions"}
    questions = {course: load_questions(sets[course]) for course in sorted(sets)}
    made = (_made([one for one in typed if one.course == course], course, questions) for course in questions)
    return [*typed, *(pair for of_course in made for pair in of_course)]


def _made(typed: Sequence[Pair], course: str, every: Mapping[str, Sequence[GoldQuestion]]) -> Iterator[Pair]:
    drawn = random.Random(course)
    questions = every[course]
    asked = [Pair(course, one.history[-1], one.question, True) for one in questions if one.history]
    leaning = [*(pair for pair in typed if pair.leans), *asked]
    yield from asked
    for one, other in pairwise(leaning):
        if one.before == other.before:
            yield Pair(course, f"{one.before} {one.question}", other.question, True)
    covered = [one.question for one in questions if one.answerable and not one.history]
    chains = [f"{pair.before} {pair.question}" for pair in leaning]
    for question in (one.question for one in questions if not one.history):
        yield Pair(course, drawn.choice([one for one in covered if one != question]), question, False)
        yield Pair(course, drawn.choice([one for one in chains if question not in one]), question, False)
    foreign = [one.question for other in every if other != course for one in every[other] if not one.history]
    for question in covered:
        yield Pair(course, question, drawn.choice(foreign), False)


def measured(found: Sequence[Pair], settings: Settings, courses: Path) -> Iterator[tuple[Pair, Mapping[str, float]]]:
    """The features of each pair, asked of its course's index, which is built first where that is needed."""
    for course in sorted({pair.course for pair in found}):
        own = settings_for(settings, settings.corpus if course == "own" else courses / course / "docs")
        build_index(own)
        with opened(own, with_texts=False) as system:
            for pair in found:
                if pair.course == course:
                    yield pair, features(pair.question, pair.before, system.retriever)


def held_out(
    rows: Sequence[tuple[Pair, Mapping[str, float]]], names: Sequence[str]
) -> Mapping[str, tuple[float, float]]:
    """By course: of those that lean and of those that do not, the share taken for follow-ups by a model of the others."""
    shares = {}
    for course in sorted({pair.course for pair, _ in rows}):
        model = fitted([row for row in rows if row[0].course != course], names)
        taken = [
            (pair.leans, model.probability(found) >= FOLLOW_UP_THRESHOLD)
            for pair, found in rows
            if pair.course == course
        ]
        shares[course] = tuple(
            sum(yes for leans, yes in taken if leans is kind) / max(1, sum(leans is kind for leans, _ in taken))
            for kind in (True, False)
        )
    return shares  # type: ignore[return-value]


def fitted(rows: Sequence[tuple[Pair, Mapping[str, float]]], names: Sequence[str]) -> Logistic:
    """Every course weighs the same, and in it what leans as much as what does not."""
    sets = [pair.course for pair, _ in rows]
    return fit([found for _, found in rows], [pair.leans for pair, _ in rows], names, sets=sets)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--courses", type=Path, default=ROOT.parent / "shared" / "evals" / "courses")
    courses = parser.parse_args(arguments).courses
    rows = list(measured(pairs(courses), load_settings(), courses))
    for name, names in NAMES.items():
        print(
            name, {course: tuple(round(share, 2) for share in both) for course, both in held_out(rows, names).items()}
        )
    models = {name: asdict(fitted(rows, names)) for name, names in NAMES.items()}
    MODEL.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
