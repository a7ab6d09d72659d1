"""The list of conversations in the side bar; a conversation's title, and what can be done with it: rename, export, delete."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import streamlit as st

from app.storage.conversations import Conversations, Thread
from app.web.components.page import plain_label, show
from app.web.export import conversation_markdown, file_name
from app.web.render.html import tag

SHOWN = 60
SEARCH_FROM = 6


def side_list(conversations: Conversations, owner: str, *, chat_page: st.Page) -> None:
    """A button per conversation, latest first, by day; a search once there are several."""
    current = st.query_params.get("c", "")
    threads = conversations.threads(owner)
    if len(threads) >= SEARCH_FROM:
        search = st.text_input("Search conversations", placeholder="Search conversations", label_visibility="collapsed")
        threads = conversations.threads(owner, search=search) if search else threads
        if not threads:
            st.caption("No conversation has these words.")
    with st.container(key="threads", gap=None):
        for day, group in by_day(threads[:SHOWN], today=date.fromtimestamp(time.time())):
            st.caption(day)
            for thread in group:
                with st.container(key=f"{'here' if thread.id == current else 'thread'}-{thread.id}"):
                    if st.button(plain_label(thread.title), key=f"open-{thread.id}", type="tertiary", width="stretch"):
                        go_to(chat_page, {"c": thread.id})


def go_to(page: st.Page, query: Mapping[str, str]) -> None:
    """Shows a page with these parameters. The address is set here, too: within one page Streamlit would leave it as it is."""
    query = {**course_query(), **query}
    st.query_params.from_dict(query)
    st.switch_page(page, query_params=query)


def course_query() -> dict[str, str]:
    """The part of the address that names the course, for another page of it."""
    return {"course": st.query_params["course"]} if "course" in st.query_params else {}


def by_day(threads: Sequence[Thread], *, today: date) -> Iterator[tuple[str, list[Thread]]]:
    """Threads grouped as Today, Yesterday, or their month; their order is kept."""

    def name(thread: Thread) -> str:
        day = date.fromtimestamp(thread.updated)
        days = (today - day).days
        return "Today" if days <= 0 else "Yesterday" if days == 1 else "This week" if days < 7 else f"{day:%B %Y}"

    return ((day, list(group)) for day, group in groupby(threads, key=name))


def thread_head(conversations: Conversations, owner: str, thread: Thread, *, titled: bool) -> None:
    """`titled`: the title is to be seen (a new thread's is its question, which stands right below)."""
    with st.container(
        key="thread-head", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        show(tag("h1", thread.title, cls="fn-thread-title" if titled else "fn-thread-title fn-unseen"))
        with st.popover("Conversation", type="tertiary", icon=":material/more_horiz:", key="thread-menu"):
            _menu(conversations, owner, thread)


def _menu(conversations: Conversations, owner: str, thread: Thread) -> None:
    name = f"title-{thread.id}"

    def rename() -> None:
        conversations.rename(owner, thread.id, st.session_state[name])

    st.text_input("Title", value=thread.title, key=name, max_chars=100, on_change=rename)
    st.download_button(
        "Export as Markdown",
        data=lambda: conversation_markdown(thread, conversations.turns(thread.id)),
        file_name=file_name(thread),
        mime="text/markdown",
        on_click="ignore",
        width="stretch",
    )
    _delete(conversations, owner, thread)


def _delete(conversations: Conversations, owner: str, thread: Thread) -> None:
    """Asks once more: there is no way back."""
    asked = f"delete-asked-{thread.id}"

    def ask(sure: bool) -> None:
        st.session_state[asked] = sure

    def delete() -> None:
        conversations.delete(owner, thread.id)
        st.query_params.clear()

    if not st.session_state.get(asked):
        st.button("Delete this conversation …", key=f"delete-{thread.id}", on_click=ask, args=(True,), width="stretch")
        return
    st.button("Delete it for good", key=f"delete-sure-{thread.id}", type="primary", on_click=delete, width="stretch")
    st.button("Keep it", key=f"delete-not-{thread.id}", on_click=ask, args=(False,), width="stretch")
