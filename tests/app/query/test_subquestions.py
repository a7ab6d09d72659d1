"""Several questions in one: split, each searched for by itself, and those named that the course does not cover."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.subquestions import fuse_retrievals, retrieve_sub_questions, split_questions
from app.types import Question
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold

CATS, BM25, EGGS = "How long do cats sleep?", "what does BM25 rank by?", "how do I boil an egg?"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who won the cup, and what does BM25 do?", ["Who won the cup", "what does BM25 do?"]),
        ("What is BM25? And how is it computed?", ["What is BM25?", "how is it computed?"]),
        ("What is a token? Cats, how long do they sleep?", ["What is a token?", "Cats, how long do they sleep?"]),
        ("Was ist RAG und wie funktioniert BM25?", ["Was ist RAG", "wie funktioniert BM25?"]),
        ("Qu'est-ce que BM25 et comment ça marche ?", ["Qu'est-ce que BM25", "comment ça marche ?"]),
        ("¿Qué es BM25 y cómo funciona?", ["¿Qué es BM25", "cómo funciona?"]),
        ("什么是BM25？谁赢了世界杯？", ["什么是BM25？", "谁赢了世界杯？"]),
        ("On the staircase, what is at the top?", ["On the staircase, what is at the top?"]),
        ("What are bends and hitches?", ["What are bends and hitches?"]),
        ("I get an error. What is it?", ["I get an error. What is it?"]),
        ("and what is it", ["and what is it"]),
        ("what is a? what is b? what is c?", ["what is a?", "what is b?", "what is c?"]),
        ("what is a? " * 99, [("what is a? " * 99).strip()]),
        ("why?? what", ["why?? what"]),
        ("", [""]),
    ],
)
def test_a_question_is_split_where_another_begins(text: str, asked: list[str]) -> None:
    assert list(split_questions(text)) == asked


@given(st.text(alphabet="ab ?？;,.and what是\n", max_size=60))
def test_sub_questions_are_substrings_of_the_question_in_their_order(text: str) -> None:
    place = 0
    for part in split_questions(text):
        place = text.index(part, place) + len(part)
    assert len(split_questions(text)) > 1 or fold(split_questions(text)[0]) == fold(text)


def test_each_sub_question_is_searched_for_by_itself(retriever: HybridRetriever) -> None:
    text = f"{CATS} And {BM25}"
    found = retrieve_sub_questions(Question(text), retriever.retrieve(text), retriever, threshold=0.2)
    assert [part.query for part in found.retrievals] == [CATS, BM25]
    assert [part.hits[0].chunk.document_title for part in found.retrievals] == ["Cats", "Search"]
    assert not found.uncovered


@pytest.mark.parametrize("text", [f"{EGGS} And {BM25}", f"{BM25} And {EGGS}"])
def test_a_sub_question_that_the_course_does_not_cover_is_named(retriever: HybridRetriever, text: str) -> None:
    found = retrieve_sub_questions(Question(text), retriever.retrieve(text), retriever, threshold=0.2)
    assert ([part.query for part in found.retrievals], found.uncovered) == ([BM25], (EGGS,))


def test_a_follow_up_is_searched_for_together_with_the_sub_question_before_it(retriever: HybridRetriever) -> None:
    text = f"{CATS} And when do they hunt? And {EGGS}"
    found = retrieve_sub_questions(Question(text), retriever.retrieve(text), retriever, threshold=0.2)
    assert ([part.query for part in found.retrievals], found.uncovered) == ([f"{CATS} when do they hunt?"], (EGGS,))


@pytest.mark.parametrize("text", [CATS, f"{CATS} And when do they hunt?", f"{EGGS} {EGGS.replace('egg', 'onion')}"])
def test_a_single_question_one_with_its_follow_up_and_two_uncovered_ones_are_not_split(
    retriever: HybridRetriever, text: str
) -> None:
    found = retrieve_sub_questions(Question(text), retriever.retrieve(text), retriever, threshold=0.2)
    assert (found.retrievals, found.uncovered) == ((), ())


@pytest.mark.parametrize(
    "text", ["What are cats and how long do they sleep?", "Was ist BM25 und wie wird dessen Gewicht berechnet?"]
)
def test_what_points_at_the_sub_question_before_it_is_not_searched_for_by_itself(
    retriever: HybridRetriever, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("app.query.subquestions.is_follow_up", lambda *_, **__: False)
    assert retrieve_sub_questions(Question(text), retriever.retrieve(text), retriever, threshold=0.0).retrievals == ()


def test_a_sub_question_that_may_say_too_little_by_itself_is_not_called_uncovered(retriever: HybridRetriever) -> None:
    text = f"{BM25} And {EGGS}"
    near = retriever.retrieve(BM25)  # as if the whole question were as near to the course as its part
    assert retrieve_sub_questions(Question(text), near, retriever, threshold=0.2).retrievals == ()


def test_ranks_are_fused_and_chunks_that_several_searches_return_come_first(retriever: HybridRetriever) -> None:
    queries = ["cats", "How long do cats sleep?", "tokens"]
    found = fuse_retrievals([retriever.retrieve(query) for query in queries])
    alone = [[hit.chunk.id for hit in retriever.retrieve(query).hits] for query in queries]
    for hit in found.hits:  # Cormack et al. 2009, by hand
        ranks = [ids.index(hit.chunk.id) + 1 for ids in alone if hit.chunk.id in ids]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks))
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    assert list(found.hits) == sorted(found.hits, key=lambda hit: (-hit.score, hit.chunk.id))
