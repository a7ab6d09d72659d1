"""What may be rendered. The witness is a CommonMark parser with everything dangerous switched on."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.citations.marks import find_marks
from app.web.render.export import links_in, safe_markdown

GOOD = "https://course.example/page"
SIGNS = "! [ ] ( ) < > : | $ ` `` ``` ~~~ \\ word [1] |---| ![x](https://evil.example/?q=1) [x](javascript:alert(1)) [x](data:text/html,hi) "
LONGER = f"[fine]({GOOD}) <https://evil.example> https://evil.example/p www.evil.example"
LINES = [
    "\n",
    "\n\n",
    " ",
    "    ",
    "- ",
    "1. ",
    "> ",
    "<img src=x>",
    "[a]: https://evil.example",
    "| a | b |\n",
    "|---|\n",
    "$$\n",
]
PIECES = [*SIGNS.split(), *LONGER.split(), *LINES]


def tokens(text: str) -> list[Token]:
    """All tokens, nested ones too; tables are read both as tables and as plain paragraphs."""
    found: list[Token] = []
    for parser in (MarkdownIt("commonmark", {"html": True}), MarkdownIt("commonmark", {"html": True}).enable("table")):
        for block in parser.parse(text):
            found += [block, *(block.children or [])]
    return found


def dangers(text: str, allowed: frozenset[str]) -> list[str]:
    """Whatever a renderer would load, run or link to, and addresses that it might make into links."""
    found = [token.type for token in tokens(text) if token.type in ("image", "html_inline", "html_block")]
    links = {str(token.attrs["href"]) for token in tokens(text) if token.type == "link_open"}
    words = " ".join(token.content for token in tokens(text) if token.type == "text")
    return found + sorted((links | links_in(words)) - allowed)


@pytest.mark.attack("script, links or pictures in what is quoted", "dead")
@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("\\\\![x](https://evil.example)")
@example("https://evil.example``![a](https://evil.example)``")
@example("\\https://evil.example `a` ![x](y) `b`")
@example("- a\n  ```\n![x](https://evil.example)")
@example("   ```\n  ![x](y)\n```\n![z](https://evil.example)\n```")
@example("a|b\n-|-\n`x|![i](https://evil.example)`")
@example("[a]\n\n[a]: https://evil.example")
@example("[x `]` ](javascript:alert(1))")
def test_nothing_dangerous_is_left_and_twice_is_once(text: str) -> None:
    safe = safe_markdown(text, links=frozenset({GOOD}))
    assert dangers(safe, frozenset({GOOD})) == []
    assert safe_markdown(safe, links=frozenset({GOOD})) == safe


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
@example("$$\n`<https://evil.example>")
def test_formulas_cannot_hide_a_code_mark(text: str) -> None:
    """A renderer that knows formulas sees no code in them: with the marks cut out, escaped ones whole, the rest is safe."""
    safe = safe_markdown(text, links=frozenset())
    if "$" in safe:
        spans = re.sub(r"\\(.)|`", lambda found: "" if found[0] in ("`", "\\`") else found[0], safe)
        for left in (spans, safe.replace("```", "").replace("~~~", "")):
            assert not {"image", "html_inline", "html_block", "link_open"} & {token.type for token in tokens(left)}


@pytest.mark.parametrize(
    "text",
    [
        "Perplexity **falls** when `x[0] < y` and 3 < 4.[1][2]",
        "```python\nvec![1]; a[0](b)  # <b> https://x.example\n```\n[3]",
        "1. one [1]\n2. two\n\n| a | b |\n|---|---|\n| c | d |",
        "It costs $5 to $10 (see [1], [2]).",
        "Use `prompt | model` for chains.",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe_markdown(text) == text


def test_marks_stay_marks() -> None:
    text = "As follows[1]: this[2](or that).[3]"
    assert [mark.number for mark in find_marks(safe_markdown(text))] == [1, 2, 3]


def test_only_links_of_the_course_are_links() -> None:
    text = f"[here]({GOOD}), [there](https://evil.example) and {GOOD}."
    assert safe_markdown(text, links=links_in(f"see {GOOD}.")) == (
        f"[here]({GOOD}), [there]\\(`https://evil.example`) and {GOOD}."
    )


def test_course_text_keeps_its_links_and_loses_its_images() -> None:
    text = f"![plan](https://pic.example/a.png) [docs]({GOOD}) <script>x</script>"
    safe = safe_markdown(text, links=None)
    assert f"[docs]({GOOD})" in safe
    assert {token.type for token in tokens(safe)} & {"image", "html_inline"} == set()


def test_an_open_fence_is_closed_while_it_streams() -> None:
    assert safe_markdown("- so:\n  ```python\n  x = 1") == "- so:\n```python\nx = 1\n```"
