"""Tasks amid other words, in several languages: what stands around an order changes nothing of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.query.spotting import spotted
from app.query.tasks import task_of
from app.types import Question
from retrieval.hybrid import HybridRetriever
from tests.app.query.test_tasks import COURSE

ORDERS = [
    "summarise {}",
    "{} summary",
    "flashcards on {}",
    "make a quiz about {}",
    "key points of {}",
    "study guide for {}",
]
PARTS = ["lesson 2", "Rivers", "the whole course", "6.2", "lesson 1 and 10"]
BEFORE = [
    "",
    "sry to bother u but ",
    "my exam is in 2 weeks... ",
    "ich war krank: ",
    "i was wondering if u could ",
    "ehm ",
]
BEHIND = [
    "",
    " asap",
    ", midterm is on friday",
    " because i was ill",
    " (kinda urgent)",
    " bevor es zu spät ist",
    " - keep it short",
]


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(PARTS), before=st.sampled_from(BEFORE), behind=st.sampled_from(BEHIND))
def test_what_stands_around_it_changes_no_task(order: str, part: str, before: str, behind: str) -> None:
    plain, amid = (spotted(text, COURSE) for text in (order.format(part), before + order.format(part) + behind))
    assert plain is not None
    assert amid == plain
    assert plain.count == 0


@pytest.mark.parametrize(
    ("text", "rest", "count"),
    [
        ("i missed two weeks, summarise the whole course in 8 sentences please", "whole course", 8),
        ("cud u do 5 flashcards on lesson 2 asap", "lesson 2", 5),
        ("so behind. quiz me with 4 questions on erosion - thx", "erosion", 4),
        ("ok and now lesson 2, 3 quiz questions", "lesson 2", 3),
        ("pls summarise lesson 2 for my exam on 12 May", "lesson 2", 0),
        ("test me on Repair of bones for tomorrows test", "Repair of bones", 0),
        ("4 question quiz about gravel bars please", "gravel bars", 4),
        ("i missed a lot: flashcards on gravel bars, 6 would do", "gravel bars", 6),
    ],
)
def test_the_part_and_how_many(text: str, rest: str, count: int) -> None:
    found = spotted(text, COURSE)
    assert found is not None
    assert (found.rest, found.count) == (rest, count)


@pytest.mark.parametrize(
    "text",
    [
        "what does the quiz ask about erosion?",
        "where is the summary of lesson 2?",
        "summarise photosynthesis asap",
        "The dashboard shows that our cards are too slow, which is what lesson 2 warned me about, isn't it",
        "why do meanders form",
    ],
)
def test_a_question_or_an_unknown_part_is_left_alone(text: str) -> None:
    assert spotted(text, COURSE) is None


def test_a_task_whose_order_is_not_known_word_for_word(lessons: HybridRetriever) -> None:
    asked = Question("sry to bother u but summarise lesson 2 of rivers asap, midterm is on friday")
    task = task_of(asked, lessons, lessons.index.document, threshold=0.4)
    assert task is not None
    assert (task.kind, [target.path[-1] for target in task.targets]) == ("summary", ["Lesson 2: Erosion"])
