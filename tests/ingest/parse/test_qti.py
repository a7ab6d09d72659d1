"""Quizzes of learning platforms are exercises; their key is hidden unless it is wanted."""

from pathlib import Path

import pytest

from ingest.index.fingerprint import PROBES
from ingest.parse.formats import qti
from ingest.parse.load import load
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

QUIZ = (PROBES / "quiz.qti").read_text(encoding="utf-8")


def read(text: str, *, include_hidden: bool = False) -> Source:
    return qti.read(text.encode(), Limits(include_hidden=include_hidden))


def test_questions_and_choices_are_read_and_the_key_is_told_of() -> None:
    source = read(QUIZ)
    assert source.text == (
        "# Week 3: Bones\n\nWhich cell resorbs bone, at $x^2$?\n- Osteoclast\n- Osteoblast\n\nHow many bones has an adult?"
    )
    assert [span.role for span in source.roles] == ["question", "question"]
    assert source.hidden == ("key of 2 questions",)


def test_a_quiz_in_plain_xml_is_read(tmp_path: Path) -> None:
    (tmp_path / "quiz.xml").write_text(QUIZ, encoding="utf-8")
    assert load(tmp_path / "quiz.xml", root=tmp_path).text == read(QUIZ).text


def test_the_key_can_be_wanted() -> None:
    source = read(QUIZ, include_hidden=True)
    assert "- Osteoblast\n- → Osteoclast\n" in source.text
    assert source.text.endswith("How many bones has an adult?\n- → 206")
    assert source.hidden == ()


@pytest.mark.parametrize(
    ("text", "reason"), [("<questestinterop/>", "no text"), (QUIZ[:300], "corrupt"), ("", "corrupt")]
)
def test_what_is_no_quiz_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(text)
    assert caught.value.reason == reason
