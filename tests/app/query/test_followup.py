"""Follow-ups by rule."""

import pytest

from app.query.followup import leans_back, standalone_query
from evals.datasets.questions import load_questions
from retrieval.config import ROOT


@pytest.mark.parametrize(
    ("question", "history", "query"),
    [
        ("and for output?", ["What do input tokens cost?"], "What do input tokens cost? for output?"),
        ("Why?", ["Is RAG cheaper?"], "Is RAG cheaper? Why?"),
        ("what about them?", ["What is X?", "and the others?"], "What is X? and the others? them?"),
        (
            "and the active kind",
            ["What is injection?", "Show the passive kind."],
            "What is injection? Show the passive kind. the active kind",
        ),
        ("which of the tools is free?", ["What reads PDF files?"], "What reads PDF files? which of the tools is free?"),
        ("What kinds of cache are there?", ["What is RAG good for?"], "What kinds of cache are there?"),
        ("So?", ["How?"], "How? So?"),
        ("How does a tokenizer build its vocabulary?", [], "How does a tokenizer build its vocabulary?"),
        (
            "Which embedding models does the course recommend?",
            ["What is RAG?"],
            "Which embedding models does the course recommend?",
        ),
    ],
)
def test_standalone_query(question: str, history: list[str], query: str) -> None:
    assert standalone_query(question, history) == query


@pytest.mark.parametrize(
    "question",
    [
        "If a large model were zipped up on disk, how big would that file be and what would I find inside it?",
        "Why does a transformer have to be told where each word stands in the sentence?",
        "What is perplexity?",
        "what's an llm gateway",
        "ossification meaning",
        "How can the way I phrase things make my API bill smaller?",
        "Which kind of parallelism lets a service finish more work while each reply stays just as slow?",
        "What is a cow?",
        "do cows fly?",
        "is a cow an animal",
        "how do I cook rice?",
        "Why do models hallucinate?",
        "Is Qdrant free?",
        "how much do GPUs cost?",
        "capital of France",
        "Where is Paris?",
        "what is it that makes transformers fast?",
        "What is the second largest city of Mongolia?",
        "how do i chunk documents",
        "wat is a tokeniser",
        "prompt caching",
        "vector databases",
        "summarise the course",
        "hi",
        "Great, thank you!",
    ],
)
def test_a_new_subject_is_not_mixed_with_the_last_one(question: str) -> None:
    assert standalone_query(question, ["How long do cats sleep?"]) == question


@pytest.mark.parametrize(
    "question",
    [
        "and why?",
        "what about the second one",
        "how much does it cost",
        "compare it to RAG",
        "give me an example",
        "how big is Claude's?",
        "how many are in a word?",
        "tell me more about the last step",
        "can you explain that more simply?",
        "vs fine-tuning?",
        "is there a cheaper way",
        "show me code for it",
        "examples?",
        "any drawbacks",
        "What would be even better?",
    ],
)
def test_what_leans_is_put_after_the_question_before(question: str) -> None:
    before = "How long do cats sleep?"
    assert standalone_query(question, [before]).startswith(f"{before} ")


def test_questions_of_the_project_stand_alone_and_its_follow_ups_lean() -> None:
    """The two errors of the rule, on questions that were written as the one or the other."""
    questions = load_questions(ROOT / "evals" / "questions")
    alone = [leans_back(question.question) for question in questions if not question.history]
    following = [leans_back(question.question) for question in questions if question.history]
    assert sum(alone) / len(alone) < 0.06
    assert sum(following) / len(following) > 0.97
