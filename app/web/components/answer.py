"""An answer on the page: text with footnote chips, a refusal with the nearest sections."""

from collections import Counter
from collections.abc import Mapping, Sequence

from app.citations.wording import NO_QUESTION, UNSURE, more_words, not_covered
from app.types import Answer, Footnote, More, Nearest
from app.web.render import inline_markers, quotes
from app.web.render import links as addresses
from app.web.render.html import Html, tag
from app.web.render.markdown import render
from app.web.render.safe_markdown import links_in


def answer_text(
    text: str,
    footnotes: Sequence[Footnote],
    *,
    key: str,
    marked: Sequence[tuple[int, int]] = (),
    writing: bool = False,
) -> Html:
    """The text with a chip for each footnote, the spans that are `marked` highlighted. `key` tells the answers of a page apart. Only addresses that the sources name
    can be followed."""
    known = {note.number: note for note in footnotes}
    links = links_in(*(note.paragraph for note in footnotes))
    text = inline_markers.clean(text)
    for start, end in reversed(marked):
        text = inline_markers.with_span(text, start, end)
    used: Counter[int] = Counter()

    def note(number: int) -> Html:
        used[number] += 1
        return chip(known[number], key, use=used[number])

    body = render(inline_markers.with_notes(text, known), note=note, links=links)
    return tag("div", body, cls="fn-answer fn-writing" if writing else "fn-answer")


def chip(note: Footnote, key: str, *, use: int = 1) -> Html:
    """A number; pointing at it or reaching it by keyboard shows the quote and its place; following it, the source.

    `use` counts those with its number; the source leads back to the first.
    """
    name = f"{key}-card-{note.number}-{use}"
    number = tag(
        "a",
        str(note.number),
        href=f"#{key}-source-{note.number}",
        id=f"{key}-mark-{note.number}" if use == 1 else None,
        aria_label=f"Footnote {note.number}",
        aria_describedby=name,
        cls="fn-chip",
    )
    card = tag(
        "span",
        tag("span", quotes.short_quote(note), cls="fn-card-quote"),
        tag("span", quotes.place_text(note), cls="fn-card-place"),
        id=name,
        role="tooltip",
        cls="fn-card",
    )
    return tag("span", tag("sup", number), card, cls="fn-note")


def more(places: Sequence[More], *, here: addresses.Here | None = None) -> Html:
    """Links to what the quoted places hold beyond what is shown; nothing where they are shown whole."""
    links = (
        tag(
            "a",
            more_words(place.words, quotes.ARROW.join(place.path)),
            href=addresses.place(place.document_id, (place.start, place.start), here=here),
        )
        for place in places
    )
    return tag("p", *links, cls="fn-more") if places else Html("")


def unsure() -> Html:
    """What stands above an answer that may be none."""
    return tag("p", UNSURE, cls="fn-unsure")


def refusal(answer: Answer, *, scoped: bool = False, here: addresses.Here | None = None) -> Html:
    """The course does not cover this: said plainly, with the sections that come nearest. `scoped`: only a part was asked."""
    title = NO_QUESTION if answer.refused == "no question" else not_covered(scoped=scoped)
    told = tag("p", title, cls="fn-refusal-title")
    why = tag("p", _WHY.get(answer.refused, ""), cls="fn-refusal-why")
    return tag("div", told, why, nearest(answer.nearest, here=here), cls="fn-refusal")


def nearest(sections: Sequence[Nearest], *, here: addresses.Here | None = None) -> Html:
    if not sections:
        return Html("")
    items = (
        tag(
            "li",
            tag(
                "a",
                quotes.ARROW.join(section.path),
                href=addresses.place(section.document_id, (section.start, section.start), here=here),
            ),
        )
        for section in sections
    )
    return tag("div", tag("p", "Nearest sections", cls="fn-label"), tag("ul", *items), cls="fn-nearest")


_WHY: Mapping[str, str] = {
    "low confidence": "Nothing in it answers this question well enough to quote.",
    "writer": "The passages that come nearest do not answer this question.",
    "no question": "Ask one in your own words: the answer is quoted from the course.",
    "nothing found": "Nothing in it comes near to this question.",
}
