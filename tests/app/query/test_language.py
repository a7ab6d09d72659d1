"""Is a question in another language than what was found? On questions of other sets, and few words of any."""

import json

import pytest

from app.query.language import is_foreign
from retrieval.types import Passage
from tests.conftest import SHARED

ENGLISH = "Perplexity says how unsure a model is about the next token. It falls when the context gets longer."
FRENCH = "La perplexité dit à quel point un modèle hésite sur le prochain mot. Elle baisse quand le contexte s'allonge."


def passage(text: str) -> Passage:
    return Passage(1, "d", "D", (), 0, len(text), text, (), ())


@pytest.mark.parametrize(
    "question",
    [
        "Was misst die Perplexität?",
        "¿Qué mide la perplejidad?",
        "Что измеряет перплексия?",
        "困惑度衡量什么？",
        "ما الذي تقيسه الحيرة؟",
    ],
)
def test_a_question_in_another_language_is_told(question: str) -> None:
    assert is_foreign(question, [passage(ENGLISH)])
    assert is_foreign(question, [passage(FRENCH)])


@pytest.mark.parametrize(
    "question", ["What does perplexity measure?", "perplexity", "BM25?", "agent vs workflow", "", "42"]
)
def test_the_language_of_the_course_and_mere_terms_are_not(question: str) -> None:
    assert not is_foreign(question, [passage(ENGLISH)])
    assert not is_foreign(question, [])


@pytest.mark.parametrize(("name", "found"), [("squad2", ENGLISH), ("cosqa", ENGLISH), ("cnil_fr", FRENCH)])
def test_questions_of_other_sets_are_not_taken_for_foreign(name: str, found: str) -> None:
    path = SHARED / "evals" / "beir" / name / "queries.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    asked = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [question for question in asked if is_foreign(question, [passage(found)])] == []
