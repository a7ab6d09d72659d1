"""Formats that go through unstructured."""

from pathlib import Path

import pytest

from ingest.parse.formats import by_unstructured
from ingest.parse.formats.by_unstructured import Element
from ingest.parse.load import load
from ingest.parse.reader import Limits


def markdown(*elements: Element) -> str:
    return "\n\n".join(block for _, block in by_unstructured.markdown(elements, Limits()) if block)


def test_titles_by_depth_lists_by_depth_and_numbers() -> None:
    assert (
        markdown(
            Element("Title", "A"),
            Element("Title", "B", depth=2),
            Element("NarrativeText", "Text."),
            Element("ListItem", "one", depth=1),
            Element("ListItem", "deep", depth=2),
            Element("ListItem", "2. two", depth=1),
            Element("Footer", "page 1"),
        )
        == "# A\n\n### B\n\nText.\n\n- one\n  - deep\n2. two"
    )


def test_tables_code_and_links() -> None:
    assert markdown(
        Element("Table", "a b 1 2", table="<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>"),
        Element("CodeSnippet", "def f():\n    pass"),
        Element("Text", "See this and this.", links=(("this", "http://x"), ("this", "http://y"))),
    ) == (
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\ndef f():\n    pass\n```\n\n"
        "See [this](http://x) and [this](http://y)."
    )


@pytest.mark.slow  # importing unstructured takes seconds
def test_a_mail_message(tmp_path: Path) -> None:
    (tmp_path / "week3.eml").write_text(
        "From: Ada <ada@x.org>\nSubject: Week 3\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
        "<h2>Reading</h2><p>Read <a href='http://x.org'>this</a>:</p><ul><li>one<ul><li>deep</li></ul></li></ul>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\n"
    )
    document = load(tmp_path / "week3.eml", root=tmp_path)
    assert document.text == (
        "## Reading\n\nRead [this](http://x.org):\n\n- one\n  - deep\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    )
    assert (document.title, document.metadata) == ("Week 3", {"author": "Ada <ada@x.org>"})
