"""A question set over a folder of documents, from files to a result."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evals.datasets.gold import Locator
from evals.datasets.questions import Question
from evals.search.ask import Asked, ask, ask_all
from evals.search.results import result
from evals.search.system import System, build_index, opened, settings_for
from retrieval.config import Settings
from retrieval.types import Json


def evaluate(questions: Sequence[Question], corpus: Path, settings: Settings, *, name: str, split: str) -> Json:
    """Build or reuse the index of `corpus`, ask everything, measure."""
    own = settings_for(settings, corpus)
    build_index(own)
    with opened(own) as system:
        return measure(questions, system, name=name, split=split)


def measure(questions: Sequence[Question], system: System, *, name: str, split: str) -> Json:
    """The result of a question set on a system that is open."""
    locator = Locator(system.texts)
    asked = list(ask_all(questions, system.retriever, locator, system.rewrite))
    return result(asked, _wordings(asked, system, locator), system, name=name, split=split)


def _wordings(asked: Sequence[Asked], system: System, locator: Locator) -> Mapping[str, Sequence[Asked]]:
    """The answerable follow-ups as typed, as they were rewritten by rule, and as the reference rewrites them."""
    rule = [one for one in asked if one.question.history and one.question.answerable]

    def again(query: Callable[[Question], str]) -> list[Asked]:
        questions = [one.question for one in rule if query(one.question)]
        return [ask(question, query(question), system.retriever, locator) for question in questions]

    typed = again(lambda question: question.question)
    return {"as_typed": typed, "rule": rule, "reference": again(lambda question: question.standalone)}
