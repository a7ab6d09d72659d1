"""One question and its answer: as it is made, and as it stays."""

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.citations.wording import OWN_WORDS, QUOTING, doubts_in_words
from app.storage.conversations import SavedTurn
from app.types import Answer
from app.web.app_state import Desk
from app.web.background_answer import Progress, Run
from app.web.components.page import failure, show
from app.web.components.turn_tools import Ask, copy_menu, question, turn_tools
from app.web.export import answer_markdown, answer_text
from app.web.render import answer as views
from app.web.render.answer import sources
from app.web.render.html import Html, join, tag
from app.web.render.links import Here

REDRAW_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn stands in its conversation: how many come after it, whether the page is to be brought to it, and whether here
    is told who wrote it."""

    later: int = 0
    scroll: str = ""
    told: bool = False

    @property
    def last(self) -> bool:
        return not self.later


def show_turn(desk: Desk, turn: SavedTurn, place: Place, *, here: Here, stop: DeltaGenerator, ask: Ask) -> None:
    """The question, then its answer; an answer in the making is watched to its end, `stop` holding the button meanwhile.

    Sources open beside the conversation `here`.
    """
    with st.chat_message("user"):
        question(turn, later=place.later, heading=_heading(turn, place), ask=ask)
    with st.chat_message("assistant"), st.container(key=f"turn-{turn.id}"):
        text, aside = st.empty(), st.empty()
        if turn.open:
            turn = _completed(desk, turn, text, aside, stop)
        copies = _draw(turn, here, text, aside, told=place.told)
        turn_tools(desk.conversations, turn, copies, last=place.last, ask=ask)


def _heading(turn: SavedTurn, place: Place) -> Html:
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
    return tag("p", _STATES.get(progress.stage, "").format(_count(progress.passages)), cls="fn-state", role="status")


def _count(passages: int) -> str:
    return "1 passage" if passages == 1 else f"{passages} passages"


_STATES = {
    "waiting": "Getting ready …",
    "searching": "Searching the course …",
    "reading": "Reading {} …",
    "writing": "Writing …",
}


def _draw(turn: SavedTurn, here: Here, text: DeltaGenerator, aside: DeltaGenerator, *, told: bool) -> Html:
    """Puts the answer in its place; the menu to copy it."""
    if turn.answer is None:
        show(failure(turn.failure or "This answer was interrupted before it was there."), at=text)
        return Html("")
    answer, beside, copies = _markup(turn.id, bool(turn.scope), here, told, turn.answer)
    show(answer, at=text)
    show(beside, at=aside)
    return copies


@st.cache_data(show_spinner=False, max_entries=1000)
def _markup(turn: str, scoped: bool, here: Here, told: bool, _answer: Answer) -> tuple[Html, Html, Html]:
    """A finished answer, its sources, and the menu to copy it. It does not change, so it is made once: a long conversation is
    drawn often."""
    copies = copy_menu(answer_markdown(_answer, scoped=scoped), answer_text(_answer, scoped=scoped))
    if _answer.refused:
        return join([views.refusal(_answer, scoped=scoped, here=here), notices(_answer)]), Html(""), copies
    text = views.answer_text(_answer.text, _answer.footnotes, key=turn, marked=_answer.marked)
    caution = [views.unsure()] if _answer.unsure else []
    shown = join([*caution, text, views.more(_answer.more, here=here), notices(_answer, told=told)])
    folded = bool(views.quiz_in(_answer.text))
    return shown, sources(_answer.footnotes, key=turn, here=here, folded=folded), copies


def notices(answer: Answer, *, told: bool = False) -> Html:
    """What went differently than it should, and which sentences are to be doubted; if it is to be `told`, that no model wrote it."""
    own = [OWN_WORDS] if told and answer.writer == QUOTING else []
    said = [tag("p", notice, cls="fn-notice") for notice in (*own, *answer.notices)]
    return join([*said, *(tag("p", doubt, cls="fn-notice fn-doubt") for doubt in doubts_in_words(answer))])
