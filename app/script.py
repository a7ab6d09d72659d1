"""The script that Streamlit runs for every page view: the frame around the pages, then the page that was asked for.

It does not stand beside `web/pages`: Streamlit would take the modules of a folder `pages` next to it for pages of their own.
"""

from typing import TYPE_CHECKING

import streamlit as st

from app.web.app_state import Desk
from app.web.page_frame import show
from retrieval.config import Settings, load_settings

if TYPE_CHECKING:
    from app.answering.engine import Engine


@st.cache_resource(show_spinner=False)
def _desk(course: str) -> Desk:
    return Desk(load_settings(), _open_engine, course=course)


def _open_engine(settings: Settings) -> "Engine":
    from app.answering.engine import open_engine  # half a second: after the frame is on the page

    return open_engine(settings)


show(_desk)
