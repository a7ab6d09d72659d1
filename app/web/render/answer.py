"""An answer as markup: text with footnote chips, its sources, a refusal with the nearest sections."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from app.citations.wording import QUOTING, UNSURE, doubts_in_words, more_words, own_words, refused_in_words
from app.types import Answer, Footnote, More, Nearest
from app.web.render import links as addresses
from app.web.render import quotes
from app.web.render.export import links_in
from app.web.render.html import Html, join, tag
from app.web.render.markdown import clean, render, with_notes, with_spans
from retrieval.text.display import counted


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
    text = with_spans(clean(text), marked)
    used: Counter[int] = Counter()

    def note(number: int) -> Html:
        used[number] += 1
        return chip(known[number], key, use=used[number])

    text, write = with_notes(text, known), partial(render, note=note, links=links)
    body = _quiz(quiz_in(text), write) or write(text)
    return tag("div", body, cls="fn-answer fn-writing" if writing else "fn-answer")


def quiz_in(text: str) -> list[tuple[int, str, str]]:
    """Questions with their answers, by number: what is numbered alike above and below a rule; empty for any other text.

    `"**1** Why? [1]\\n\\n---\\n\\n**1** So. [2]"` -> `[(1, "Why? [1]", "So. [2]")]`
    """
    above, rule, below = text.partition("\n---\n")
    questions, answers = _numbered(above), _numbered(below)
    if not rule or not questions or not answers.keys() <= questions.keys():
        return []
    return [(number, words, answers.get(number, "")) for number, words in questions.items()]


def _numbered(text: str) -> dict[int, str]:
    _, *pieces = _NUMBER.split(text)
    return {int(number): words.strip() for number, words in zip(pieces[::2], pieces[1::2], strict=True)}


def _quiz(asked: Sequence[tuple[int, str, str]], write: Callable[[str], Html]) -> Html:
    """Each answer folded away below its question."""
    if not asked:
        return Html("")
    items = (
        tag(
            "li",
            write(words),
            tag("details", tag("summary", "Answer"), write(answer)) if answer else Html(""),
            value=number,
        )
        for number, words, answer in asked
    )
    return tag("ol", *items, cls="fn-quiz")


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


def notices(answer: Answer, *, names_writer: bool = False) -> Html:
    """What went differently than it should, and which sentences are to be doubted; and, if it `names_writer`, that no model wrote it."""
    own = own_words(answer) if names_writer else []
    shown = [tag("p", notice, cls="fn-notice") for notice in (*own, *answer.notices)]
    return join([*shown, *(tag("p", doubt, cls="fn-notice fn-doubt") for doubt in doubts_in_words(answer))])


def facts(answer: Answer, version: str) -> Iterator[tuple[str, str]]:
    """The search, the writer, time, tokens and cost; what is not known is left out."""
    if answer.searched:
        yield "Searched for", answer.searched
    quoted = (
        f", {answer.likelihood:.0%} that what is quoted does" if answer.writer == QUOTING and not answer.refused else ""
    )
    yield "Confidence", f"{answer.confidence:.0%} that the course answers this{quoted}"
    if answer.writer:
        yield "Written by", f"{answer.writer} ({answer.model})" if answer.model else answer.writer
    if answer.given_before:
        yield "From earlier", "the same question was answered before"
    if answer.timings_ms:
        yield "Time", ", ".join(f"{name} {value:.0f} ms" for name, value in answer.timings_ms.items())
    if answer.usage.read_tokens or answer.usage.output_tokens:
        yield "Tokens", f"{answer.usage.read_tokens:,} read, {answer.usage.output_tokens:,} written"
        yield "Cost", f"${answer.usage.cost:.4f}"
    if answer.dropped:
        yield "Left out", f"{answer.dropped} citations that are not in the course word for word"
    if version:
        yield "Index", version


def refusal(answer: Answer, *, scoped: bool = False, here: addresses.Here | None = None) -> Html:
    """The course does not cover this: said plainly, with the sections that come nearest. `scoped`: only a part was asked."""
    title = tag("p", refused_in_words(answer, scoped=scoped), cls="fn-refusal-title")
    why = tag("p", _WHY.get(answer.refused, ""), cls="fn-refusal-why")
    return tag("div", title, why, nearest(answer.nearest, here=here), cls="fn-refusal")


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


_NUMBER = re.compile(r"^\*\*(\d{1,3})\*\* ", re.M)
_WHY: Mapping[str, str] = {
    "price": "Nothing has been spent yet. Start it below, or choose a smaller part of the course.",
    "low confidence": "Nothing in it answers this question well enough to quote.",
    "writer": "The passages that come nearest do not answer this question.",
    "no question": "Ask about the course in your own words: what is answered is quoted from it.",
    "nothing found": "Nothing in it comes near to this question.",
}


PicturesAt = Callable[[str, int, int], Sequence[Html]]


def sources(
    footnotes: Sequence[Footnote],
    *,
    key: str,
    here: addresses.Here | None = None,
    folded: bool = False,
    pictures: PicturesAt = lambda document_id, start, end: (),
) -> Html:
    """On a narrow page behind a switch; `folded` on any, as where they tell what is asked. `key` tells the answers of a page apart;
    a source opens beside the conversation `here`. `pictures`: those that stand at a place of a document."""
    if not footnotes:
        return Html("")
    cards = tag("ol", *(_card(group, key, here, pictures) for group in groups(footnotes)), cls="fn-sources-list")
    count = counted(len(footnotes), "footnote")
    if folded:
        return tag("details", tag("summary", f"{count}, which tell the answers"), cards, cls="fn-sources")
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


def _card(group: Sequence[Footnote], key: str, here: addresses.Here | None, pictures: PicturesAt) -> Html:
    first = group[0]
    document, *headings = first.path
    numbers = (_number(note, key) for note in group)
    page = tag("span", quotes.page_text(first), cls="fn-page") if first.page is not None else Html("")
    where = tag("span", join([tag("b", document), *headings], quotes.ARROW), cls="fn-where")
    end = first.paragraph_start + len(first.paragraph)
    return tag(
        "li",
        tag("div", tag("span", *numbers, cls="fn-numbers"), where, page, cls="fn-source-head"),
        tag("div", quotes.in_paragraph(group), cls="fn-source-text"),
        *(tag("span", one, cls="fn-picture") for one in pictures(first.document_id, first.paragraph_start, end)),
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


def _address(group: Sequence[Footnote], key: str, here: addresses.Here | None) -> str:
    spans = sorted((note.start, note.end) for note in group)
    first = min(group, key=lambda note: note.start)
    back = f"{key}-source-{group[0].number}"
    return addresses.place(first.document_id, *spans, quote=first.quote, here=here, back=back)


def _label(group: Sequence[Footnote]) -> str:
    numbers = ", ".join(str(note.number) for note in group)
    return f"Open the source of footnote {numbers}"
