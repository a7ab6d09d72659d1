"""Follow-ups by rule."""

import pytest

from app.followup import standalone_query


@pytest.mark.parametrize(
    ("question", "history", "query"),
    [
        ("and for output?", ["What do input tokens cost?"], "What do input tokens cost? and for output?"),
        ("Why?", ["Is RAG cheaper?"], "Is RAG cheaper? Why?"),
        ("what about them?", ["What is X?", "and the others?"], "What is X? and the others? what about them?"),
        ("How does a tokenizer build its vocabulary?", [], "How does a tokenizer build its vocabulary?"),
        (
            "Which embedding models does the course recommend?",
            ["What is RAG?"],
            "Which embedding models does the course recommend?",
        ),
    ],
)
def test_standalone_query(question: str, history: list[str], query: str) -> None:
    assert standalone_query(question, history) == query
