"""What "lesson 3", a title, a part of one, and "the course" mean, by the documents' own headings."""

from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.part_names import is_anaphoric, means_course, without_location
from app.query.parts import deepest_part_at, named_sub_parts, parts_in_scope, whole_documents, with_continuation
from app.query.resolution import fullest_heading, resolve_parts
from app.query.tasks import task_of
from app.types import Question
from ingest.build import build
from retrieval.config import Settings
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.types import Block, Document, Scope, Section
from tests.conftest import write_course


def document(path: str, title: str, *headings: str) -> Document:
    """A document of which each heading has ten characters of text below it."""
    text = title.ljust(10) + "".join(heading.ljust(20) for heading in headings)
    sections = tuple(Section((heading,), 2, 10 + 20 * place, 30 + 20 * place) for place, heading in enumerate(headings))
    blocks = tuple(Block("paragraph", part.end - 1, part.end) for part in sections) or (
        Block("paragraph", 0, len(text)),
    )
    return Document(path, path, title, text, blocks, sections)


COURSE = [
    document("06-bones.pdf", "6 Bones", "6.1 Long bones", "6.2 Repair of bones", "Key terms"),
    document("lessons.md", "Rivers", "Lesson 1: Springs", "Lesson 2: Erosion", "Lesson 10: Meanders"),
    document("vulkane.md", "Vulkane", "Lektion 1: Magma", "Lektion 2: Schildvulkane"),
    document("水循环.md", "水循环", "第一课：蒸发", "第二课：凝结"),
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lesson 2", ("Rivers", "Lesson 2: Erosion")),
        ("the second lesson", ("Rivers", "Lesson 2: Erosion")),
        ("lesson ten", ("Rivers", "Lesson 10: Meanders")),
        ("Lesson II", ("Rivers", "Lesson 2: Erosion")),
        ("Lektion zwei", ("Vulkane", "Lektion 2: Schildvulkane")),
        ("第二课", ("水循环", "第二课：凝结")),
        ("6.2", ("6 Bones", "6.2 Repair of bones")),
        ("section 6-2", ("6 Bones", "6.2 Repair of bones")),
        ("chapter 6", ("6 Bones",)),
        ("erosion", ("Rivers", "Lesson 2: Erosion")),
        ("the lesson on meanders", ("Rivers", "Lesson 10: Meanders")),
        ("bone repair", ("6 Bones", "6.2 Repair of bones")),
        ("Vulkanen", ("Vulkane",)),
        ("水循环", ("水循环",)),
        ("6.2 repair", ("6 Bones", "6.2 Repair of bones")),
    ],
)
def test_names_of_parts(name: str, path: tuple[str, ...]) -> None:
    assert [target.path for target in resolve_parts(name.removeprefix("the "), COURSE)] == [path]


@pytest.mark.parametrize("name", ["", "lesson 7", "photosynthesis", "6.9", "the long history of all bones in Peru"])
def test_what_no_heading_names(name: str) -> None:
    assert [target.path for target in resolve_parts(name, COURSE) if target.path != (COURSE[-1].title,)] == []


@pytest.mark.parametrize("name", ["theories", "the theories of crime", "theory"])
def test_headings_that_have_a_name_alike_are_all_meant(name: str) -> None:
    crime = document(
        "crime.md", "Crime", "Conflict theory", "Police", "Merton: Strain theory", "Strain and conflict theory"
    )
    assert [one.path[-1] for one in resolve_parts(name, [crime])] == ["Conflict theory", "Merton: Strain theory"]


def test_a_document_is_counted_where_no_heading_has_the_word() -> None:
    assert resolve_parts("week 2", COURSE)[0].path == ("Rivers",)
    assert resolve_parts("chapter 2", [COURSE[1]])[0].path == ("Rivers", "Lesson 2: Erosion")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("lessons 1 and 10", ["Lesson 1: Springs", "Lesson 10: Meanders"]),
        ("lessons 1 to 10", ["Lesson 1: Springs", "Lesson 2: Erosion", "Lesson 10: Meanders"]),
        ("6.1-6.2", ["6.1 Long bones", "6.2 Repair of bones"]),
        ("springs and bone repair", ["Lesson 1: Springs", "6.2 Repair of bones"]),
        ("erosion in the rivers document", ["Lesson 2: Erosion"]),
        ("meanders and volcanoes in Peru", []),
        ("erosion, 3 pages", []),
    ],
)
def test_several_parts_and_parts_within_parts(name: str, paths: list[str]) -> None:
    assert [target.path[-1] for target in resolve_parts(name, COURSE)] == paths


def test_a_heading_goes_by_what_follows_its_colon_as_well() -> None:
    course = [document("tides.md", "Tides", "3. Read: What are neap tides?", "What are neap tides?")]
    assert [target.path[-1] for target in resolve_parts("what are neap tides", course)] == [
        "3. Read: What are neap tides?"
    ]


