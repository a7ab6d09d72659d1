"""PDF text to Markdown, on small PDF files written here: text placed line by line, as in real ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from ingest.parse.formats.pdf import read as pdf
from ingest.parse.formats.pdf.characters import UNKNOWN, letter
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile

FONTS = {
    "italic": "Helvetica-Oblique",
    "body": "Helvetica",
    "bold": "Helvetica-Bold",
    "code": "Courier",
    "other": "Times-Bold",
    "joined": "Times-Roman",
}
ENCODINGS = {"joined": "<< /Differences [33 /f_f /s_t.alt] >>"}


@dataclass(frozen=True, slots=True)
class T:
    """A line of text: points from the left and from the top of a page of 600 by 800."""

    text: str
    top: float
    left: float = 50
    size: float = 10
    font: str = "body"


def lines(text: str, top: float, **style: object) -> list[T]:
    """Lines below each other, 12 points apart."""
    return [T(line, top + 12 * i, **style) for i, line in enumerate(text.split("\n"))]  # type: ignore[arg-type]


def pdf_file(
    pages: Sequence[Sequence[T]],
    *,
    bookmarks: Sequence[str | tuple[str, int]] = (),
    info: str = "",
    encrypted: bool = False,
    drawing: str = "",
) -> bytes:
    """A PDF 1.4 file with Latin text in the standard fonts; `drawing` is put on every page, bookmarks lead to the first."""
    first = 6 + len(bookmarks)
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(pages)))
    fonts = " ".join(
        f"/{name} << /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding {ENCODINGS.get(name, '/WinAnsiEncoding')} >>"
        for name, font in FONTS.items()
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R" + (" /Outlines 3 0 R" if bookmarks else "") + " >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 600 800] "
        f"/Resources << /Font << {fonts} >> >> >>",
        f"<< /Type /Outlines /First 6 0 R /Last {5 + len(bookmarks)} 0 R /Count {len(bookmarks)} >>",
        f"<< {info} >>",
        f"<< /Filter /Standard /V 1 /R 2 /O <{'00' * 32}> /U <{'00' * 32}> /P -4 >>",
    ]
    for i, bookmark in enumerate(bookmarks):
        title, page_number = bookmark if isinstance(bookmark, tuple) else (bookmark, 1)
        following = f" /Next {7 + i} 0 R" if i + 1 < len(bookmarks) else ""
        place = first + 2 * (page_number - 1)
        objects.append(f"<< /Title ({title}) /Parent 3 0 R /Dest [{place} 0 R /Fit]{following} >>")
    for i, page in enumerate(pages):
        stream = "".join(
            f"BT /{t.font} {t.size} Tf {t.left} {800 - t.top - t.size} Td ({escaped(t.text)}) Tj ET\n" for t in page
        )
        stream += drawing
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {first + 2 * i + 1} 0 R >>")
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}endstream")
    return assembled(objects, "/Encrypt 5 0 R /ID [<00> <00>]" if encrypted else "")


def assembled(objects: Sequence[str], extra: str) -> bytes:
    data, offsets = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R "
    return data + f"{end}/Info 4 0 R {extra} >>\nstartxref\n{len(data)}\n%%EOF\n".encode()


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def read(*pages: Sequence[T], **options: object) -> Source:
    return pdf.read(pdf_file(pages, **options), Limits())  # type: ignore[arg-type]


BODY = "The first line of a paragraph that is long enough to be one\nand its second line, which ends here."


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
