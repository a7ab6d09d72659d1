"""Where markup meets Streamlit: the only module that hands HTML to it."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.web.render.html import Html

_NOTATION = frozenset("\\`*_{}[]()<>#+-.!|~:$")
STYLE = Path(__file__).with_name("style.css")
SCROLL = Path(__file__).with_name("scroll.js")
CARDS = Path(__file__).with_name("cards.js")


def show(markup: Html, *, at: DeltaGenerator | None = None) -> None:
    """Puts markup on the page, or in the place of an `st.empty`. Nothing is shown for empty markup."""
    if not isinstance(markup, Html):
        raise TypeError("Only markup made by app.view.html can be shown.")
    if markup:
        (st if at is None else at).html(markup)


def scroll_here(*, key: str) -> None:
    """Brings the element `here` into view, once for each `key`."""
    _run(SCROLL, key=f"scroll-{key}")


def dress() -> None:
    """The stylesheet, and Esc for the cards of footnotes, once per page."""
    st.html(STYLE)
    _run(CARDS, key="cards")


def _run(script: Path, *, key: str) -> None:
    """A script of ours, always the same text: the page's policy lets no other run."""
    with st.container(key=f"script-{key}"):
        st.html(f"<script>{script.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)


def announce(message: str) -> None:
    """A line that passes: for what goes wrong in a callback, where the page is not drawn yet."""
    st.toast(plain_label(message))


def plain_label(text: str) -> str:
    """Text for a Streamlit label, which it would read as Markdown: shown as it is."""
    return "".join(f"\\{character}" if character in _NOTATION else character for character in text)
