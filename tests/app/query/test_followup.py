"""Follow-ups in several languages, told by the index and the encoder."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.query.followup import LEANS, by_joining, context, greatest_shift, is_courtesy, leaning, standalone_query
from app.types import Question, Turn
from retrieval.hybrid import HybridRetriever
from tests.app.query.courses import FOLLOW_UPS

CATS = "How long do cats sleep?"


def test_what_leans_is_put_after_the_question_before(retriever: HybridRetriever) -> None:
    assert standalone_query("and when do they hunt?", CATS, retriever) == f"{CATS} and when do they hunt?"
    assert standalone_query("why?", f"{CATS} and when do they hunt?", retriever).startswith(f"{CATS} and when")


def test_a_question_may_lean_on_the_last_one_and_on_what_that_goes_back_to() -> None:
    cats, thanks = Turn(CATS, "Sixteen hours."), Turn("Great, thank you!", "")
    hunting = Turn("and when do they hunt?", "At dusk.", f"{CATS} and when do they hunt?")
    why = Turn("why?", "They see well.", f"{CATS} and when do they hunt? why?")
    quiz = Turn("quiz me on dogs", "Dogs _____", "Dogs")
    assert context(()) == context((thanks,)) == ""
    assert context((cats, thanks)) == CATS
    assert context((cats, hunting)) == f"{CATS} and when do they hunt?"
    assert context((cats, hunting, why, thanks)) == f"{CATS} why?"
    assert context((cats, hunting, quiz)) == "Dogs"
    assert context((hunting,)) == hunting.searched  # what it goes back to is no longer there


def test_a_follow_up_of_a_follow_up_leans_on_the_subject(retriever: HybridRetriever) -> None:
    hunting = Turn("and when do they hunt?", "At dusk.", f"{CATS} and when do they hunt?")
    asked = Question("why?", (Turn(CATS, "Sixteen hours."), hunting, Turn("Great, thank you!", "")))
    assert by_joining(asked, retriever).query == f"{CATS} and when do they hunt? why?"


@pytest.mark.parametrize(
    "question",
    [
        "What does BM25 rank by?",
        "How do I compare the vectors of two texts?",
        "vector search",
        "thank you",
        "What do output tokens cost?",
        "How do I boil an egg?",
        "What's the best way to fix a flat bike tyre on the road?",
        "who won the world cup in 1998",
        "chords for wonderwall",
    ],
)
def test_a_new_subject_is_not_mixed_with_the_last_one(question: str, retriever: HybridRetriever) -> None:
    assert standalone_query(question, CATS, retriever) == question


def test_questions_in_five_languages(lessons: HybridRetriever) -> None:
    """No question that stands alone is taken for a follow-up, and in each language but Chinese at most one follow-up is not."""
    for language, cases in FOLLOW_UPS.items():
        taken = [(leans, leaning(question, before, lessons) >= LEANS) for before, question, leans in cases]
        assert (False, True) not in taken, language
        assert taken.count((True, False)) <= 1 + (language == "zh"), language


def test_nothing_leans_on_nothing(retriever: HybridRetriever) -> None:
    assert leaning("", CATS, retriever) == leaning("why?", " ", retriever) == 0.0
    assert standalone_query(" why? ", "", retriever) == "why?"


def test_the_greatest_shift_is_that_of_the_token_that_turned_most() -> None:
    signs = np.eye(4, dtype=np.float32)
    alone = signs[[0, 1, 2, 3]]
    assert greatest_shift(alone, signs[[0, 2, 1, 2, 3]]) == 0.0
    assert greatest_shift(alone, signs[[0, 2, 1, 1, 3]]) == 1.0
    assert greatest_shift(alone, alone) == 0.0  # nothing stands before it: it was cut off
    assert greatest_shift(signs[[0, 3]], signs[[0, 1, 3]]) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "Great, thank you!",
        "Vielen Dank!",
        "merci beaucoup",
        "¡Gracias!",
        "谢谢",
        "Привет!",
        "नमस्ते",
        "السلام عليكم",
        "olá",
    ],
)
def test_courtesies(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize("text", ["", "history", "hi, what is a token?", "Okapi BM25", "谢谢是什么意思"])
def test_no_courtesies(text: str) -> None:
    assert not is_courtesy(text)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_after_any_other_gives_a_query(retriever: HybridRetriever, question: str, before: str) -> None:
    query = standalone_query(question, before, retriever)
    assert query in (question.strip(), f"{before.strip()} {question.strip()}")
    assert 0.0 <= leaning(question, before, retriever) <= 1.0


@pytest.mark.parametrize("text", ["Kiitos!", "Tack", "გამარჯობა", "👍", "hmm"])
def test_what_asks_nothing_in_words_that_the_course_does_not_know_brings_no_answer_again(
    text: str, retriever: HybridRetriever
) -> None:
    assert standalone_query(text, CATS, retriever) == text
    assert standalone_query("why", CATS, retriever) == f"{CATS} why"
