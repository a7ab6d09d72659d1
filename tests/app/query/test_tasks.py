"""Which parts and topic the task that a question sets is about."""

from contextlib import closing

import pytest

from app.query.tasks import task_of
from app.types import Question
from ingest.build import build
from retrieval.config import Settings
from retrieval.hybrid import HybridRetriever, open_retriever
from tests.conftest import write_course


@pytest.mark.parametrize(
    ("text", "path", "count"),
    [
        ("test me on lesson 2, 3 questions please", ("Rivers", "Lesson 2: Erosion"), 3),
        ("quiz me on erosion, 4 questions", ("Rivers", "Lesson 2: Erosion"), 4),
        ("quiz me on lesson 2, just 4 questions", ("Rivers", "Lesson 2: Erosion"), 4),
        ("make flash cards on meanders in 5 lines thanks", ("Rivers", "Lesson 3: Meanders"), 5),
        ("Karteikarten zu Lektion 2, 3 Stück bitte", ("Vulkane", "Lektion 2: Schildvulkane"), 3),
        ("résume la leçon 3, 2 phrases s'il te plaît", ("Les plantes", "Leçon 3 : La pollinisation"), 2),
        ("whats important to remember from lesson 2", ("Rivers", "Lesson 2: Erosion"), 0),
        ("what's lesson 2 about?", ("Rivers", "Lesson 2: Erosion"), 0),
        ("summarise lesson 2 for my exam on 12 May", ("Rivers", "Lesson 2: Erosion"), 0),
    ],
)
def test_what_follows_the_name_of_a_part_does_not_belong_to_it(
    lessons: HybridRetriever, text: str, path: tuple[str, ...], count: int
) -> None:
    task = task_of(Question(text), lessons, lessons.index.document, threshold=0.4)
    assert task is not None
    assert (task.targets[0].path, task.count, task.unnamed) == (path, count, False)


@pytest.mark.parametrize(
    "text", ["quiz me on lesson 2 and 3", "test me on GPT 3.5 models", "quiz me on 2 kinds of lakes"]
)
def test_a_number_that_may_name_another_part_is_kept(lessons: HybridRetriever, text: str) -> None:
    task = task_of(Question(text), lessons, lessons.index.document, threshold=0.4)
    assert task is None or task.topic in text
    assert task is None or task.count == 0


def harbours() -> str:
    """Sections of some length, so that each is a chunk of its own."""
    memory = "How the public remembers storms depends on the papers; most people think that there were fewer once. "
    kinds = "A gale tears sails, a hurricane moves houses, and a squall is over before the crew is on deck. "
    ships = "Captains fear storms at night, and their ships lie in the harbour until the wind turns to the west. "
    sections = {"Kinds of storms": kinds, "Public memory of storms": memory, "Storms and ships": ships}
    return "# Harbours\n\n" + "".join(f"## {name}\n\n{text * 12}\n\n" for name, text in sections.items())


def test_a_heading_with_half_of_the_words_of_a_topic_is_named_by_it(settings: Settings) -> None:
    write_course(settings.corpus, {"harbours.md": harbours()})
    build(settings)
    with closing(open_retriever(settings)) as retriever:
        asked = Question("summarise how the public remembers storms")
        task = task_of(asked, retriever, retriever.index.document, threshold=0.4)
    assert task is not None
    assert task.headed
    assert [target.path for target in task.targets] == [("Harbours", "Public memory of storms")]


def test_cards_on_several_parts_are_on_all_that_these_say(settings: Settings) -> None:
    text = harbours().replace("Storms and ships", "Ships").replace("Public memory", "Memory")
    write_course(settings.corpus, {"harbours.md": text})
    build(settings)
    with closing(open_retriever(settings)) as retriever:
        asked = Question("flash cards on storms")
        task = task_of(asked, retriever, retriever.index.document, threshold=0.4)
    assert task is not None
    assert ([one.path[-1] for one in task.targets], task.topic) == (["Kinds of storms", "Memory of storms"], "")


@pytest.mark.parametrize("text", ["When is lesson 2 due?", "What is erosion?", "What is 3.5?"])
def test_a_question_that_is_not_about_a_whole_part_is_no_task(lessons: HybridRetriever, text: str) -> None:
    assert task_of(Question(text), lessons, lessons.index.document, threshold=0.4) is None


def test_a_longer_name_that_a_heading_has_wins_over_a_title_of_one_of_its_words(settings: Settings) -> None:
    titles = {"sleep.md": "Sleep and why we sleep", "ills.md": "Sleep problems and disorders"}
    write_course(settings.corpus, {name: f"# {title}\n\n{title}: many.\n" for name, title in titles.items()})
    build(settings)
    with closing(open_retriever(settings)) as course:
        task = task_of(
            Question("quiz me on sleep disorders, 3 questions"), course, course.index.document, threshold=0.4
        )
        assert task is not None
        assert [part.path for part in task.targets] == [("Sleep problems and disorders",)]


def test_the_verb_of_an_order_means_no_part_though_a_heading_has_it(settings: Settings) -> None:
    write_course(settings.corpus, {"verbs.md": "# Verbs\n\n## To make\n\nTo make takes one object or two.\n"})
    build(settings)
    with closing(open_retriever(settings)) as course:
        for order, path in (
            ("make 10 flash cards for the whole course", ("Verbs",)),
            ("cards on make", ("Verbs", "To make")),
        ):
            task = task_of(Question(order), course, course.index.document, threshold=0.4)
            assert task is not None
            assert task.targets[0].path == path


@pytest.mark.parametrize(
    ("order", "headings"),
    [
        ("study guide for boat washing and sail washing", ["Boat washing", "Sail washing"]),
        ("Hazme un esquema del tema de STP", ["🌳 STP — Simple Tarring Practice"]),
        ("Resúmeme la unidad 7, la de las velas", ["U07 — Velas"]),
    ],
)
def test_parts_that_a_clause_names_in_full_are_meant(settings: Settings, order: str, headings: list[str]) -> None:
    care = "".join(f"## {name}\n\n{name} takes fresh water.\n\n" for name in ("Boat washing", "Sail", "Sail washing"))
    tar = "## 2. Costs of STP\n\nTar costs much.\n\n## 🌳 STP — Simple Tarring Practice\n\nTar keeps hemp dry.\n\n"
    unit = "## Sé la vela\n\nTar it.\n\n## Logros de unidad\n\nMany."
    texts = {"care.md": f"# Care\n\n{care}", "tar.md": f"# Tar\n\n{tar}", "07.md": f"# U07 — Velas\n\n{unit}"}
    write_course(settings.corpus, texts)
    build(settings)
    with closing(open_retriever(settings)) as course:
        task = task_of(Question(order), course, course.index.document, threshold=0.4)
    assert task is not None
    assert [target.path[-1] for target in task.targets] == headings
