"""Which example is shown, and what of it is marked."""

from pathlib import Path

import pytest

from app.query.vocabulary import gives_example
from app.types import Question, Target, Task, TextPiece
from app.writers.tasks.writer import TaskWriter
from tests.app.writers.excerpts.course_support import course

KNOTS = """# Knots

## Loads

Most knots hold. Hitches hold for a while. A few slip under load. For example, wet nylon runs through a granny knot. When a knot slips, we call it a slipping knot.

A steady knot is seldom wet. A steady knot needs care, such as drying. Some say that a cow hitch is an example (it is not).

## Bends

A reef bend joins two ropes. For example, a sailor meets a storm.

## Masts

The tall mast of a ship is of pine wood.

## Anchor hitch

An anchor hitch holds a ring.

## Summary

Knots join. For instance, a splice joins two ropes for good. The anchor hitch makes fast.

## Harbours

Figure 2.1 Chains and anchors share the loads of a harbour, for example.

Hull is a good example of how chains and anchors share a load.

## Kinds of hitch

| hitch | examples |
| --- | --- |
| Round hitch | mooring of boats |
| Cow hitch | tags of a round bag |
"""


def example(folder: Path, topic: str, heading: str = "") -> tuple[str, list[str]]:
    """What is told of a topic, in which part, and what of it is marked."""
    made = course(folder, knots=KNOTS)
    (whole,) = made.documents.values()
    parts = [
        Target(whole.id, ("Knots", *one.path), one.start, one.end) for one in whole.sections if heading in one.path
    ]

    task = Task("example", (*parts, Target(whole.id, ("Knots",), 0, len(whole.text)))[:1], topic)
    events = list(TaskWriter(made.search, threshold=0.3).write(Question("", task=task), "", (), made.documents.get))
    told = [event for event in events if isinstance(event, TextPiece)]
    return "".join(event.text for event in told), [event.text for event in told if event.marked]


@pytest.mark.parametrize(
    ("topic", "marked"),
    [
        ("reef bend", "For example, a sailor meets a storm."),
        ("slipping knot", "For example, wet nylon runs through a granny knot."),  # by what stands behind
        ("steady knot", "A steady knot needs care, such as drying."),
        (
            "how chains and anchors share loads in a harbour",
            "Hull is a good example of how chains and anchors share a load.",
        ),
    ],
)
def test_what_calls_itself_an_example_of_the_topic_is_marked(tmp_path: Path, topic: str, marked: str) -> None:
    told, found = example(tmp_path, topic)
    assert found == [marked]
    assert told.count("\n\n") <= 2  # one paragraph


def test_of_a_table_of_examples_the_row_of_the_topic_is_marked(tmp_path: Path) -> None:
    _, marked = example(tmp_path, "round hitch", "Kinds of hitch")
    assert "mooring of boats" in "".join(marked)
    assert "tags of a round bag" not in "".join(marked)


def test_where_nothing_calls_itself_an_example_of_the_topic_nothing_is_told(tmp_path: Path) -> None:
    assert example(tmp_path, "tall mast") == ("", [])
    assert example(tmp_path, "ropes") == ("", [])  # that the sentence before only names
    assert example(tmp_path, "anchor hitch", "Anchor hitch") == ("", [])  # which has a part of its own


def test_signs_of_examples() -> None:
    signs = [
        "for instance, a bend",
        "knots such as bends",
        "z. B. Knoten",
        "tels que les nœuds",
        "tales como nudos",
        "例如",
    ]
    assert all(map(gives_example, signs))
    assert not gives_example("such knots")
