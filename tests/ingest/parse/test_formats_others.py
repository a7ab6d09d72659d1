"""Formats that go through unstructured."""

from pathlib import Path

import pytest
from unstructured.documents.elements import (
    CodeSnippet,
    Element,
    ElementMetadata,
    Footer,
    ListItem,
    NarrativeText,
    Table,
    Text,
    Title,
)

from ingest.parse.formats import by_unstructured
from ingest.parse.load import load
from ingest.parse.reader import Limits


def markdown(*elements: Element) -> str:
    return "\n\n".join(block for _, block in by_unstructured.markdown(elements, Limits()) if block)


def test_titles_by_depth_lists_by_depth_and_numbers() -> None:
    assert (
        markdown(
            Title("A"),
            Title("B", metadata=ElementMetadata(category_depth=2)),
            NarrativeText("Text."),
            ListItem("one", metadata=ElementMetadata(category_depth=1)),
            ListItem("deep", metadata=ElementMetadata(category_depth=2)),
            ListItem("2. two", metadata=ElementMetadata(category_depth=1)),
            Footer("page 1"),
        )
        == "# A\n\n### B\n\nText.\n\n- one\n  - deep\n2. two"
    )


def test_tables_code_and_links() -> None:
    rows = "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>"
    links = ElementMetadata(link_texts=["this", "this"], link_urls=["http://x", "http://y"])
    assert markdown(
        Table("a b 1 2", metadata=ElementMetadata(text_as_html=rows)),
        CodeSnippet("def f():\n    pass"),
        Text("See this and this.", metadata=links),
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
    assert document.title == "Week 3"
