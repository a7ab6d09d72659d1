"""Building the index from a page: a button, and the build's own words as it goes on."""

import streamlit as st

from app.building import Build
from app.desk import Desk
from app.view.failure import failure
from app.view.page import show


def build_button(desk: Desk, *, label: str) -> None:
    """Starts a build and shows it to its end; a build that another page started is shown, too."""
    build = desk.build
    if st.button(label, type="primary", key="build", disabled=build.running):
        build.start()
    if build.running:
        _follow(build)
        st.rerun()
    if build.failed:
        show(failure(build.last))


def _follow(build: Build) -> None:
    with st.status("Reading the course …", expanded=True) as status:
        place = st.empty()
        for lines in build.watch():
            place.code("\n".join(lines[-8:]) or " ", language=None)
        status.update(label="The build stopped" if build.failed else "The course has been read", expanded=False)
