"""Which questions ask the same: pairs judged by hand, and what must never be taken for the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.answer_cache import gist
from evals.datasets.questions import load_questions, read_json_lines
from evals.live.cache import PAIRS
from retrieval.config import ROOT

ROWS = [row for _, row in read_json_lines(PAIRS)]


@pytest.mark.parametrize("row", [row for row in ROWS if not row["same"]], ids=lambda row: str(row["b"]))
def test_a_changed_question_is_another_question(row: dict[str, str]) -> None:
    assert gist(row["a"]) != gist(row["b"])


def test_most_other_frames_are_known_again() -> None:
    frames = [row for row in ROWS if row["kind"] == "frame"]
    known = [row for row in frames if gist(str(row["a"])) == gist(str(row["b"]))]
    assert len(known) >= 0.85 * len(frames)


def test_no_two_questions_of_the_own_set_are_taken_for_one() -> None:
    questions = [one.question for one in load_questions(ROOT / "evals" / "questions") if not one.history]
    gists = [gist(question) for question in questions]
    assert len(set(gists)) == len(questions) > 250


@pytest.mark.parametrize(
    "question",
    [
        "perplexity",
        "What is perplexity?",
        "what's perplexity",
        "explain perplexity to me, please",
        "Could you please tell me what perplexity is?",
        "What does PERPLEXITY mean?",
        "the meaning of perplexity",
        "perplexity definition",
        "What do you mean by perplexity?",
        "How would you define perplexity?",
    ],
)
def test_frames(question: str) -> None:
    assert gist(question) == "what |  | perplexity"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What does the mean reward tell us?", "What does the reward tell us?"),
        ("Should I cache it?", "Can I cache embeddings?"),
        ("Should I cache embeddings?", "Can I cache embeddings?"),
        ("When is RAG used?", "Where is RAG used?"),
        ("does X beat Y", "does Y beat X"),
        ("Are 7B models enough?", "Are 70B models enough?"),
        ("How much is 1.5 GB?", "How much is 15 GB?"),
        ("is C fast", "is C++ fast"),
        ("Do models learn?", "Don't models learn?"),
        ("Can agents fail?", "Can't agents fail?"),
        ("What is the gain of caching?", "What is the gain without caching?"),
    ],
)
def test_differences_that_count(one: str, other: str) -> None:
    assert gist(one) != gist(other)


def test_contractions_are_read_in_full() -> None:
    assert gist("Why can't models count?") == gist("why cannot models count") == gist("why cant models count??")
    assert "not" in gist("Why can't models count?")


@pytest.mark.parametrize("empty", ["", "  ", "?!", "what is it?", "how do I do that", "explain"])
def test_without_a_word_of_content_there_is_no_gist(empty: str) -> None:
    assert gist(empty) == ""


@given(st.text(max_size=200))
def test_case_space_and_final_signs_do_not_matter(text: str) -> None:
    typed = f"  {text.lower()} ?"
    assert gist(typed) == gist(" ".join(text.lower().split()))


@given(
    st.lists(
        st.sampled_from(["cats", "dogs", "3", "70", "gpt", "cost", "not", "before", "after"]), min_size=1, max_size=6
    )
)
def test_a_number_more_is_another_question(words: list[str]) -> None:
    question = "what is " + " ".join(words)
    assert gist(question) != gist(f"{question} 42")
