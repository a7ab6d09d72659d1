"""Follow-ups in several languages, recognised by the index and the encoder."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.query.courtesy import is_courtesy
from app.query.followup import FOLLOW_UP_THRESHOLD, follow_up_probability, greatest_shift
from app.query.standalone import by_joining, context_query, standalone_query
from app.types import Question, Turn
from retrieval.hybrid import HybridRetriever
from tests.app.query.courses import FOLLOW_UPS

CATS = "How long do cats sleep?"


def test_a_follow_up_is_joined_to_the_question_before_it(retriever: HybridRetriever) -> None:
    assert standalone_query("and when do they hunt?", CATS, retriever) == f"{CATS} and when do they hunt?"
    assert standalone_query("why?", f"{CATS} and when do they hunt?", retriever).startswith(f"{CATS} and when")


def test_the_context_is_the_last_question_after_the_one_that_it_goes_back_to() -> None:
    cats, thanks = Turn(CATS, "Sixteen hours."), Turn("Great, thank you!", "")
    hunting = Turn("and when do they hunt?", "At dusk.", f"{CATS} and when do they hunt?")
    why = Turn("why?", "They see well.", f"{CATS} and when do they hunt? why?")
    quiz = Turn("quiz me on dogs", "Dogs _____", "Dogs")
    assert context_query(()) == context_query((thanks,)) == ""
    assert context_query((cats, thanks)) == CATS
    assert context_query((cats, hunting)) == f"{CATS} and when do they hunt?"
    assert context_query((cats, hunting, why, thanks)) == f"{CATS} why?"
    assert context_query((cats, hunting, quiz)) == "Dogs"
    assert context_query((hunting,)) == hunting.searched  # the question that it goes back to is no longer there


def test_a_follow_up_of_a_follow_up_is_joined_to_the_first_question(retriever: HybridRetriever) -> None:
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
def test_a_change_of_subject_is_not_joined_to_the_last_question(question: str, retriever: HybridRetriever) -> None:
    assert standalone_query(question, CATS, retriever) == question


def test_questions_in_five_languages(lessons: HybridRetriever) -> None:
    """No question that stands alone is taken for a follow-up, and in each language but Chinese at most one follow-up is not."""
    for language, cases in FOLLOW_UPS.items():
        taken = [
            (leans, follow_up_probability(question, before, lessons) >= FOLLOW_UP_THRESHOLD)
            for before, question, leans in cases
        ]
        assert (False, True) not in taken, language
        assert taken.count((True, False)) <= 1 + (language == "zh"), language


def test_an_empty_question_is_and_has_no_follow_up(retriever: HybridRetriever) -> None:
    assert follow_up_probability("", CATS, retriever) == follow_up_probability("why?", " ", retriever) == 0.0
    assert standalone_query(" why? ", "", retriever) == "why?"


def test_the_greatest_shift_is_that_of_the_token_that_moved_most() -> None:
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
def test_questions_are_no_courtesies(text: str) -> None:
    assert not is_courtesy(text)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_after_any_other_gives_a_query(retriever: HybridRetriever, question: str, before: str) -> None:
    query = standalone_query(question, before, retriever)
    assert query in (question.strip(), f"{before.strip()} {question.strip()}")
    assert 0.0 <= follow_up_probability(question, before, retriever) <= 1.0


@pytest.mark.parametrize("text", ["Kiitos!", "Tack", "გამარჯობა", "👍", "hmm"])
def test_an_interjection_that_the_course_does_not_know_is_no_follow_up(text: str, retriever: HybridRetriever) -> None:
    assert standalone_query(text, CATS, retriever) == text
    assert standalone_query("why", CATS, retriever) == f"{CATS} why"