def test_of_parts_of_a_number_that_with_the_words_behind_it_is_meant() -> None:
    both = [document("a.md", "Guide", "6. Ropes", "7. Sources"), document("b.md", "Notes", "6. Bends", "7. Knots")]
    assert [part.path for part in resolve_parts("chapter 7 knots", both)] == [("Notes", "7. Knots")]
    assert [part.path for part in resolve_parts("chapter 7", both)] == [("Guide", "7. Sources")]


def test_numbers_of_files_and_folders() -> None:
    course = [
        document(f"week{week}/ch10-0{part}-x.md", f"{week}.{part} Of kites and wind")
        for week in (3, 4)
        for part in (1, 2)
    ]
    assert resolve_parts("week 3", course) == resolve_parts("chapter 3", course) == whole_documents(course[:2])
    assert resolve_parts("lesson 4.2", course) == whole_documents(course[3:])
    assert resolve_parts("ch 10", course) == whole_documents(course)
    assert resolve_parts("everything about kites", course) == whole_documents(course)


def test_in_full_means_in_full() -> None:
    assert resolve_parts("long bones", COURSE, exactly=True)[0].path == ("6 Bones", "6.1 Long bones")
    assert resolve_parts("repair", COURSE, exactly=True) == ()


@pytest.mark.parametrize(
    "name",
    [
        "course",
        "the whole course",
        "this course",
        "everything in this course",
        "everything",
        "Kurses",
        "le cours",
        "todo el curso",
        "课程",
    ],
)
def test_the_course(name: str) -> None:
    assert means_course(name)


@pytest.mark.parametrize("name", ["", "this", "this lesson", "the whole chapter", "that", "das", "ça", "esto", "这个"])
def test_what_points_back(name: str) -> None:
    assert is_anaphoric(name)


def test_what_is_chosen() -> None:
    scope = Scope(documents=("vulkane.md",), sections=(("lessons.md", "Lesson 2: Erosion"),))
    assert [target.path for target in parts_in_scope(COURSE, scope)] == [("Vulkane",), ("Rivers", "Lesson 2: Erosion")]
    assert deepest_part_at(COURSE[1], 35).path == ("Rivers", "Lesson 2: Erosion")
    assert deepest_part_at(COURSE[1], 0).path == ("Rivers",)


@given(st.text(max_size=60))
def test_any_name_means_parts_of_the_course_or_none(name: str) -> None:
    for target in resolve_parts(name, COURSE):
        assert any(one.id == target.document_id and 0 <= target.start < target.end <= len(one.text) for one in COURSE)


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
def test_what_follows_the_name_of_a_part_is_no_part_of_it(
    lessons: HybridRetriever, text: str, path: tuple[str, ...], count: int
) -> None:
    task = task_of(Question(text), lessons, lessons.index.document, threshold=0.4)
    assert task is not None
    assert (task.targets[0].path, task.count, task.unnamed) == (path, count, False)


@pytest.mark.parametrize(
    "text", ["quiz me on lesson 2 and 3", "test me on GPT 3.5 models", "quiz me on 2 kinds of lakes"]
)
def test_what_may_be_another_part_or_none_is_not_left_out(lessons: HybridRetriever, text: str) -> None:
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


def test_the_section_of_a_topic_with_half_of_its_words_in_the_heading_is_meant_by_it(settings: Settings) -> None:
    write_course(settings.corpus, {"harbours.md": harbours()})
    build(settings)
    with closing(open_retriever(settings)) as retriever:
        asked = Question("summarise how the public remembers storms")
        task = task_of(asked, retriever, retriever.index.document, threshold=0.4)
    assert task is not None
    assert task.headed
    assert [target.path for target in task.targets] == [("Harbours", "Public memory of storms")]


def test_cards_on_several_parts_of_a_name_are_on_all_that_these_say(settings: Settings) -> None:
    text = harbours().replace("Storms and ships", "Ships").replace("Public memory", "Memory")
    write_course(settings.corpus, {"harbours.md": text})
    build(settings)
    with closing(open_retriever(settings)) as retriever:
        asked = Question("flash cards on storms")
        task = task_of(asked, retriever, retriever.index.document, threshold=0.4)
    assert task is not None
    assert ([one.path[-1] for one in task.targets], task.topic) == (["Kinds of storms", "Memory of storms"], "")


@pytest.mark.parametrize("text", ["When is lesson 2 due?", "What is erosion?", "What is 3.5?"])
def test_a_question_of_more_or_less_than_a_part_is_no_task(lessons: HybridRetriever, text: str) -> None:
    assert task_of(Question(text), lessons, lessons.index.document, threshold=0.4) is None


