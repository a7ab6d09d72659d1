"""What a name says by its words alone."""

import pytest

from app.query.part_names import is_anaphoric, means_course, without_location


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
def test_names_of_the_course(name: str) -> None:
    assert means_course(name)


@pytest.mark.parametrize("name", ["", "this", "this lesson", "the whole chapter", "that", "das", "ça", "esto", "这个"])
def test_anaphors(name: str) -> None:
    assert is_anaphoric(name)


def test_a_topic_is_freed_of_the_number_of_its_part() -> None:
    assert [without_location(name) for name in ("hormones in 6.6", "cards on 6.6", "the lakes of Finland")] == [
        "hormones",
        "cards",
        "the lakes of Finland",
    ]
