"""The sources of an answer in the order of its footnotes; neighbours from one paragraph or table share a card."""

from collections.abc import Iterator, Sequence

from app.types import Footnote
from app.web.render import links, quotes
from app.web.render.html import Html, join, tag


def sources(footnotes: Sequence[Footnote], *, key: str, here: links.Here | None = None) -> Html:
    """On a narrow page behind a switch. `key` tells the answers of a page apart; a source opens beside the conversation
    `here`."""
    if not footnotes:
        return Html("")
    cards = tag("ol", *(_card(group, key, here) for group in groups(footnotes)), cls="fn-sources-list")
    count = "1 footnote" if len(footnotes) == 1 else f"{len(footnotes)} footnotes"
    switch = tag("label", tag("input", type="checkbox"), tag("span", count), cls="fn-fold")
    return tag("div", switch, cards, cls="fn-sources", role="group", aria_label="Sources")


def groups(footnotes: Sequence[Footnote]) -> Iterator[list[Footnote]]:
    """Footnotes that follow each other and quote the same paragraph, or rows of the same table."""
    group: list[Footnote] = []
    for note in footnotes:
        if group and _around(note) != _around(group[-1]):
            yield group
            group = []
        group.append(note)
    if group:
        yield group


def _around(note: Footnote) -> tuple[object, ...]:
    if note.kind == "row" and note.lead:
        return note.document_id, note.path, note.lead
    return note.document_id, note.paragraph_start, note.paragraph


def _card(group: Sequence[Footnote], key: str, here: links.Here | None) -> Html:
    first = group[0]
    document, *headings = first.path
    numbers = (_number(note, key) for note in group)
    page = tag("span", quotes.page_text(first), cls="fn-page") if first.page is not None else Html("")
    where = tag("span", join([tag("b", document), *headings], quotes.ARROW), cls="fn-where")
    return tag(
        "li",
        tag("div", tag("span", *numbers, cls="fn-numbers"), where, page, cls="fn-source-head"),
        tag("div", quotes.in_paragraph(group), cls="fn-source-text"),
        tag(
            "a",
            "Open beside" if here else "Open",
            href=_address(group, key, here),
            aria_label=_label(group),
            cls="fn-open",
        ),
        cls="fn-source",
    )


def _number(note: Footnote, key: str) -> Html:
    """Leads back to where the answer stands on it."""
    return tag(
        "a",
        str(note.number),
        href=f"#{key}-mark-{note.number}",
        id=f"{key}-source-{note.number}",
        aria_label=f"Back to footnote {note.number} in the answer",
        cls="fn-number",
    )


def _address(group: Sequence[Footnote], key: str, here: links.Here | None) -> str:
    spans = sorted((note.start, note.end) for note in group)
    first = min(group, key=lambda note: note.start)
    back = f"{key}-source-{group[0].number}"
    return links.place(first.document_id, *spans, quote=first.quote, here=here, back=back)


def _label(group: Sequence[Footnote]) -> str:
    numbers = ", ".join(str(note.number) for note in group)
    return f"Open the source of footnote {numbers}"
