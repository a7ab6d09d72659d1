"""Which statement of a course is the key to one of its own questions, and to which there is none."""

from pathlib import Path

import pytest

from app.types import Question, Target, Task, TextPiece
from app.writers.tasks.quiz.answer_key import mentioned_options
from app.writers.tasks.quiz.exercises import exercise_spans
from app.writers.tasks.writer import TaskWriter
from retrieval.types import Retrieval, Scope
from tests.app.writers.excerpts.course_support import course

GLANDS = """# Glands

## Hormones of the neck

The thyroid releases calcitonin when calcium in the blood is high. Four small glands behind it release parathyroid hormone when calcium in the blood is low.

## Questions

1. Which hormone does the thyroid release when calcium in the blood is high?

    - a. calcitonin
    - b. parathyroid hormone
    - c. insulin

2. All of the following act on calcium in the blood but

    - a. insulin
    - b. the hormone that the thyroid releases
    - c. parathyroid hormone

3. Who saw the thyroid first when calcium in the blood was high?

    - a. Galen
    - b. Vesalius
"""


def quiz(folder: Path, text: str, topic: str = "") -> tuple[str, str]:
    """What is asked of a course of one document, and what is answered."""
    made = course(folder, glands=text)
    (whole,) = made.documents.values()

    def search(query: str, scope: Scope) -> Retrieval:
        found = made.passages(query)
        return Retrieval(query, tuple(hit for one in found for hit in one.hits), found, 1.0, ())

    task = Task("quiz", (Target(whole.id, ("Glands",), 0, len(whole.text)),), topic)
    events = TaskWriter(search, threshold=0.3).write(Question("quiz me", task=task), "", (), made.documents.get)
    asked, _, answered = "".join(event.text for event in events if isinstance(event, TextPiece)).partition("---")
    return asked, answered


def test_the_key_is_a_statement_and_never_out_of_a_list_of_options(tmp_path: Path) -> None:
    asked, answered = quiz(tmp_path, GLANDS)
    assert "Which hormone does the thyroid release" in asked
    assert "**a. calcitonin** — The thyroid releases calcitonin when calcium in the blood is high." in answered
    assert "insulin" not in answered
    assert "the hormone that the thyroid releases" not in answered


def test_a_question_none_of_whose_options_the_course_tells_is_left_out(tmp_path: Path) -> None:
    asked, _ = quiz(tmp_path, GLANDS)
    assert "Who saw the thyroid first" not in asked


def test_a_question_is_not_on_what_only_its_wrong_options_name(tmp_path: Path) -> None:
    assert quiz(tmp_path, GLANDS, "insulin") == ("", "")
    assert "Which hormone does the thyroid release" in quiz(tmp_path, GLANDS, "calcitonin")[0]


def test_options_are_not_quoted_for_an_answer_either(tmp_path: Path) -> None:
    writing, _, _ = course(tmp_path, glands=GLANDS).ask("What acts on calcium in the blood? All hormones")
    assert "parathyroid hormone when calcium in the blood is low" in writing.text
    assert "insulin" not in writing.text


def test_a_definition_with_a_gap_stands_in_for_a_question_that_is_left_out(tmp_path: Path) -> None:
    term = "The **pituitary** is the gland below the brain.\n"
    asked, answered = quiz(tmp_path, GLANDS.replace("## Questions", f"{term}\n## Questions"))
    assert "Who saw the thyroid first" not in asked
    assert "**2** The _____ is the gland below the brain." in asked
    assert "**2** **pituitary** — The pituitary is" in answered


def test_what_is_posed_goes_on_to_the_end_of_the_list(tmp_path: Path) -> None:
    (document,) = course(tmp_path, glands=GLANDS).documents.values()
    spans = exercise_spans(document)
    assert all("The thyroid releases" not in document.text[start:end] for start, end in spans)
    assert any("All of the following" in document.text[start:end] for start, end in spans)


@pytest.mark.parametrize(
    ("statement", "options", "which"),
    [
        ("the thyroid releases calcitonin", ["calcitonin", "insulin"], [0]),
        ("calcitonin and insulin", ["calcitonin", "insulin"], [0, 1]),
        ("one chief justice and eight associate justices sit", ["associate justices", "eight associate justices"], [1]),
        ("who agrees with the majority writes a concurring opinion", ["majority opinion", "concurring opinion"], [1]),
        ("a dense and hard tissue", ["hard dense", "soft"], []),
        ("nothing of it", ["calcitonin", ""], []),
    ],
)
def test_an_option_is_told_by_its_words_in_a_row(statement: str, options: list[str], which: list[int]) -> None:
    assert mentioned_options(statement.split(), [option.split() for option in options]) == which
