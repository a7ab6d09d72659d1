"""The page that every address of the site is answered with: Streamlit's own, in our clothes from its first moment on.

Streamlit's page knows nothing of ours until its first script has run, and shows its own furniture while it loads, reconnects or
fails. So our style and scripts are written into its head, and its title is replaced.
"""

import html
import re
from pathlib import Path

import streamlit as st
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ASSETS = Path(__file__).with_name("assets")
STATIC = Path(st.__file__).parent / "static"
PAGES = frozenset({"/", "/ask", "/library", "/evals", "/index"})
_TITLE = re.compile(r"<title>.*?</title>", re.S)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)


def page(*, title: str) -> str:
    """Streamlit's index.html with our title, style and scripts."""
    streamlit = (STATIC / "index.html").read_text(encoding="utf-8")
    head = "\n".join(
        [
            f"<title>{html.escape(title)}</title>",
            f'<meta name="fn-katex" content="{html.escape(katex())}">',
            *(f"<script>{path.read_text(encoding='utf-8')}</script>" for path in sorted(ASSETS.glob("*.js"))),
        ]
    )
    style = f"<style>{(ASSETS / 'style.css').read_text(encoding='utf-8')}</style>"
    # Streamlit adds its own styles to the head later; what stands behind them decides
    return _TITLE.sub(lambda _: head, streamlit, count=1).replace("</body>", f"{style}\n</body>")


def katex() -> str:
    """The address of the KaTeX that Streamlit's own Markdown loads; empty if it brings none along any more."""
    found = sorted((STATIC / "static" / "js").glob("katex.*.js"))
    return f"./static/js/{found[0].name}" if found else ""


def scripts(markup: str) -> list[str]:
    """The inline scripts of a page, for its policy."""
    return _SCRIPT.findall(markup)


class PageShell:
    """ASGI middleware that answers requests for a page of the site; everything else goes on to Streamlit."""

    def __init__(self, app: ASGIApp, *, page: str) -> None:
        self._app = app
        self._response = HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in PAGES
        await (self._response if ours else self._app)(scope, receive, send)
