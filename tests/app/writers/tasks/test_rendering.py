"""Quotes as lines of an answer."""

from pathlib import Path

import pytest

from app.writers.tasks.pieces import whole_document
from app.writers.tasks.rendering import category, readable_lines
from app.writers.tasks.terms.definitions import definitions
from app.writers.tasks.terms.slides import slide_entries
from tests.app.writers.tasks.document_support import read

TABLE = "| kind | remedy |\n| --- | --- |\n| facts | RAG |\n| form | tuning |"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE, ["kind: facts; remedy: RAG / kind: form; remedy: tuning"]),
        ("Two kinds:\n\n" + TABLE, ["Two kinds:", "", "kind: facts; remedy: RAG / kind: form; remedy: tuning"]),
        ("| facts | RAG |\n| form | tuning |", ["facts; RAG / form; tuning"]),
        ("| --- | --- |\n| facts | RAG |", ["facts; RAG"]),
        ("| kind | remedy |\n| --- | --- |", ["kind; remedy"]),
        ("No table.\nTwo lines.", ["No table.", "Two lines."]),
    ],
)
def test_a_table_as_a_line_has_its_column_headers_before_the_cells(text: str, told: list[str]) -> None:
    assert readable_lines(text, between=" / ") == told


def test_the_category_of_a_row_is_its_column_header_and_of_an_item_its_heading(tmp_path: Path) -> None:
    rows = "| Kind of bend | Use |\n| --- | --- |\n| Sheet | joins two ropes of unlike size |\n| Reef bend | ties a sail along its boom |\n| Carrick | joins two heavy ropes at sea |\n"
    items = "- **Clove**: two turns around a post of wood\n- **Half**: one turn and a tuck for boats\n- **Rolling hitch**: grips along the pole of a sail\n"
    again = "## Notes\n\nHitches hold a boat along a pier.\n"
    document = read(tmp_path, f"# Knots\n\n## Bends\n\n{rows}\n{again}\n## 2. Hitches\n\n### Notes\n\n{items}\n")
    told = {piece.term: category(piece) for piece in definitions(document, whole_document(document))}
    assert told == {
        "Sheet": " (Kind of bend)",
        "Reef bend": " (Kind of bend)",
        "Carrick": " (Kind of bend)",
        "Clove": " (Hitches)",
        "Half": " (Hitches)",
        "Rolling hitch": "",
    }


def test_a_heading_of_several_words_is_a_category_however_often_it_comes(tmp_path: Path) -> None:
    text = "# Knots\n\n## Common hitches\n\nHitches grip.\n\n## Bends\n\nBends join.\n\n## Common hitches\n\n- Timber:\n    - Three turns that grip a log\n"
    document = read(tmp_path, text)
    (piece,) = (piece for piece in slide_entries(document, whole_document(document)) if piece.term == "Timber")
    assert category(piece) == " (Common hitches)"
