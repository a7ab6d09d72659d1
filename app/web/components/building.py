"""Building the index from a page: a button, and the build's progress as it goes on."""

import streamlit as st

from app.web.app_state import Desk
from app.web.components import sign_in
from app.web.components.page import announce, failure, plain_label, show
from app.web.index_build import Build
from app.web.render.html import Html, tag

NOT_YOURS = "Only who looks after this course may do that (the MANAGERS setting)."


def build_button(desk: Desk, *, label: str) -> None:
    """Starts a build, for who may."""
    if sign_in.manages(desk.settings.managers):
        st.button(label, type="primary", key="build", disabled=desk.build.state.running, on_click=_start, args=(desk,))


def _start(desk: Desk) -> None:
    """Asks again who is here: the button may stand in a tab from before."""
    if sign_in.manages(desk.settings.managers):
        desk.build.start()
    else:
        announce(NOT_YOURS)


def build_progress(desk: Desk) -> None:
    """Shows a build to its end, one that another page started, too; then draws the page again, which says what came of it."""
    build = desk.build
    if build.state.running:
        _follow(build)
        st.rerun()
    if build.state.failed:
        show(failure(build.state.last or "The build ended without a word."))
    elif build.state.told:
        first, *rest = build.state.told
        lines = tag("ul", *(tag("li", line) for line in rest)) if rest else Html("")
        show(tag("div", tag("p", first), lines, cls="fn-meta fn-told", role="status"))


def _follow(build: Build) -> None:
    with st.container(key="build-progress"):
        bar = st.empty()
    for state in build.watch():
        bar.progress(state.done, text=plain_label(state.now))
