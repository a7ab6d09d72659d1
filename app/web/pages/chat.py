"""The chat: a conversation, the answer that is being made, and the place to ask."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.storage.conversations import Thread, title_of
from app.types import Question
from app.web.app_state import Desk
from app.web.catalogue import Catalogue
from app.web.components import sign_in
from app.web.components.first_run import without_index
from app.web.components.page import announce, scroll_here, show
from app.web.components.scope import choose_scope, scope_in_address
from app.web.components.thread_menu import thread_head
from app.web.components.turn import show_turn
from app.web.components.welcome import welcome
from app.web.render.html import Html, tag
from retrieval.errors import FootnoteError

INPUT = "ask"
LONGEST = 2000
HEARD = "heard"
ASKED = "asked"  # the turn that is new on this page


def page(desk: Desk) -> None:
    """Shows the conversation named by the address (`?c=`), or a new one."""
    try:
        catalogue = desk.library.catalogue()
        if trouble := desk.trouble():
            raise trouble
    except FootnoteError as error:
        without_index(desk, error)
        return
    with st.bottom:
        with st.container(key="above-input", horizontal=True, vertical_alignment="center"):
            choose_scope(catalogue)
            stop = st.empty()
        typed = st.chat_input("Ask about the course", key=INPUT, max_chars=LONGEST, on_submit=_typed, args=(desk,))
    if typed and not st.session_state.pop(HEARD, False):  # a server that was just restarted calls nothing back
        _ask(desk, typed)
        st.rerun()
    _conversation(desk, catalogue, _thread(desk), stop)


def _typed(desk: Desk) -> None:
    st.session_state[HEARD] = True
    _ask(desk, st.session_state[INPUT])


def _thread(desk: Desk) -> Thread | None:
    return desk.conversations.thread(sign_in.here(), st.query_params.get("c", ""))


def _ask(desk: Desk, text: str) -> None:
    """A callback: runs before the page is drawn again, so that everything on it knows of the question."""
    if not text.strip():
        return
    try:
        question = Question(text.strip(), scope=scope_in_address(desk.library.catalogue()))
        thread = _thread(desk) or desk.conversations.start(sign_in.here(), question.text)
        st.query_params["c"] = thread.id
        st.session_state[ASKED] = desk.ask(thread.id, question, session=sign_in.session()).id
    except FootnoteError as error:
        announce(str(error))


def _conversation(desk: Desk, catalogue: Catalogue, thread: Thread | None, stop: DeltaGenerator) -> None:
    ask = partial(_ask, desk)
    turns = desk.conversations.turns(thread.id) if thread else []
    if thread is None or not turns:
        if thread is None and st.query_params.get("c"):
            show(note("The conversation of this link is not here: it was deleted, or it is somebody else's."))
        welcome(catalogue.course, on_choose=ask)
        return
    titled = len(turns) > 1 or thread.title != title_of(turns[0].question)
    thread_head(desk.conversations, sign_in.here(), thread, titled=titled)
    version, asked = turns[0].version, st.session_state.pop(ASKED, "")
    for turn in turns:
        if turn.version != version:
            show(note("The course was rebuilt here. What follows is answered from the new version."))
        version = turn.version
        if turn is not turns[0] and (turn.id == asked or turn.open):
            scroll_here(key=turn.id)
        show_turn(desk, turn, last=turn is turns[-1], stop=stop, on_choose=ask)
    if catalogue.name != version:
        show(note("The course has been rebuilt since. The next answer comes from the new version."))


def note(message: str) -> Html:
    """A line across the conversation."""
    return tag("p", tag("span", message), cls="fn-rebuilt", role="status")
