"""Slides of remark: what is theirs goes, what is said stays."""

import time
from pathlib import Path

import pytest

from ingest.parse.load import load
from ingest.parse.markdown.slides import held_in, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "class: center\n\n# Ropes\n---\nname: two\n\n.big[\n1. hemp\n]\n--\nmore\n???\nAsk [them](x).\n---\n# End",
            "# Ropes\n1. hemp\nmore\nSpeaker notes: Ask [them](x).\n# End",
        ),
        (".left[a [b](c)]\n.right[# .red.big[d] `.e[`]", "a [b](c)\n# d `.e[`"),
        (".left[a]\n\n```\n.b[c]\n---\n```\n\n.right[d]", "a\n```\n.b[c]\n---\n```\nd"),
        ("One\n---\n\nTwo: .a[1]", "One\n---\nTwo: .a[1]"),
        ("name: a\n\n`$$x$$` `\\begin{a}\nb\n\\end{a}` `c`", "$$x$$ \\begin{a}\nb\n\\end{a} `c`"),
        (
            "theme: A\nautoscale: true\nFooter:\n\n# [fit] Ropes\n[.header: #ff0000]\n\n- hemp: long",
            "# Ropes\n- hemp: long",
        ),
        ("name: a\n---\n[x] $[0, 1)$ .b[c]\n---\n.d[e]", "[x] $[0, 1)$ c\ne"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert [line for line in plain(text).split("\n") if line.strip()] == expected.split("\n")


def test_a_page_that_holds_slides_is_read_as_markdown(tmp_path: Path) -> None:
    slides = "class: inverse\n# Ropes &amp; knots\n\nHemp is &lt; steel.\n---\n# Splices\n\nThey are woven."
    page = (
        f'<!DOCTYPE html><html><body><textarea id="source">\n{slides}</textarea><script>show()</script></body></html>'
    )
    file = tmp_path / "week.html"
    file.write_text(page)
    document = load(file, root=tmp_path)
    assert document.title == "Ropes & knots"
    assert [section.path for section in document.sections][1:] == [("Splices",)]
    assert "Hemp is < steel." in document.text
    assert "show" not in document.text
    assert not held_in("<p>source</p>")


def test_what_is_never_closed_takes_no_time() -> None:
    begun = time.monotonic()
    assert not held_in("<textarea id=source>" * 40_000)
    assert not held_in("<textarea " * 80_000)
    assert time.monotonic() - begun < 2
