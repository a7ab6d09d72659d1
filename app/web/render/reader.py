"""A document to read: outline at the side, the cited place highlighted, what was searched for marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.web.render import links
from app.web.render.document import Part, parts
from app.web.render.highlight import Span
from app.web.render.html import Html, join, tag
from app.web.render.markdown import NONE, Pictures
from retrieval.types import Document, Scope, Section

OUTLINE_DEPTH = 3
MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What an address points at: a span of the text, and others that are cited with it; `moved` if the quote stands
    elsewhere now, `lost` if nowhere."""

    start: int
    end: int
    moved: bool = False
    lost: bool = False
    others: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        return () if self.lost else ((self.start, self.end), *self.others)


def find_place(document: Document, at: str, words: str) -> Place | None:
    """The place of `at=start-end,start-end`, the first checked against the quote's first words; None without a place."""
    spans = [span for span in map(_span, at.split(",")) if span is not None]
    if not spans:
        return None
    (start, end), *others = spans
    here = " ".join(document.text[start : start + 2 * len(words) + 40].split())
    if not words or here.startswith(words):
        return Place(start, end, others=tuple(others)) if start < len(document.text) else None
    found = find_words(document.text, words)
    if found is None:
        return Place(0, 0, lost=True)
    return Place(found[0], found[0] + max(end - start, found[1] - found[0]), moved=True)


def _span(text: str) -> Span | None:
    start, _, end = text.partition("-")
    if not start.isdecimal():
        return None
    return int(start), int(end) if end.isdecimal() else int(start)


def find_words(text: str, words: str) -> Span | None:
    """Where words follow each other in a text, whatever white space is between them."""
    return next(iter(occurrences(text, words)), None)


def occurrences(text: str, words: str) -> list[Span]:
    """All places of the words one after the other, in order, case and white space aside; at most `MOST_FOUND`."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    if not pattern:
        return []
    return [
        found.span() for _, found in zip(range(MOST_FOUND), re.finditer(pattern, text, re.IGNORECASE), strict=False)
    ]


def text(
    document: Document, spans: Sequence[Span], place: Place | None, pictures: Pictures = NONE
) -> tuple[Html, Html]:
    """The document as far as the part that holds the place, which is set off and named `here`, and what comes after it. Without
    a place all of it is the first."""
    shown = list(with_pages(document, parts(document, spans, pictures)))
    cited = next((part for part in shown if place and not place.lost and place.start < part.end), None)
    here = f"{document.id}-{place.start}" if place else None
    markup = [
        tag("div", part.markup, id="here", cls="fn-cited", data_scroll=here) if part is cited else part.markup
        for part in shown
    ]
    end = shown.index(cited) + 1 if cited else len(shown)
    rest = tag("div", *markup[end:], cls="fn-document") if markup[end:] else Html("")
    return tag("div", *markup[:end], cls="fn-document"), rest


def with_pages(document: Document, shown: Iterator[Part]) -> Iterator[Part]:
    """A line where a page begins, before the part that stands on it."""
    pages = iter([page for page in document.pages if page.number > 1])
    page = next(pages, None)
    for part in shown:
        while page is not None and page.start <= part.start:
            yield Part(page.start, page.start, tag("p", f"{document.page_word} {page.number}", cls="fn-page-break"))
            page = next(pages, None)
        yield part


def side_head(document: Document) -> Html:
    """The way back, and which document this is: its own heading is out of sight at a cited place."""
    back = tag("a", "All documents", href="/library")
    return join([tag("p", back, cls="fn-back"), tag("p", document.title, cls="fn-side-title")])


def outline(document: Document, sections: Sequence[Section]) -> Html:
    """Links to the headings; each can be asked about. On a narrow page behind a switch."""
    items = [_entry(document, section) for section in sections if section.path and section.level <= OUTLINE_DEPTH]
    if not items:
        return Html("")
    return tag(
        "nav",
        tag("label", tag("input", type="checkbox"), tag("span", "Contents"), cls="fn-fold"),
        tag("ul", *items),
        cls="fn-outline",
        aria_label="Contents",
    )


def _entry(document: Document, section: Section) -> Html:
    scope = links.scope_values(Scope(sections=((document.id, *section.path),)))[0]
    heading = tag("a", section.path[-1], href=f"#s-{section.start}", cls="fn-heading-link")
    ask = tag(
        "a", "ask", href=links.scoped(scope), cls="fn-ask", aria_label=f"Ask about the section {section.path[-1]}"
    )
    return tag("li", heading, " ", ask, cls=f"fn-level-{section.level}")


def found_list(document: Document, spans: Sequence[Span], words: str) -> Html:
    """How often the words were found, and the sections they stand in."""
    if not spans:
        return tag("p", f"“{words}” does not stand in this document.", cls="fn-found", role="status")
    count = "one place" if len(spans) == 1 else f"{len(spans)} places"
    inside = {section_at(document.sections, start) for start, _ in spans}
    entries = (
        tag("a", section.path[-1], href=f"#s-{section.start}")
        for section in document.sections
        if section in inside and section.path
    )
    return tag("div", tag("p", f"“{words}” stands in {count}."), join(entries, " · "), cls="fn-found", role="status")


def section_at(sections: Sequence[Section], start: int) -> Section | None:
    """The innermost section around a place."""
    return max(
        (section for section in sections if section.start <= start < section.end),
        key=lambda section: section.level,
        default=None,
    )
