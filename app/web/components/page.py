"""Where markup meets Streamlit: the only module that hands HTML to it, and the plain pieces that every page has."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.web.render import html
from app.web.render.html import Html, join, tag
from app.web.render.links import in_course

_NOTATION = frozenset("\\`*_{}[]()<>#+-.!|~:$")


def show(markup: Html, *, at: DeltaGenerator | None = None, width: Literal["stretch", "content"] = "stretch") -> None:
    """Puts markup on the page, or in the place of an `st.empty`. Nothing is shown for empty markup."""
    if not isinstance(markup, Html):
        raise TypeError("Only markup made by app.web.render.html can be shown.")
    if markup:
        markup = in_course(markup, st.query_params.get("course", ""))
        (st if at is None else at).html(markup, width=width)


def announce(message: str) -> None:
    """A line that passes: for what goes wrong in a callback, where the page is not drawn yet."""
    st.toast(plain_label(message))


def ask_first(label: str, *, key: str, sure: str, act: Callable[[], None], disabled: bool = False) -> None:
    """A button for what cannot be taken back lightly: it is done by a second one, labelled `sure`."""
    asked = f"asked-{key}"

    def ask(value: bool) -> None:
        st.session_state[asked] = value

    def done() -> None:
        st.session_state[asked] = False
        act()

    if not st.session_state.get(asked) or disabled:
        st.button(f"{label} …", key=f"ask-{key}", disabled=disabled, on_click=ask, args=(True,))
        return
    st.button(sure, key=f"sure-{key}", type="primary", on_click=done)
    st.button("Leave it", key=f"not-{key}", on_click=ask, args=(False,))


def plain_label(text: str) -> str:
    """Text for a Streamlit label, which it would read as Markdown: shown as it is."""
    return "".join(f"\\{character}" if character in _NOTATION else character for character in text)


def failure(message: str) -> Html:
    """What went wrong, in words for the learner."""
    return tag("div", tag("p", message), cls="fn-failure", role="alert")


def section(title: str, *parts: Html) -> Html:
    return join([tag("h2", title, cls="fn-section-title"), *parts])


def details(rows: Iterable[tuple[str, str]]) -> Html:
    """Names and their values."""
    return tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in rows), cls="fn-details")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str) -> Html:
    """`caption` names the table to who cannot see it; the first cell of a row is its heading."""
    head = tag("tr", *(tag("th", name, scope="col") for name in header))
    body = (tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)) for first, *rest in rows)
    return html.table(head, body, label=caption)
