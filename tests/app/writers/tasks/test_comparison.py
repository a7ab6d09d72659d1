"""What a comparison tells of each side, and what of it is marked."""

from pathlib import Path

from app.types import Question, Task, TextPiece
from app.writers.tasks.writer import TaskWriter
from tests.app.writers.excerpts.course_support import course


def test_what_is_compared_is_told_by_what_defines_and_what_names_both(tmp_path: Path) -> None:
    text = "# Knots\n\nA clove hitch slips more than a bowline. It is quick.\n\n## Glossary\n\n- bowline: a loop\n- clove hitch: two turns\n"
    knots = course(tmp_path, knots=text)

    task = Task("compare", (), "", (("bowline",), ("clove hitch",)))
    events = TaskWriter(knots.search, threshold=0.3).write(Question("", task=task), "", (), knots.documents.get)
    told = [event.text for event in events if isinstance(event, TextPiece) and event.text.strip()]
    assert told == [
        "- **bowline** — a loop",
        "- **clove hitch** — two turns",
        "**Knots**",
        "A clove hitch slips more than a bowline.",
        "It is quick.",
    ]


def test_a_side_that_nothing_defines_is_told_by_the_section_of_its_name(tmp_path: Path) -> None:
    text = "# Knots\n\n## Bends\n\nThey join two ropes.\n\n## Hitches\n\nUnlike bends, hitches hold a rope to a pole.\n"
    knots = course(tmp_path, knots=text)

    task = Task("compare", (), "hitches", (("hitches",), ("bends",)))
    events = TaskWriter(knots.search, threshold=0.3).write(Question("", task=task), "", (), knots.documents.get)
    assert "They join two ropes." in "".join(event.text for event in events if isinstance(event, TextPiece))


def compared_in(folder: Path, text: str, *sides: tuple[str, ...]) -> tuple[str, list[str]]:
    """What a comparison tells of one document, and what is marked of it."""
    knots = course(folder, knots=text)

    task = Task("compare", (), " ".join(side[0] for side in sides), sides)
    events = list(TaskWriter(knots.search, threshold=0.3).write(Question("", task=task), "", (), knots.documents.get))
    told = [event for event in events if isinstance(event, TextPiece)]
    return "".join(event.text for event in told), [event.text for event in told if event.marked]


WHEN = """# Knots

## Choosing

A hitch and a bend are as old as ships.

Use a bend when:

- two ropes are joined

Use a hitch when:

- a rope is tied to a pole

Practise both on Sunday.

## Plan

- Week 2 is on the hitch
- Week 3 is on the bend

## Bends

They join two ropes.
"""


def test_what_sets_two_against_each_other_is_told_and_what_only_names_them_is_not(tmp_path: Path) -> None:
    told, marked = compared_in(tmp_path, WHEN, ("bend",), ("hitch",))
    assert told.startswith("**Choosing**")
    assert "Use a bend when:\n\n- two ropes are joined" in told
    assert "Use a hitch when:\n\n- a rope is tied to a pole" in told
    assert "They join two ropes." in told  # the part of one side
    assert "Week" not in told
    assert marked


def test_a_side_is_named_alone_where_the_other_is_and_by_no_word_of_its_kin(tmp_path: Path) -> None:
    text = "# Courts\n\n## Federalism\n\nIt is old.\n\n## Federal\n\nThey are few.\n\n## State\n\nThey are many.\n"
    told, _ = compared_in(tmp_path, text, ("state", "state courts"), ("federal courts",))
    assert "They are few." in told
    assert "They are many." in told
    assert "It is old." not in told


def test_a_section_that_is_called_as_both_is_told_for_each_and_none_that_is_called_as_another(tmp_path: Path) -> None:
    hitch, bend = "A hitch holds a rope to a pole. " * 20, "A bend joins two ropes. " * 20
    table = "| | Hitch | Bend |\n| --- | --- | --- |\n| Ropes | one | two |\n"
    said = f"Ropes are old.\n\n{hitch}\n\n{bend}\n\n{table}\n### Care\n\nNeither is washed.\n"
    text = f"# Knots\n\n## Of hitch and bend\n\n{said}\n## Bend at sea\n\nSailors tie it.\n\n## Plans\n\nA hitch, or a bend?\n"
    told, _ = compared_in(tmp_path, text, ("hitch",), ("bend",))
    assert told.count("A hitch holds a rope to a pole.") == 20
    assert told.count("A bend joins two ropes.") == 20
    assert "| Ropes | one | two |" in told
    assert "Sailors tie it." in told
    assert "Neither is washed." not in told
    assert told.count("Ropes are old.") == 1


def test_a_section_of_a_side_that_holds_only_sections_is_passed_over(tmp_path: Path) -> None:
    text = "# Knots\n\n## 2 Hitch\n\n### Ropes\n\nThey are wet.\n\n## Of a hitch\n\nIt holds.\n\n## Bend\n\nIt joins.\n"
    told, _ = compared_in(tmp_path, text, ("hitch",), ("bend",))
    assert "It holds." in told
    assert "It joins." in told


