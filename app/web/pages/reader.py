"""The reader: the documents of the course, and each as it reads, on a page of its own or in a pane beside the conversation that
cites it."""

from collections.abc import Callable, Sequence

import streamlit as st

from app.answering.course import Course, CourseDocument
from app.web import originals
from app.web.app_state import Desk
from app.web.catalogue import Catalogue
from app.web.components.manage import without_index
from app.web.components.page import show
from app.web.render import document as reading
from app.web.render import links
from app.web.render.html import Html, join, tag
from retrieval.errors import FootnoteError, IndexMissing
from retrieval.types import Document


def page(desk: Desk) -> None:
    """The document named by the address (`?doc=`), or all of them."""
    try:
        catalogue = desk.library.catalogue()
        document = _document(catalogue, st.query_params.get("doc", ""))
    except FootnoteError as error:
        without_index(desk, error)
        return
    if document is None:
        show(shelf(catalogue.course))
    else:
        _read(catalogue, document)


def _document(catalogue: Catalogue, document_id: str) -> Document | None:
    try:
        return catalogue.document(document_id) if document_id else None
    except IndexMissing:
        st.info("This document is not in the course any more.")
        return None


def shelf(course: Course) -> Html:
    """The documents in the order of the course."""
    return tag("div", tag("h1", course.title or "The course"), *map(_entry, course.documents), cls="fn-shelf")


def _entry(document: CourseDocument) -> Html:
    title = tag("h2", tag("a", document.title, href=links.document(document.id)))
    return tag(
        "article", title, tag("p", document.description) if document.description else Html(""), _source(document)
    )


def _source(document: CourseDocument) -> Html:
    """Where it comes from: an address as a link, anything else in words."""
    if not document.source:
        return Html("")
    if document.source.startswith(("https://", "http://")):
        return tag("p", tag("a", "Where it comes from", href=document.source, target="_blank"), cls="fn-from")
    return tag("p", f"From: {document.source}", cls="fn-from")


def _read(catalogue: Catalogue, document: Document) -> None:
    place = reading.find_place(document, st.query_params.get("at", ""), st.query_params.get("words", ""))
    with st.container(key="reader"):
        with st.container(key="reader-side"):
            show(reading.side_head(document))
            words = st.text_input(
                "Search in this document",
                type="search",
                key=f"find-{document.id}",
                placeholder="Search in this document",
                label_visibility="collapsed",
            )
            show(reading.outline(document, document.sections))
        with st.container(key="reader-text"):
            finish = document_text(catalogue, document, place, (words or "").strip())
    finish()


def document_text(
    catalogue: Catalogue, document: Document, place: reading.Place | None, words: str = ""
) -> Callable[[], None]:
    """The text, `place` and all places of `words` highlighted; what a reader should know who followed a footnote here.

    To be called once the rest of the page is there: it draws the page of the original, which takes a while. That stands beside the
    text where there is room, else below the cited place.
    """
    before, after = _markup(catalogue.key, document.id, place, words, document, catalogue)
    original = originals.original_of(catalogue, document)
    spans = place.spans if place else ()
    with st.container(key="source-text"):
        show(before)
        aside = st.empty()
        show(originals.being_drawn(original, document, spans), at=aside)
        show(after)

    def finish() -> None:
        drawn = _page_picture(catalogue.key, document.id, spans, document, original) if spans else Html("")
        show(drawn, at=aside) if drawn else aside.empty()

    return finish


@st.cache_data(show_spinner=False, max_entries=64)
def _markup(
    version: str, document_id: str, place: reading.Place | None, words: str, _document: Document, _catalogue: Catalogue
) -> tuple[Html, Html]:
    found = reading.occurrences(_document.text, words)
    heading = Html("") if has_heading(_document) else tag("h1", _document.title, cls="fn-document-title")
    pictures = _pictures(version, document_id, _document, _catalogue)
    before, after = reading.text(_document, [*found, *(place.spans if place else ())], place, pictures)
    told = reading.found_list(_document, found, words) if words else Html("")
    return join([heading, told, note(place), before]), after


@st.cache_data(show_spinner=False, max_entries=32)
def _pictures(version: str, document_id: str, _document: Document, _catalogue: Catalogue) -> dict[str, Html]:
    return originals.pictures(originals.original_of(_catalogue, _document), _document)


@st.cache_data(show_spinner=False, max_entries=64)
def _page_picture(
    version: str, document_id: str, spans: Sequence[tuple[int, int]], _document: Document, _original: originals.Original
) -> Html:
    return originals.page_picture(_original, _document, spans)


def beside(catalogue: Catalogue, document: Document, here: links.Here) -> Callable[[], None]:
    """The pane: the way back to the answer, the document's name, its text at the cited place; see `document_text`."""
    query = st.query_params
    place = reading.find_place(document, query.get("at", ""), query.get("words", ""))
    spans = place.spans if place else ()
    back = tag("a", "Back to the answer", href=here.address(anchor=query.get("back", "")), cls="fn-back-link")
    whole = tag("a", "Whole page", href=links.place(document.id, *spans, quote=query.get("words", "")))
    show(tag("nav", back, whole, cls="fn-pane-head", aria_label="Source"))
    show(tag("p", document.title, cls="fn-side-title"))
    return document_text(catalogue, document, place)


def has_heading(document: Document) -> bool:
    """Whether the text begins with its own title (after what was set aside, such as front matter)."""
    first = next((block for block in document.blocks if block.kind != "boilerplate"), None)
    return first is not None and first.kind == "heading" and first.level <= 1


def note(place: reading.Place | None) -> Html:
    """What a reader should know who followed a footnote here."""
    if place is None or not (place.lost or place.moved):
        return Html("")
    if place.lost:
        told = "The quoted words are not in this document any more: it was changed since."
    else:
        told = "This document was changed since; the quote was found again at another place."
    return tag("p", told, cls="fn-notice", role="status")
