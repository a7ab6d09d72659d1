"""What leaves the page: a conversation as a file, an answer for the clipboard. The witness is a CommonMark parser with
everything dangerous switched on, and footnotes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from app.citations.wording import UNSURE
from app.storage.conversations import SavedTurn, Thread
from app.types import Answer
from app.web.render.export import answer_markdown, answer_text, conversation_markdown, file_name
from retrieval.types import Scope
from tests.app.web.fake_engine import ANSWER_TEXT, FIRST, SECOND, note

THREAD = Thread("t", "What is perplexity?", 1_700_000_000.0, 1_700_000_000.0)
ANSWER = Answer(ANSWER_TEXT, (FIRST, SECOND))
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/?q=secret)",
    "[free marks](https://evil.example)",
    "[free marks](javascript:alert(1))",
    "<https://evil.example>",
    "www.evil.example",
    "`<b>` then ``` and ~~~",
    "```\n<script>alert(1)</script>",
    "[a]: https://evil.example",
    "[^1]: a note of my own",
    "see [^1] and [^9]",
    "| a | b |\n|---|---|\n| <b> | `|` |",
    "$$\n`<https://evil.example>`",
    "\\",
    "- ",
    "> ",
    "\n\n",
)


def turn(question: str, answer: Answer | None, *, scope: Scope | None = None) -> SavedTurn:
    return SavedTurn("i", "t", question, scope or Scope(), "v1", 0.0, answer)


def tokens(markdown: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").use(footnote_plugin)
    return [token for block in parser.parse(markdown) for token in (block, *(block.children or []))]


def live(markdown: str) -> list[str]:
    """Whatever a renderer would load, run or link to, but for the way back from a footnote."""
    return [
        f"{token.type} {token.attrs.get('href', token.content)}"
        for token in tokens(markdown)
        if token.type in ("image", "html_inline", "html_block", "link_open")
    ]


def test_footnotes_are_numbered_through() -> None:
    turns = [
        turn("What is perplexity?", ANSWER),
        turn("And again?", Answer("Less.[2]", (SECOND,), unsure=True)),
        turn("Bread?", Answer("", (), refused="low confidence")),
        turn("Cake?", Answer("", (), refused="low confidence"), scope=Scope(("measures",))),
        turn("Broken?", None),
    ]
    text = conversation_markdown(THREAD, turns)
    assert "next token.[^1] It falls when the context gets longer.[^2]" in text
    assert f"*{UNSURE}*\n\nLess.[^3]" in text
    assert "[^3]: “It falls when the context gets longer.” (Measures of a model › Perplexity)" in text
    assert "## Bread?\n\nThe course does not cover this." in text
    assert "## Cake?\n\nThe chosen part of the course does not cover this." in text
    assert "## Broken?\n\n(no answer)" in text
    assert file_name(THREAD) == "What is perplexity.md"


def test_a_footnote_on_code_keeps_its_lines() -> None:
    code = note(1, "```python\ndef perplexity(loss):\n    return exp(loss)\n```", "Code", kind="code")
    text = answer_markdown(Answer("So:\n\n```\nexp(loss)\n```\n[1]", (code,)))
    assert live(text) == []
    fences = [token.content for token in tokens(text) if token.type == "fence"]
    assert fences[-1] == "def perplexity(loss):\n    return exp(loss)\n"


def test_as_plain_text_for_a_place_without_notation() -> None:
    assert answer_text(replace(ANSWER, text="It is **unsure**.[1]\n\n- It falls.[2]")) == (
        "It is unsure.[1]\n\n- It falls.[2]\n\n"
        "[1] “Perplexity says how unsure a model is about the next token.” Measures of a model › Perplexity\n"
        "[2] “It falls when the context gets longer.” Measures of a model › Perplexity\n"
    )
    assert answer_text(Answer("", (), refused="no question")) == "Welcome.\n"


COMPARED = (
    "| | RAG | tuning |\n|---|---|---|\n| needs | an *index* \\| text[1] | examples[2] |\n| cost | low | high |\n"
)


def test_a_table_is_one_as_markdown_and_rows_in_words_as_plain_text() -> None:
    answer = replace(ANSWER, text=f"So:\n\n{COMPARED}\nThat is all.")
    found = tokens(answer_markdown(answer))
    assert [token.type for token in found].count("td_open") == 6
    assert [token.meta["id"] for token in found if token.type == "footnote_anchor"] == [0, 1]
    assert answer_text(answer).startswith(
        "So:\n\nneeds; RAG: an index | text[1]; tuning: examples[2]\ncost; RAG: low; tuning: high\n\nThat is all.\n\n[1]"
    )


@pytest.mark.attack("script, links or Markdown in a conversation that is exported", "dead")
@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_conversation_is_live_in_its_file(words: str) -> None:
    """Wherever it comes from: the learner, the writer, or the course."""
    quoted = replace(FIRST, quote=words, path=(words, words), paragraph=words)
    answered = Answer(f"{words}\n\nSo it is.[1]", (quoted,))
    text = conversation_markdown(replace(THREAD, title=words), [turn(words, answered), turn(words, None)])
    course = {f"link_open {address}" for address in ("https://evil.example",) if address in words}
    assert set(live(text)) <= course, "only an address that the quoted paragraph has may be followed"
    assert set(live(conversation_markdown(THREAD, [turn(words, ANSWER)]))) == set()


@pytest.mark.attack("script, links or Markdown in a conversation that is exported", "dead")
@settings(max_examples=150, deadline=None)
@given(*[st.lists(st.sampled_from([*HOSTILE, " ", "word"]), max_size=5).map("".join)] * 4)
def test_what_is_put_together_is_as_safe_as_its_parts(title: str, question: str, said: str, heading: str) -> None:
    quoted = replace(SECOND, path=("Course", heading))
    turns = [turn(question, Answer(f"So.[1] It is.[2]\n\n{said}", (FIRST, quoted))), turn("Next?", ANSWER)]
    text = conversation_markdown(replace(THREAD, title=title), turns)
    assert live(text) == []
    found = tokens(text)
    anchors = [token.meta["id"] for token in found if token.type == "footnote_anchor"]
    assert len(anchors) == 4, "each footnote is there, and none that the text made up"
    headings = [token.tag for token in found if token.type == "heading_open"]
    assert headings[0] == "h1"
    assert headings[-1] == "h2"
