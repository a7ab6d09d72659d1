"""The chat: before the first question what the course is; then a conversation, the answer that is being made, the place to ask."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.answering.course import Course, CourseDocument
from app.storage.conversations import Conversations, SavedTurn, Thread, title_of
from app.types import Question
from app.web.app_state import Catalogue, Desk
from app.web.components import sign_in
from app.web.components.manage import without_index
from app.web.components.page import announce, ask_first, plain_label, show
from app.web.components.scope import choose_scope, scope_in_address
from app.web.components.turn import LONGEST, Ask, TurnPlace, show_turn
from app.web.pages.reader import beside, pictures_at
from app.web.render import links
from app.web.render.export import conversation_markdown, file_name
from app.web.render.html import Html, tag
from app.web.render.links import Here, scope_of, scope_values
from retrieval.errors import FootnoteError
from retrieval.text.display import counted
from retrieval.types import Document, Scope

if TYPE_CHECKING:
    from app.writers.llm.api.gateway import Outage

INPUT = "ask"
HEARD = "heard"
RECENT = 4
SUGGESTED = 4
CARDS = 9
LATEST = 3  # turns that are drawn; those before them on demand, as each costs time with every question
EARLIER = "earlier"  # the conversation of which all turns are drawn
A_MINUTE = 1000  # letters that are read in a minute; a character of a wide script takes as long as WIDE of them
WIDE = 2.5


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
            choose_scope(catalogue, _recent(desk, catalogue))
            show(outage(desk.outages()), width="content")
            stop = st.empty()
        typed = st.chat_input("Ask about the course", key=INPUT, max_chars=LONGEST, on_submit=_typed, args=(desk,))
    if typed and not st.session_state.pop(HEARD, False):  # a server that was just restarted calls nothing back
        _ask(desk, typed)
        st.rerun()
    _beside(desk, catalogue, _thread(desk), stop)


def _beside(desk: Desk, catalogue: Catalogue, thread: Thread | None, stop: DeltaGenerator) -> None:
    """The conversation, and beside it the document that the address names (`?doc=`)."""
    try:
        document = catalogue.document(st.query_params["doc"]) if thread and "doc" in st.query_params else None
    except FootnoteError as error:
        announce(str(error))
        document = None
    if document is None or thread is None:
        _conversation(desk, catalogue, thread, stop)
        return
    with st.container(key="beside"):
        conversation, pane = st.container(key="conversation"), st.container(key="pane")
        with pane:  # first: an answer that is being made is watched to its end
            finish = beside(catalogue, document, _here(thread))
        with conversation:
            _conversation(desk, catalogue, thread, stop)
        finish()


def _here(thread: Thread) -> Here:
    return Here(thread.id, tuple(st.query_params.get_all("in")))


def _recent(desk: Desk, catalogue: Catalogue) -> list[Scope]:
    """The parts that were asked lately, as far as they are still there."""
    known = list(catalogue.titles)
    asked = desk.conversations.recent_scopes(sign_in.here(), limit=RECENT)
    return [scope for scope in asked if scope_of(scope_values(scope), known) == scope]


def _typed(desk: Desk) -> None:
    st.session_state[HEARD] = True
    _ask(desk, st.session_state[INPUT])


def _thread(desk: Desk) -> Thread | None:
    return desk.conversations.thread(sign_in.here(), st.query_params.get("c", ""))


def _ask(
    desk: Desk,
    text: str,
    *,
    scope: Scope | None = None,
    instead_of: str = "",
    fresh: bool = False,
    agreed: bool = False,
) -> None:
    """A callback (see `turn.Ask`): runs before the page is drawn again, so that all of it knows of the question."""
    if not text.strip():
        return
    try:
        if scope is None:
            scope = scope_in_address(desk.library.catalogue())
        question = Question(text.strip(), scope=scope, fresh=fresh, person=sign_in.person(), agreed=agreed)
        desk.admit(question.text, session=sign_in.session())
        thread = _thread(desk) or desk.conversations.start(sign_in.here(), question.text)
        st.session_state.pop(EARLIER, None)
        st.query_params.pop("back", None)
        if instead_of:
            _retitle(desk, thread, instead_of, question.text)
        st.query_params["c"] = thread.id
        desk.ask(thread.id, question, instead_of=instead_of)
    except FootnoteError as error:
        announce(str(error))


def _retitle(desk: Desk, thread: Thread, instead_of: str, text: str) -> None:
    """A conversation that is named after its first question stays so when that is edited."""
    first = desk.conversations.turns(thread.id)[0]
    if first.id == instead_of and thread.title == title_of(first.question):
        desk.conversations.rename(sign_in.here(), thread.id, text)


def _conversation(desk: Desk, catalogue: Catalogue, thread: Thread | None, stop: DeltaGenerator) -> None:
    ask = partial(_ask, desk)
    turns = desk.conversations.turns(thread.id) if thread else []
    if thread is None or not turns:
        if thread is None and st.query_params.get("c"):
            show(note("The conversation of this link is not here: it was deleted, or it is somebody else's."))
        welcome(catalogue, ask=ask)
        return
    titled = len(turns) > 1 or thread.title != title_of(turns[0].question)
    thread_head(desk.conversations, sign_in.here(), thread, titled=titled)
    left, earlier = _left_out(turns), st.empty()
    if left:
        label = f"Earlier: {counted(left, 'question')}"
        earlier.button(
            label,
            key="draw-earlier",
            type="tertiary",
            icon=":material/expand_less:",
            on_click=_draw_all,
            args=(thread,),
        )
    for number, turn in enumerate(turns):
        if number < left:
            st.empty()  # so that those after it keep their places on the page
            continue
        with st.container():
            if turn.version != turns[max(number - 1, left)].version:
                show(note("The course was rebuilt here. What follows is answered from the new version."))
            later = len(turns) - number - 1
            brought = number and (not later or (later == LATEST - 1 and not left))  # to the end, or to what stood first
            place = TurnPlace(later, scroll=turn.id if brought else "", names_writer=not number and desk.quotes_only)
            show_turn(
                desk, turn, place, here=_here(thread), stop=stop, ask=ask, pictures=partial(pictures_at, catalogue)
            )
    if catalogue.name != turns[-1].version:
        show(note("The course has been rebuilt since. The next answer comes from the new version."))


def _left_out(turns: Sequence[SavedTurn]) -> int:
    """How many turns are not drawn: those before the latest, but for one whose source is open; none once they were asked for."""
    if st.session_state.get(EARLIER) == turns[0].thread:
        return 0
    back = st.query_params.get("back", "")
    opened = next((number for number, turn in enumerate(turns) if back.startswith(f"{turn.id}-")), len(turns))
    return max(0, min(opened, len(turns) - LATEST))


def _draw_all(thread: Thread) -> None:
    st.session_state[EARLIER] = thread.id


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

    def delete() -> None:
        conversations.delete(owner, thread.id)
        st.query_params.clear()

    ask_first("Delete this conversation", key=f"delete-{thread.id}", sure="Delete it for good", act=delete)


def outage(outages: Sequence["Outage"]) -> Html:
    """A quiet mark while a model is left alone because it could not be reached; nothing while all is well."""
    if not outages:
        return Html("")
    models = ", ".join(one.model for one in outages if one.model)
    message = f"{models or 'The language model'} cannot be reached just now"
    why = tag("p", "; ".join(one.reason for one in outages))
    return tag("div", tag("details", tag("summary", message), why, cls="fn-outage"), role="status")


def note(message: str) -> Html:
    """A line across the conversation."""
    return tag("p", tag("span", message), cls="fn-rebuilt", role="status")


def welcome(catalogue: Catalogue, *, ask: Ask) -> None:
    """The course's name, questions to begin with, its documents."""
    course = catalogue.course
    count = "its only document" if len(course.documents) == 1 else f"its {len(course.documents)} documents"
    message = (
        f"Ask anything about {count}. Every statement of an answer carries a footnote to the sentence it stands on."
    )
    show(tag("div", tag("h1", course.title or "Ask about the course"), tag("p", message), cls="fn-welcome"))
    questions = course.questions[:SUGGESTED]
    if questions:
        show(tag("h2", "To begin with", cls="fn-label"))
        with st.container(key="first-questions", gap="small"):
            for number, question in enumerate(questions):
                st.button(plain_label(question), key=f"first-{number}", on_click=ask, args=(question,))
    show(_cards(catalogue.key, catalogue))


