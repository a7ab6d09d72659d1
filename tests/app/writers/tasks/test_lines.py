"""Quotes as lines of an answer."""

import pytest

from app.writers.tasks.lines import in_words

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
def test_a_table_in_words_has_no_rule_and_its_columns_names(text: str, told: list[str]) -> None:
    assert in_words(text, between=" / ") == told
