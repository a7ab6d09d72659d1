"""The whole site over the scripted engine; the folder for its data comes from DATA_DIR, and the results of evaluations are looked for in it."""

import streamlit as st

from app.desk import Desk
from app.frame import show
from retrieval.config import load_settings
from tests.fake_engine import open_fake


@st.cache_resource
def _desk() -> Desk:
    settings = load_settings()
    return Desk(settings, open_fake, results=settings.data_dir / "results")


show(_desk)
