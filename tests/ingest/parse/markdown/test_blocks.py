"""Markdown layout: exact blocks for what people write, and nothing lost whatever they write."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parse.dispatch import is_markdown
from ingest.parse.markdown import blocks as markdown
from ingest.parse.markdown import parser as commonmark
from ingest.parse.markdown.parser import front_matter
from ingest.parse.sections import section_paths
from retrieval.types import Block


def shown(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in markdown.blocks(text)]


def check_complete(text: str, blocks: Sequence[Block]) -> None:
    done = 0
    for block in blocks:
        assert done <= block.start < block.end <= len(text)
        assert not text[done : block.start].strip(), "characters between two blocks"
        assert text[block.start : block.end].strip()
        done = block.end
    assert not text[done:].strip(), "characters after the last block"


def test_headings_of_both_kinds() -> None:
    text = "# One\n\n## Two ##\n\nThree\n===\n\nFour\n---\n"
    assert [(b.level, text[b.start : b.end]) for b in markdown.blocks(text)] == [
        (1, "# One"),
        (2, "## Two ##"),
        (1, "Three\n==="),
        (2, "Four\n---"),
    ]


def test_a_rule_right_below_a_long_paragraph_does_not_make_it_a_heading() -> None:
    assert shown("One line\nand another.\n---\nmore") == [
        ("paragraph", "One line\nand another."),
        ("boilerplate", "---"),
        ("paragraph", "more"),
    ]


def test_a_hashtag_is_no_heading() -> None:
    assert shown("#hashtag and #another") == [("paragraph", "#hashtag and #another")]
    assert shown("#1 in sales") == [("paragraph", "#1 in sales")]


def test_nested_items_are_blocks_with_their_parent_as_lead() -> None:
    text = "Choose:\n- one\n  - deep\n\n    still deep\n- two"
    assert [(b.level, b.lead, text[b.start : b.end]) for b in markdown.blocks(text)[1:]] == [
        (0, "Choose:", "- one"),
        (1, "one", "- deep\n\n    still deep"),
        (0, "Choose:", "- two"),
    ]


def test_what_follows_the_nested_list_of_an_item_keeps_the_item_as_lead() -> None:
    text = "- one\n  - deep\n\n  after\n"
    block = markdown.blocks(text)[-1]
    assert (block.kind, block.lead, text[block.start : block.end]) == ("paragraph", "one", "after")


def test_code_in_an_item_is_a_block_of_its_own() -> None:
    text = "1. Run\n   ```sh\n   ls\n\n   pwd\n   ```\n2. Look"
    blocks = markdown.blocks(text)
    assert [block.kind for block in blocks] == ["item", "code", "item"]
    assert (blocks[1].language, blocks[1].lead) == ("sh", "Run")
    assert text[blocks[1].start : blocks[1].end] == "   ```sh\n   ls\n\n   pwd\n   ```"


@pytest.mark.parametrize(
    ("paragraph", "lead"),
    [
        ("Three rules:", "Three rules:"),
        ("A short line", "A short line"),
        ("A long one. " * 30 + "It ends so:", "It ends so:"),
        ("A long one. " * 30, ""),
    ],
)
def test_a_list_is_led_by_the_paragraph_that_introduces_it(paragraph: str, lead: str) -> None:
    assert markdown.blocks(f"{paragraph}\n\n- item")[1].lead == lead


def test_nothing_but_the_paragraph_just_before_introduces_a_list() -> None:
    assert markdown.blocks("Short\n\n# Heading\n\n- item")[2].lead == ""


def test_table_rows_are_led_by_their_header() -> None:
    text = "Text:\n| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 |\nAfter."
    assert [(b.kind, b.lead, text[b.start : b.end]) for b in markdown.blocks(text)] == [
        ("paragraph", "", "Text:"),
        ("row", "", "| a | b |\n|---|--:|"),
        ("row", "| a | b |", "| 1 | 2 |"),
        ("row", "| a | b |", "| 3 |"),
        ("paragraph", "", "After."),
    ]


def test_a_pipe_in_a_cell_or_in_code_makes_no_column() -> None:
    assert [kind for kind, _ in shown("| a \\| b |\n|---|\n| 1 |")] == ["row", "row"]
    assert [kind for kind, _ in shown("a | b\nc | d")] == ["paragraph"]


def test_typographic_bullets_make_lists() -> None:
    assert shown("Points\n• one\nmore of one\n• two") == [
        ("paragraph", "Points"),
        ("item", "• one\nmore of one"),
        ("item", "• two"),
    ]
    assert [kind for kind, _ in shown("It was in\n1984. A novel.")] == ["paragraph"]
    assert [kind for kind, _ in shown("– I said so, she said.")] == ["paragraph"]


def test_lines_lettered_in_order_make_a_list() -> None:
    assert shown("Which one?\n\na) one\nb) two\nmore of two\nc) three") == [
        ("paragraph", "Which one?"),
        ("item", "a) one"),
        ("item", "b) two\nmore of two"),
        ("item", "c) three"),
    ]
    assert [kind for kind, _ in shown("It says\n  (A) one\n  (B) two")] == ["paragraph", "item", "item"]
    for other in ("It is\na) alone.", "It is\na) one\nc) three", "By\nJ. Smith\nK. Jones"):
        assert [kind for kind, _ in shown(other)] == ["paragraph"]


def test_quotes_lists_in_quotes_and_code_in_quotes() -> None:
    assert shown("> Said\n>\n> - one\n>\n> ```\n> x\n> ```") == [
        ("paragraph", "> Said\n>"),
        ("item", "> - one\n>"),
        ("code", "> ```\n> x\n> ```"),
    ]


def test_a_heading_in_a_quote_opens_no_section() -> None:
    assert shown("> ## Not mine") == [("paragraph", "> ## Not mine")]


def test_html_keeps_its_words_and_loses_its_scripts() -> None:
    assert shown("<div>Words</div>") == [("paragraph", "<div>Words</div>")]
    assert shown("<br>") == [("boilerplate", "<br>")]
    assert shown("<script>\n\nalert(1)</script>\n\nText") == [
        ("boilerplate", "<script>\n\nalert(1)</script>"),
        ("paragraph", "Text"),
    ]
    assert shown("<!-- a --> Text <!-- b -->") == [
        ("boilerplate", "<!-- a -->"),
        ("paragraph", "Text"),
        ("boilerplate", "<!-- b -->"),
    ]


def test_front_matter_definitions_and_rules_are_boilerplate() -> None:
    text = "---\ntitle: A\n---\nText.\n\n***\n\n[a]: http://x\n"
    assert shown(text) == [
        ("boilerplate", "---\ntitle: A\n---"),
        ("paragraph", "Text."),
        ("boilerplate", "***"),
        ("boilerplate", "[a]: http://x"),
    ]


def test_a_fence_never_closed_ends_at_the_next_heading() -> None:
    assert shown("```py\nx = 1\n\n## Next\n\nText.") == [
        ("code", "```py\nx = 1"),
        ("heading", "## Next"),
        ("paragraph", "Text."),
    ]


def test_a_closed_fence_may_hold_headings_and_comments() -> None:
    assert [kind for kind, _ in shown("```\n\n## x\n\n# y\n```\n\nText")] == ["code", "paragraph"]


@pytest.mark.parametrize(
    ("opening", "language"),
    [
        ("```python", "python"),
        ("``` c++ title", "c++"),
        ("```{.r}", "r"),
        ("~~~c#", "c#"),
        ("```", ""),
        ("```{r x}", "r"),
    ],
)
def test_languages(opening: str, language: str) -> None:
    assert markdown.blocks(f"{opening}\nx\n{opening[:3]}")[0].language == language


def test_indented_code_keeps_its_indentation_and_indented_bullets_are_a_list() -> None:
    assert shown("Text\n\n    def f():\n        pass\n") == [
        ("paragraph", "Text"),
        ("code", "    def f():\n        pass"),
    ]
    assert shown("Text\n\n    • one\n    • two") == [("paragraph", "Text"), ("item", "• one"), ("item", "• two")]


def test_a_long_text_is_laid_out_the_same_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(
        f"## H{i}\n\nText {i}.\n\n```\n\nA line\n\n# comment {i}\n```\n\n- a\n- b\n\n<!-- x\n\nY {i} -->"
        for i in range(60)
    )
    whole = markdown.blocks(text)
    monkeypatch.setattr(commonmark, "SEGMENT", 100)
    assert markdown.blocks(text) == whole


def test_a_line_of_megabytes_is_a_paragraph() -> None:
    text = "word " * 1_000_000 + "\n\n- item"
    assert [block.kind for block in markdown.blocks(text, longest_line=10_000)] == ["paragraph", "item"]


@pytest.mark.parametrize(
    "text",
    [
        "# a" + " " * 300000 + "b",
        "| a |\n" + " " * 300000 + "x",
        "|" * 300000 + "x",
        "<div>" + "<" * 300000,
        "---\na" + " " * 300000 + "\nb: " + " " * 300000 + "x\n---\n",
        "[" * 300000,
        "> " * 150000,
        "- " * 150000,
        "\n" * 300000,
        "- a\n" * 20000,
        "1. a\n\n" * 20000,
        "```\n" * 30001,
        "<!-- a\n" * 30000,
        "[a]: b '\n" * 20000,
        "•" + " " * 300000 + "x",
        "#" * 300000,
        "`" * 300000,
        "**" * 150000,
        "a\n" * 50000,
        "\\" * 300000 + "|",
    ],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.timeout(30)
def test_nothing_takes_for_ever(text: str) -> None:
    blocks = markdown.blocks(text)
    check_complete(text, blocks)
    section_paths(blocks, text)
    is_markdown(text)


NAMES = st.text(alphabet="abcdefgh", min_size=1, max_size=8)
WORDS = st.lists(NAMES, min_size=1, max_size=6).map(" ".join)


@st.composite
def models(draw: st.DrawFn) -> list[tuple[str, str, int]]:
    """Blocks as (kind, Markdown, level), to be written with empty lines between them."""
    blocks: list[tuple[str, str, int]] = []
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["heading", "paragraph", "item", "code", "row", "boilerplate"]))
        words = draw(WORDS)
        level = draw(st.integers(1, 6)) if kind == "heading" else 0
        code = "\n".join(draw(st.lists(st.sampled_from(["x = 1", "", "# no heading", "- no item", "| no | row |"]))))
        blocks.append(
            {
                "heading": (kind, f"{'#' * level} {words}", level),
                "paragraph": (kind, f"{words}\n{words}", 0),
                "item": (kind, f"- {words}\n  {words}", 0),
                "code": (kind, f"```py\n{code}\n```", 0),
                "row": (kind, f"| {words} | b |\n|---|---|", 0),
                "boilerplate": (kind, f"<!-- {words} -->", 0),
            }[kind]
        )
    return blocks


@settings(deadline=None)
@given(models())
def test_what_was_written_is_what_is_found(model: list[tuple[str, str, int]]) -> None:
    text = "\n\n".join(source for _, source, _ in model)
    blocks = markdown.blocks(text)
    assert [(b.kind, text[b.start : b.end], b.level) for b in blocks] == model


FRAGMENTS = st.sampled_from(
    """# h;##x;- a;  - b;1. a;7) b;```;```py;~~~;> q;>;text;;    code;<div>;</div>;<!-- c;-->;<script>;---;===;[a]: b;'t'
