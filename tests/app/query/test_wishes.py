"""Phrasings of tasks in five languages, and of questions that merely hold the same words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.vocabulary import names
from app.query.wishes import Wish, wish

PHRASINGS = [
    line.split("\t") for line in (Path(__file__).parent / "phrasings.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("kind", "text"), [row for row in PHRASINGS if row[0]])
def test_an_order_names_its_task(kind: str, text: str) -> None:
    found = wish(text)
    assert found is not None
    assert (found.kind, found.order) == (kind, True)


@pytest.mark.parametrize("text", [text for kind, text in PHRASINGS if not kind])
def test_a_question_with_the_same_words_is_no_order(text: str) -> None:
    found = wish(text)
    assert found is None or not found.order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Summarise lesson 3, please", Wish("summary", "lesson 3", True)),
        ("what are the key points of the second chapter?", Wish("key points", "second chapter", True)),
        ("ask me 7 questions about the liver", Wish("quiz", "liver", True, 7)),
        ("make 12 flash cards", Wish("cards", "", True, 12)),
        ("five key points about the liver", Wish("key points", "liver", True, 5)),
        ("explain tides like I'm 12", Wish("simpler", "tides", True)),
        ("fass Lektion 2 zusammen", Wish("summary", "Lektion 2", True)),
        ("quiz me with 5 multiple choice questions on tides", Wish("quiz", "tides", True, 5)),
        ("sumarize the tides", Wish("summary", "tides", True)),
        ("make notes on tides", Wish("key points", "tides", True)),
        ("neap or spring tides, whats the difference?", Wish("compare", "neap or spring tides", True)),
        ("what's a tide, in plain english", Wish("simpler", "tide", True)),
        ("Flash cards for the liver pls. 6 would be great", Wish("cards", "liver", True, 6)),
        ("what is lesson 5.4 about? short summary plz", Wish("summary", "lesson 5.4", True)),
        ("Lesson 3 is hard. Quiz me!", Wish("quiz", "Lesson 3 is hard", True)),
        ("第一课的要点", Wish("key points", "第一课", True)),
    ],
)
def test_what_a_task_is_about_and_how_many(text: str, expected: Wish) -> None:
    assert wish(text) == expected


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("summary", "Zusammenfassung"),
        ("summary", "Chapter Review"),
        ("cards", "Key Terms"),
        ("quiz", "思考题"),
        ("quiz", "Review Questions"),
    ],
)
def test_headings_that_announce_what_a_task_makes(kind: str, heading: str) -> None:
    assert names(kind, heading)  # type: ignore[arg-type]
    assert not names(kind, "How bones grow")  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_any_text_is_a_wish_or_none(text: str) -> None:
    found = wish(text)
    assert found is None or (found.kind and len(found.sides) >= 0)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("short bones vs sesamoid bones, how do they differ pls", ("short bones", "sesamoid bones")),
        ("normal good vs inferior good - how are they different", ("normal good", "inferior good")),
        ("how do short bones and sesamoid bones differ", ("short bones", "sesamoid bones")),
        ("hypocalcemia vs hypercalcemia, how r they different?", ("hypocalcemia", "hypercalcemia")),
        (
            "zero elasticity and infinite elasticity - compare them for me ty",
            ("zero elasticity", "infinite elasticity"),
        ),
        ("I have read lesson 2, compare tides and waves", ("tides", "waves")),
    ],
)
def test_a_side_keeps_words_that_may_also_begin_an_order(text: str, sides: tuple[str, str]) -> None:
    found = wish(text)
    assert found is not None
    assert (found.kind, tuple(side[0] for side in found.sides)) == ("compare", sides)
