"""Which task a text names by its words alone."""

from pathlib import Path

import pytest

from app.query.orders.recognition import find_task_name

PHRASINGS = [
    line.split("\t") for line in (Path(__file__).parent / "phrasings.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("kind", "text"), [row for row in PHRASINGS if row[0]])
def test_an_order_names_its_task(kind: str, text: str) -> None:
    found = find_task_name(text)
    assert found is not None
    assert found[0] == kind
