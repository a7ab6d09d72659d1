"""What the server answers with: the page of every address of the site, and headers that keep it to itself.

Streamlit's page knows nothing of ours until its first script has run, and shows its own furniture while it loads, reconnects or
fails. So our style and scripts are written into its head, and its title is replaced. Nothing is loaded from, sent to or framed by
another origin: the last of three layers (escaping in `render.html`, DOMPurify in Streamlit, this policy). Should the others fail,
the browser still refuses to load what an answer or a document names.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = Path(__file__).with_name("assets")
STATIC = Path(st.__file__).parent / "static"
PAGES = frozenset({"/", "/ask", "/library", "/evals", "/index", "/costs"})
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


def policy(scripts: Iterable[str]) -> str:
    """The Content-Security-Policy. Inline, only these scripts may run; Streamlit sets styles from script."""
    inline = "".join(f" 'sha256-{_digest(script)}'" for script in scripts)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def is_neighbour(headers: Headers) -> bool:
    """Whether a page of another program on this machine asks: to Streamlit, all ports of a host are one."""
    origin, ours = urlsplit(headers.get("origin", "")), urlsplit(f"//{headers.get('host', '')}")
    return origin.hostname in ("localhost", "127.0.0.1", "::1") and origin.port != ours.port


class SecurityHeaders:
    """ASGI middleware that adds the headers to every HTTP response, and gives no session to another program's page."""

    def __init__(self, app: ASGIApp, *, policy: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and is_neighbour(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
