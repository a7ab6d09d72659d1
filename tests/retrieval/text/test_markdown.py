"""Markdown notation taken off, words kept."""

import pytest

from retrieval.text.markdown import cells, fold, plain_text, row_with_columns


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
        ("an *idea over\nlines*, * not\n* this", "an idea over\nlines, * not\n* this"),
        ("`**not bold**` but **bold**", "**not bold** but bold"),
        ("<b>bold</b> if a < b and b > c", "bold if a < b and b > c"),
        ("<https://x.y>", "https://x.y"),
        (r"the area $\pi r^{2}$ and **more**", r"the area $\pi r^{2}$ and more"),
        (r"$$a_{i} * b_{i} * \{c\}$$", r"$$a_{i} * b_{i} * \{c\}$$"),
        ("from $5 to *ten* and $6", "from $5 to ten and $6"),
        (r"1\. not \*starred\*", "1. not *starred*"),
        ("**bold `a*b` and $c_d$** as [the `e_f`](g.md) *`h`*", "bold a*b and $c_d$ as the e_f h"),
        ("a *b* `c` \U000f0001", "a b c \U000f0001"),
        ("[a link\nover lines](a.md) [not\n\none](b.md)", "a link\nover lines [not\n\none](b.md)"),
        ("[![a plot](p.png)](p.png) [![](p.png)](q.png) [![c](p.png) d](e.md)", "a plot  c d"),
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


def test_a_line_below_a_table_has_no_header_of_cells() -> None:
    assert row_with_columns("Use both.", "| | Fine-tuning | RAG |") == "Use both."
    assert row_with_columns("Use both.", "Remedies") == "Remedies: Use both."
