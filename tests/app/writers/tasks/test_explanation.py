"""What is told to say a thing more simply, which example of it is shown, and how much of what is cut is said to be shown."""

from pathlib import Path

import pytest

from app.query.vocabulary import gives_example
from app.types import Question, Target, Task, TextPiece, Turn
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.stretches import stretches
from app.writers.tasks.explanation import definitions_then_places
from app.writers.tasks.writer import TaskWriter
from retrieval.types import Retrieval
from tests.app.writers.excerpts.course_support import course


def test_explained_again_it_is_what_the_course_sums_up(tmp_path: Path) -> None:
    long = "A clove hitch slips on a wet pole when nobody pulls at both of its ends."
    text = f"# Knots\n\n{long}\n\n## Summary\n\nHitches slip when they are wet.\n"
    knots = course(tmp_path, knots=text)
    found = knots.passages("why does a clove hitch slip")
    writer = TaskWriter(lambda query, _: Retrieval(query, (), found, 1.0, ()), threshold=0.3)

    def told(*history: Turn) -> str:
        task = Task("simpler", (), "why does a clove hitch slip")
        events = writer.write(Question("explain this more simply", history, task=task), "", (), knots.documents.get)
        return "".join(event.text for event in events if isinstance(event, TextPiece))

    assert long in told()
    assert "Hitches slip when they are wet." in (again := told(Turn("why", told())))
    assert long not in again


def test_how_much_is_shown_of_what_is_cut_is_said(tmp_path: Path) -> None:
    (document,) = course(tmp_path, knots="# Knots\n\n- bends\n- hitches\n- loops\n").documents.values()
    (stretch,) = stretches(document, [(0, len(document.text))])
    told = [event for line in definitions_then_places([], [(Shown(stretch, stretch.units[:1]),)]) for event in line]
    assert "(1 of 3)" in "".join(event.text for event in told if isinstance(event, TextPiece))


def simplified_in(folder: Path, text: str, heading: str, topic: str, before: str = "") -> str:
    knots = course(folder, knots=text)
    (whole,) = knots.documents.values()
    (part,) = [one for one in whole.sections if one.path[-1:] == (heading,)]

    task = Task("simpler", (Target(whole.id, ("Ropes", *part.path), part.start, part.end),), topic)
    asked = Question("", (Turn("", before),) if before else (), task=task)
    events = TaskWriter(knots.search, threshold=0.3).write(asked, "", (), knots.documents.get)
    return "".join(event.text for event in events if isinstance(event, TextPiece))


def test_said_more_simply_it_is_what_was_not_told_and_no_sentence_that_only_announces(tmp_path: Path) -> None:
    steps = "A hitch is told of in three steps:\n\n![steps](steps.png)\n\nIt is undone from the end.\n"
    aims = "By the end of this section, you will be able to:\n\n- tie a hitch\n\n"
    text = f"# Ropes\n\n## Hitches\n\n{aims}It holds.\n\n{steps}\n## Glossary\n\n- hitch: a knot on a pole\n"
    told = simplified_in(tmp_path, text, "Hitches", "hitches")
    assert "**hitch** — a knot on a pole" in told
    assert "It holds." in told
    assert not any(one in told for one in ("able to", "three steps"))
    again = simplified_in(tmp_path, text, "Hitches", "hitches", "It holds.\n\n**hitch** — a knot on a pole")
    assert "It is undone from the end." in again
    assert not any(one in again for one in ("It holds.", "a knot on a pole"))


