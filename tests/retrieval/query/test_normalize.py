"""The frame of a question, told from what it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.query.normalize import without_frame


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("What did the course say about quantum computers?", "quantum computers?"),
        ("Can you tell me how attention works?", "how attention works?"),
        ("could you please explain overfitting", "explain overfitting"),
        ("tell me about agents", "agents"),
        ("Does this course cover RLHF?", "RLHF?"),
        ("is there anything in the notes about pricing", "pricing"),
        ("I would like to know more about embeddings", "embeddings"),
        ("According to the book, why do models hallucinate?", "why do models hallucinate?"),
        ("What are the stages of training as described in the text?", "What are the stages of training?"),
        ("Which metric is best, according to the lecture notes?", "Which metric is best?"),
        ("Could you tell me what the book says about caching?", "caching?"),
    ],
)
def test_what_is_left_out(question: str, bare: str) -> None:
    assert without_frame(question) == bare


@pytest.mark.parametrize(
    "question",
    [
        "What does the course say?",
        "What is the difference between a book and a course?",
        "Who wrote the notes?",
        "show me the code of the retry loop",
        "explain RAG",
        "How are facts stored in the text of a prompt split?",
        "what is a context window",
        "What does the model say about its own errors?",
        "What should be in the text?",
        "tell me",
        "",
    ],
)
def test_what_stays(question: str) -> None:
    assert without_frame(question) == question


@given(st.text(max_size=80))
def test_a_bare_question_has_no_frame(text: str) -> None:
    bare = without_frame(text)
    assert bare in text or not text
    assert without_frame(bare) == bare
