"""The page before the first question."""

from collections.abc import Callable

import streamlit as st

from app.answering.course import Course
from app.web.components.page import plain_label, show
from app.web.render.html import tag

SUGGESTED = 4


def welcome(course: Course, *, on_choose: Callable[[str], None]) -> None:
    """What the course is, and questions to begin with."""
    count = len(course.documents)
    documents = "one document" if count == 1 else f"{count} documents"
    show(
        tag(
            "div",
            tag("h1", course.title or "Ask about the course"),
            tag(
                "p",
                f"Ask anything about its {documents}. Every statement of an answer carries a footnote to the sentence it stands on.",
            ),
            cls="fn-welcome",
        )
    )
    questions = course.questions[:SUGGESTED]
    if questions:
        show(tag("p", "To begin with", cls="fn-label"))
        with st.container(key="first-questions", gap="small"):
            for number, question in enumerate(questions):
                st.button(plain_label(question), key=f"first-{number}", on_click=on_choose, args=(question,))
