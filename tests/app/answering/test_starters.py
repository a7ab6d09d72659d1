"""Questions to begin with: where they come from, and that each is answered with what it is about."""

from pathlib import Path

from app.answering.answer import answer
from app.answering.course import Course, CourseDocument
from app.answering.suggestions import Candidate, candidates, stands, starters
from app.types import Answer, Question, Target
from app.writers.excerpts.writer import ExcerptsWriter
from retrieval.hybrid import HybridRetriever
from tests.app.scripted_writer import done
from tests.app.web.fake_engine import note
from tests.app.writers.excerpts.course_support import course

EMPTY = Course("", ())


def asked_of(retriever: HybridRetriever, question: str) -> Answer:
    events = answer(
        Question(question), retriever, [ExcerptsWriter()], threshold=0.2, documents=retriever.index.document
    )
    return done(events)


def test_each_document_offers_questions_headings_and_terms_of_its_own(lessons: HybridRetriever) -> None:
    documents = [lessons.index.document(name) for name in lessons.index.documents()]
    found = [candidate.question for candidate in candidates(EMPTY, documents)]
    for question in (
        "Where do most rivers begin?",
        "Warum steigt Magma auf?",
        "为什么海水会蒸发？",
        "pollinisation",
        "Lesson 2: Erosion",
    ):
        assert question in found
    assert not any("Review questions" in question for question in found)


def test_what_is_offered_is_answered_from_the_course(lessons: HybridRetriever) -> None:
    documents = [lessons.index.document(name) for name in lessons.index.documents()]
    chosen = starters(EMPTY, documents, lambda question: asked_of(lessons, question))
    assert 1 <= len(chosen) <= 4
    for question in chosen:
        made = asked_of(lessons, question)
        assert made.footnotes
        assert not made.refused


def test_a_teacher_s_question_comes_first_but_only_if_it_is_answered(lessons: HybridRetriever) -> None:
    course = Course("", (CourseDocument("x", "X", "x.md", questions=("Who won the cup?", "What is a meander?")),))
    assert starters(course, [], lambda question: asked_of(lessons, question)) == ("What is a meander?",)


def test_an_answer_has_to_quote_what_is_asked_about() -> None:
    one = note(1, "It falls when the context gets longer.")
    good = Answer(text="x[1]", footnotes=(one,))
    assert stands(Candidate("When does the context get longer?"), good)
    assert not stands(Candidate("What do fish eat in winter?"), good)
    assert not stands(Candidate("When does the context get longer?"), Answer(text="x", footnotes=(), refused="writer"))
    assert stands(Candidate("x", Target(one.document_id, ("T",), one.start, one.end)), good)
    assert not stands(Candidate("x", Target(one.document_id, ("T",), one.end, one.end + 9)), good)


def test_no_course_no_questions() -> None:
    assert starters(EMPTY, [], lambda question: Answer(text="", footnotes=())) == ()


def test_what_says_nothing_by_itself_is_no_question_to_begin_with(tmp_path: Path) -> None:
    text = (
        "# Knots\n\n## Learning objectives\n\nYou will be able to tie one.\n\n## Slipping hitches\n\nHitches are slipping when wet.\n\n"
        "## Questions\n\n1. Which one slips?\n\n- a. bend\n- b. hitch\n\n2. When do hitches slip?\n"
    )
    documents = list(course(tmp_path, knots=text).documents.values())
    found = [candidate.question for candidate in candidates(EMPTY, documents)]
    assert {"Slipping hitches", "When do hitches slip?"} <= set(found)
    assert not {"Learning objectives", "Which one slips?"} & set(found)


def test_headings_that_ask_come_first_and_those_of_several_documents_never(tmp_path: Path) -> None:
    lesson = "# {0}\n\n## Reading list\n\nThe reading list of {0} is on the door.\n\n## {0} in use\n\n{0} are in use on every ship.\n\n## Why do {0} slip?\n\n{0} slip when the rope is wet.\n"
    documents = list(course(tmp_path, a=lesson.format("Bends"), b=lesson.format("Hitches")).documents.values())
    found = [candidate.question for candidate in candidates(EMPTY, documents)]
    assert found == ["Why do Bends slip?", "Why do Hitches slip?", "Bends in use", "Hitches in use"]
