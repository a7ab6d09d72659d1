"""What people write in Markdown beyond CommonMark, spelled out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse.markdown.extensions import spelled_out
from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("##Snow{-}\n##hail\n\n#tag", "## Snow{-}\n##hail\n#tag"),
        ('{{ video | replace("x", "y") }}\n\n{% raw %}\n\nHello {{ name }}', "Hello {{ name }}"),
        (
            "atom\n: the least part\n  of an element\n^\n\nion\n: an atom with a charge",
            "- atom: the least part of an element\n- ion: an atom with a charge",
        ),
        ("Rain\n\n:   water\n:   much of it\n\nText.", "- Rain: water\n- Rain: much of it\nText."),
        ("A long line of text that\ngoes on\n: here", "A long line of text that\ngoes on\n: here"),
        ("| a |\n| --- |\n| 1 |\n\n: A table", "| a |\n| --- |\n| 1 |\n: A table"),
        ("(one)=\nOne.\n\n\\bigskip \\pause\n\\vspace{2mm}\n\n\\alpha is kept", "One.\n\\alpha is kept"),
        ("> over two\n> lines\n>\n> and more", "> over two lines\n>\n> and more"),
        ("> - one\n> - two", "> - one\n> - two"),
        ("one\n\n—\n\ntwo — three", "one\ntwo — three"),
        ("[image1]: data:image/png;base64,AAAA\n\nafter", "after"),
        ("---\ntitle: '[[x]]'\n---\n\n[[y]]", "---\ntitle: '[[x]]'\n---\ny"),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_comments_are_left_out_and_reported_unless_they_are_wanted() -> None:
    text = "Seen %%teacher's key%% and <!-- a to-do --> here.\n\n```\n%% <!-- code --> %%\n```"
    found = spelled_out(text)
    assert found.text == "Seen  and  here.\n\n```\n%% <!-- code --> %%\n```"
    assert found.hidden == ["comment: teacher's key", "comment: a to-do"]
    assert "teacher's key" in spelled_out(text, include_hidden=True).text


@given(st.text(alphabet="ab\n` >#-*|[]()!:=$%", max_size=80))
def test_ordinary_markdown_keeps_its_letters(text: str) -> None:
    plain = text.replace("%%", "")
    kept = spelled_out(plain).text
    assert sorted(filter(str.isalpha, plain)) == sorted(filter(str.isalpha, kept)) or any(
        sign in plain for sign in ("](", "[[", ":::", "!!!")
    )
