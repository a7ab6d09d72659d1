"""The whole site over the scripted engine; the folder for its data comes from DATA_DIR, and the results of evaluations are looked for in it."""

import streamlit as st

from app.web.app_state import Desk
from app.web.page_frame import show
from retrieval.config import load_settings
from tests.app.web.fake_engine import open_fake


@st.cache_resource
def _desk(course: str) -> Desk:
    settings = load_settings()
    return Desk(settings, open_fake, course=course, results=settings.data_dir / "results")


show(_desk)
