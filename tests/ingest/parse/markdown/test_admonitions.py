"""Callouts, admonitions and divisions between colons."""

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
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_an_exercise_is_marked_as_one() -> None:
    written = markup.written([spelled_out(":::{exercise}\nProve it.\n:::").text])
    assert [(span.role, written.text[span.start : span.end]) for span in written.roles] == [
        ("question", "Exercise: Prove it.")
    ]
