"""The words by which tasks and parts are named."""

import pytest

from app.query.vocabulary import announces_task, split_at_joiners


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
def test_headings_announce_what_a_task_makes(kind: str, heading: str) -> None:
    assert announces_task(kind, heading)  # type: ignore[arg-type]
    assert not announces_task(kind, "How bones grow")  # type: ignore[arg-type]


def test_a_capital_letter_is_no_joiner() -> None:
    assert split_at_joiners("vitamin A and vitamin E") == ["vitamin A", "vitamin E"]
