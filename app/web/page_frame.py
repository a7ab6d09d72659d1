"""The frame around every page: who is here, the pages, and the side bar with the conversations."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby

import streamlit as st

from app.storage.conversations import Conversations, Thread
from app.web.app_state import Desk
from app.web.background_answer import OUR_FAULT
from app.web.components import sign_in
from app.web.components.manage import no_answers
from app.web.components.page import failure
from app.web.components.page import show as show_markup
from app.web.courses import CourseEntry
from app.web.pages import chat, costs, evals, index
from app.web.pages import reader as library
from app.web.render import links
from app.web.render.html import Html, join, tag
from retrieval.errors import FootnoteError

_log = logging.getLogger(__name__)
ABOUT = "**Footnote** answers from the course. Every statement carries a footnote to the sentence it stands on."
CONVERSATIONS = 60  # that are listed
SEARCH_FROM = 6
FOR_ALL = 2  # pages; the others are for who looks after the course
ICONS = ("menu_book", "monitoring", "database", "payments")


def show(open_desk: Callable[[str], Desk]) -> None:
    """Runs the page that the address names. Settings that are wrong and a disk that is full are told like any failure."""
    st.set_page_config(page_title="Footnote", page_icon="📖", layout="wide", menu_items={"About": ABOUT})
    try:
        desk = open_desk(st.query_params.get("course", ""))
    except FootnoteError as error:
        show_markup(no_answers(error))
        return
    pages = _pages(desk)
    chosen = st.navigation(pages, position="hidden")
    who = sign_in.here()
    with st.sidebar:
        _links(pages if sign_in.manages(desk.settings.managers) else pages[:FOR_ALL], chosen)
        _courses(desk)
        side_list(desk.conversations, who)
        sign_in.way_out()
    try:
        chosen.run()
    except Exception:
        _log.exception("a page failed")
        show_markup(failure(OUR_FAULT))
    desk.warm_up()
    _draw_again_after_a_restart()


@st.fragment(run_every=timedelta(days=1))
def _draw_again_after_a_restart() -> None:
    """A page that has something to do later is drawn anew once it reaches a restarted server; any other page is left as it
    is, and the first thing said on it is lost, because that server has never heard of its buttons and fields."""


def _courses(desk: Desk) -> None:
    """The courses of this desk, where there are several."""

    def entry(one: CourseEntry) -> Html:
        here = "true" if one.key == desk.course else None
        return tag(
            "li", tag("a", one.title or "The course", href=links.course(one.key), aria_current=here, cls="fn-thread")
        )

    if len(known := desk.courses.known()) > 1:
        show_markup(tag("nav", tag("ul", *map(entry, known)), cls="fn-threads", aria_label="Courses"))


def _pages(desk: Desk) -> list[st.Page]:
    return [
        st.Page(partial(chat.page, desk), title="Footnote", url_path="ask", default=True),
        st.Page(partial(library.page, desk), title="Reader", url_path="library"),
        st.Page(partial(evals.page, desk), title="Evals", url_path="evals"),
        st.Page(partial(index.page, desk), title="Index", url_path="index"),
        st.Page(partial(costs.page, desk), title="Costs", url_path="costs"),
    ]


def _links(pages: list[st.Page], chosen: st.Page) -> None:
    show_markup(tag("p", "Footnote", cls="fn-brand"))
    with st.container(key="pages", gap=None):
        show_markup(tag("a", "New conversation", href="/", cls="fn-thread fn-new"))
        for page, icon in zip(pages[1:], ICONS, strict=False):
            with st.container(key=f"{'here' if page is chosen else 'page'}-{icon}"):
                st.page_link(page, icon=f":material/{icon}:", query_params=course_query())


def side_list(conversations: Conversations, owner: str) -> None:
    """A link per conversation, latest first, by day; a search once there are several."""
    threads = conversations.threads(owner)
    if len(threads) >= SEARCH_FROM:
        search = st.text_input("Search conversations", placeholder="Search conversations", label_visibility="collapsed")
        threads = conversations.threads(owner, search=search) if search else threads
        if not threads:
            st.caption("No conversation has these words.")
    show_markup(
        thread_list(threads[:CONVERSATIONS], st.query_params.get("c", ""), today=date.fromtimestamp(time.time()))
    )


def thread_list(threads: Sequence[Thread], current: str, *, today: date) -> Html:
    """One element however many there are: it is sent and drawn with every question."""

    def entry(thread: Thread) -> Html:
        here = "page" if thread.id == current else None
        return tag(
            "li", tag("a", thread.title, href=links.Here(thread.id).address(), aria_current=here, cls="fn-thread")
        )

    days = (
        join([tag("p", day, cls="fn-label"), tag("ul", *map(entry, group))])
        for day, group in by_day(threads, today=today)
    )
    return tag("nav", *days, cls="fn-threads", aria_label="Conversations") if threads else Html("")


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
