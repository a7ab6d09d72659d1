"""The whole site over the scripted engine; the folder for its data comes from DATA_DIR."""

import streamlit as st

from app.desk import Desk
from app.frame import show
from retrieval.config import load_settings
from tests.fake_engine import open_fake


@st.cache_resource
def _desk() -> Desk:
    return Desk(load_settings(), open_fake)


show(_desk)
