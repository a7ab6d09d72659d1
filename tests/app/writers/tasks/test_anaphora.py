"""Which sentences depend on what stands elsewhere."""

import pytest

from app.writers.tasks.anaphora import has_cross_reference, stands_alone


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("The price of these ropes rises with their length.", False),
        ("Alternatively, a hitch slips on a wet pole.", False),
        ("A hitch, however, slips on a wet pole.", False),
        ("Nothing came of that trial, however.", False),
        ("As a result, wet ropes hold less.", False),
        ("Hitches, on the other hand, slip on a wet pole.", False),
        ("Dagegen rutscht ein Stek auf nassem Holz.", False),
        ("En revanche, un nœud mouillé tient.", False),
        ("Through such hitches, sailors hold a ship.", False),
        ("A rope of one strand is neither of the two.", False),
        ("Sailors tie the two.", False),
        ("The ship sailed at two.", True),
        ("The ship had ropes of two strands.", True),
        ("As a result of the storm, all ropes were wet.", True),
        ("Ropes such as hawsers hold a ship.", True),
        ("Sailors know that those ropes hold which are dry.", True),
        ("A rope that is wet holds less than it did.", True),
        ("His hitch holds wet ropes on poles.", False),
    ],
)
def test_whether_a_sentence_stands_alone(text: str, alone: bool) -> None:
    assert stands_alone(text) is alone


def test_one_part_of_something_is_no_reference_to_a_part_of_the_course() -> None:
    assert not has_cross_reference("The veto was only one part of the war on the bank.")
    assert has_cross_reference("Ropes are explained in this part of it.")
