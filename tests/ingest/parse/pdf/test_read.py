"""PDF text to Markdown, on small PDF files written here: text placed line by line, as in real ones."""

import pytest

from tests.ingest.parse.pdf.pdf_support import BODY, T, lines, read


def test_headings_by_size_and_by_weight() -> None:
    source = read(
        [
            T("The Title", 40, size=24),
            T("A chapter", 100, size=16),
            *lines(BODY, 130),
            T("A bold line", 180, font="bold"),
            *lines(BODY, 200),
        ]
    )
    text = BODY.replace("\n", " ")
    assert source.text == f"# The Title\n\n## A chapter\n\n{text}\n\n### A bold line\n\n{text}"


def test_a_number_before_a_bold_line_makes_it_no_item() -> None:
    page = [
        T("1. Ropes", 40, font="bold"),
        *lines(BODY, 60),
        T("2. Exercises", 110, font="bold"),
        T("1. Tie one.", 130),
    ]
    source = read([*page, T("2. Tie another.", 145)])
    text = BODY.replace("\n", " ")
    assert source.text == f"## 1. Ropes\n\n{text}\n\n## 2. Exercises\n\n1. Tie one.\n2. Tie another."
    items = [T(f"{n}. {name}", 100 + 15 * n, font="bold") for n, name in enumerate(["Bends", "Hitches"], start=1)]
    assert read([*lines(BODY, 40), *items]).text.endswith("\n\n1. Bends\n2. Hitches")


def test_bookmarks_tell_the_headings() -> None:
    page = [T("1 One", 40, font="bold"), *lines(BODY, 60), T("Not one", 110, font="bold"), *lines(BODY, 130)]
    source = read(
        page, [T("2 Two", 40), *lines(BODY, 80), T("Three", 200), *lines(BODY, 220)], bookmarks=["One", "Two", "Three"]
    )
    assert [line for line in source.text.split("\n") if line.startswith("#")] == ["# 1 One", "# 2 Two", "# Three"]


def test_a_bold_line_above_the_first_bookmark_is_the_title() -> None:
    page = [T("Ropes", 20, font="bold"), T("By hand", 35, font="bold")]
    for n, name in enumerate(["One", "Two", "Three"]):
        page += [T(f"{n + 1}. {name}", 60 + 60 * n), *lines(BODY, 80 + 60 * n)]
    source = read(page, bookmarks=["One", "Two", "Three"])
    assert [line for line in source.text.split("\n") if line.startswith("#")] == [
        "# Ropes",
        "## 1. One",
        "## 2. Two",
        "## 3. Three",
    ]


def test_what_is_smaller_than_the_text_is_no_heading_that_a_bookmark_names() -> None:
    page = [T("One", 100), *lines(BODY, 120), T("Two", 160, size=8), T("Two", 200), *lines(BODY, 220), T("Three", 260)]
    source = read([*page, *lines(BODY, 280)], bookmarks=["One", "Two", "Two", "Three"])
    assert [line for line in source.text.split("\n") if line.startswith("#")] == ["# One", "# Two", "# Three"]


def test_slides_have_their_titles_for_headings_and_no_agenda() -> None:
    names = ["Ropes", "Knots", "Splices"]
    pages = [[T("On board", 300, size=20)]]
    for name in names:
        pages.append(
            [T("Agenda", 40, size=12), *(T(f"{n}. {each}", 60 + 60 * n) for n, each in enumerate(names, start=1))]
        )
        pages.append([T(name, 300, size=14)])
        pages += [
            [T(f"{name}: use", 40, size=12), T(f"- {part} about it is told", 300)] for part in ("a first thing", "more")
        ]
    source = read(*pages, bookmarks=[(name, 3 + 4 * n) for n, name in enumerate(names)])
    slide = "## {0}\n\n### {0}: use\n\n- a first thing about it is told\n\n### {0}: use\n\n- more about it is told"
    assert source.text == "\n\n".join(["# On board", *map(slide.format, names)])
    assert source.dropped == ("table of contents",)


def test_a_slide_that_lists_some_titles_is_no_agenda() -> None:
    names = ["Ropes", "Knots", "Splices"]
    agenda = [T("Agenda", 40, size=12), *(T(f"{n}. {name}", 60 + 60 * n) for n, name in enumerate(names, start=1))]
    kinds = [T("Ropes: joined", 40, size=12), *(T(f"- {name}", 60 + 30 * n) for n, name in enumerate(names[1:]))]
    told = [[T(name, 40, size=14), T(f"- what there is to tell of {name.lower()}", 300)] for name in names]
    source = read(
        agenda,
        told[0],
        kinds,
        agenda,
        told[1],
        told[2],
        bookmarks=[(n, p) for n, p in zip(names, (2, 5, 6), strict=True)],
    )
    assert "joined\n\n- Knots\n- Splices" in source.text
    assert "Agenda" not in source.text
    blanks = [*lines(BODY, 40), T("The answer is . . . . . . . . . .", 100)]
    assert read(blanks).text.endswith("answer is . . . . . . . . . .")


