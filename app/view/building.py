"""Building the index from a page: a button, and the build's progress as it goes on."""

import streamlit as st

from app.building import Build
from app.desk import Desk
from app.view.failure import failure
from app.view.html import tag
from app.view.page import plain_label, show


def build_button(desk: Desk, *, label: str) -> None:
    """Starts a build."""
    st.button(label, type="primary", key="build", disabled=desk.build.state.running, on_click=desk.build.start)


def build_progress(desk: Desk) -> None:
    """Shows a build to its end, one that another page started, too; then draws the page again, which says what came of it."""
    build = desk.build
    if build.state.running:
        _follow(build)
        st.rerun()
    if build.state.failed:
        show(failure(build.state.last or "The build ended without a word."))
    elif build.state.summary:
        show(tag("p", build.state.summary, cls="fn-meta", role="status"))


def _follow(build: Build) -> None:
    with st.container(key="build-progress"):
        bar = st.empty()
    for state in build.watch():
        said = state.last or "Starting …"
        bar.progress(state.done, text=plain_label(said[0].upper() + said[1:]))