***;•x;– d;+++;- ;-;> - q;> ```;- > - a;- ```x;- # h;\t- t;a: b;\x0b;\u2028
| a | b |;|---|---|;- | a | b |;  |--|--|""".replace("\n", ";").split(";")
)
SOUP = st.lists(
    st.tuples(st.sampled_from(["", "", "  ", "    ", "> ", "- "]), st.one_of(FRAGMENTS, st.text(max_size=20)))
)


@settings(max_examples=300, deadline=None)
@given(SOUP)
def test_every_character_lies_in_exactly_one_block(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(margin + line for margin, line in lines)
    blocks = markdown.blocks(text)
    check_complete(text, blocks)
    sections = section_paths(blocks, text)
    assert [section.start for section in sections] == sorted(section.start for section in sections)
    assert sum(section.level > 0 for section in sections) == sum(block.kind == "heading" for block in blocks)


@settings(deadline=None)
@given(st.integers(1, 60), st.sampled_from(["> ", "- ", "1. ", "  - "]))
def test_deep_nesting_loses_nothing(depth: int, mark: str) -> None:
    text = mark * depth + "end\n\n" + "after"
    check_complete(text, markdown.blocks(text))


def sections_of(text: str, title: str = "") -> list[tuple[tuple[str, ...], str]]:
    return [(s.path, text[s.start : s.end].strip()) for s in section_paths(markdown.blocks(text), text, title=title)]


def test_sections_hold_their_sub_sections() -> None:
    text = "Before.\n\n# A\n\na\n\n## B\n\nb\n\n#### C\n\nc\n\n# D"
    assert sections_of(text) == [
        ((), "Before."),
        (("A",), "# A\n\na\n\n## B\n\nb\n\n#### C\n\nc"),
        (("A", "B"), "## B\n\nb\n\n#### C\n\nc"),
        (("A", "B", "C"), "#### C\n\nc"),
        (("D",), "# D"),
    ]


def test_the_title_is_not_repeated_in_the_paths() -> None:
    assert [path for path, _ in sections_of("# The  Course\n\n## A\n\n# B", title="the course")] == [(), ("A",), ("B",)]


def test_front_matter_alone_is_no_section() -> None:
    assert [path for path, _ in sections_of("---\ntitle: A\n---\n\n# B")] == [("B",)]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("## The *new* [map](x.md) ##", "The new map"),
        ("# `code` and ![a tree](t.png)", "code and a tree"),
        ("Setext **bold**\n------", "Setext bold"),
        ("##No space", "No space"),
        ("## C# and a_b_c {#anchor}", "C# and a_b_c"),
        ("## 1. First", "1. First"),
        ("# A &amp; B", "A & B"),
        ("#", ""),
    ],
)
def test_words_of_headings(heading: str, words: str) -> None:
    assert commonmark.heading_words(heading) == words


@pytest.mark.parametrize(
    ("text", "metadata"),
    [
        ('---\nTitle: "A: b"\ntags:\n  - x\n  - y\n---\n', {"title": "A: b", "tags": "x, y"}),
        ("---\ntags: [a, 'b']  \ndate: 2024-01-02 # day\n...\n", {"tags": "a, b", "date": "2024-01-02"}),
        ('+++\ntitle = "T"\ndate = 2024-01-02\ntags = ["a"]\n+++\n', {"title": "T", "date": "2024-01-02", "tags": "a"}),
        ("---\nJust a paragraph between rules.\n---\n", {}),
        ("---\n\n---\n", {}),
        ("text\n---\na: b\n---\n", {}),
        ("---\na: b\n", {}),
        ("+++\nbroken = = toml\n+++\n", {}),
    ],
)
def test_front_matter(text: str, metadata: dict[str, str]) -> None:
    found = front_matter(text)
    assert found.metadata == metadata
    assert found.end == (len(text) if metadata else 0)
