"""Follow-ups asked after the real answer before: what is wanted is shown, whether it was quoted then or not."""

import pytest

from app.answering.answer import answer
from app.citations.marks import without_marks
from app.types import Answer, Question, Turn
from app.writers.excerpts.writer import ExcerptsWriter
from retrieval.hybrid import HybridRetriever
from tests.app.scripted_writer import done


def ask(lessons: HybridRetriever, text: str, *turns: Turn) -> Answer:
    return done(
        answer(Question(text, turns), lessons, [ExcerptsWriter()], threshold=0.2, documents=lessons.index.document)
    )


@pytest.mark.parametrize(
    ("first", "then", "wanted"),
    [
        ("What is a meander?", "and an oxbow lake?", "a meander that was cut off from the river"),
        ("Where do most rivers begin?", "and what is a spring?", "a place where groundwater comes to the surface"),
        ("What is a spring?", "How does fast water deepen its bed?", "sand and pebbles that grind the bed deeper"),
        ("Was ist ein Schildvulkan?", "und ein Schichtvulkan?", "ein steiler Kegel aus Lava und Asche"),
        ("Was ist Magma?", "warum steigt es auf?", "weil es leichter ist als das Gestein ringsum"),
    ],
)
def test_a_follow_up_shows_what_it_asks_for(lessons: HybridRetriever, first: str, then: str, wanted: str) -> None:
    said = ask(lessons, first)
    made = ask(lessons, then, Turn(first, without_marks(said.text)))
    assert wanted in made.text
    assert any(wanted in made.text[start:end] for start, end in made.marked)
