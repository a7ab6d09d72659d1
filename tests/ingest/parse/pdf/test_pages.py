"""What of a page, and which pages, are the document: headers, numbers of pages, steps of slides, titles; what cannot be read."""

import pytest

from ingest.parse.formats.pdf import read as pdf
from ingest.parse.formats.pdf.characters import UNKNOWN, letter
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile
from tests.ingest.parse.pdf.pdf_support import BODY, T, lines, pdf_file, read


def test_running_headers_and_page_numbers_are_dropped_and_named() -> None:
    pages = [
        [T("Course notes 2025", 20), T(str(number), 780, left=300), *lines(f"Page {word} says something else.", 100)]
        for number, word in enumerate(["one", "two", "three", "four"], start=1)
    ]
    source = read(*pages)
    assert source.text == "\n\n".join(f"Page {word} says something else." for word in ["one", "two", "three", "four"])
    assert source.dropped == ("running header or footer: Course notes 2025",)


def test_lines_in_the_margin_that_are_no_headers_stay() -> None:
    words = {4: "See above.", 9: "See above.", 3: "So it is.", 1: "No more."}
    pages = [
        [
            T("Notes", 20),
            T(f"Exercise {number}", 40),
            *lines(f"Find {number}.", 300),
            T(last, 720),
            T("Thus.", 740 + 8 * at),
        ]
        for at, (number, last) in enumerate(words.items())
    ]
    text = read(*([*page, T(f"Page {number} of 4", 780)] for number, page in enumerate(pages, 1))).text
    assert [text.count(words) for words in ("Exercise", "See above", "Notes", "Page")] == [4, 2, 0, 0]


def test_of_a_slide_that_is_built_up_the_last_step_stays_with_its_heading() -> None:
    steps = [T("- One of them", 700), T("- Two of them", 712), T("7", 780)]
    built = [[T("A title", 40, size=20), T("- One", 700), *steps[2:]], [T("A title", 40, size=20), *steps]]
    other = [T("Another title", 40, size=20), *lines("Words.\nMore than one of them.", 200), T("8", 780)]
    source = pdf.read(
        pdf_file([*built, other], bookmarks=[("A title", 1), ("Another title", 3), ("None", 3)]), Limits()
    )
    assert source.text == (
        "# A title\n\n- One of them\n- Two of them\n\n# Another title\n\nWords.\n\nMore than one of them."
    )
    assert source.dropped == ("what the next page shows as well: page 1",)


def test_text_that_is_marked_as_an_artifact_of_no_type_stays() -> None:
    data = pdf_file([[T("Words.", 300), *lines(BODY, 400)]])
    for kind, kept in ((b"/Artifact BMC", True), (b"/Artifact <</Type /Pagination>> BDC", False)):
        marked = data.replace(b"BT /body 10 Tf 50 490", kind + b" BT /body 10 Tf 50 490").replace(
            b"(Words.) Tj ET", b"(Words.) Tj ET EMC"
        )
        assert ("Words." in pdf.read(marked, Limits()).text) is kept


def test_headings_of_papers_that_are_counted() -> None:
    words = "It is read, as it is no heading at all. It goes on over the whole line."
    heads = ["I. TIDES", "II. EBB", "A. Why it falls", "III. FLOW"]
    fonts = ["body", "body", "italic", "body"]
    page = [T(head, 50 + 80 * at, font=font) for at, (head, font) in enumerate(zip(heads, fonts, strict=True))]
    page += [T(words, 80 + 80 * at) for at in range(4)]
    assert [line for line in read(page).text.split("\n") if line.startswith("#")] == [
        "## I. TIDES", "## II. EBB", "### A. Why it falls", "## III. FLOW",
    ]  # fmt: skip
    assert "#" not in read([line for line in page if line.text != "II. EBB"]).text


def test_what_lies_below_the_page_is_hidden() -> None:
    assert read([*lines(BODY, 50), T("Later.", 820)]).text == BODY.replace("\n", " ")


