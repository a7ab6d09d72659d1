"""Where to go from an answer: which sections are asked about, and how the questions read."""

import pytest

from app.answering.suggestions import as_question, suggestions
from app.types import Footnote
from retrieval.types import Chunk, Hit, Retrieval
from tests.app.web.fake_engine import note

TITLE = "Measures of a model"


def found(*sections: tuple[str, ...]) -> Retrieval:
    """What retrieval found: a hit in each section, best first."""
    hits = [
        Hit(Chunk(str(number), "measures", TITLE, section, 0, 1, "x", (), ()), rank=number)
        for number, section in enumerate(sections, start=1)
    ]
    return Retrieval("q", tuple(hits), (), 0.9, (), "v1")


def cited(*section: str) -> Footnote:
    one = note(1, "It falls when the context gets longer.")
    return Footnote(**{**{name: getattr(one, name) for name in Footnote.__slots__}, "path": (TITLE, *section)})


@pytest.mark.parametrize(
    ("headings", "question"),
    [
        (("Fine-tuning or RAG?",), "Fine-tuning or RAG?"),
        (("Question 5: how big a context window?",), "How big a context window?"),
        (("What is a token",), "What is a token?"),
        (("How do transformers work",), "How do transformers work?"),
        (("2. Why unusual words need many tokens",), "Explain why unusual words need many tokens"),
        (("Technique 12: how a text is split",), "Explain how a text is split"),
        (("What to take from lesson 1",), "Explain what to take from lesson 1"),
        (("Why RAG",), "Tell me about “Why RAG”"),
        (("When a tool fails",), "Tell me about “When a tool fails”"),
        (("Which model for which task",), "Tell me about “Which model for which task”"),
        (("Six ways to cut cost:",), "Tell me about “Six ways to cut cost”"),
        (("Don't: naive chatbots",), "Tell me about “Don't: naive chatbots”"),
        (("Llama 3: open weights",), "Tell me about “Llama 3: open weights”"),
        (("1.5 billion parameters",), "Tell me about “1.5 billion parameters”"),
        (("Lesson 2: Tokens", "Definition"), "Tell me about “Definition” in “Tokens”"),
        (("Setup",), f"Tell me about “Setup” in “{TITLE}”"),
    ],
)
def test_a_heading_reads_as_a_question(headings: tuple[str, ...], question: str) -> None:
    assert as_question((TITLE, *headings)) == question


def test_sections_beside_a_cited_one_come_first_and_cited_ones_are_left_out() -> None:
    retrieval = found(
        ("Cost", "API prices"), ("Tokens", "Rare words"), ("Tokens", "A vocabulary's size"), ("Tokens", "Rare words")
    )
    asked = suggestions(retrieval, [cited("Tokens", "Encoding and decoding")])
    assert asked == (
        "Tell me about “Rare words”",
        "Tell me about “A vocabulary's size”",
        "Tell me about “API prices”",
    )
    assert suggestions(retrieval, [cited("Tokens", "Rare words")])[0] == "Tell me about “A vocabulary's size”"


def test_what_would_be_taken_for_a_follow_up_or_has_no_words_is_not_suggested() -> None:
    retrieval = found(("Question 2: what will it cost?",), ("1. 2.",), (), ("Long " * 20,), ("Sampling strategies",))
    assert suggestions(retrieval, []) == ("Tell me about “Sampling strategies”",)
