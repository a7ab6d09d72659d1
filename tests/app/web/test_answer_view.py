"""An answer as markup: chips, cards, sources, refusals, details."""

from dataclasses import replace

import pytest

from app.types import Answer, More, Nearest, Sentence, Usage
from app.web.background_answer import Progress
from app.web.components.turn import happening
from app.web.render import answer as views
from app.web.render import quotes
from app.web.render.answer import facts, notices, sources
from app.web.render.html import Html, picture
from tests.app.web.fake_engine import ANSWER_TEXT, FIRST, HEADER, QUIZ_TEXT, SECOND, note
from tests.app.web.page_support import Reader


def test_each_mark_is_a_chip_that_leads_to_its_source_and_names_its_quote() -> None:
    read = Reader(views.answer_text(ANSWER_TEXT, (FIRST, SECOND), key="t"))
    chips = read.named("a")
    assert [(chip["href"], chip["aria-label"]) for chip in chips] == [
        ("#t-source-1", "Footnote 1"),
        ("#t-source-2", "Footnote 2"),
    ]
    cards = [attributes for attributes in read.named("span") if attributes.get("role") == "tooltip"]
    assert [chip["aria-describedby"] for chip in chips] == [card["id"] for card in cards]
    listed = Reader(sources((FIRST, SECOND), key="t"))
    numbers = [link for link in listed.named("a") if "id" in link]
    assert [link["id"] for link in numbers] == ["t-source-1", "t-source-2"]
    assert [link["href"] for link in numbers] == [f"#{chip['id']}" for chip in chips], "each leads back to its mark"


def test_a_source_leads_back_to_the_first_of_several_marks() -> None:
    chips = Reader(views.answer_text("So.[1] And so.[1] Again.[1]", (FIRST,), key="t")).named("a")
    assert [chip.get("id") for chip in chips] == ["t-mark-1", None, None]
    assert len({chip["aria-describedby"] for chip in chips}) == 3


def test_neighbours_from_one_paragraph_share_a_card_each_quote_numbered() -> None:
    other = replace(FIRST, number=3, document_id="other")
    read = Reader(sources((FIRST, SECOND, other), key="t"))
    assert len(read.named("li")) == 2
    assert "1Perplexity says how unsure a model is about the next token. 2It falls" in read.text
    first, second = (link["href"] for link in read.named("a") if link["class"] == "fn-open")
    assert (
        first
        == f"/library?doc=measures&at={FIRST.start}-{FIRST.end}%2C{SECOND.start}-{SECOND.end}&words=Perplexity+says+how+%2A%2Aunsure%2A%2A+a+model+is+about"
    )
    assert "doc=other" in (second or "")


def test_rows_of_one_table_share_its_header() -> None:
    rows = [
        note(1, "| perplexity | lower |", "Table", kind="row", lead=HEADER),
        note(2, "| accuracy | higher |", "Table", kind="row", lead=HEADER),
    ]
    read = Reader(sources(rows, key="t"))
    assert (len(read.named("table")), read.marked) == (1, ["perplexity", "lower", "accuracy", "higher"])


def test_a_quote_of_several_rows_is_their_table() -> None:
    table = f"{HEADER}\n| --- | --- |\n| perplexity | lower |\n| accuracy | higher |"
    rows = replace(note(1, "| perplexity | lower |", "Table", kind="row", lead=HEADER), quote=table)
    read = Reader(sources([rows], key="t"))
    assert (len(read.named("tr")), read.marked) == (3, ["perplexity", "lower", "accuracy", "higher"])
    assert quotes.plain_quote(rows).count("perplexity") == 1


def test_what_likeliest_answers_is_highlighted() -> None:
    text = "It is so.[1] It falls.\n\n| a | b |\n| --- | --- |\n| c | d[2] |"
    marked = [(13, 22), (text.index("c"), text.index("c") + 1), (text.index("d["), text.index("d[") + 1)]
    read = Reader(views.answer_text(text, (FIRST, SECOND), key="t", marked=marked))
    assert read.marked == ["It falls.", "c", "d"]
    assert len(read.named("td")) == 2


def test_more_of_a_place_is_a_link_away() -> None:
    read = Reader(views.more([More("measures", ("Notes", "Loss"), 70, 120)]))
    assert read.text == "120 more words in Notes › Loss"
    assert read.named("a")[0]["href"] == "/library?doc=measures&at=70"
    assert views.more(()) == ""


def test_footnotes_stand_in_the_cells_of_a_table() -> None:
    table = "| | a | b |\n|---|---|---|\n| c | so[1] | so[2] |\n"
    read = Reader(views.answer_text(table, (FIRST, SECOND), key="k"))
    assert len(read.named("td")) == 3
    assert [chip["href"] for chip in read.named("a")] == ["#k-source-1", "#k-source-2"]


def test_a_mark_without_its_footnote_stays_text() -> None:
    assert "[3]" in Reader(views.answer_text("So.[3]", (FIRST,), key="t")).text


