"""The page where there is no index that can be used: what is the matter, and a way to build one."""

import streamlit as st

from app.web.app_state import Desk
from app.web.components import sign_in
from app.web.components.building import build_button, build_progress
from app.web.components.page import show
from app.web.render.html import tag
from retrieval.errors import FootnoteError, IndexMismatch, IndexMissing


def without_index(desk: Desk, error: FootnoteError) -> None:
    """Offers to build the index where that helps; otherwise says what went wrong."""
    if isinstance(error, IndexMissing):
        title, text = (
            "The course has not been read yet",
            f"Footnote first reads the documents in {desk.settings.corpus} and builds its index.",
        )
    else:
        title, text = "Footnote cannot answer just now", str(error)
    show(tag("div", tag("h1", title), tag("p", text), cls="fn-welcome"))
    if isinstance(error, (IndexMissing, IndexMismatch)):
        if not sign_in.manages(desk.settings.managers):
            show(tag("p", "Whoever looks after this course can have it read on the index page.", cls="fn-lead"))
        build_button(desk, label="Read the course")
        build_progress(desk)
    else:
        st.button("Try again")
