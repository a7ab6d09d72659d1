"""The reader: a document as it reads, and the place a footnote points at."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.course import Course, CourseDocument
from app.web.pages import reader as library
from app.web.render import document as reading
from app.web.render import links
from app.web.render.document import parts
from app.web.render.html import join
from retrieval.types import Block, Document, Page, Scope
from tests.app.web.fake_engine import DOCUMENT, SECTIONS, TEXT
from tests.app.web.page_support import Reader

QUOTE = "It falls when the context gets longer."
START = TEXT.index(QUOTE)


def shown(document: Document, *spans: tuple[int, int]) -> Reader:
    return Reader(join(part.markup for part in parts(document, spans)))


def test_every_block_is_shown_once_in_order() -> None:
    read = shown(DOCUMENT)
    words = [
        "Measures of a model",
        "How a language",
        "Perplexity",
        "unsure",
        "a low value",
        "a high value",
        "measure",
        "lower",
        "accuracy",
        "def perplexity",
    ]
    places = [read.text.index(word, 0) for word in words]
    assert places == sorted(places)
    assert not read.unbalanced
    names = [name for name, _ in read.elements]
    assert [names.count(name) for name in ("ul", "li", "table", "thead", "tr", "pre")] == [1, 2, 1, 1, 3, 1]
    assert [attributes["id"] for attributes in read.named("h2")] == [f"s-{section.start}" for section in SECTIONS]
    assert "```" not in read.text
    assert "|" not in read.text
    assert "- a low" not in read.text


def test_a_span_is_marked_across_blocks() -> None:
    end = TEXT.index("- a high")
    assert "".join(shown(DOCUMENT, (START, end)).marked).replace("\n", "") == QUOTE + "a low value: the model is sure"


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_any_span_leaves_the_words_as_they_are(start: int, end: int) -> None:
    plain, marked = shown(DOCUMENT), shown(DOCUMENT, (min(start, end), max(start, end)))
    assert not marked.unbalanced
    assert marked.text.replace("\n", "").replace(" ", "") == plain.text.replace("\n", "").replace(" ", "")


def test_items_nest_by_their_level_and_keep_their_numbers() -> None:
    text = "1. one\n   - deeper\n   - still\n2. two\n7. seven"
    blocks, position = [], 0
    for line in text.split("\n"):
        blocks.append(Block("item", position, position + len(line), level=1 if line.startswith(" ") else 0))
        position += len(line) + 1
    read = shown(Document("d", "d.md", "D", text, tuple(blocks)))
    assert [name for name, _ in read.elements] == ["ol", "li", "ul", "li", "li", "li", "li"]
    assert [attributes.get("value") for attributes in read.named("li")] == ["1", None, None, "2", "7"]


def test_plain_text_is_shown_as_it_stands() -> None:
    text = "2 * 3 * 4 # of_the_best\n<b>x</b>"
    read = shown(Document("d", "d.txt", "D", text, (Block("paragraph", 0, len(text)),), markdown=False), (4, 5))
    assert (read.text, read.marked) == (text, ["3"])


def test_the_place_of_a_footnote_is_found() -> None:
    address = links.place("measures", (START, START + len(QUOTE)), quote=QUOTE)
    assert (
        address == f"/library?doc=measures&at={START}-{START + len(QUOTE)}&words=It+falls+when+the+context+gets+longer."
    )
    place = reading.find_place(DOCUMENT, f"{START}-{START + len(QUOTE)}", QUOTE)
    assert place == reading.Place(START, START + len(QUOTE))
    read = Reader("".join(reading.text(DOCUMENT, [(place.start, place.end)], place)))
    assert read.marked == [QUOTE]
    assert [attributes["id"] for attributes in read.named("div") if "id" in attributes] == ["here"]


def test_a_quote_is_found_again_in_a_document_that_changed() -> None:
    changed = replace(DOCUMENT, text="More words. " + TEXT)
    words = "It falls when"
    assert reading.find_place(changed, f"{START}-{START + len(QUOTE)}", words) == reading.Place(
        START + 12, START + 12 + len(QUOTE), moved=True
    )
    gone = replace(DOCUMENT, text="Nothing of it.", blocks=())
    assert reading.find_place(gone, f"{START}-{START + 9}", words) == reading.Place(0, 0, lost=True)


def test_an_address_without_a_sensible_place_is_no_place() -> None:
    for at in ("", "x", "-4", "12x", "99999999"):
        assert reading.find_place(DOCUMENT, at, "") is None


def test_search_folds_case_and_white_space_and_takes_signs_as_they_are() -> None:
    assert reading.occurrences("A  b\na B ab", "a b") == [(0, 4), (5, 8)]
    assert reading.occurrences("x.y xzy", "x.y") == [(0, 3)]
    assert reading.occurrences("abc", "  ") == []
    assert len(reading.occurrences("a " * 500, "a")) == reading.MOST_FOUND
    assert "does not stand" in reading.found_list(DOCUMENT, [], "zebra")
    assert (
        Reader(reading.found_list(DOCUMENT, [(START, START + 2)], "it")).named("a")[0]["href"]
        == f"#s-{SECTIONS[0].start}"
    )


def test_pages_are_shown_where_they_begin() -> None:
    paged = replace(DOCUMENT, pages=(Page(1, 0), Page(2, TEXT.index("## Table"))), page_word="slide")
    text = Reader("".join(reading.text(paged, (), None))).text
    assert text.index("slide 2") < text.index("measurebetter")
    assert "slide 1" not in text


def test_the_outline_leads_to_headings_and_to_questions_about_them() -> None:
    read = Reader(reading.outline(DOCUMENT, SECTIONS))
    hrefs = [attributes["href"] for attributes in read.named("a")]
    assert hrefs[:2] == [f"#s-{SECTIONS[0].start}", "/?in=measures%2FPerplexity"]


@pytest.mark.parametrize(("source", "linked"), [("https://a.b/c", ["https://a.b/c"]), ("A book, by Somebody", [])])
def test_the_shelf_says_where_a_document_comes_from(source: str, linked: list[str]) -> None:
    read = Reader(library.shelf(Course("C", (CourseDocument("d", "D", "d.md", source=source),))))
    assert [attributes["href"] for attributes in read.named("a")] == ["/library?doc=d", *linked]
    assert linked or f"From: {source}" in read.text


def test_front_matter_is_set_aside() -> None:
    text = "---\ntitle: x\n---\n\nWords."
    read = shown(Document("d", "d.md", "D", text, (Block("boilerplate", 0, 16), Block("paragraph", 18, 24))))
    assert read.named("details")
    assert "Words." in read.text


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3))
def test_scopes_survive_the_address(headings: list[str]) -> None:
    scope = Scope(documents=("d",), sections=(("d", *headings),))
    assert links.scope_of(links.scope_values(scope), ["d"]) == scope


def test_scopes_of_unknown_documents_are_dropped() -> None:
    assert links.scope_of(["gone", "gone/A", "d/A", ""], ["d"]) == Scope(sections=(("d", "A"),))
