"""What the originals of the course look like: a page with the quote marked on it, the pictures of a text.

They are made on demand by `python -m ingest.parse.pictures`, a process of its own for each request, with limits of time, memory
and size. Where the original is not here (a host that only answers), was changed since it was read, or cannot be drawn, there
is none, and the text stands alone.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from app.web.catalogue import Catalogue
from app.web.render.html import Html, picture, tag
from retrieval.config import ROOT, Settings
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


def pictures(original: Original, document: Document) -> dict[str, Html]:
    """Those that stand in a text and lie beside its file or in it, by their addresses; never one from elsewhere."""
    local = picture_addresses(document.text)[:MOST_PICTURES] if document.markdown else []
    found: dict[str, Html] = {}
    left = MOST_DATA
    for address, one in (original.ask(images=local).get("images", {}) if local else {}).items():
        left -= len(one["data"])
        if left >= 0:
            found[address] = picture(one["type"], one["data"], alt="")
    return found


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
    told = _told(document, number)
    known = "" if found["found"] else "; the quote could not be made out on it"
    drawn = picture(found["type"], found["data"], alt=f"{told}{known or ', the quote marked'}")
    return tag("details", tag("summary", told + known), drawn, open=True, cls="fn-original")


def being_drawn(original: Original, document: Document, spans: Sequence[tuple[int, int]]) -> Html:
    """What stands in the place of `page_picture` until it is there, so that nothing moves then; empty where none will come."""
    number, _ = page_of(document, spans)
    if not number or not original.has_pages:
        return Html("")
    return tag(
        "details",
        tag("summary", _told(document, number)),
        tag("p", "It is being drawn …"),
        open=True,
        cls="fn-original",
    )


def _told(document: Document, number: int) -> str:
    how = ", drawn without its colours and effects" if document.page_word == "slide" else " as it is in the original"
    return f"{document.page_word.capitalize()} {number}{how}"
