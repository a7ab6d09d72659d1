"""Where to go from an answer: which sections are asked about, and how the questions read."""

import pytest

from app.answering.suggestions import as_question, found_by, suggestions
from app.types import Footnote
from retrieval.hybrid import HybridRetriever
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
        (("2. Why unusual words need many tokens",), "Why unusual words need many tokens"),
        (("13.2 The dual court system",), "The dual court system"),
        (("Kapitel 3: Wie Vulkane entstehen",), "Kapitel 3: Wie Vulkane entstehen"),
        (("Six ways to **cut** cost:",), "Six ways to cut cost"),
        (("1.5 billion parameters",), "1.5 billion parameters"),
        (("2. Tokens", "Definition"), "Tokens: Definition"),
        (("Setup",), f"{TITLE}: Setup"),
        (("1. 2.",), ""),
        (("Long " * 20,), ""),
        ((), ""),
    ],
)
def test_a_heading_reads_as_a_question(headings: tuple[str, ...], question: str) -> None:
    assert as_question((TITLE, *headings)) == question


def test_sections_beside_a_cited_one_come_first_and_cited_ones_are_left_out() -> None:
    retrieval = found(
        ("Cost", "API prices"), ("Tokens", "Rare words"), ("Tokens", "A vocabulary's size"), ("Tokens", "Rare words")
    )
    asked = suggestions(retrieval, [cited("Tokens", "Encoding and decoding")], anything)
    assert asked == ("Rare words", "A vocabulary's size", "API prices")
    assert suggestions(retrieval, [cited("Tokens", "Rare words")], anything)[0] == "A vocabulary's size"


def test_only_what_finds_its_section_is_suggested(retriever: HybridRetriever) -> None:
    retrieval = retriever.retrieve("How do I search for a vector, and at what price?")
    asked = suggestions(retrieval, [], found_by(retriever))
    assert set(asked) <= {"Lexical search", "Vector search", "Tokens: Price"}
    assert "Vector search" in asked
    chunk = retrieval.hits[0].chunk
    assert not found_by(retriever)("cats sleep", chunk)


def anything(question: str, chunk: Chunk) -> bool:
    return True
