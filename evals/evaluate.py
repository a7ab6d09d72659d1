"""A question set over a folder of documents, from files to a result."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evals import pipeline
from evals.data import Question
from evals.gold import Locator
from evals.pipeline import System
from evals.results import result
from evals.run import Asked, ask, ask_all
from retrieval.config import Settings
from retrieval.types import Json


def evaluate(questions: Sequence[Question], corpus: Path, settings: Settings, *, name: str, split: str) -> Json:
    """Build or reuse the index of `corpus`, ask everything, measure."""
    own = pipeline.settings_for(settings, corpus)
    pipeline.build_index(own)
    with pipeline.opened(own) as system:
        return measure(questions, system, name=name, split=split)


def measure(questions: Sequence[Question], system: System, *, name: str, split: str) -> Json:
    """The result of a question set on a system that is open."""
    locator = Locator(system.texts)
    asked = list(ask_all(questions, system.retriever, locator, pipeline.rewrite))
    return result(asked, _wordings(asked, system, locator), system, name=name, split=split)


def _wordings(asked: Sequence[Asked], system: System, locator: Locator) -> Mapping[str, Sequence[Asked]]:
    """The answerable follow-ups as typed, as they were rewritten by rule, and as the reference rewrites them."""
    rule = [one for one in asked if one.question.history and one.question.answerable]

    def again(query: Callable[[Question], str]) -> list[Asked]:
        questions = [one.question for one in rule if query(one.question)]
        return [ask(question, query(question), system.retriever, locator) for question in questions]

    typed = again(lambda question: question.question)
    return {"as_typed": typed, "rule": rule, "reference": again(lambda question: question.standalone)}
