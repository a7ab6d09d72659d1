"""Tasks over a course in five languages: what is meant, what is made of it, and that every line stands in the course."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering.answer import answer
from app.citations.wording import NOT_MADE, no_part
from app.types import Answer, Finished, Question, Target, Task, TaskKind, TextPiece, Turn
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.tasks.writer import TaskWriter
from retrieval.errors import WriterOverloaded
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold, plain_inline
from retrieval.types import Retrieval, Scope
from tests.app.query.courses import COURSES
from tests.app.scripted_writer import ScriptedWriter, done, quoting, saying
from tests.app.writers.excerpts.course_support import course

TASKS = "tasks"


def ask(lessons: HybridRetriever, text: str, *history: str, scope: Scope = Scope()) -> Answer:
    question = Question(text, tuple(Turn(earlier, "") for earlier in history), scope)
    return done(answer(question, lessons, [ExcerptsWriter()], threshold=0.3, documents=lessons.index.document))


def document_id(lessons: HybridRetriever, name: str) -> str:
    return next(entry.document_id for path, entry in lessons.index.manifest.files.items() if path == name)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("summarise lesson 2", "is the wearing away of rock and soil by moving water"),
        ("summarise how a river begins in three sentences", "Most rivers begin"),
        ("Fasse Lektion 2 zusammen", "ist ein flacher Berg aus dünnflüssiger Lava"),
        ("résume la leçon 3", "est le transport du pollen"),
        ("resumen de la lección 3", "es un cuerpo que gira alrededor de un planeta"),
        ("总结第二课", "是水蒸气变成小水滴的过程"),
        ("key points of the lesson on meanders", "was cut off from the river"),
        ("make me a study guide for the lesson on meanders", "was cut off from the river"),
        ("Karteikarten zu Lektion 1", "ist geschmolzenes Gestein unter der Erdoberfläche"),
        ("haz un esquema de los planetas", "Un planeta rocoso es un planeta con superficie sólida."),
        ("explain oxbow lake in simple words", "is a meander that was cut off from the river"),
    ],
)
def test_a_part_that_is_named_is_what_is_quoted(lessons: HybridRetriever, text: str, quote: str) -> None:
    made = ask(lessons, text)
    assert made.writer == TASKS
    assert quote in fold(made.text)
    assert made.dropped == 0


@pytest.mark.parametrize(
    "text",
    [
        "outline the course",
        "study guide for rivers",
        "summarise the course",
        "quiz me on rivers",
        "flash cards",
        "compare springs and meanders",
    ],
)
def test_every_line_that_states_something_stands_in_the_course(lessons: HybridRetriever, text: str) -> None:
    made = ask(lessons, text)
    assert made.writer == TASKS
    texts = [fold(lessons.index.document(name).text) for name in lessons.index.documents()]
    for note in made.footnotes:
        assert any(fold(note.quote) in one for one in texts)
    plain = [fold(plain_inline(lessons.index.document(name).text)) for name in lessons.index.documents()]
    told = re.sub(
        r"\[\d+\]|\*\*\d+\*\* |^\s*- (?:\*\*[^*]+\*\*: )?|^\*\*[^*]+\*\*(?: —|:) |^---$", "", made.text, flags=re.M
    )
    bare = [fold(line.split(" — ", 1)[-1]) for line in told.splitlines() if line.strip()]
    assert all(
        any(all(fold(plain_inline(part)) in one for part in line.split("_____")) for one in plain)
        for line in bare
        if line not in ("**springs**", "**meanders**", "–")
    )


def test_asked_for_more_a_quiz_puts_what_it_has_not_put(lessons: HybridRetriever) -> None:
    first = ask(lessons, "quiz me on rivers, 2 questions")
    again = Question("another 2 questions", (Turn("quiz me on rivers, 2 questions", first.text),))
    second = done(answer(again, lessons, [ExcerptsWriter()], threshold=0.3, documents=lessons.index.document))
    told, asked = first.text.split("---")[0], second.text.split("---")[0]
    lines = [line.partition("** ")[2] for line in asked.splitlines() if line.strip()]
    assert len(lines) == 2
    assert not any(line in told for line in lines)


def test_without_questions_a_quiz_leaves_gaps_where_the_terms_are(lessons: HybridRetriever) -> None:
    asked, _, answered = ask(lessons, "quiz me on lesson 3").text.partition("\n---\n")
    assert "A _____ is a bend that a river makes on flat land." in asked
    assert "**meander** — A meander is a bend" in answered


def test_as_many_as_are_asked_for(lessons: HybridRetriever) -> None:
    assert len(ask(lessons, "make 2 flash cards about the course").footnotes) == 2
    assert len(ask(lessons, "give me 1 practice question on rivers").text.split("---")[0].strip().splitlines()) == 1


def test_that_there_are_fewer_is_said(lessons: HybridRetriever) -> None:
    made = ask(lessons, "make 30 flash cards on lesson 2")
    (notice,) = made.notices
    assert notice.startswith(f"{made.text.count('- **')} of the 30 that you asked for")
    assert not ask(lessons, "make 1 flash card on lesson 2").notices


def test_an_example_comes_with_its_paragraph(tmp_path: Path) -> None:
    paragraph = "Cigarettes are taxed in most countries. Smokers go on buying them all the same. In this example the tax burden is on smokers."
    taxes = course(tmp_path, taxes=f"# Taxes\n\n{paragraph}\n\nElse not.\n")
    (whole,) = taxes.documents.values()
    task = Task("example", (Target(whole.id, ("Taxes",), 0, len(whole.text)),))
    writer = TaskWriter(taxes.search, threshold=0.3)
    made = list(writer.write(Question("an example of it", task=task), "", (), taxes.documents.__getitem__))
    told = [event.text for event in made if isinstance(event, TextPiece) and event.text.strip()]
    assert " ".join(told[1:4]) == paragraph


def test_both_sides_of_a_comparison(lessons: HybridRetriever) -> None:
    made = ask(lessons, "Vergleiche Schildvulkane und Schichtvulkane")
    assert "flacher Berg" in made.text
    assert "steiler Kegel" in made.text
    assert made.notices


@pytest.mark.parametrize(
    ("before", "text", "example"),
    [
        ("What is erosion?", "give me an example", "Grand Canyon"),
        ("Was ist ein Schildvulkan?", "ein Beispiel bitte", "Mauna Loa"),
    ],
)
def test_an_example_is_looked_for_where_the_last_answer_was(
    lessons: HybridRetriever, before: str, text: str, example: str
) -> None:
    assert example in ask(lessons, text, before).text


def test_a_model_does_the_task_over_the_whole_part(lessons: HybridRetriever) -> None:
    model = ScriptedWriter(quoting("Springs feed rivers."))
    events = answer(
        Question("summarise lesson 1"),
        lessons,
        [model, ExcerptsWriter()],
        threshold=0.3,
        documents=lessons.index.document,
    )
    made = done(events)
    assert (made.writer, made.text) == ("scripted", "Springs feed rivers.[1]")
    (asked, _), *_ = model.asked
    assert asked.task is not None
    assert [target.path for target in asked.task.targets] == [("Rivers", "Lesson 1: How a river begins")]


def test_where_the_model_fails_the_task_is_done_by_quoting(lessons: HybridRetriever) -> None:
    model = ScriptedWriter(saying(WriterOverloaded("The service is overloaded.")))
    writers = [model, ExcerptsWriter()]
    made = done(
        answer(Question("summarise lesson 1"), lessons, writers, threshold=0.3, documents=lessons.index.document)
    )
    assert made.writer == TASKS
    assert made.notices[:2] == (
        "The service is overloaded.",
        "This is put together from what stands in the course instead.",
    )


def test_what_is_chosen_is_summarised(lessons: HybridRetriever) -> None:
    scope = Scope(documents=(document_id(lessons, "plantes.md"),))
    assert {note.path[0] for note in ask(lessons, "outline", scope=scope).footnotes} == {"Les plantes"}
    assert ask(lessons, "key points of this", "Was ist Magma?").footnotes[0].path[0] == "Vulkane"


@pytest.mark.parametrize(
    "text",
    [
        "What does the quiz ask about tokens?",
        "explain why rivers bend",
        "Who wrote the overview of the court?",
        "summarise quantum field theory",
    ],
)
def test_what_is_no_task_or_about_nothing_here_is_a_question(lessons: HybridRetriever, text: str) -> None:
    assert ask(lessons, text).writer != TASKS


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=60), st.sampled_from(["", "summarise ", "quiz me on ", "compare ", "卡片 ", "Karteikarten zu "])
)
def test_any_text_ends_in_an_answer_or_a_refusal(lessons: HybridRetriever, text: str, order: str) -> None:
    made = ask(lessons, order + text)
    assert made.refused or made.text.strip()


def test_the_lessons_are_what_the_tests_say() -> None:
    assert set(COURSES) == {"en", "de", "fr", "es", "zh"}


def test_a_quiz_on_a_topic_whose_own_section_asks_nothing_takes_what_the_course_asks_of_it(tmp_path: Path) -> None:
    quiz = "## Questions\n\n1. Which knots slip when wet?\n\n- a. bends\n- b. hitches\n\n2. Who sails?\n\n# Terms\n\n- more of it\n"
    knots = course(
        tmp_path,
        knots="# Knots\n\nHitches are knots that slip when they are wet.\n",
        more=f"# More\n\nSailors sail.\n\n{quiz}",
    )
    whole = {document.title: document for document in knots.documents.values()}["Knots"]
    task = Task("quiz", (Target(whole.id, ("Knots",), 0, len(whole.text)),), "knots")

    def search(query: str, scope: Scope) -> Retrieval:
        found = knots.passages(query)
        return Retrieval(query, tuple(hit for one in found for hit in one.hits), found, 1.0, ())

    writer = TaskWriter(search, threshold=0.3)
    events = writer.write(Question("quiz me on knots", task=task), "", (), knots.documents.get)
    told = "".join(event.text for event in events if isinstance(event, TextPiece))
    asked, answered = told.split("---")
    assert "Which knots slip when wet?" in asked
    assert "hitches" in asked
    assert "Who sails?" not in asked
    assert "more of it" not in asked
    assert "Hitches are knots that slip when they are wet." in answered


@pytest.mark.parametrize(
    "text", ["What will be on the exam?", "Was kommt in der Prüfung dran?", "When is the homework due?"]
)
def test_what_a_course_says_nothing_of_is_refused_or_hedged(lessons: HybridRetriever, text: str) -> None:
    question = Question(text)
    made = done(answer(question, lessons, [ExcerptsWriter()], threshold=0.2, documents=lessons.index.document))
    assert made.refused or made.unsure


def test_a_part_that_no_heading_names_is_said_to_be_none(lessons: HybridRetriever) -> None:
    for order in ("summarise the chapter on groundwater", "key points on groundwater", "flash cards on groundwater"):
        assert no_part("groundwater", speaks=True) in ask(lessons, order).notices
    for defined in ("summarise the lesson on erosion", "study guide on oxbow lakes"):
        assert not any("No part" in notice for notice in ask(lessons, defined).notices)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("summarise the chapter on the French revolution", "French revolution"),
        ("monopoly: key points", "monopoly"),
        ("flash cards on interest rates", "interest rates"),
        ("key points of 7.3", "7.3"),
        ("key points on rock meander", "rock meander"),  # whose words stand apart
    ],
)
def test_what_no_part_is_about_is_refused_by_its_name(lessons: HybridRetriever, text: str, name: str) -> None:
    made = ask(lessons, text)
    assert made.refused
    assert no_part(name) in made.notices


@pytest.mark.parametrize(
    ("text", "quote", "too_little"),
    [
        ("give me an example of erosion", "Grand Canyon", False),  # named as one
        ("give me examples of meanders", "An oxbow lake is a meander", False),  # quoted as an answer
        ("compare springs and lighthouses", "spring", True),  # one side is missing
    ],
)
def test_that_there_is_too_little_is_said_where_the_task_is_not_done(
    lessons: HybridRetriever, text: str, quote: str, too_little: bool
) -> None:
    made = ask(lessons, text)
    assert quote in made.text
    assert (NOT_MADE in made.notices) is too_little


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("hi! can u pls summarise lesson 2, i have a test tmrw", "- Erosion is the wearing away"),
        ("give me 2 questions on meanders thx", "**1** **meander** — _____"),
        ("Hallo! Fragen zu Lektion 3 bitte, danke", "**1** "),
    ],
)
def test_careless_words_around_an_order(lessons: HybridRetriever, text: str, begins: str) -> None:
    assert ask(lessons, text).text.startswith(begins)


def test_a_comparison_needs_both_sides(lessons: HybridRetriever) -> None:
    assert ask(lessons, "compare springs and meanders").writer == TASKS
    assert ask(lessons, "compare springs and interest rates").writer != TASKS


def test_a_comparison_that_is_one_of_two_questions_is_answered_with_the_other(lessons: HybridRetriever) -> None:
    asked = "What is the difference between springs and meanders, and what is erosion?"
    made = ask(lessons, asked)
    assert made.writer != TASKS
    assert "wearing away" in made.text


def test_how_many_have_options_is_said_where_all_should(lessons: HybridRetriever) -> None:
    made = ask(lessons, "9 multiple choice questions on rivers")
    assert "\n\na. Erosion" in made.text
    assert "With options" not in made.notices[0]
    assert "\n\na. " in ask(lessons, "出几道选择题").text
    assert not ask(lessons, "3 questions on rivers").notices


@pytest.mark.parametrize(
    "text", ["Rivers: 3 flash cards", "rivers flash cards, 3 of them please!", "Flash cards. Rivers. 3 cards"]
)
def test_what_a_task_is_about_may_stand_before_it(lessons: HybridRetriever, text: str) -> None:
    assert len(ask(lessons, text).footnotes) == 3


def test_of_a_topic_that_no_heading_names_what_answers_is_told(lessons: HybridRetriever) -> None:
    made = ask(lessons, "key points about oxbow lakes")
    assert made.writer == TASKS
    assert [note.quote for note in made.footnotes] == [
        "An **oxbow lake** is a meander that was cut off from the river."
    ]


@pytest.mark.parametrize("kind", ["summary", "outline", "key points", "study guide"])
def test_where_nothing_can_be_told_the_task_is_refused(tmp_path: Path, kind: TaskKind) -> None:
    code = course(tmp_path, code="# Caches\n\n```\ncache = {}\n```\n")
    (whole,) = code.documents.values()
    task = Task(kind, (Target(whole.id, ("Caches",), 0, len(whole.text)),))
    writer = TaskWriter(lambda query, scope: Retrieval(query, (), (), 1.0, ()), threshold=0.3)
    assert list(writer.write(Question("", task=task), "", (), code.documents.get)) == [Finished(refused=True)]
