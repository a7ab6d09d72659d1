"""Callouts, admonitions and divisions, between colons and of HTML."""

import pytest

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.extensions import spelled_out
from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> [!NOTE]\n> Take care.", "Note: Take care."),
        ("> [!tip]- My title\n> - one", "My title:\n- one"),
        ('!!! warning "Hot glass"\n    It looks cold.\n\n    Really.', "Hot glass: It looks cold.\nReally."),
        ("??? question\n    What is it?", "Question: What is it?"),
        (":::{exercise} First\n:label: e\nProve it.\n:::", "First: Prove it."),
        ("::: warning\nWords.\n:::", "Warning: Words."),
        ("::::: {.callout-note}\n::: inner\nDeep.\n:::\n:::::", "Note: Inner: Deep."),
        ('::: {.callout-tip appearance="simple"}\n## In short {#s}\n\nMelt it.\n:::', "In short: Melt it."),
        ('::: {#thm .lemma name="Of ice"}\nIt floats.\n:::', "Of ice: It floats."),
        (":::: challenge\n\n## Snow\n\nWhy?\n\n::: solution\n\nCold.\n\n:::\n\n::::", "Snow: Why?\nSolution: Cold."),
        ('::: {.columns}\n::: {.column width="9%"}\n## Left\n:::\n:::', "## Left"),
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


def test_an_exercise_is_marked_as_one() -> None:
    written = markup.written([spelled_out(":::{exercise}\nProve it.\n:::").text])
    assert [(span.role, written.text[span.start : span.end]) for span in written.roles] == [
        ("question", "Exercise: Prove it.")
    ]


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
