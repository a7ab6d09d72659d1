"""Divisions of HTML within Markdown."""

import pytest

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.extensions import spelled_out
from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<div class="aims" markdown="1">\nYou will learn to:\n* swim\n</div>', "You will learn to:\n* swim"),
        ('<div class="title">\nThe law\n</div>\n\nIt *holds*.\nAlways.', "The law: It *holds*.\nAlways."),
        ('<div class="title">\nHow far?\n</div>\nIt runs.', "How far? It runs."),
        ('<div class="title">\nArt\n</div>\n![p](p.png)', "Art\n![p](p.png)"),
        ('<div class="title">\nList\n</div>\n* one', "List\n* one"),
        ('<div class="title">\nnot closed', "not closed"),
        ('<div style="display: none">\nno\n</div>', '<div style="display: none">\nno'),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_a_title_that_joins_nothing_stands_alone() -> None:
    assert "\nArt\n\n<b>Paint" in spelled_out('<div class="title">\nArt\n</div>\n<b>Paint</b> it.').text


def test_what_html_calls_a_question_is_one() -> None:
    html = """<div data-type="exercise">
<div data-type="problem" markdown="1">
A ball is thrown up. It falls.

When is it at rest?
</div>
<div data-type="solution" markdown="1">
At the top.
</div>
</div>
<div class="exercise">
Prove it.
</div>
<div class="question">
never closed
"""
    found = markup.written([spelled_out(html).text])
    asked = [found.text[one.start : one.end].split() for one in found.roles if one.role == "question"]
    assert [" ".join(words) for words in asked] == ["A ball is thrown up. It falls. When is it at rest?", "Prove it."]
    assert "At the top." in found.text
