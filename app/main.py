"""The server: Streamlit on `script.py`, in the page of ours, behind the security headers.

`python -m streamlit run app/main.py`
"""

import sys
import threading
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app.web.server import PageShell, SecurityHeaders, page, policy, scripts
from retrieval.config import load_settings
from retrieval.errors import ConfigError

SCRIPT = Path(__file__).with_name("script.py")


def middleware() -> list[Middleware]:
    shell = page(title="Footnote")
    return [Middleware(SecurityHeaders, policy=policy(scripts(shell))), Middleware(PageShell, page=shell)]


def check_settings() -> None:
    """Ends the program, with what is wrong and how to put it right, where a setting cannot work."""
    try:
        load_settings()
    except ConfigError as error:
        sys.exit(f"footnote: {error}")


check_settings()
# The pages are imported while the server starts and the browser loads its scripts, not after that.
threading.Thread(target=import_module, args=("app.web.page_frame",), daemon=True).start()
app = st.App(SCRIPT, middleware=middleware())
