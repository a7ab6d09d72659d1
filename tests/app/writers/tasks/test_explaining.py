"""What is told to say a thing more simply, and how much of what is cut is said to be shown."""

from pathlib import Path

from app.types import Question, Target, Task, TextPiece, Turn
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.stretches import stretches
from app.writers.tasks.explaining import told_once
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
    told = [event for line in told_once([], [(Shown(stretch, stretch.units[:1]),)]) for event in line]
    assert "(1 of 3)" in "".join(event.text for event in told if isinstance(event, TextPiece))


SIMPLY = """# Ropes

## Hitches

A hitch ties a rope to a pole, and is told of in three steps:

![steps](steps.png)

It is undone from the end.

## On board

A hitch is told apart from a bend by what it holds.

Think of it like a hand that holds on to a rail in a bus. Where nobody pulls, the hand lets go.

## Wharves

Wharves are of oak, as an example of wood that lasts.
"""


def simplified_in(
    folder: Path, text: str = SIMPLY, heading: str = "Hitches", topic: str = "the lesson on hitches"
) -> str:
    knots = course(folder, knots=text)
    (whole,) = knots.documents.values()
    (part,) = [one for one in whole.sections if one.path[-1:] == (heading,)]

    task = Task("simpler", (Target(whole.id, ("Ropes", *part.path), part.start, part.end),), topic)
    events = TaskWriter(knots.search, threshold=0.3).write(Question("", task=task), "", (), knots.documents.get)
    return "".join(event.text for event in events if isinstance(event, TextPiece))


def test_said_more_simply_it_is_a_picture_with_what_it_is_of_and_no_sentence_that_only_announces(
    tmp_path: Path,
) -> None:
    told = simplified_in(tmp_path)
    assert told.index("A hitch is told apart from a bend") < told.index("Think of it like a hand")
    assert "It is undone from the end." in told
    assert "three steps:" not in told
    assert "oak" not in told


def test_said_more_simply_a_lesson_of_a_page_is_told_to_its_end(tmp_path: Path) -> None:
    long = "A hitch ties a rope to a pole. " * 15
    assert "It is undone last." in simplified_in(
        tmp_path, f"# Ropes\n\n## Hitches\n\n{long}\n\n{long}It is undone last.\n"
    )


def test_what_no_heading_names_is_told_with_what_goes_on_about_it(tmp_path: Path) -> None:
    behind = "### Wharves\n\nOaks last.\n\nWhere loads are the same, a bowline is tied the same way.\n"
    text = f"# Ropes\n\n## On board\n\nA **bowline** is a loop that holds.\n\n{behind}"
    told = simplified_in(tmp_path, text, "On board", "bowline")
    assert "a bowline is tied the same way" in told
    assert "Oaks" not in told


def test_said_more_simply_it_is_prose_and_no_row_that_names_it(tmp_path: Path) -> None:
    table = "| Week | Skill |\n| --- | --- |\n| 4 | A bowline |\n"
    text = (
        f"# Ropes\n\n## Weeks\n\n{table}\n## On board\n\nWhere a storm is near, crews moor the boat with a bowline.\n"
    )
    told = simplified_in(tmp_path, text, "On board", "bowline")
    assert "crews moor the boat" in told
    assert "Week" not in told
