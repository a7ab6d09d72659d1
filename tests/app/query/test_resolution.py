"""What "lesson 3", a title, a part of one, and "the course" mean, by the documents' own headings."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.parts import whole_documents
from app.query.resolution import fullest_heading, resolve_parts
from ingest.parse.load import load
from tests.app.query.outlines import COURSE, document


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
def test_a_part_is_named_by_its_number_or_words_of_its_heading(name: str, path: tuple[str, ...]) -> None:
    assert [target.path for target in resolve_parts(name.removeprefix("the "), COURSE)] == [path]


def test_a_first_slide_with_the_number_of_a_lecture_means_its_document() -> None:
    deck = replace(document("05.pdf", "Ropes", "Lecture 5: Knots", "Bends"), text="A bend joins two ropes. " * 50)
    assert resolve_parts("lecture 5", [deck]) == whole_documents([deck])
    assert resolve_parts("lecture 5 knots", [deck]) == whole_documents([deck])


def test_a_number_behind_letters_in_the_name_of_a_file_counts_though_no_heading_has_it() -> None:
    course = [document(path, "Ropes") for path in ("class03.md", "GES317_Wk4.pptx", "Wk6b.pptx", "L05.pdf", "E05.pdf")]
    files = {name: [target.document_id for target in resolve_parts(name, course)] for name in ("class 3", "week 6")}
    assert files == {"class 3": ["class03.md"], "week 6": ["Wk6b.pptx"]}
    assert [target.document_id for target in resolve_parts("lecture 5", course)] == ["L05.pdf"]
    assert resolve_parts("class 9", course) == ()


@pytest.mark.parametrize("name", ["", "lesson 7", "photosynthesis", "6.9", "the long history of all bones in Peru"])
def test_a_name_that_no_heading_has_resolves_to_nothing(name: str) -> None:
    assert [target.path for target in resolve_parts(name, COURSE) if target.path != (COURSE[-1].title,)] == []


@pytest.mark.parametrize("name", ["theories", "the theories of crime", "theory"])
def test_all_headings_that_are_equally_like_a_name_are_meant(name: str) -> None:
    crime = document(
        "crime.md", "Crime", "Conflict theory", "Police", "Merton: Strain theory", "Strain and conflict theory"
    )
    assert [one.path[-1] for one in resolve_parts(name, [crime])] == ["Conflict theory", "Merton: Strain theory"]


def test_documents_are_counted_where_no_heading_has_the_word_for_a_part() -> None:
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
def test_lists_ranges_and_parts_within_parts(name: str, paths: list[str]) -> None:
    assert [target.path[-1] for target in resolve_parts(name, COURSE)] == paths


def test_a_heading_is_named_by_what_follows_its_colon() -> None:
    course = [document("tides.md", "Tides", "3. Read: What are neap tides?", "What are neap tides?")]
    assert [target.path[-1] for target in resolve_parts("what are neap tides", course)] == [
        "3. Read: What are neap tides?"
    ]


def test_of_parts_with_the_same_number_the_words_after_it_decide() -> None:
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


def test_exactly_takes_only_headings_named_in_full() -> None:
    assert resolve_parts("long bones", COURSE, exactly=True)[0].path == ("6 Bones", "6.1 Long bones")
    assert resolve_parts("repair", COURSE, exactly=True) == ()


@given(st.text(max_size=60))
def test_any_name_resolves_to_parts_of_the_course_or_none(name: str) -> None:
    for target in resolve_parts(name, COURSE):
        assert any(one.id == target.document_id and 0 <= target.start < target.end <= len(one.text) for one in COURSE)


def test_the_heading_that_has_more_of_the_clause_replaces_the_name() -> None:
    court = document("court.md", "The Court", "How the Court selects cases")
    parts = resolve_parts("the court", [court])
    assert fullest_heading("the court", "the court for my test tomorrow", parts, [court]) == "the court"
    picked = fullest_heading("the court", "how the court picks its cases", parts, [court])
    assert picked == "How the Court selects cases"


def test_a_heading_is_named_by_what_stands_before_its_colon() -> None:
    course = [document("06-5.pdf", "6.5 Fractures: Bone Repair"), document("06-4.pdf", "6.4 Types of fractures")]
    assert resolve_parts("fractures", course, exactly=True) == whole_documents(course[:1])


def test_the_lesson_on_a_topic_is_a_part_labelled_lesson() -> None:
    course = [document("a.md", "Sailing", "Lesson 1: Knots and bends", "Use: knots")]
    assert [resolve_parts(name, course)[0].path[-1] for name in ("the lesson on knots", "knots")] == [
        "Lesson 1: Knots and bends",
        "Use: knots",
    ]


def test_the_lesson_on_a_topic_is_a_document_where_no_heading_is_labelled_lesson() -> None:
    course = [document("a.md", "Clouds and their feedback", "Aerosols", "Feedback"), document("b.md", "Ice", "Albedo")]
    assert resolve_parts("lesson on feedback", course) == whole_documents(course[:1])
    assert resolve_parts("chapitre sur feedback", course) == whole_documents(course[:1])
    assert [resolve_parts(name, course)[0].path[-1] for name in ("section on feedback", "feedback")] == ["Feedback"] * 2


def test_a_slide_that_only_opens_a_topic_yields_to_a_longer_part() -> None:
    opening = document("1.md", "Review", "Splices")
    told = replace(document("2.md", "Splices, short and long"), text="A splice joins two ropes for good. " * 20)
    assert resolve_parts("splices", [opening, told]) == whole_documents([told])
    assert resolve_parts("splices", [opening])[0].path == ("Review", "Splices")


def test_the_heading_most_like_the_name_is_meant() -> None:
    court = document("1.md", "Judges, clerks, and how they work in court", "Clerks at court")
    assert [part.path[-1] for part in resolve_parts("clerks", [court])] == ["Clerks at court"]
    assert resolve_parts("judges", [court]) == whole_documents([court])


def test_a_whole_heading_is_meant_before_half_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Ropes: Knots\n\nRopes hold.\n\n## Ropes of hemp\n\nThey rot.\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Boats\n\nBoats float.\n\n## Knots\n\nKnots slip.\n", encoding="utf-8")
    documents = [load(tmp_path / name, root=tmp_path) for name in ("a.md", "b.md")]
    (part,) = resolve_parts("knots", documents)
    assert part.path == ("Boats", "Knots")
    assert [one.path for one in resolve_parts("ropes", documents)] == [("Ropes: Knots",)]
