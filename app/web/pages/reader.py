"""The reader: the documents of the course, and each as it reads, opened at a cited place."""

import streamlit as st

from app.answering.course import Course, CourseDocument
from app.web.app_state import Desk
from app.web.catalogue import Catalogue
from app.web.components.first_run import without_index
from app.web.components.page import show
from app.web.render import links, reader
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
        _read(document)


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


def _read(document: Document) -> None:
    place = reader.find_place(document, st.query_params.get("at", ""), st.query_params.get("words", ""))
    with st.container(key="reader"):
        with st.container(key="reader-side"):
            show(reader.side_head(document))
            words = st.text_input(
                "Search in this document",
                type="search",
                key=f"find-{document.id}",
                placeholder="Search in this document",
                label_visibility="collapsed",
            )
            show(reader.outline(document, document.sections))
        with st.container(key="reader-text"):
            if not has_heading(document):
                show(tag("h1", document.title, cls="fn-document-title"))
            _text(document, place, (words or "").strip())


def has_heading(document: Document) -> bool:
    """Whether the text begins with its own title (after what was set aside, such as front matter)."""
    first = next((block for block in document.blocks if block.kind != "boilerplate"), None)
    return first is not None and first.kind == "heading" and first.level <= 1


def _text(document: Document, place: reader.Place | None, words: str) -> None:
    found = reader.occurrences(document.text, words)
    if words:
        show(reader.found_list(document, found, words))
    if place is not None:
        show(_note(place))
    spans = [*found, *([(place.start, place.end)] if place else [])]
    show(reader.text(document, spans, place))


def _note(place: reader.Place) -> Html:
    """What a reader should know who followed a footnote here."""
    if place.lost:
        return tag(
            "p",
            "The quoted words are not in this document any more: it was changed since.",
            cls="fn-notice",
            role="status",
        )
    if place.moved:
        return tag(
            "p",
            "This document was changed since; the quote was found again at another place.",
            cls="fn-notice",
            role="status",
        )
    return join([])
