"""The conversation's title, and what can be done with it: rename, export, delete."""

import streamlit as st

from app.storage.conversations import Conversations, Thread
from app.web.components.page import show
from app.web.export import conversation_markdown, file_name
from app.web.render.html import tag


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