def test_numbers_of_lines_are_no_part_of_a_listing() -> None:
    code = ["BEGIN", "  SELECT 1", "END;"]
    listing = [
        [T(str(n), 100 + 12 * n, left=40, size=5), T(line, 97 + 12 * n, left=60, size=8, font="code")]
        for n, line in enumerate(code, start=1)
    ]
    assert read([*lines(BODY, 40), *(part for line in listing for part in line)]).text.endswith(
        "\n\n```\nBEGIN\n  SELECT 1\nEND;\n```"
    )


def test_hyphens_at_the_end_of_a_line() -> None:
    text = "This line has the word infor-\nmation cut in two, and this self-\nattention has its hyphen, as self-attention here."
    source = read(lines(text, 50))
    assert source.text == (
        "This line has the word information cut in two, and this self-attention has its hyphen, as self-attention here."
    )


def test_letters_that_are_one_sign_are_told_by_its_name() -> None:
    source = read([T('The sheri! is the fa"est of the sta! of this town.', 50, font="joined")])
    assert source.text == "The sheriff is the fastest of the staff of this town."


def test_a_paragraph_goes_on_over_the_page() -> None:
    source = read(lines("A sentence that goes on and on and\nover to", 700), lines("the next page. And another.", 50))
    assert source.text == "A sentence that goes on and on and over to the next page. And another."
    assert [(page.number, source.text[page.start :][:8]) for page in source.pages] == [(1, "A senten"), (2, "the next")]


def test_paragraphs_end_at_a_gap_and_where_lines_begin_elsewhere() -> None:
    other = [
        T("another one that follows after a gap, as long as the others", 84),
        T("and goes on flush with it, as lines do", 96),
    ]
    shifted = [T("and this begins further to the right", 108, left=80)]
    source = read([*lines(BODY.rstrip("."), 50), *other, *shifted])
    assert source.text.split("\n\n") == [
        BODY.rstrip(".").replace("\n", " "),
        "another one that follows after a gap, as long as the others and goes on flush with it, as lines do",
        "and this begins further to the right",
    ]


def test_lists_with_bullets_numbers_and_lines_that_go_on() -> None:
    source = read([*lines("These count here:\n• one, which is long and\n  goes on\n• two\n1. first\n2. second", 50)])
    assert source.text == "These count here:\n\n- one, which is long and goes on\n- two\n1. first\n2. second"


def test_a_letter_counts_if_one_beside_it_does() -> None:
    case = [T("Twine Company", 40, size=16), T("v. Ropes of the State", 58, size=16), *lines(BODY, 90)]
    assert "# v. Ropes" in read(case).text
    assert read(lines("These count:\na. hemp\nb. jute", 50)).text == "These count:\n\n- a. hemp\n- b. jute"


def test_code_keeps_its_indentation_and_empty_lines() -> None:
    code = [T("def f():", 100, font="code"), T("return 1", 124, left=74, font="code"), T("f()", 136, font="code")]
    source = read([*lines("Run it, it is short and simple:", 50), *code])
    assert source.text == "Run it, it is short and simple:\n\n```\ndef f():\n\n    return 1\nf()\n```"


GRID = [T("Model", 104, left=55), T("Price", 104, left=205), T("small", 124, left=55), T("one", 124, left=205)]
GRID += [T("dollar", 136, left=205), T("large", 156, left=55)]


@pytest.mark.parametrize(
    "drawing",
    [
        "".join(f"50 {y} m 350 {y} l S\n" for y in (700, 680, 650, 630))
        + "".join(f"{x} 700 m {x} 630 l S\n" for x in (50, 200, 350)),
        "".join(f"50 {y} 300 0.5 re f\n" for y in (700, 680, 650, 630))
        + "".join(f"{x} 630 0.5 70 re f\n" for x in (50, 200, 350)),
        "".join(f"{x} {y} 150 {h} re S\n" for x in (50, 200) for y, h in ((680, 20), (650, 30), (630, 20))),
    ],
    ids=["lines", "thin rectangles", "a rectangle for each cell"],
)
def test_a_table_with_rules(drawing: str) -> None:
    page = [*lines("Some words before the table.", 50), *GRID, *lines("Some words after the table.", 220)]
    assert read(page, drawing=drawing).text == (
        "Some words before the table.\n\n"
        "| Model | Price |\n| --- | --- |\n| small | one dollar |\n| large |  |\n\n"
        "Some words after the table."
    )


def test_a_frame_is_no_table() -> None:
    assert read(lines(BODY, 110), drawing="40 650 400 60 re S\n").text == BODY.replace("\n", " ")
