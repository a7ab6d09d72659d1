"""The list of conversations in the side bar."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import streamlit as st

from app.storage.conversations import Conversations, Thread
from app.web.components.page import plain_label

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
