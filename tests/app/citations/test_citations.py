"""Marks at the right places, and footnotes that stand in the passages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.citations.composer import LONGEST_PARAGRAPH, Composer, paragraph_around
from app.citations.marks import code_regions, find_marks, place_marks, place_settled_marks, without_marks
from app.types import Citation, CitationDropped, Cited, Finished, TextPiece, WriterEvent
from retrieval.types import Block, Document, Page, Passage, Section
from tests.app.writers.writing_support import PERPLEXITY, PRICES, passage


def cite(source: Passage, index: int, **changed: object) -> Cited:
    """A citation of one unit of a passage."""
    start, end = source.units[index].start, source.units[index].end
    fields = {
        "document_id": source.document_id,
        "start": start,
        "end": end,
        "quote": source.slice(start, end),
    }
    return Cited(Citation(**{**fields, **changed}))  # type: ignore[arg-type]


def compose(*events: WriterEvent | str, passages: tuple[Passage, ...] = (PERPLEXITY, PRICES)) -> Composer:
    composer = Composer(passages)
    for event in events:
        composer.feed(TextPiece(event) if isinstance(event, str) else event)
    return composer


ONE, TWO, ROW = cite(PERPLEXITY, 1), cite(PERPLEXITY, 2), cite(PRICES, 1)


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (["It measures uncertainty", ONE, ". It falls."], "It measures uncertainty.[1] It falls."),
        (["It measures uncertainty.", ONE, " It falls."], "It measures uncertainty.[1] It falls."),
        (["It measures K \\", ONE, "\n\nIt falls."], "It measures K \\ [1]\n\nIt falls."),
        (["It measures uncertainty.\n\n", ONE, "It falls."], "It measures uncertainty.[1]\n\nIt falls."),
        (["It falls", ONE, " with context", TWO, "."], "It falls[1] with context.[2]"),
        (["It falls", ONE, ", then rises", TWO, "!"], "It falls,[1] then rises![2]"),
        (["He said “it falls", ONE, ".” Then"], "He said “it falls.”[1] Then"),
        (["**It falls", ONE, "**. Then"], "**It falls**.[1] Then"),
        (["The loss of 2", ONE, ".5 bits"], "The loss of 2.5[1] bits"),
        (["The model", ONE, "s differ"], "The models[1] differ"),
        (["It falls", ONE, "—and rises"], "It falls[1]—and rises"),
        (["It falls", ONE, " (see below)"], "It falls[1] (see below)"),
        (["它下降", ONE, "。然后"], "它下降。[1]然后"),
        (["One.", ONE, TWO, " Two.", ONE], "One.[1][2] Two.[1]"),
        (["One", ONE, ONE, "."], "One.[1]"),
        (["- one", ONE, "\n- two", TWO], "- one[1]\n- two[2]"),
        (["| a | b |", ROW, "\n"], "| a | b[1] |\n"),
        (["| a | b", ROW, " |\n"], "| a | b[1] |\n"),
        (["```\nx[1] = 2\n```", ONE, "\n\nSo."], "```\nx[1] = 2\n```\n[1]\n\nSo."),
        (["```\nx = 2\n```\n\n", ONE, "So."], "```\nx = 2\n```\n[1]\n\nSo."),
        (["```\nx = 2", ONE, "\n```\nSo."], "```\nx = 2\n```\n[1]\nSo."),
        (["```\nx = 2", ONE], "```\nx = 2\n```\n[1]"),
        (["~~~~\nx = 2", ONE], "~~~~\nx = 2\n~~~~\n[1]"),
        (["Use `x[0", ONE, "]` now."], "Use `x[0]`[1] now."),
        (["As in [1] and [2, 3].", ONE], "As in \\[1\\] and \\[2, 3\\].[1]"),
        ([ONE, "Text"], "[1]Text"),
    ],
)
def test_where_a_mark_goes(events: list[WriterEvent | str], text: str) -> None:
    assert compose(*events).writing().text == text


def test_numbers_follow_first_use_and_a_span_keeps_its_own() -> None:
    composer = compose("A", ROW, ". B", ONE, ". C", ROW, ".")
    writing = composer.writing()
    assert writing.text == "A.[1] B.[2] C.[1]"
    assert [note.number for note in writing.footnotes] == [1, 2]
    assert [note.document_id for note in writing.footnotes] == ["prices", "evaluation"]


def test_a_footnote_knows_its_place() -> None:
    note = compose("A", ONE).writing().footnotes[0]
    assert note.quote == "Perplexity measures how uncertain a model is about the next token."
    assert PERPLEXITY.slice(note.start, note.end) == note.quote
    assert note.path == ("Evaluation", "Perplexity")
    assert (note.page, note.kind, note.lead) == (3, "sentence", "")
    assert note.paragraph[note.start - note.paragraph_start :].startswith(note.quote)
    row = compose("A", ROW).writing().footnotes[0]
    assert (row.kind, row.lead, row.page) == ("row", "| model | input |", None)


@pytest.mark.parametrize(
    "changed",
    [
        {"quote": "Perplexity measures nothing."},
        {"quote": ""},
        {"document_id": "other"},
        {"start": 0},
        {"start": 114, "end": 114, "quote": ""},
        {"end": 10_000},
    ],
)
def test_a_quote_that_is_not_there_is_left_out_and_counted(changed: dict[str, object]) -> None:
    composer = compose("A", cite(PERPLEXITY, 1, **changed), ". B", TWO, ".", CitationDropped("mark"))
    assert composer.writing().text == "A. B.[1]"
    assert len(composer.dropped) == 2
    assert [note.quote for note in composer.writing().footnotes] == [TWO.citation.quote]


def test_white_space_does_not_matter_and_the_documents_own_is_kept() -> None:
    wrapped = passage("It falls\n  when the context\ngets longer.")
    quoted = cite(wrapped, 0, quote="It falls when the context gets longer.")
    note = compose("A", quoted, passages=(wrapped,)).writing().footnotes[0]
    assert note.quote == "It falls\n  when the context\ngets longer."


def test_the_whole_document_has_the_last_word() -> None:
    text = "x" * 100 + PERPLEXITY.text.replace("uncertain", "surprised", 1)
    documents = {"evaluation": Document("evaluation", "", "", text, ())}
    composer = Composer((PERPLEXITY, PRICES), documents.get)
    for event in (TextPiece("A"), ONE, TWO, ROW):
        composer.feed(event)
    assert [note.quote for note in composer.writing().footnotes] == [TWO.citation.quote, ROW.citation.quote]
    assert len(composer.dropped) == 1


def test_a_quote_may_stand_outside_the_passages() -> None:
    text = "# Cells\n\nBone is alive.\n\n- Osteoblasts build it.\n- Osteoclasts break it down.\n"
    blocks = (Block("heading", 0, 7, 1), Block("paragraph", 9, 23), Block("item", 25, 47), Block("item", 48, 76))
    bones = Document("bones", "bones.md", "Bones", text, blocks, (Section(("Cells",), 1, 0, 77),))
    composer = Composer((), {"bones": bones}.get)
    composer.feed(Cited(Citation("bones", 9, 23, "Bone is dead.")))
    for start, end in ((25, 76), (9, 23)):
        composer.feed(Cited(Citation("bones", start, end, text[start:end])))
    listed, sentence = composer.writing().footnotes
    assert (listed.quote, listed.kind, listed.path) == (text[25:76], "item", ("Bones", "Cells"))
    assert (sentence.quote, sentence.paragraph) == ("Bone is alive.", "Bone is alive.")
    assert len(composer.dropped) == 1


def test_a_footnote_has_the_page_of_its_quote_not_of_its_passage() -> None:
    source = passage("Bone is alive. It grows.\n\nBone heals in weeks.")
    text = "x" * source.start + source.text
    turns = source.start + source.text.index("Bone heals")
    paged = Document(source.document_id, "b.pdf", "Bones", text, (), pages=(Page(1, 0), Page(2, turns)))
    composer = Composer((source,), {source.document_id: paged}.get)
    for start, end in ((source.start, source.start + 14), (turns, len(text))):
        composer.feed(Cited(Citation(source.document_id, start, end, text[start:end])))
    assert [note.page for note in composer.writing().footnotes] == [1, 2]


def test_what_is_marked_is_told_by_its_span() -> None:
    composer = Composer((PERPLEXITY, PRICES))
    for event in (
        TextPiece("See a[1]. "),
        TextPiece("It falls.", marked=True),
        ONE,
        TextPiece(" So"),
        TextPiece(" it \ufdd0is", marked=True),
    ):
        composer.feed(event)
    written = composer.writing()
    assert written.text == "See a\\[1\\]. It falls.[1] So it is"
    assert [written.text[start:end] for start, end in written.marked] == ["It falls.", " it is"]


def test_every_state_on_the_way_begins_with_the_one_before() -> None:
    composer = Composer((PERPLEXITY,))
    text = "It measures uncertainty"
    states = [composer.feed(TextPiece(char)).text for char in text]
    assert states == [text[: end + 1].rstrip() for end in range(len(text))]
    events = (ONE, TextPiece("."), TextPiece(" "), TextPiece("Yes, [1"), TextPiece("]."))
    states = [composer.feed(event).text for event in events]
    assert states == [text, f"{text}.", f"{text}.[1]", f"{text}.[1] Yes, ", f"{text}.[1] Yes, \\[1\\]."]
    finished = Finished(model="m", refused=True)
    assert composer.feed(finished) == composer.writing()
    assert composer.finished == finished


def test_the_paragraph_is_what_stands_between_blank_lines() -> None:
    one = passage(("heading", "# H"), "First. Second.", "Third.")
    start, text = paragraph_around(one, one.units[1].start + 7, one.units[1].end)
    assert (start, text) == (one.units[1].start, "First. Second.")
    under = passage("## H\nFirst. Second.", start=50)
    assert paragraph_around(under, 55, 61) == (55, "First. Second.")


def test_a_long_paragraph_is_cut_at_units_around_the_quote() -> None:
    long = passage("Sentence number one is here. " * 40)
    units = tuple(type(long.units[0])("sentence", 100 + at, 100 + at + 28) for at in range(0, 29 * 40, 29))
    long = Passage(1, "d", "D", (), 100, long.end, long.text, units, long.hits)
    quote = units[20]
    start, text = paragraph_around(long, quote.start, quote.end)
    assert len(text) <= LONGEST_PARAGRAPH
    assert start in {unit.start for unit in units}
    assert start < quote.start < quote.end < start + len(text)
    assert text == long.slice(start, start + len(text))


PIECES = [
    "It falls",
    ". ",
    "\n",
    "\n\n",
    "- ",
    "| a |",
    "`x[1]`",
    "```\n",
    "[1]",
    "[2, 3]",
    "\\[",
    "—",
    "**",
    "了。",
    " (so)",
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(0, 3)), max_size=14))
def test_marks_are_those_that_were_cited_and_leave_the_text_alone(parts: list[tuple[str, int]]) -> None:
    text, cited = "", []
    for piece, number in parts:
        text += piece
        cited += [(len(text), number)] if number else []
    placed = place_marks(text, cited)
    assert {mark.number for mark in find_marks(placed)} == {number for _, number in cited}
    for mark in find_marks(placed):
        assert placed[mark.start : mark.end] == f"[{mark.number}]"
    if not cited:
        assert placed.replace("\\", "") == text.replace("\\", "")
    assert letters(without_marks(placed)) == letters(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([p for p in PIECES if p != "| a |"]), st.integers(0, 3)), max_size=10))
def test_a_growing_text_only_grows_at_its_end(parts: list[tuple[str, int]]) -> None:
    text, before = "", ""
    cited: list[tuple[int, int]] = []
    for piece, number in parts:
        for char in piece:
            text += char
            now = place_settled_marks(text, cited)
            assert now.startswith(before)
            before = now
        cited += [(len(text), number)] if number and piece != "- " else []  # a list mark states nothing
    if not any(code.fenced for code in code_regions(text)):
        assert place_marks(text, cited).startswith(before)


def letters(text: str) -> str:
    """A text without white space, escapes and fences (an open one is closed before its mark)."""
    return "".join(text.replace("\\", "").replace("```", "").split())


def test_an_answer_without_its_marks_reads_as_it_was_written() -> None:
    text = "It falls. See x[0] and `y[1]`, as [2] says."
    assert without_marks(place_marks(text, [(8, 1), (len(text), 2)])) == text


def test_no_mark_parts_a_run_of_backticks() -> None:
    text = "`x[1]``x[1]``x[1]````\n"
    assert without_marks(place_marks(text, [(12, 1), (18, 1)])) == text


def test_code_is_found_as_it_is_shown() -> None:
    text = "a `b` ``c`d``\n- ```py\n  x\n  ```\n~~~\ny\n```\n~~~\n\\`n` `m\n```\nz"
    assert [text[code.start : code.end] for code in code_regions(text)] == [
        "`b`",
        "``c`d``",
        "- ```py\n  x\n  ```",
        "~~~\ny\n```\n~~~",
        "` `",
        "```\nz",
    ]
    assert [code.closed for code in code_regions(text)][-1] is False
