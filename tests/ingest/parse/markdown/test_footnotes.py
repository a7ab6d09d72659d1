"""Footnotes of Markdown."""

import pytest

from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "So: ``odd\n\nSnow ^[It is [cold](c.md), mostly.] falls^[Or\ndrifts.]:\n```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
            "So: ``odd\nSnow (note 1) falls (note 2):\nNote 1: It is [cold](c.md), mostly.\nNote 2: Or drifts.\n"
            "```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
        ),
        ("A claim[^1].\n\n[^1]: Its proof.", "A claim (note 1).\nNote 1: Its proof."),
        ("> [!NOTE]\n> Read[^1].\n\n[^1]: Twice.", "Note: Read (note 1).\nNote 1: Twice."),
        (
            "Ice^[It floats.] and snow^[It falls.] as told[^1].\n\n[^1]: x",
            "Ice (note 2) and snow (note 3) as told (note 1).\nNote 2: It floats.\nNote 3: It falls.\nNote 1: x",
        ),
        ("An array[^x] without a note", "An array[^x] without a note"),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected
