"""Markdown notation taken off, words kept."""

from itertools import pairwise

import pytest

from retrieval.text.markdown import cells, fold, plain_text, row_with_columns
from retrieval.text.sentences import sentence_spans


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("see [the **docs**](https://x.y/z)", "see the docs"),
        ("![a plot](plot.png) shows it", "a plot shows it"),
        ("# Heading #", "Heading"),
        ("> quoted", "quoted"),
        ("```python\nx = a_b_c * 2 * y\n```", "x = a_b_c * 2 * y"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("a *word* and _another_ and ***both***", "a word and another and both"),
        ("`**not bold**` but **bold**", "**not bold** but bold"),
        ("<b>bold</b> if a < b and b > c", "bold if a < b and b > c"),
        ("<https://x.y>", "https://x.y"),
        (r"1\. not \*starred\*", "1. not *starred*"),
        ("", ""),
    ],
)
def test_plain_text(markdown: str, plain: str) -> None:
    assert plain_text(markdown) == plain


def test_rows() -> None:
    assert cells(r"| a | b\|c | **d** |") == ["a", r"b|c", "d"]
    assert row_with_columns("| GPT-1 | 117M |", "| model | size |\n| --- | --- |") == "model: GPT-1; size: 117M"
    assert row_with_columns("| GPT-1 | | x |", "| model | size |") == "model: GPT-1; x"
    assert row_with_columns("no table", "") == "no table"


def test_fold() -> None:
    assert fold(" a\n\n b\tc ") == "a b c"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use e.g. GPT-4 here. Then stop.", ["Use e.g. GPT-4 here.", "Then stop."]),
        ("It costs $0.03. That is 3.5 times more.", ["It costs $0.03.", "That is 3.5 times more."]),
        ('He said "no." She left.', ['He said "no."', "She left."]),
        ("Dr. Smith of J. Doe Inc. came.", ["Dr. Smith of J. Doe Inc. came."]),
        ("1. First step. 2. Second step.", ["1. First step.", "2. Second step."]),
        ("We stop before 13. A new one.", ["We stop before 13.", "A new one."]),
        ("So: 1. Open it.\n2. Shut it.", ["So: 1. Open it.", "2. Shut it."]),
        ("Step 2. Do it. **3.** Rest.", ["Step 2. Do it.", "**3.** Rest."]),
        ("no stop\n\nnext one", ["no stop", "next one"]),
        ("**Bold.** Next.", ["**Bold.**", "Next."]),
        ("   ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_sentences_hold_every_character() -> None:
    text = "A b c... D!? (E.) f.\n\n\nG. h" * 20
    assert "".join("".join(text[a:b].split()) for a, b in sentence_spans(text)) == "".join(text.split())
    spans = sentence_spans(text)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
