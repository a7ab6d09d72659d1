"""One question and its answer: as it is made, and as it stays; below it what can be done with it (judge, copy, ask again, edit),
what stands behind it, and where to go from it."""

from dataclasses import dataclass, replace
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.storage.conversations import Conversations, SavedTurn
from app.types import Answer
from app.web.app_state import Desk
from app.web.background_answer import Progress, Run
from app.web.components.page import details, failure, plain_label, show
from app.web.render import answer as views
from app.web.render.answer import facts, notices, sources
from app.web.render.export import answer_markdown, answer_text
from app.web.render.html import Html, join, tag
from app.web.render.links import Here
from retrieval.text.display import counted
from retrieval.types import Scope

EDITING = "editing"  # the turn whose question is being edited
LONGEST = 2000  # characters of a question
REDRAW_SECONDS = 0.25


class Ask(Protocol):
    """Asks a question of the course. `scope`: instead of the chosen one. `instead_of`: the turn whose place it takes, with
    all that came after. `fresh`: not answered from the answer cache. `agreed`: to the price of a long task."""

    def __call__(
        self,
        text: str,
        *,
        scope: Scope | None = None,
        instead_of: str = "",
        fresh: bool = False,
        agreed: bool = False,
    ) -> None: ...


def turn_tools(conversations: Conversations, turn: SavedTurn, copies: Html, *, last: bool, ask: Ask) -> None:
    """`copies`: the menu made by `copy_menu`."""
    with st.container(key=f"tools-{turn.id}", gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if turn.answer is not None:
                _feedback(conversations, turn)
                show(copies, width="content")
            _again(turn, last=last, ask=ask)
            st.button("Edit", key=f"edit-{turn.id}", type="tertiary", on_click=_edit, args=(turn.id,))
            if turn.answer is not None:
                with st.popover("Details", type="tertiary"):
                    show(details(facts(turn.answer, turn.version)))
        if last and turn.answer is not None:
            _onward(turn, turn.answer, ask)


def question(turn: SavedTurn, *, later: int, heading: Html, ask: Ask) -> None:
    """The question as a heading or, while it is edited, as a field; `later` questions stand after it."""
    if st.session_state.get(EDITING) != turn.id:
        show(heading)
        return

    def asked() -> None:
        st.session_state.pop(EDITING, None)
        ask(st.session_state[f"edited-{turn.id}"], instead_of=turn.id)

    show(tag("span", "", cls="fn-edited", data_scroll=f"edit-{turn.id}"))
    with st.form(key=f"form-{turn.id}", border=False):
        st.text_area("Your question", value=turn.question, key=f"edited-{turn.id}", max_chars=LONGEST, height="content")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.form_submit_button("Ask", type="primary", on_click=asked)
            st.form_submit_button("Leave it as it is", on_click=_edit, args=("",))
            if later:
                removed = "The question after it is" if later == 1 else f"The {later} questions after it are"
                show(tag("p", f"{removed} removed, with the answers.", cls="fn-meta"), width="content")


def copy_menu(markdown: str, text: str) -> Html:
    """Copies the answer with its footnotes, in one form or the other."""
    forms = (("As Markdown", markdown), ("As plain text", text))
    buttons = (tag("button", name, type="button", cls="fn-copy", data_copy=form) for name, form in forms)
    return tag("details", tag("summary", "Copy"), tag("div", *buttons), cls="fn-menu")


def _edit(turn: str) -> None:
    st.session_state[EDITING] = turn


def _again(turn: SavedTurn, *, last: bool, ask: Ask) -> None:
    """The last question is answered anew in its place; an earlier one is asked once more at the end."""

    def again() -> None:
        ask(turn.question, scope=turn.scope, instead_of=turn.id if last else "", fresh=True)

    st.button("Ask again", key=f"again-{turn.id}", type="tertiary", on_click=again)


def _onward(turn: SavedTurn, answer: Answer, ask: Ask) -> None:
    if answer.offer:

        def start() -> None:
            ask(turn.question, scope=turn.scope, instead_of=turn.id, agreed=True)

        st.button(
            f"Start, for about ${answer.offer.likely:.2f}", key=f"start-{turn.id}", type="primary", on_click=start
        )
    elif answer.refused and turn.scope:

        def everywhere() -> None:
            st.query_params.pop("in", None)
            ask(turn.question)

        st.button("Ask in the whole course", key=f"everywhere-{turn.id}", on_click=everywhere)
    if answer.suggestions:
        with st.container(key=f"next-{turn.id}", horizontal=True, gap="small"):
            for number, further in enumerate(answer.suggestions):
                st.button(plain_label(further), key=f"next-{turn.id}-{number}", on_click=ask, args=(further,))


def _feedback(conversations: Conversations, turn: SavedTurn) -> None:
    """Thumbs, with an optional reason. Shows the rating given before; a new one is kept at once."""
    given = conversations.rating(turn.id)
    rating_key, reason_key = f"rating-{turn.id}", f"reason-{turn.id}"

    def keep() -> None:
        conversations.rate(turn, st.session_state.get(rating_key), reason=st.session_state.get(reason_key, ""))

    st.feedback("thumbs", key=rating_key, default=given.rating if given else None, on_change=keep)
    if given is not None:
        st.text_input(
            "Why? (optional)",
            value=given.reason,
            key=reason_key,
            max_chars=500,
            placeholder="Why? (optional)",
            label_visibility="collapsed",
            width=220,
            on_change=keep,
        )


@dataclass(frozen=True, slots=True)
class TurnPlace:
    """Where a turn stands in its conversation: how many come after it, whether the page is to be brought to it, and whether it
    says that no model writes the answers."""

    later: int = 0
    scroll: str = ""
    names_writer: bool = False

    @property
    def last(self) -> bool:
        return not self.later


def show_turn(
    desk: Desk,
    turn: SavedTurn,
    place: TurnPlace,
    *,
    here: Here,
    stop: DeltaGenerator,
    ask: Ask,
    pictures: views.PicturesAt,
) -> None:
    """The question, then its answer; an answer in the making is watched to its end, `stop` holding the button meanwhile.

    Sources open beside the conversation `here`, and show the `pictures` at their places.
    """
    with st.chat_message("user"):
        question(turn, later=place.later, heading=_heading(turn, place), ask=ask)
    with st.chat_message("assistant"), st.container(key=f"turn-{turn.id}"):
        text, aside = st.empty(), st.empty()
        if turn.open:
            turn = _completed(desk, turn, text, aside, stop)
        copies = _draw(turn, here, text, aside, pictures, names_writer=place.names_writer)
        turn_tools(desk.conversations, turn, copies, last=place.last, ask=ask)


def _heading(turn: SavedTurn, place: TurnPlace) -> Html:
    here = "here" if place.last else None
    return tag("h2", turn.question, cls="fn-question", id=here, data_scroll=place.scroll or None)


def _completed(
    desk: Desk, turn: SavedTurn, text: DeltaGenerator, aside: DeltaGenerator, stop: DeltaGenerator
) -> SavedTurn:
    """The turn with its answer. A run that is gone has saved its answer, perhaps after the turn was read."""
    run = desk.runs.get(turn.id)
    if run is None:
        return desk.conversations.turn(turn.id) or turn
    last = _watch(run, text, aside, stop, key=turn.id)
    return replace(turn, answer=last.answer, failure=last.failure, version=last.version or turn.version)


def _watch(run: Run, text: DeltaGenerator, aside: DeltaGenerator, stop: DeltaGenerator, *, key: str) -> Progress:
    stop.button("Stop", key=f"stop-{key}", icon=":material/stop:", on_click=run.stop, shortcut="Esc")
    state = Changing(st.empty())
    listed = Changing(aside)
    progress = run.progress
    for progress in run.watch(every=REDRAW_SECONDS):
        if progress.finished:
            break
        show(views.answer_text(progress.text, progress.footnotes, key=key, writing=True), at=text)
        listed.show(sources(progress.footnotes, key=key))
        state.show(happening(progress))
    state.place.empty()
    stop.empty()
    return progress


@dataclass(slots=True)
class Changing:
    """A place that is drawn again only when its markup changes, so that what it says is read out once."""

    place: DeltaGenerator
    shown: str = ""

    def show(self, markup: Html) -> None:
        if markup != self.shown:
            self.shown = markup
            show(markup, at=self.place)


def happening(progress: Progress) -> Html:
    """What is being done just now."""
    return tag(
        "p",
        _STATES.get(progress.stage, "").format(counted(progress.passages, "passage")),
        cls="fn-state",
        role="status",
    )


_STATES = {
    "waiting": "Getting ready …",
    "searching": "Searching the course …",
    "reading": "Reading {} …",
    "writing": "Writing …",
}


def _draw(
    turn: SavedTurn,
    here: Here,
    text: DeltaGenerator,
    aside: DeltaGenerator,
    pictures: views.PicturesAt,
    *,
    names_writer: bool,
) -> Html:
    """Puts the answer in its place; the menu to copy it."""
    if turn.answer is None:
        show(failure(turn.failure or "This answer was interrupted before it was there."), at=text)
        return Html("")
    answer, copies = _markup(turn.id, bool(turn.scope), here, names_writer, turn.answer)
    show(answer, at=text)
    show(_beside(turn.id, here, turn.answer, pictures), at=aside)
    return copies


@st.cache_data(show_spinner=False, max_entries=1000)
def _markup(turn: str, scoped: bool, here: Here, names_writer: bool, _answer: Answer) -> tuple[Html, Html]:
    """A finished answer and the menu to copy it. It does not change, so it is made once: a long conversation is drawn often."""
    copies = copy_menu(answer_markdown(_answer, scoped=scoped), answer_text(_answer, scoped=scoped))
    if _answer.refused:
        return join([views.refusal(_answer, scoped=scoped, here=here), notices(_answer)]), copies
    text = views.answer_text(_answer.text, _answer.footnotes, key=turn, marked=_answer.marked)
    caution = [views.unsure()] if _answer.unsure else []
    shown = join([*caution, text, views.more(_answer.more, here=here), notices(_answer, names_writer=names_writer)])
    return shown, copies


@st.cache_data(show_spinner=False, max_entries=1000)
def _beside(turn: str, here: Here, _answer: Answer, _pictures: views.PicturesAt) -> Html:
    """Its sources: after the answer is in sight, as their pictures may take a while."""
    if _answer.refused:
        return Html("")
    folded = bool(views.quiz_in(_answer.text))
    return sources(_answer.footnotes, key=turn, here=here, folded=folded, pictures=_pictures)
