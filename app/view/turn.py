"""One question and its answer: as it is made, and as it stays."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.conversation import SavedTurn
from app.desk import Desk
from app.running import Progress, Run
from app.types import Answer
from app.view import answer as views
from app.view.details import details
from app.view.failure import failure
from app.view.feedback import feedback
from app.view.html import Html, join, tag
from app.view.page import plain_label, scroll_here, show
from app.view.sources import sources

REDRAW_SECONDS = 0.25
Choose = Callable[[str], None]


def show_turn(desk: Desk, turn: SavedTurn, *, last: bool, stop: DeltaGenerator, on_choose: Choose) -> None:
    """The question, then its answer; an answer in the making is watched to its end, `stop` holding the button meanwhile."""
    with st.chat_message("user"):
        show(tag("h2", turn.question, cls="fn-question", id="here" if last else None))
    with st.chat_message("assistant"), st.container(key=f"turn-{turn.id}"):
        text, aside = st.empty(), st.empty()
        run = desk.runs.get(turn.id) if turn.answer is None and not turn.failure else None
        if run is not None:
            scroll_here(key=turn.id)
            turn = _completed(turn, _watch(run, text, aside, stop, key=turn.id))
        _draw(turn, text, aside)
        if turn.answer is not None:
            _tools(desk, turn, last=last, on_choose=on_choose)
        elif last:
            st.button("Ask again", key=f"again-{turn.id}", on_click=on_choose, args=(turn.question,))


def _watch(run: Run, text: DeltaGenerator, aside: DeltaGenerator, stop: DeltaGenerator, *, key: str) -> Progress:
    stop.button("Stop", key=f"stop-{key}", icon=":material/stop:", on_click=run.stop, shortcut="Esc")
    progress = run.progress
    listed = Html("")
    for progress in run.watch(every=REDRAW_SECONDS):
        show(in_the_making(progress, key=key), at=text)
        grown = sources(progress.footnotes, key=key)
        if grown != listed:
            listed = grown
            show(listed, at=aside)
    stop.empty()
    return progress


def in_the_making(progress: Progress, *, key: str) -> Html:
    """What is happening, and the text that is there already."""
    state = tag("p", _state(progress), cls="fn-state", role="status")
    if not progress.text:
        return state
    return join([views.answer_text(progress.text, progress.footnotes, key=key, writing=True), state])


def _state(progress: Progress) -> str:
    match progress.stage:
        case "reading":
            return "Reading 1 passage …" if progress.passages == 1 else f"Reading {progress.passages} passages …"
        case "writing":
            return "Writing …"
        case "waiting":
            return "Getting ready …"
        case _:
            return "Searching the course …"


def _draw(turn: SavedTurn, text: DeltaGenerator, aside: DeltaGenerator) -> None:
    answer = turn.answer
    if answer is None:
        show(failure(turn.failure or "This answer was interrupted before it was there."), at=text)
    elif answer.refused:
        show(join([views.refusal(answer), notices(answer)]), at=text)
    else:
        show(join([views.answer_text(answer.text, answer.footnotes, key=turn.id), notices(answer)]), at=text)
        show(sources(answer.footnotes, key=turn.id), at=aside)


def notices(answer: Answer) -> Html:
    """What went differently than it should."""
    return join(tag("p", notice, cls="fn-notice") for notice in answer.notices)


def _completed(turn: SavedTurn, progress: Progress) -> SavedTurn:
    return replace(turn, answer=progress.answer, failure=progress.failure, version=progress.version or turn.version)


def _tools(desk: Desk, turn: SavedTurn, *, last: bool, on_choose: Choose) -> None:
    with st.container(key=f"tools-{turn.id}", gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            feedback(desk.conversations, turn)
            details(turn)
        if last and turn.answer and turn.answer.suggestions:
            with st.container(key=f"next-{turn.id}", horizontal=True, gap="small"):
                for number, question in enumerate(turn.answer.suggestions):
                    st.button(
                        plain_label(question), key=f"next-{turn.id}-{number}", on_click=on_choose, args=(question,)
                    )
