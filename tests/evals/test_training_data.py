"""Training data: how a passage is cut, what answers its questions, and what the models are shown."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.training import data, examples
from evals.training import groups as shown
from retrieval.config import ROOT
from tests.conftest import SHARED
from tests.evals.shared_runs import words

TITLE = "build a large language model from scratch sebastian raschka"  # a book and its author: not a sentence
NAMED = [
    (f"Pic{a}{b}o", f"Paint{a}{b}u", f"18{n}{m}") for n, a in enumerate("bdfgk") for m, b in enumerate("aeioruvwy")
]
TEXT = "Cats sleep a lot. They sleep by day. Dogs sleep less.\nBirds sing at dawn. Fish do not sleep at all."


def a_passage(name: str = "one", text: str = TEXT) -> data.TrainingPassage:
    parts = tuple(data.sentences(text))
    return data.TrainingPassage(name, "somewhere", f"{name}.md", "Animals", text, parts, data.windows(parts))


def test_sentences_and_windows_of_a_passage() -> None:
    passage = a_passage()
    assert passage.sentences[2] == "Dogs sleep less."
    assert passage.spans[0][0] == 0
    assert passage.spans[-1][1] == len(passage.sentences)
    assert passage.windows[0].startswith("Cats sleep a lot.\nThey sleep by day.")


@given(st.lists(st.text("ab ", min_size=1, max_size=200), max_size=30))
def test_windows_leave_no_sentence_out(parts: list[str]) -> None:
    spans = data.windows(parts)
    assert sorted({at for start, end in spans for at in range(start, end)}) == list(range(len(parts)))


def test_answers_are_read_by_number(tmp_path: Path) -> None:
    file = tmp_path / "answers.tsv"
    file.write_text("one\tp\t2,4-5\none\tu\t-\n", encoding="utf-8")
    assert data.load_answers(file) == {("one", "p"): frozenset({1, 3, 4}), ("one", "u"): frozenset()}


def test_the_window_that_holds_the_answer_comes_first() -> None:
    parts = tuple(f"Sentence {number} of the passage about cats." for number in range(9))
    passage = data.TrainingPassage("one", "somewhere", "one.md", "", "", parts, ((0, 3), (2, 5), (4, 7), (6, 9)))
    question = data.TrainingQuestion(0, "p", "which?", frozenset({4}))
    assert examples.answering(passage, question, np.array([0.9, 0.1, 0.5, 0.8])).tolist() == [2, 1]
    unanswered = data.TrainingQuestion(0, "u", "which?", frozenset())
    assert examples.answering(passage, unanswered, np.array([0.9, 0.1, 0.5, 0.8])).tolist() == [0, 3, 2, 1]


def test_a_group_of_sentences_has_what_answers_first() -> None:
    question = data.TrainingQuestion(0, "p", "how long do dogs sleep", frozenset({2}))
    (group,) = shown.of_sentences(a_passage(), question, random.Random(1))
    assert group.texts[0] == "Animals\nDogs sleep less."
    assert "Animals\nCats sleep a lot." in group.texts[1:]
    unanswered = data.TrainingQuestion(0, "u", "how long do snakes sleep", frozenset())
    (group,) = shown.of_sentences(a_passage(), unanswered, random.Random(1))
    assert not group.answered
    assert len(group.texts) == shown.SENTENCES  # lines of few words are left out


def test_a_row_becomes_a_group_with_what_answers_first_and_no_text_twice() -> None:
    question = data.TrainingQuestion(0, "p", "how long do dogs sleep", frozenset({2}))
    other = data.TrainingQuestion(1, "u", "how long do snakes sleep", frozenset())
    far = a_passage("two", "Snakes are cold. Dogs are warm. Cats are warm and sleep. Birds are small.")
    rows = [shown.own_row(a_passage(), question), shown.own_row(far, other)]
    made = list(shown.of_rows(rows, random.Random(1)))
    first = made[0]
    assert (first.question, first.answered) == (question.text, True)
    assert "Dogs sleep less." in first.texts[0]
    assert len(set(first.texts)) == len(first.texts)
    (unanswered,) = [group for group in made if group.question == other.text]
    assert not unanswered.answered
    assert unanswered.texts


def test_how_a_course_is_run_is_asked_where_nothing_is_said_of_it() -> None:
    question = data.TrainingQuestion(0, "p", "how long do dogs sleep", frozenset({2}))
    rows = [shown.own_row(a_passage(), question)]
    (group,) = shown.foreign(["Will dogs be on the exam?"], rows, random.Random(1))
    assert (group.question, group.answered) == ("Will dogs be on the exam?", False)
    assert "Dogs sleep less." in group.texts[0]
    assert not list(
        shown.foreign(["Who marks it?"], rows, random.Random(1))
    )  # no word of it: nothing to be taken for an answer


def test_a_twin_has_each_word_of_the_other_text() -> None:
    named = [f"The {name} of the museum was painted by {who} in {year}." for name, who, year in NAMED]
    rows = [
        shown.Row(
            "museum", "art", f"When did {who} paint?", year, f"Art\n{text}", tuple(f"Art\n{one}" for one in named)
        )
        for (_, who, year), text in zip(NAMED, named, strict=True)
    ]
    words = data.BM25([row.right for row in rows])
    swap = shown.exchange(rows[0], words, random.Random(3))
    assert swap is not None
    assert swap(rows[0].question) != rows[0].question
    assert swap(swap(rows[0].right)) == rows[0].right
    assert rows[0].answer in swap(rows[0].right)


def test_every_question_has_its_answer_within_its_passage() -> None:
    folder = SHARED / "training"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: the training data comes with the shared folder")
    passages, questions = data.load(folder)
    assert len(questions) > 10_000
    for question in questions:
        assert all(at < len(passages[question.passage].sentences) for at in question.answer)
    told = [question.answered for question in questions if question.kind not in ("u", "f")]
    assert sum(told) > 0.99 * len(told)
    assert not any(question.answered for question in questions if question.kind == "f")


def test_notes_are_questions_on_lines_that_exist() -> None:
    rows = [json.loads(line) for line in data.NOTES.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) == 550
    for row in rows:
        assert row["context"]
        assert all(line.strip() and "\n" not in line for line in row["lines"])
        assert all(set(asked["lines"]) <= set(range(1, len(row["lines"]) + 1)) for asked in row["questions"])
        assert all(asked["q"].strip() for asked in row["questions"])
        assert all(asked["lines"] or row["source"].startswith(shown.RUN) for asked in row["questions"])


def test_notes_share_no_text_with_what_is_evaluated() -> None:
    rows = [json.loads(line) for line in data.NOTES.read_text(encoding="utf-8").splitlines()]
    notes = [words(text) for row in rows for text in (*row["lines"], *(asked["q"] for asked in row["questions"]))]
    sets = [*(ROOT / "evals" / "questions").glob("*.jsonl"), *(SHARED / "evals").glob("*.jsonl")]
    documents = [*(ROOT / "corpus").glob("*.md"), *(SHARED / "course").glob("*.txt")]
    assert sets
    assert documents
    for file in (*sets, *documents):
        known = _runs(words(file.read_text(encoding="utf-8")))
        shared = {run for text in notes for run in _runs(text) & known}
        assert all(run in TITLE for run in shared), f"{file.name}: {shared}"


def _runs(text: list[str], length: int = 8) -> set[str]:
    return {" ".join(text[at : at + length]) for at in range(len(text) - length + 1)}
