"""The server: Streamlit on `navigation.py`, behind the security headers. `python -m streamlit run app/main.py`"""

import re
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app.headers import SecurityHeaders, policy

HERE = Path(__file__).parent


def inline_scripts() -> list[str]:
    """Those that Streamlit writes into its page, and our own."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return [
        *re.findall(r"<script>(.*?)</script>", page, re.S),
        (HERE / "view" / "scroll.js").read_text(encoding="utf-8"),
    ]


def middleware() -> list[Middleware]:
    return [Middleware(SecurityHeaders, policy=policy(inline_scripts()))]


app = st.App(HERE / "navigation.py", middleware=middleware())
