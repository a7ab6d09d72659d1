"""The reader: the documents of the course, and each as it reads, on a page of its own or in a pane beside the conversation that cites
it; what its original looks like: a page with the quote marked on it, the pictures of a text.

Pictures are made on demand by `python -m ingest.parse.pictures`, a process of its own for each request, with limits of time, memory
and size. Where the original is not here (a host that only answers), was changed since it was read, or cannot be drawn, there
is none, and the text stands alone.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from threading import BoundedSemaphore
from typing import Any

import streamlit as st

from app.answering.course import Course, CourseDocument
from app.web.app_state import Catalogue, Desk
from app.web.components.manage import without_index
from app.web.components.page import show
from app.web.render import document as reading
from app.web.render import links
from app.web.render.html import Html, join, picture, tag
from retrieval.config import ROOT, Settings
from retrieval.errors import FootnoteError, IndexMissing
from retrieval.text.markdown import picture_addresses
from retrieval.types import Document

SECONDS = 15.0
AT_ONCE = 2
MOST_PICTURES = 80  # of a document
MOST_DATA = 8_000_000  # characters of base64, all pictures of a document together
MEGABYTE = 1024 * 1024
DRAWN = (".pdf", ".pptx")  # of which pages have pictures
_running = BoundedSemaphore(AT_ONCE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Original:
    """The file that a document was made from."""

    settings: Settings
    path: str
    digest: str

    @property
    def has_pages(self) -> bool:
        return self.path.lower().endswith(DRAWN)

    def ask(self, **wanted: Any) -> Mapping[str, Any]:
        """See `ingest.parse.pictures`; empty where there is no answer."""
        request = {
            "root": str(self.settings.corpus),
            "file": self.path,
            "digest": self.digest,
            "bytes": self.settings.max_file_mb * MEGABYTE,
            "memory": self.settings.max_memory_mb * MEGABYTE,
            "seconds": SECONDS,
        }
        with _running:
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "ingest.parse.pictures"],
                    input=json.dumps({**request, **wanted}).encode(),
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    timeout=SECONDS,
                    check=True,
                )
                return dict(json.loads(done.stdout))
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                _log.info("no pictures of %s: %s", self.path, error)
                return {}


def original_of(catalogue: Catalogue, document: Document) -> Original:
    return Original(catalogue.settings, *catalogue.original(document.id))


def pictures(original: Original, document: Document, span: slice = slice(None)) -> dict[str, Html]:
    """Those that stand in a span of a text and lie beside its file or in it, by their addresses; never one from elsewhere."""
    local = picture_addresses(document.text[span])[:MOST_PICTURES] if document.markdown else []
    found: dict[str, Html] = {}
    left = MOST_DATA
    for address, one in (original.ask(images=local).get("images", {}) if local else {}).items():
        left -= len(one["data"])
        if left >= 0:
            found[address] = picture(one["type"], one["data"], alt="")
    return found


def pictures_at(catalogue: Catalogue, document_id: str, start: int, end: int) -> list[Html]:
    """The pictures in a quoted paragraph, and those that follow it at once."""
    try:
        document = catalogue.document(document_id)
    except FootnoteError:  # it is gone since
        return []
    around = dropwhile(lambda block: block.end <= start, document.blocks)
    shown = list(takewhile(lambda block: block.start < end or block.role == "caption", around))
    if not shown:
        return []
    return list(pictures(original_of(catalogue, document), document, slice(shown[0].start, shown[-1].end)).values())


def page_of(document: Document, spans: Sequence[tuple[int, int]]) -> tuple[int, list[str]]:
    """The page on which the first of the spans begins, and the words of all spans that stand on it; 0 where there are no pages."""
    start = min((start for start, _ in spans), default=0)
    page = next((page for page in reversed(document.pages) if page.start <= start), None)
    if page is None or not spans:
        return 0, []
    end = next((other.start for other in document.pages if other.start > page.start), len(document.text))
    return page.number, [document.text[max(left, page.start) : min(right, end)] for left, right in spans if left < end]


def page_picture(original: Original, document: Document, spans: Sequence[tuple[int, int]]) -> Html:
    """The page of a PDF or the slide on which the spans stand, marked, to be folded away."""
    number, words = page_of(document, spans)
    found = original.ask(page=number, words=words).get("page") if number and original.has_pages else None
    if not found:
        return Html("")
    label = _page_label(document, number)
    known = "" if found["found"] else "; the quote could not be made out on it"
    drawn = picture(found["type"], found["data"], alt=f"{label}{known or ', the quote marked'}")
    return tag("details", tag("summary", label + known), drawn, open=True, cls="fn-original")


def being_drawn(original: Original, document: Document, spans: Sequence[tuple[int, int]]) -> Html:
    """What stands in the place of `page_picture` until it is there, so that nothing moves then; empty where none will come."""
    number, _ = page_of(document, spans)
    if not number or not original.has_pages:
        return Html("")
    return tag(
        "details",
        tag("summary", _page_label(document, number)),
        tag("p", "It is being drawn …"),
        open=True,
        cls="fn-original",
    )


def _page_label(document: Document, number: int) -> str:
    how = ", drawn without its colours and effects" if document.page_word == "slide" else " as it is in the original"
    return f"{document.page_word.capitalize()} {number}{how}"


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
    original = original_of(catalogue, document)
    spans = place.spans if place else ()
    with st.container(key="source-text"):
        show(before)
        aside = st.empty()
        show(being_drawn(original, document, spans), at=aside)
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
    places = reading.found_list(_document, found, words) if words else Html("")
    return join([heading, places, note(place), before]), after


@st.cache_data(show_spinner=False, max_entries=32)
def _pictures(version: str, document_id: str, _document: Document, _catalogue: Catalogue) -> dict[str, Html]:
    return pictures(original_of(_catalogue, _document), _document)


@st.cache_data(show_spinner=False, max_entries=64)
def _page_picture(
    version: str, document_id: str, spans: Sequence[tuple[int, int]], _document: Document, _original: Original
) -> Html:
    return page_picture(_original, _document, spans)


def beside(catalogue: Catalogue, document: Document, here: links.Here) -> Callable[[], None]:
    """The pane: the way back to the answer, the document's name, its text at the cited place; see `document_text`."""
    query = st.query_params
    anchor = query.get("back", "")
    place = reading.find_place(document, query.get("at", ""), query.get("words", ""))
    spans = place.spans if place else ()
    back = tag("a", "Back to the answer", href=here.address(anchor=anchor, back=anchor), cls="fn-back-link")
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
        message = "The quoted words are not in this document any more: it was changed since."
    else:
        message = "This document was changed since; the quote was found again at another place."
    return tag("p", message, cls="fn-notice", role="status")
