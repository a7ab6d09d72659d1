"""The page before the first question: what the course is and where to begin; without an index, a way to build one."""

from collections.abc import Sequence
from unicodedata import east_asian_width

import streamlit as st

from app.answering.course import Course, CourseDocument
from app.web.app_state import Desk
from app.web.catalogue import Catalogue
from app.web.components import sign_in
from app.web.components.manage import build_button, build_progress
from app.web.components.page import plain_label, show
from app.web.components.turn_tools import Ask
from app.web.render import links
from app.web.render.html import Html, tag
from retrieval.errors import FootnoteError, IndexDamaged, IndexMismatch, IndexMissing
from retrieval.text.display import counted
from retrieval.types import Document

SUGGESTED = 4
CARDS = 9
A_MINUTE = 1000  # letters that are read in a minute; a character of a wide script takes as long as WIDE of them
WIDE = 2.5


def welcome(catalogue: Catalogue, *, ask: Ask) -> None:
    """The course's name, questions to begin with, its documents."""
    course = catalogue.course
    count = "its only document" if len(course.documents) == 1 else f"its {len(course.documents)} documents"
    told = f"Ask anything about {count}. Every statement of an answer carries a footnote to the sentence it stands on."
    show(tag("div", tag("h1", course.title or "Ask about the course"), tag("p", told), cls="fn-welcome"))
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


def without_index(desk: Desk, error: FootnoteError) -> None:
    """Offers to build the index where that helps; otherwise says that there are no answers, and why to whoever asks."""
    manages = sign_in.manages(desk.settings.managers)
    if isinstance(error, (IndexMissing, IndexMismatch, IndexDamaged)):
        missing = isinstance(error, IndexMissing)
        title = "The course has not been read yet" if missing else "The course has to be read again"
        told = (
            f"Footnote reads the documents in the folder {desk.settings.corpus.name} and builds its index."
            if missing
            else str(error)
        )
        if not manages:
            told = "Whoever looks after this course can have it read on the index page."
        show(tag("div", tag("h1", title), tag("p", told), cls="fn-welcome"))
        build_button(desk, label="Read the course")
        build_progress(desk)
    else:
        show(no_answers(error, folded=not manages))
        st.button("Try again")


def no_answers(error: FootnoteError, *, folded: bool = True) -> Html:
    """Answers are not available; `error` says why and what to do."""
    told = tag("p", "What was asked before is kept. Try again in a little while.")
    why = tag("details", tag("summary", "Details"), tag("p", str(error)), open=not folded, cls="fn-more")
    return tag("div", tag("h1", "Answers are not available just now"), told, why, cls="fn-welcome", role="alert")
