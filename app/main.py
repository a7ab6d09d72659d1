"""The server: Streamlit on `web/script.py`, behind the security headers. `python -m streamlit run app/main.py`"""

import re
import threading
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app.web.security_headers import SecurityHeaders, policy

HERE = Path(__file__).parent


def inline_scripts() -> list[str]:
    """Those that Streamlit writes into its page, and our own."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return [
        *re.findall(r"<script>(.*?)</script>", page, re.S),
        *(script.read_text(encoding="utf-8") for script in sorted((HERE / "web" / "components").glob("*.js"))),
    ]


def middleware() -> list[Middleware]:
    return [Middleware(SecurityHeaders, policy=policy(inline_scripts()))]


# The pages are imported while the server starts and the browser loads its scripts, not after that.
threading.Thread(target=import_module, args=("app.web.page_frame",), daemon=True).start()
app = st.App(HERE / "web" / "script.py", middleware=middleware())