def test_lines_that_all_cross_a_gutter_end() -> None:
    rows = [[T("left", top), T("right", top, left=200), T("across " * 8, top, left=58)] for top in (100, 140, 180)]
    assert read([line for row in rows for line in row]).text.count("left") == 3


def test_letters_that_are_pictures_are_told_by_their_codes() -> None:
    assert [letter(code, "", known=False) for code in (0x65, 0xE9, 0x0D, 0x1C, 0x01)] == ["e", "é", "fl", "fi", UNKNOWN]
    assert letter(0x65, "Named", known=False) == UNKNOWN


def test_a_title_of_two_lines_that_returns_is_read_whole() -> None:
    title = [T("How a rope is made of", 80, size=14, font="bold"), T("yarn and strands", 96, size=14, font="bold")]
    pages = [[*title, *lines(f"Step {word} is told here.", 200)] for word in ("one", "two", "three")]
    assert read(*pages).text.count("# How a rope is made of yarn and strands\n") == 3


def test_the_number_of_a_page_goes_where_text_stands_below_it_too() -> None:
    words = ["one", "two", "three", "four"]
    pages = [
        [*lines(f"Page {word} says a thing.", 100), T("Ropes", 770, size=7), T(f"{n}/4", 770, left=500, size=7)]
        for n, word in enumerate(words, start=1)
    ]
    pages[1].append(T("A line at the foot.", 785))
    assert read(*pages).text.count("/4") == read(*pages).text.count("Ropes") == 0
    assert "A line at the foot." in read(*pages).text


def test_the_number_of_a_page_may_stand_a_little_above_the_footer() -> None:
    words = ["one", "two", "three", "four"]
    pages = [
        [*lines(f"Page {word} says a thing.", 100), T(str(n), 765, left=500), T("Ropes", 770)]
        for n, word in enumerate(words, start=1)
    ]
    assert read(*pages).text == "\n\n".join(f"Page {word} says a thing." for word in words)


@pytest.mark.parametrize("number", ["{}", "10.3.{}", "3-{}"])
def test_the_number_of_a_page_may_stand_lines_above_the_last_and_have_parts(number: str) -> None:
    words = ["one", "two", "three", "four"]
    pages = [
        [*lines(f"Page {word} says a thing.", 100), T(number.format(n + 6), 750, left=300), *lines("Ropes\nHemp", 765)]
        for n, word in enumerate(words)
    ]
    assert read(*pages).text == "\n\n".join(f"Page {word} says a thing." for word in words)


def test_a_table_of_contents_is_dropped_and_named() -> None:
    source = read([*lines("1 Basics . . . . . . . . . . 3\n2 More . . . . . . . . . . . 9", 50), *lines(BODY, 200)])
    assert source.text == BODY.replace("\n", " ")
    assert source.dropped == ("table of contents",)


def test_the_title_unless_it_is_a_name_of_a_file() -> None:
    assert read(lines(BODY, 50), info="/Title (A title)").title == "A title"
    for name in ("Microsoft Word - a.docx", "PowerPoint Presentation"):
        assert read(lines(BODY, 50), info=f"/Title ({name})").title is None


def test_pages_without_text_are_named() -> None:
    assert read(lines(BODY, 50), [], [], lines(BODY, 50)).notes == ("no text on 2 of 4 pages: 2-3",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf_file([[]]), "no text"),
        (pdf_file([lines(BODY, 50)], encrypted=True), "encrypted"),
        (pdf_file([]), "corrupt"),
        (b"%PDF-1.4\nnothing more", "corrupt"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        pdf.read(data, Limits())
    assert caught.value.reason == reason


def test_too_many_pages() -> None:
    with pytest.raises(UnreadableFile, match="more than 2 pages"):
        pdf.read(pdf_file([lines(BODY, 50)] * 3), Limits(pages=2))