PLANS = """# Rebuilding

## The mayor

Ann drew a plan for the harbour in spring. It had two quays.

## The quarrel

Jo Day was a baker. She was born inland.

Unlike Ann, Jo Day wanted no quays.

## At the end

Jo Day wanted the harbour to have one mole.
"""


def test_a_side_that_nothing_defines_is_told_by_what_speaks_of_it_alone(tmp_path: Path) -> None:
    told, _ = compared_in(tmp_path, PLANS, ("Ann",), ("Jo Day",))
    assert "Ann drew a plan for the harbour in spring." in told
    assert "Unlike Ann, Jo Day wanted no quays." in told


def test_what_tells_of_both_sides_comes_before_what_tells_of_one(tmp_path: Path) -> None:
    both = "A jail holds people before their trial, unlike a prison. "
    text = f"# Law\n\n## Arrest\n\nA jail is a small house.\n\n## Places\n\n{both}\n\n## Rest\n\nA prison is large.\n"
    told, _ = compared_in(tmp_path, text, ("jail",), ("prison",))
    assert told.index("unlike a prison") < told.index("A jail is a small house.")


def test_a_side_that_is_nowhere_called_so_is_not_told(tmp_path: Path) -> None:
    assert compared_in(tmp_path, PLANS, ("mayor plan",), ("Jo Day",)) == ("", [])


def test_a_table_that_names_both_stands_beside_the_section_of_each(tmp_path: Path) -> None:
    table = "| knot | strength |\n| --- | --- |\n| hitch | 60 |\n| splice | 90 |\n| bend | 50 |\n"
    text = f"# Knots\n\n## Hitch\n\nA hitch holds a pole.\n\n## Bend\n\nA bend joins ropes.\n\n## Strength\n\n{table}"
    told, _ = compared_in(tmp_path, text, ("hitch",), ("bend",))
    assert told.index("| hitch | 60 |") < told.index("A hitch holds a pole.")
    assert "A bend joins ropes." in told


def test_of_each_side_the_sentence_that_begins_with_it_is_marked(tmp_path: Path) -> None:
    text = """# Knots

There are two kinds of knots, the bend and the hitch. Some call a hitch a turn. A bend joins two ropes. It is tied at sea.

A hitch, on the other hand, holds a rope to a pole. It slips.
"""
    _, marked = compared_in(tmp_path, text, ("hitch",), ("bend",))
    assert marked == ["A bend joins two ropes.", "A hitch, on the other hand, holds a rope to a pole."]


def test_a_sentence_that_begins_with_one_side_and_has_the_other_comes_before_one_that_only_has_both(
    tmp_path: Path,
) -> None:
    around = " ".join(f"Rope number {number} is kept dry in the store of the harbour." for number in range(8))
    text = f"""# Knots

## Order

- Learn the carrick and the sheepshank.
- Go on.

## Strength

{around} A carrick is strong and a sheepshank is weak. {around}
"""
    told, marked = compared_in(tmp_path, text, ("carrick",), ("sheepshank",))
    assert marked == ["A carrick is strong and a sheepshank is weak."]
    assert "Learn the" not in told


def test_of_the_part_of_each_what_it_says_with_the_words_of_both_is_told(tmp_path: Path) -> None:
    bend = f"{'Old sailors sing at noon. ' * 24}\n\n{'Wet rope slips in a loop of hemp. ' * 12}\n\n{'Jo met her aunt. ' * 20}\n"
    hitch = f"{'Some poles are painted green. ' * 24}\n\n{'A wet pole lets the rope slip off. ' * 12}\n\n{'Ann is nine. ' * 30}\n"
    told, _ = compared_in(tmp_path, f"# Knots\n\n## Bend\n\n{bend}\n## Hitch\n\n{hitch}", ("bend",), ("hitch",))
    assert "Wet rope slips in a loop of hemp." in told
    assert "A wet pole lets the rope slip off." in told
    assert "sailors" not in told
    assert "painted" not in told


def test_a_part_is_called_by_its_title_or_short_name_and_a_longer_one_is_told(tmp_path: Path) -> None:
    index = "# Index\n\n## Hitch\n\nSee there.\n\n## A bend is tied before two hitches or more\n\nIt is slow.\n"
    lesson = "---\ntitle: The hitch\n---\n\nIt holds a rope to a pole.\n\n## Care\n\nWash it.\n"
    joins = "# Ropes\n\n## Two ropes joined by sailors (bend)\n\nIt joins two ropes.\n"
    knots = course(tmp_path, index=index, lesson=lesson, joins=joins)
    task = Task("compare", (), "hitch bend", (("hitch",), ("bend",)))
    events = TaskWriter(knots.search, threshold=0.0).write(Question("", task=task), "", (), knots.documents.get)
    told = "".join(event.text for event in events if isinstance(event, TextPiece))
    assert "It holds a rope to a pole." in told
    assert "It joins two ropes." in told
    assert "See there." not in told
    assert "It is slow." not in told
    assert "Wash it." not in told