def test_a_clause_that_says_more_than_a_name_means_the_heading_that_has_more_of_it() -> None:
    court = document("court.md", "The Court", "How the Court selects cases")
    parts = resolve_parts("the court", [court])
    assert fullest_heading("the court", "the court for my test tomorrow", parts, [court]) == "the court"
    picked = fullest_heading("the court", "how the court picks its cases", parts, [court])
    assert picked == "How the Court selects cases"


def test_a_heading_goes_by_what_stands_before_its_colon() -> None:
    course = [document("06-5.pdf", "6.5 Fractures: Bone Repair"), document("06-4.pdf", "6.4 Types of fractures")]
    assert resolve_parts("fractures", course, exactly=True) == whole_documents(course[:1])


def test_the_lesson_on_a_topic_is_a_lesson() -> None:
    course = [document("a.md", "Sailing", "Lesson 1: Knots and bends", "Use: knots")]
    assert [resolve_parts(name, course)[0].path[-1] for name in ("the lesson on knots", "knots")] == [
        "Lesson 1: Knots and bends",
        "Use: knots",
    ]


def test_the_lesson_on_a_topic_is_a_document_where_no_heading_says_that_it_is_one() -> None:
    course = [document("a.md", "Clouds and their feedback", "Aerosols", "Feedback"), document("b.md", "Ice", "Albedo")]
    assert resolve_parts("lesson on feedback", course) == whole_documents(course[:1])
    assert resolve_parts("chapitre sur feedback", course) == whole_documents(course[:1])
    assert [resolve_parts(name, course)[0].path[-1] for name in ("section on feedback", "feedback")] == ["Feedback"] * 2


def test_a_slide_that_but_opens_a_topic_is_less_than_a_part_whose_heading_has_the_topic() -> None:
    opening = document("1.md", "Review", "Splices")
    told = replace(document("2.md", "Splices, short and long"), text="A splice joins two ropes for good. " * 20)
    assert resolve_parts("splices", [opening, told]) == whole_documents([told])
    assert resolve_parts("splices", [opening])[0].path == ("Review", "Splices")


def test_a_section_with_more_of_its_heading_named_comes_before_a_title_that_has_the_name() -> None:
    court = document("1.md", "Judges, clerks, and how they work in court", "Clerks at court")
    assert [part.path[-1] for part in resolve_parts("clerks", [court])] == ["Clerks at court"]
    assert resolve_parts("judges", [court]) == whole_documents([court])


def test_a_topic_within_a_part_of_a_number_goes_without_it() -> None:
    assert [without_location(name) for name in ("hormones in 6.6", "cards on 6.6", "the lakes of Finland")] == [
        "hormones",
        "cards",
        "the lakes of Finland",
    ]


def test_a_longer_name_that_a_heading_has_is_more_than_a_title_of_one_word_of_it(settings: Settings) -> None:
    titles = {"sleep.md": "Sleep and why we sleep", "ills.md": "Sleep problems and disorders"}
    write_course(settings.corpus, {name: f"# {title}\n\n{title}: many.\n" for name, title in titles.items()})
    build(settings)
    with closing(open_retriever(settings)) as course:
        task = task_of(
            Question("quiz me on sleep disorders, 3 questions"), course, course.index.document, threshold=0.4
        )
        assert task is not None
        assert [part.path for part in task.targets] == [("Sleep problems and disorders",)]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("how storms and tides shape a coast", ["Storms and coasts", "Tides and coasts"]),
        ("tides", []),
        ("coasts", []),
        ("storms, tides, waves and coasts", []),
        ("storms and waves", []),
    ],
)
def test_of_a_part_those_sub_parts_are_meant_that_have_some_words_of_its_heading(name: str, parts: list[str]) -> None:
    coasts = document(
        "c.md", "3 Storms, tides, waves and coasts", "Storms and coasts", "Tides and coasts", "Wind and coasts"
    )
    assert [one.path[-1] for one in named_sub_parts(name, whole_documents([coasts])[0], [coasts])] == (
        parts or [coasts.title]
    )


def test_below_a_heading_that_names_two_a_part_goes_on_to_the_other() -> None:
    text, paths = (
        "",
        [
            ("2 Ropes and knots",),
            *(("2 Ropes and knots", name) for name in ("Ropes", "Wear", "Knots", "Bends", "Quiz")),
        ],
    )
    starts, ends = [0, 30, 50, 90, 110, 150], [180, 50, 90, 110, 150, 180]
    sections = tuple(Section(path, len(path), *span) for path, *span in zip(paths, starts, ends, strict=True))
    blocks = tuple(Block("paragraph", start + 10, start + 19) for start in starts)
    course = [Document("a.md", "a.md", "Sailing", text.ljust(180, "x"), blocks, sections)]

    def span(name: str) -> tuple[int, int]:
        part = with_continuation(resolve_parts(name, course)[0], course)
        return part.start, part.end

    assert [span(name) for name in ("ropes", "wear", "knots", "bends")] == [(30, 90), (50, 90), (90, 150), (110, 150)]
