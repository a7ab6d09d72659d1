"""Building the index from a page: a button, and the build's progress as it goes on."""

import streamlit as st

from app.building import Build
from app.desk import Desk
from app.view.failure import failure
from app.view.html import tag
from app.view.page import plain_label, show


def build_button(desk: Desk, *, label: str) -> None:
    """Starts a build and shows it to its end; one that another page started is shown, too."""
    build = desk.build
    st.button(label, type="primary", key="build", disabled=build.state.running, on_click=build.start)
    if build.state.running:
        _follow(build)
        st.rerun()
    if build.state.failed:
        show(failure(build.state.last or "The build ended without a word."))
    elif build.state.last:
        show(tag("p", build.state.lines[0], cls="fn-meta", role="status"))


def _follow(build: Build) -> None:
    bar = st.empty()
    for state in build.watch():
        bar.progress(state.done, text=plain_label(state.last or "Starting …"))
