"""A highlight marks exactly its words and changes no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.render import quotes
from app.web.render.markdown import render, render_inline
from app.web.render.quotes import highlight, highlight_code, merged
from retrieval.text.markdown import fold, plain_inline
from tests.app.web.fake_engine import FIRST, HEADER, SECOND, note
from tests.app.web.page_support import Reader

WORDS = ["alpha", "beta ", " gamma", "**", "_", "`", ".", " ", "[link](http://x.y)", "*", "d_e"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map("".join)


def test_merged() -> None:
    assert merged([(5, 9), (1, 6), (20, 30), (3, 3)], 22) == [(1, 9), (20, 22)]
    assert merged([(-4, -1), (30, 40)], 22) == []


@given(TEXTS, st.data())
def test_words_stay_and_a_span_of_plain_words_is_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    read = Reader(highlight(text, [(start, end)], render_inline))
    assert not read.unbalanced
    assert read.text == Reader(render_inline(text)).text
    if text[start:end].strip() and text[start:end].isalpha() and "](" not in text:
        assert text[start:end] in "".join(read.marked)


@given(st.text(alphabet="ab <&\n"), st.integers(0, 30), st.integers(0, 30))
def test_code_is_marked_to_the_character(text: str, start: int, end: int) -> None:
    read = Reader(highlight_code(text, [(start, end)]))
    assert read.text == text
    assert "".join(read.marked) == text[start:end]


def test_a_fence_is_not_shown_and_shifts_nothing() -> None:
    text = "```py\nx = 1\ny = 2\n```"
    start = text.index("y =")
    read = Reader(highlight_code(text, [(start, start + 5)]))
    assert (read.text, read.marked) == ("x = 1\ny = 2", ["y = 2"])
    assert Reader(highlight_code(text, [(0, len(text))])).marked == ["x = 1\ny = 2"]


@pytest.mark.parametrize(("text", "quote"), [("_so_ it is", "_so_ it"), ("a **b c** d", "c** d"), ("a `b c` d", "b c")])
def test_quotes_that_begin_or_end_in_notation(text: str, quote: str) -> None:
    start = text.index(quote)
    read = Reader(highlight(text, [(start, start + len(quote))], render))
    assert fold("".join(read.marked)) == fold(plain_inline(quote).replace("*", "").replace("`", ""))
    assert not read.unbalanced


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("- one\n- two words\n- three", "- two words"),
        ("  - one\n    - deeper", "- one"),
        ("1. one\n2. two", "2. two"),
        ("- one\n- two", "- one\n- two"),
        ("## A heading\n\nwords", "## A heading"),
        ("> said so", "> said so"),
    ],
)
def test_quotes_that_begin_with_a_marker(text: str, quote: str) -> None:
    start = text.index(quote)
    read = Reader(highlight(text, [(start, start + len(quote))], render))
    assert " ".join(read.marked).split() == [word for word in quote.split() if word[0].isalpha()]
    assert read.text == Reader(render(text)).text


def test_a_quote_is_shown_in_its_paragraph() -> None:
    read = Reader(quotes.in_paragraph([SECOND]))
    assert "".join(read.marked) == "It falls when the context gets longer."
    assert read.text.startswith("Perplexity says how unsure")
    assert quotes.plain_quote(FIRST) == "Perplexity says how unsure a model is about the next token."


def test_a_quoted_row_keeps_its_columns() -> None:
    row = note(1, "| perplexity | lower |", "Table", kind="row", lead=HEADER)
    read = Reader(quotes.in_paragraph([row]))
    assert read.text == "measurebetterperplexitylower"
    assert read.marked == ["perplexity", "lower"]
    assert quotes.plain_quote(row) == "measure: perplexity; better: lower"


def test_quoted_code_keeps_its_lines() -> None:
    code = note(1, "    return exp(loss)", "Code", kind="code")
    read = Reader(quotes.in_paragraph([code]))
    assert "def perplexity(loss):\n    return exp(loss)" in read.text
    assert "```" not in read.text