def test_only_addresses_that_the_sources_name_can_be_followed() -> None:
    source = replace(FIRST, paragraph="See https://course.example/a for more.")
    text = "[a](https://course.example/a) [b](https://evil.example/?q=secret)"
    assert [link["href"] for link in Reader(views.answer_text(text, (source,), key="t")).named("a")] == [
        "https://course.example/a"
    ]


def test_places_name_document_section_and_page() -> None:
    assert quotes.place_text(replace(FIRST, page=3, page_word="slide")) == "Measures of a model › Perplexity (slide 3)"
    assert Reader(sources((replace(FIRST, page=3),), key="t")).text.count("page 3") == 1


def test_a_refusal_says_so_and_shows_the_nearest_sections() -> None:
    read = Reader(views.refusal(Answer("", (), refused="low confidence", nearest=(Nearest("d", ("Doc", "Part"), 7),))))
    assert read.text.startswith("The course does not cover this")
    assert read.named("a") == [{"href": "/library?doc=d&at=7"}]


def test_no_sources_no_list() -> None:
    assert sources((), key="t") == ""


def test_states_as_they_happen() -> None:
    def said(progress: Progress) -> str:
        return Reader(happening(progress)).text

    assert said(Progress()) == "Getting ready …"
    assert said(Progress(stage="searching")) == "Searching the course …"
    assert said(Progress(stage="reading", passages=1)) == "Reading 1 passage …"
    assert said(Progress(stage="reading", passages=7)) == "Reading 7 passages …"
    assert said(Progress(stage="writing", text="So.")) == "Writing …"


def test_details_leave_out_what_is_not_known() -> None:
    assert dict(facts(Answer("", (), confidence=0.5), "")) == {"Confidence": "50% that the course answers this"}
    quoted = Answer("It falls.", (), confidence=0.5, likelihood=0.25, writer="excerpts")
    assert dict(facts(quoted, ""))["Confidence"] == "50% that the course answers this, 25% that what is quoted does"
    full = Answer(
        "",
        (),
        searched="q",
        writer="claude",
        model="m",
        usage=Usage(1000, 50, 200, 0, 0.0123),
        dropped=2,
        timings_ms={"total": 12.4},
    )
    told = dict(facts(full, "v1"))
    assert told["Written by"] == "claude (m)"
    assert (told["Tokens"], told["Cost"]) == ("1,200 read, 50 written", "$0.0123")
    assert told["Time"] == "total 12 ms"
    assert told["Index"] == "v1"


def test_sentences_without_support_are_named_below_the_answer() -> None:
    text = "Perplexity falls. It was 60 <b>before</b>."
    sentences = (Sentence(0, 17, (1,)), Sentence(18, len(text), (1,), ("60",)))
    read = Reader(notices(Answer(text, (FIRST,), sentences=sentences, notices=("Claude was slow.",))))
    assert "Claude was slow." in read.text
    assert "Not in its quotes (60): “It was 60" in read.text
    assert "Perplexity falls" not in read.text
    assert read.named("b") == []
    assert notices(Answer(text, (FIRST,), sentences=sentences[:1])) == ""


def test_the_answers_of_a_quiz_are_folded_below_their_questions_and_so_are_its_sources() -> None:
    read = Reader(views.answer_text(QUIZ_TEXT, (FIRST, SECOND), key="t"))
    assert [item.get("value") for item in read.named("li")] == ["1", "2"]
    assert [fold.get("open") for fold in read.named("details")] == [None, None]
    assert len([link for link in read.named("a") if link["class"] == "fn-chip"]) == 2
    assert (
        read.text.index("What does perplexity say?") < read.text.index("how unsure") < read.text.index("When does it")
    )
    assert len(Reader(sources((FIRST, SECOND), key="t", folded=True)).named("details")) == 1


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (QUIZ_TEXT, 2),
        ("**1** Why?\n\n---\n", 1),
        ("**1** Why?\n\n**2** How?\n\n---\n\n**1** So.", 2),
        ("**1** Why?\n\n---\n\n**2** So.", 0),
        ("Steps\n\n---\n\nMore **1** words", 0),
        (ANSWER_TEXT, 0),
    ],
)
def test_a_quiz_is_known_by_its_numbers_on_both_sides_of_a_rule(text: str, asked: int) -> None:
    assert len(views.quiz_in(text)) == asked


def test_who_wrote_it_is_told_where_it_is_to_be_told() -> None:
    quoted = Answer(ANSWER_TEXT, (FIRST, SECOND), writer="excerpts")
    assert "without a language model" in notices(quoted, names_writer=True)
    assert notices(quoted) == ""
    assert notices(replace(quoted, writer="Claude"), names_writer=True) == ""


def test_the_pictures_at_a_quoted_paragraph_stand_below_it() -> None:
    asked: list[tuple[str, int, int]] = []

    def pictures(document_id: str, start: int, end: int) -> list[Html]:
        asked.append((document_id, start, end))
        return [picture("image/webp", "QUJD", alt="")]

    read = Reader(sources((FIRST, SECOND), key="t", pictures=pictures))
    assert len(read.named("img")) == 1
    assert asked == [("measures", FIRST.paragraph_start, FIRST.paragraph_start + len(FIRST.paragraph))]