def test_said_more_simply_a_list_is_told_below_the_paragraph_that_defines(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Hitches\n\nHitches are knots on poles. They hold.\n\n- They are tied fast.\n- They slip when wet.\n"
    told = simplified_in(tmp_path, text, "Hitches", "hitches")
    assert "They slip when wet." in told
    assert told.count("Hitches are knots on poles.") == 1


def test_said_more_simply_it_is_first_what_the_lesson_sums_up_of_it(tmp_path: Path) -> None:
    others = "Bends join ropes. Loops are tied in ropes. Splices join them for good."
    text = f"# Ropes\n\n## Hitches\n\nHitches hold.\n\n## Summary\n\nHitches are tied to poles. Dry hitches last. {others}\n\nRopes rot.\n"
    told = simplified_in(tmp_path, text, "Hitches", "hitches")
    assert told.split("\n\n")[:2] == ["**Summary**", "Hitches are tied to poles. Dry hitches last."]
    assert "Hitches hold." in told
    assert "join" not in told
    most = simplified_in(tmp_path, text.replace("Bends join", "Hitches join"), "Hitches", "hitches")
    assert others.partition(". ")[2] in most


def test_said_more_simply_a_lesson_of_a_page_is_told_to_its_end(tmp_path: Path) -> None:
    long = "A hitch ties a rope to a pole. " * 15
    text = f"# Ropes\n\n## Hitches\n\n{long}\n\n{long}It is undone last.\n"
    assert "It is undone last." in simplified_in(tmp_path, text, "Hitches", "hitches")


def test_said_more_simply_it_is_prose_and_no_row_that_names_it(tmp_path: Path) -> None:
    table = "| Week | Skill |\n| --- | --- |\n| 4 | A bowline |\n"
    text = (
        f"# Ropes\n\n## Weeks\n\n{table}\n## On board\n\nWhere a storm is near, crews moor the boat with a bowline.\n"
    )
    told = simplified_in(tmp_path, text, "On board", "bowline")
    assert "crews moor the boat" in told
    assert "Week" not in told


KNOTS = """# Knots

## Loads

Most knots hold. Hitches hold for a while. A few slip under load. For example, wet nylon runs through a granny knot. When a knot slips, we call it a slipping knot.

A steady knot is seldom wet. A steady knot needs care, such as drying.

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
| Cow hitch | tags of a bag |
"""


def example(folder: Path, topic: str, heading: str = "", before: str = "") -> tuple[str, list[str]]:
    """What is told of a topic, in which part, and what of it is marked, after an answer."""
    made = course(folder, knots=KNOTS)
    (whole,) = made.documents.values()
    parts = [
        Target(whole.id, ("Knots", *one.path), one.start, one.end) for one in whole.sections if heading in one.path
    ]

    task = Task("example", (*parts, Target(whole.id, ("Knots",), 0, len(whole.text)))[:1], topic)
    events = list(
        TaskWriter(made.search, threshold=0.3).write(
            Question("", (Turn("", before),), task=task), "", (), made.documents.get
        )
    )
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
    assert "tags of a bag" not in "".join(marked)


def test_below_a_heading_that_names_examples_all_is_one(tmp_path: Path) -> None:
    text = "# Knots\n\n## Slipping a knot\n\nA slipped knot opens at a pull.\n\n## Examples of slipped knots\n\n- Shoes before bed\n- A horse at its post\n"
    made = course(tmp_path, knots=text)
    (whole,) = made.documents.values()
    task = Task("example", (Target(whole.id, ("Knots",), 0, len(whole.text)),), "slipped knot")
    events = TaskWriter(made.search, threshold=0.3).write(Question("", task=task), "", (), made.documents.get)
    told = [event.text for event in events if isinstance(event, TextPiece) and event.marked]
    assert told == ["Shoes before bed", "A horse at its post"]


def test_where_nothing_calls_itself_an_example_of_the_topic_what_has_its_words_is_told(tmp_path: Path) -> None:
    told, _ = example(tmp_path, "tall mast")
    assert "is of pine wood" in told
    assert example(tmp_path, "tall mast", before=told) == ("", [])
    assert example(tmp_path, "ropes") == ("", [])  # which is said by the way
    assert example(tmp_path, "tall ship") == ("", [])  # whose words stand apart


def test_a_short_summary_of_what_no_heading_names_has_no_sentence_twice(tmp_path: Path) -> None:
    facts = "A bowline makes a loop. A bowline makes a loop at an end. Sailors tie a bowline daily (note 3). Wet nylon frees a bowline."
    made = course(tmp_path, knots=f"# Knots\n\n## Loops\n\n{facts}\n")
    asked = Question("", task=Task("summary", (), "bowline", count=3, headed=False))
    events = TaskWriter(made.search, threshold=0.3).write(asked, "", (), made.documents.get)
    lines = "".join(event.text for event in events if isinstance(event, TextPiece)).strip().split("\n")
    assert lines == ["- A bowline makes a loop.", "- Sailors tie a bowline daily.", "- Wet nylon frees a bowline."]


def test_of_code_the_place_that_has_the_words_of_the_topic_is_an_example(tmp_path: Path) -> None:
    code = "# Ropes\n\n## Bends\n\nTie it:\n\n```\n# rope compression\nsqueeze(rope)\n```\n\n## Bales\n\nBales are of compressed hay.\n"
    made = course(tmp_path, knots=code)
    (whole,) = made.documents.values()
    task = Task("example", (Target(whole.id, ("Ropes",), 0, len(whole.text)),), "rope compression")
    asked = Question("an example of rope compression", task=task)
    events = TaskWriter(made.search, threshold=0.3).write(asked, "", (), made.documents.get)
    told = "".join(event.text for event in events if isinstance(event, TextPiece))
    assert "squeeze(rope)" in told
    assert "hay" not in told


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