@st.cache_data(show_spinner=False, max_entries=8)
def _cards(version: str, _catalogue: Catalogue) -> Html:
    shown = _catalogue.course.documents[:CARDS]
    return cards(_catalogue.course, [(entry, _catalogue.document(entry.id)) for entry in shown])


def cards(course: Course, shown: Sequence[tuple[CourseDocument, Document]]) -> Html:
    """What each document is about and how long it is; behind them the way to all, if there are more."""
    more = len(course.documents) - len(shown)
    rest = (
        tag("p", tag("a", f"All {len(course.documents)} documents", href="/library"), cls="fn-all")
        if more
        else Html("")
    )
    listed = tag("ul", *(_card(entry, document) for entry, document in shown), cls="fn-cards")
    return tag("div", tag("h2", "In this course", cls="fn-label"), listed, rest, cls="fn-course")


def _card(entry: CourseDocument, document: Document) -> Html:
    name = tag("a", entry.title, href=links.document(entry.id))
    about = tag("p", entry.description) if entry.description else Html("")
    return tag("li", tag("h3", name), about, tag("p", extent(document), cls="fn-extent"))


def extent(document: Document) -> str:
    """`12 sections, 25 minutes`; for what has pages, `30 pages`."""
    if document.pages:
        return counted(document.pages[-1].number, document.page_word)
    letters = sum(WIDE if east_asian_width(letter) in "WF" else 1 for letter in document.text)
    minutes = max(1, round(letters / A_MINUTE))
    length = f"{minutes / 60:.1f} hours".replace(".0", "") if minutes >= 90 else counted(minutes, "minute")
    sections = sum(1 for section in document.sections if section.path)
    return f"{counted(sections, 'section')}, {length} to read" if sections else f"{length} to read"
