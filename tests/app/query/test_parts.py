"""Parts of a course: those in a scope, sub-parts, and where a subject ends."""

import pytest

from app.query.parts import deepest_part_at, named_sub_parts, parts_in_scope, whole_documents, with_continuation
from app.query.resolution import resolve_parts
from retrieval.types import Block, Document, Scope, Section
from tests.app.query.outlines import COURSE, document


def test_the_parts_in_a_scope_and_at_an_offset() -> None:
    scope = Scope(documents=("vulkane.md",), sections=(("lessons.md", "Lesson 2: Erosion"),))
    assert [target.path for target in parts_in_scope(COURSE, scope)] == [("Vulkane",), ("Rivers", "Lesson 2: Erosion")]
    assert deepest_part_at(COURSE[1], 35).path == ("Rivers", "Lesson 2: Erosion")
    assert deepest_part_at(COURSE[1], 0).path == ("Rivers",)


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
def test_a_name_with_some_words_of_a_heading_means_sub_parts(name: str, parts: list[str]) -> None:
    coasts = document(
        "c.md", "3 Storms, tides, waves and coasts", "Storms and coasts", "Tides and coasts", "Wind and coasts"
    )
    assert [one.path[-1] for one in named_sub_parts(name, whole_documents([coasts])[0], [coasts])] == (
        parts or [coasts.title]
    )


def test_below_a_heading_that_names_two_subjects_a_part_continues_to_the_other() -> None:
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
