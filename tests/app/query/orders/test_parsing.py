"""What orders amid other words are about, in several languages."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.query.tasks import task_of
from app.types import Question, Task, Turn
from retrieval.hybrid import HybridRetriever

PHRASINGS = [
    line.split("\t") for line in (Path(__file__).parent / "phrasings.tsv").read_text(encoding="utf-8").splitlines()
]
ORDERS = [
    "summarise {}",
    "{} summary",
    "flashcards on {}",
    "make a quiz about {}",
    "key points of {}",
    "study guide for {}",
]
PARTS = ["lesson 2 of rivers", "Erosion", "the whole course", "lesson 1 and 3", "oxbow lakes"]
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
]


def parsed_task(text: str, lessons: HybridRetriever) -> Task | None:
    return task_of(Question(text), lessons, lessons.index.document, threshold=0.4)


@pytest.mark.parametrize("text", [text for kind, text in PHRASINGS if not kind])
def test_a_question_with_the_same_words_is_no_order(text: str, lessons: HybridRetriever) -> None:
    assert parsed_task(text, lessons) is None


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(PARTS), before=st.sampled_from(BEFORE), behind=st.sampled_from(BEHIND))
def test_words_around_an_order_change_nothing(
    lessons: HybridRetriever, order: str, part: str, before: str, behind: str
) -> None:
    plain, amid = (parsed_task(text, lessons) for text in (order.format(part), before + order.format(part) + behind))
    assert plain is not None
    assert amid == plain
    assert plain.count == 0


@pytest.mark.parametrize(
    ("text", "kind", "topic", "count"),
    [
        ("i missed two weeks, summarise the whole course in 8 sentences please", "summary", "", 8),
        ("cud u do 5 flashcards on lesson 2 asap", "cards", "", 5),
        ("so behind. quiz me with 4 questions on erosion - thx", "quiz", "erosion", 4),
        ("ok and now lesson 2, 3 quiz questions", "quiz", "", 3),
        ("pls summarise lesson 2 for my exam on 12 May", "summary", "lesson 2", 0),
        ("whats the key pionts of lesson 2", "key points", "lesson 2", 0),
        ("i have a test on lesson 2 on friday, could you please make me a study guide?", "study guide", "lesson 2", 0),
        ("4 question quiz about oxbow lakes please", "quiz", "oxbow lakes", 4),
        ("i missed a lot: flashcards on oxbow lakes, 6 would do", "cards", "oxbow lakes", 6),
        ("quiz me with 5 multiple choice questions on erosion", "quiz", "erosion", 5),
        ("five key points about erosion", "key points", "erosion", 5),
        ("make 12 flash cards", "cards", "", 12),
        ("sumarize erosion", "summary", "erosion", 0),
        ("what is lesson 3 about? short summary plz", "summary", "lesson 3", 4),
        ("summarise meanders in a short paragraph", "summary", "meanders", 4),
        ("fass Lektion 2 kurz zusammen", "summary", "Lektion 2", 4),
        ("a short quiz on erosion", "quiz", "erosion", 0),
        ("Lesson 3 is hard. Quiz me!", "quiz", "", 0),
        ("what's an oxbow lake, in plain english", "simpler", "oxbow lake", 0),
        ("explain erosion like I'm 12", "simpler", "erosion", 0),
        ("Fass Lektion 2 zusammen, ich war krank", "summary", "Lektion 2", 0),
        ("Schichtvulkane: 5 Karteikarten", "cards", "Schichtvulkane", 5),
        ("第一课的要点", "key points", "第一课", 0),
        ("Key points: meanders", "key points", "meanders", 0),
        ("meanders - summary", "summary", "meanders", 0),
        ("erosion explained simply - keep it short", "simpler", "erosion", 0),
        ("Summary – “Meanders”", "summary", "Meanders", 0),
        ("Quiz, lesson 3, 10 questions", "quiz", "", 10),
        ("summarise lesson 3 meanders in 4-5 short sentences", "summary", "lesson 3 meanders", 5),
        ("in three sentences, summarise meanders", "summary", "meanders", 3),
        ("outline the chapter", "outline", "", 0),
        ("could u sum up the chapter real quick", "summary", "", 0),
        ("summarise the lecture in one sentence", "summary", "", 1),
        ("make flash cards on meanders, one card per bend", "cards", "meanders", 0),
        ("summarise the part about how a meandder is made", "summary", "how a meandder is made", 0),
        ("Could you summarise the unit? 8 sentences max", "summary", "", 8),
        ("the key ideas of lesson 3, at most 3", "key points", "lesson 3", 3),
        ("explain erosion in simpler words", "simpler", "erosion", 0),
        ("explain to me how springs appear in simple terms", "simpler", "springs appear", 0),
        ("riassumi lezione 3 in tre frasi", "summary", "lezione 3", 3),
        ("résume la leçon 2 en deux phrases", "summary", "leçon 2", 2),
        ("用三句话总结第一课", "summary", "第一课", 3),
    ],
)
def test_topic_and_count(lessons: HybridRetriever, text: str, kind: str, topic: str, count: int) -> None:
    found = parsed_task(text, lessons)
    assert found is not None
    assert (found.kind, found.topic, found.count) == (kind, topic, count)


@pytest.mark.parametrize(
    "text",
    [
        "what does the quiz ask about erosion?",
        "where is the summary of lesson 2?",
        "The dashboard shows that our cards are too slow, which is what lesson 2 warned me about, isn't it",
        "why do meanders form",
    ],
)
def test_a_question_that_names_a_task_is_no_order(lessons: HybridRetriever, text: str) -> None:
    assert parsed_task(text, lessons) is None


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("summarise quantum entanglement asap", "quantum entanglement asap"),
        ("quantum entanglement: key points", "quantum entanglement"),
        ("what are the 4 main points of the French revolution?", "French revolution"),
        ("explain quantum entanglement more simply", "quantum entanglement"),
    ],
)
def test_a_topic_that_the_course_lacks_has_no_parts(lessons: HybridRetriever, text: str, topic: str) -> None:
    found = parsed_task(text, lessons)
    assert found is not None
    assert (found.targets, found.topic) == ((), topic)


def test_an_example_on_a_topic_that_the_course_lacks_stays_a_question(lessons: HybridRetriever) -> None:
    assert parsed_task("give the example of quantum entanglement from the table", lessons) is None


@pytest.mark.parametrize("text", ["key points of 7.3", "summarise lesson 9 asap", "quiz on chapter 4.2, 3 questions"])
def test_a_number_that_no_part_has_is_no_topic(lessons: HybridRetriever, text: str) -> None:
    found = parsed_task(text, lessons)
    assert found is not None
    assert (found.targets, found.unnamed) == ((), True)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("a river and an oxbow lake, how do they differ pls", ("river", "oxbow lake")),
        ("compare erosion and meanders, when do i need which?? exam in 8 hours", ("erosion", "meanders")),
        ("my exam is soon. erosion vs meanders: differences", ("erosion", "meanders")),
        ("shield volcano vs oxbow lake - how are they different", None),
        ("what does erosion do in Erosion v. Meanders?", None),
        ("how do a spring and a meander differ", ("spring", "meander")),
        ("how does a spring differ from a meander?", ("spring", "meander")),
        ("how does erosion differ from place to place?", None),
        ("erosion vs meanders, how r they different?", ("erosion", "meanders")),
        ("fast water and oxbow lake - compare them for me ty", ("fast water", "oxbow lake")),
        ("I have read lesson 2, compare erosion and meanders asap", ("erosion", "meanders")),
    ],
)
def test_sides_of_a_comparison(lessons: HybridRetriever, text: str, sides: tuple[str, str] | None) -> None:
    found = parsed_task(text, lessons)
    assert (found and tuple(side[0] for side in found.sides)) == sides


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_is_a_task_or_none(lessons: HybridRetriever, text: str) -> None:
    found = parsed_task(text, lessons)
    assert found is None or found.kind


@pytest.mark.parametrize(
    "text", ["sum that up in 2 sentences", "sum up in 2 sentences", "summarise this in 2 lines please"]
)
def test_an_order_without_a_mention_is_about_the_last_answer(lessons: HybridRetriever, text: str) -> None:
    question = Question(text, (Turn("What is a meander?", ""),))
    found = task_of(question, lessons, lessons.index.document, threshold=0.4)
    assert found is not None
    assert (found.kind, found.count, found.headed) == ("summary", 2, True)
    assert found.targets[0].path[-1] == "Lesson 3: Meanders"


@pytest.mark.parametrize(
    ("before", "text", "kind", "part", "count"),
    [
        ("What is a meander?", "and an example?", "example", "Lesson 3: Meanders", 0),
        ("What is a meander?", "et un exemple ?", "example", "Lesson 3: Meanders", 0),
        ("What is a meander?", "outline the chapter", "outline", "Lesson 3: Meanders", 0),
        ("summarise lesson 3 in 2 sentences", "the same for lesson 2", "summary", "Lesson 2: Erosion", 2),
        ("Key points of erosion", "and meanders?", "key points", "Lesson 3: Meanders", 0),
    ],
)
def test_an_anaphor_means_what_was_asked_or_ordered_before(
    lessons: HybridRetriever, before: str, text: str, kind: str, part: str, count: int
) -> None:
    found = task_of(Question(text, (Turn(before, ""),)), lessons, lessons.index.document, threshold=0.4)
    assert found is not None
    assert (found.kind, found.targets[0].path[-1], found.count) == (kind, part, count)


@pytest.mark.parametrize(
    ("before", "part"),
    [
        (["What is a meander?", "and why?", "How do I boil an egg?"], "Lesson 3: Meanders"),
        (["Key points of lesson 2", "quiz me on that", "thanks!"], "Lesson 2: Erosion"),
        (["summarise lesson 3", "the same for lesson 2"], "Lesson 2: Erosion"),
    ],
)
def test_an_anaphor_means_the_last_answer_that_was_not_refused(
    lessons: HybridRetriever, before: list[str], part: str
) -> None:
    searched = ["What is a meander? and why?" if text == "and why?" else "" for text in before]
    answers = ["" if "egg" in text else "So." for text in before]
    question = Question("make flash cards of that", tuple(map(Turn, before, answers, searched)))
    found = task_of(question, lessons, lessons.index.document, threshold=0.4)
    assert found is not None
    assert [target.path[-1] for target in found.targets] == [part]


@pytest.mark.parametrize(
    ("before", "text"), [("What is erosion?", "and meanders?"), ("summarise lesson 3", "and why do they bend?")]
)
def test_a_question_after_an_answer_or_a_task_stays_one(lessons: HybridRetriever, before: str, text: str) -> None:
    question = Question(text, (Turn(before, ""),))
    assert task_of(question, lessons, lessons.index.document, threshold=0.4) is None


def test_words_that_name_tasks_are_not_respelled(lessons: HybridRetriever) -> None:
    assert parsed_task("lo más importante de Lesson 3", lessons) == parsed_task("key points of Lesson 3", lessons)


def test_half_of_a_compound_is_no_mention(lessons: HybridRetriever) -> None:
    found = parsed_task("summarise non-erosion", lessons)
    assert found is None or found.topic != "erosion"
