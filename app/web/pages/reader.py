"""The reader: the documents of the course, and each as it reads, opened at a cited place."""

import streamlit as st

from app.answering.course import Course, CourseDocument
from app.web.app_state import Desk
from app.web.catalogue import Catalogue
from app.web.components.first_page import without_index
from app.web.components.page import show
from app.web.components.reading import document_text
from app.web.render import links, reader
from app.web.render.html import Html, tag
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
            document_text(catalogue, document, place, (words or "").strip())
