"""The scripted site behind the real headers, for the browser tests."""

from pathlib import Path

import streamlit as st

from app.main import middleware

app = st.App(Path(__file__).with_name("fake_site.py"), middleware=middleware())
