"""For who looks after a course: reading it, putting documents in, replacing them, taking them out; another course on the same desk; and what is
said where there are no answers."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.web.app_state import Desk
from app.web.components import sign_in
from app.web.components.page import announce, ask_first, failure, plain_label, section, show
from app.web.courses import Dropped, file_name
from app.web.index_build import Build
from app.web.render import links
from app.web.render.html import Html, tag
from retrieval.errors import FootnoteError, IndexDamaged, IndexMismatch, IndexMissing
from retrieval.text.display import counted

NOT_YOURS = "Only who looks after this course may do that (the MANAGERS setting)."
LEFT_OUT = "not indexed: "  # how the builder begins to name a file that the page lists anyway
ROUND = "round"  # how often documents were put in: the field for files is a new one each time


def build_button(desk: Desk, *, label: str) -> None:
    """Starts a build, for who may."""
    if sign_in.manages(desk.settings.managers):
        st.button(label, type="primary", key="build", disabled=desk.build.state.running, on_click=_start, args=(desk,))


def _start(desk: Desk) -> None:
    if_managed(desk, desk.build.start)


def build_progress(desk: Desk) -> None:
    """Shows a build to its end, one that another page started, too; then draws the page again, which says what came of it."""
    build = desk.build
    if build.state.running:
        _follow(build)
        st.rerun()
    if build.state.failed:
        show(failure(build.state.last or "The build ended without a word."))
    elif build.state.messages:
        show(build_result(*build.state.messages))


def build_result(first: str, *more: str) -> Html:
    """What a build said in the end: its main line, the rest folded."""
    rest = [tag("li", line) for line in more if not line.startswith(LEFT_OUT)]
    lines = tag("details", tag("summary", "What was done"), tag("ul", *rest)) if rest else Html("")
    return tag("div", tag("p", first.partition("; version ")[0]), lines, cls="fn-meta fn-told", role="status")


def _follow(build: Build) -> None:
    with st.container(key="build-progress"):
        bar = st.empty()
    for state in build.watch():
        bar.progress(state.done, text=plain_label(state.now))


def add_documents(desk: Desk) -> None:
    """A field to drop files in; which of them are new and which replace others is said before anything is done."""
    number = st.session_state.get(ROUND, 0)
    files = st.file_uploader(
        "Add or replace documents",
        accept_multiple_files=True,
        key=f"drop-{number}",
        max_upload_size=desk.settings.max_file_mb,
    )
    if not files:
        return
    show(chosen(desk, files))
    label = f"Put {counted(len(files), 'document')} into the course"
    st.button(label, type="primary", key="put", disabled=desk.build.state.running, on_click=_put, args=(desk, files))


def chosen(desk: Desk, files: list[UploadedFile]) -> Html:
    replacing = [file_name(file.name) for file in files if desk.folder.replaces(file.name)]
    if not replacing:
        return Html("")
    message = f"{', '.join(replacing)}: there already. The new one takes its place; the old one is kept aside."
    return tag("p", message, cls="fn-meta", role="status")


def _put(desk: Desk, files: list[UploadedFile]) -> None:
    def put() -> None:
        desk.folder.put([Dropped(file.name, file.getvalue()) for file in files])
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        desk.build.start()

    if_managed(desk, put)


def remove_documents(desk: Desk, paths: list[str]) -> None:
    """A choice among the documents of the live version; it is taken out after being asked."""
    if not paths:
        return
    path = st.selectbox("Take a document out", paths, index=None, placeholder="Choose a document", key="take-out")
    if path:
        with st.container(horizontal=True, gap="small"):
            ask_first(
                "Take it out",
                key=f"take-out-{path}",
                sure=f"Take {path} out of the course",
                act=partial(_remove, desk, path),
                disabled=desk.build.state.running,
            )


def _remove(desk: Desk, path: str) -> None:
    def remove() -> None:
        announce(f"{path} is out of the course; the file is kept as {desk.folder.remove(path)}.")
        st.session_state.pop("take-out", None)
        desk.build.start()

    if_managed(desk, remove)


def another_course(desk: Desk) -> None:
    """Makes an empty course on the same desk, and leads to its address."""
    show(section("Another course"))
    if made := st.session_state.pop("made", ""):
        to = tag("a", "Put documents into the new course", href=f"/index{links.course(made)[1:]}")
        show(tag("p", to, cls="fn-lead"))
    with st.form("another-course", border=False):
        st.text_input("Its name", key="course-name", max_chars=100, placeholder="Cell biology")
        st.form_submit_button("Make a course", on_click=_create, args=(desk,))


def _create(desk: Desk) -> None:
    def create() -> None:
        st.session_state["made"] = desk.courses.create(st.session_state["course-name"])

    if_managed(desk, create)


def if_managed(desk: Desk, act: Callable[[], None]) -> None:
    """Does what only a manager may. Asks again who is here, as the button may stand in a tab from before; says what went wrong."""
    if not sign_in.manages(desk.settings.managers):
        announce(NOT_YOURS)
        return
    try:
        act()
    except FootnoteError as error:
        announce(str(error))


def managed_page(desk: Desk, title: str) -> bool:
    """The head of a page for managers; whether who is here is one. Anybody else is told so."""
    show(tag("h1", title, cls="fn-page-title"))
    manages = sign_in.manages(desk.settings.managers)
    if not manages:
        show(tag("p", NOT_YOURS, cls="fn-lead"))
    return manages


def without_index(desk: Desk, error: FootnoteError) -> None:
    """Offers to build the index where that helps; otherwise says that there are no answers, and why to whoever asks."""
    manages = sign_in.manages(desk.settings.managers)
    if isinstance(error, (IndexMissing, IndexMismatch, IndexDamaged)):
        missing = isinstance(error, IndexMissing)
        title = "The course has not been read yet" if missing else "The course has to be read again"
        message = (
            f"Footnote reads the documents in the folder “{desk.settings.corpus.name}” and those that are dropped here."
            if missing
            else str(error)
        )
        if not manages:
            message = "Whoever looks after this course can have it read on the index page."
        show(tag("div", tag("h1", title), tag("p", message), cls="fn-welcome"))
        build_button(desk, label="Read the course")
        if manages:
            add_documents(desk)
        build_progress(desk)
    else:
        show(no_answers(error, folded=not manages))
        st.button("Try again")


def no_answers(error: FootnoteError, *, folded: bool = True) -> Html:
    """Answers are not available; `error` says why and what to do."""
    message = tag("p", "What was asked before is kept. Try again in a little while.")
    why = tag("details", tag("summary", "Details"), tag("p", str(error)), open=not folded, cls="fn-more")
    return tag("div", tag("h1", "Answers are not available just now"), message, why, cls="fn-welcome", role="alert")
