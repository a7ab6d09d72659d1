"""The list of conversations in the side bar."""

import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

import streamlit as st

from app.conversation import Conversations, Thread
from app.view.page import plain_label

SHOWN = 60
SEARCH_FROM = 6


def side_list(conversations: Conversations, owner: str, *, chat_page: st.Page) -> None:
    """A link per conversation, latest first, by day; a search once there are several."""
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
                    st.page_link(chat_page, label=plain_label(thread.title), query_params={"c": thread.id})


def by_day(threads: Sequence[Thread], *, today: date) -> Iterator[tuple[str, list[Thread]]]:
    """Threads grouped as Today, Yesterday, or their month; their order is kept."""

    def name(thread: Thread) -> str:
        day = date.fromtimestamp(thread.updated)
        days = (today - day).days
        return "Today" if days <= 0 else "Yesterday" if days == 1 else "This week" if days < 7 else f"{day:%B %Y}"

    return ((day, list(group)) for day, group in groupby(threads, key=name))
