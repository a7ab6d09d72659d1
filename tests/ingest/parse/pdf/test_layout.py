"""What stands where on a page decides how it is read: scripts, columns, tables, text turned on its side."""

from dataclasses import replace

import pytest

from ingest.parse.formats.pdf import read as pdf
from ingest.parse.formats.pdf.blocks import markdown
from ingest.parse.formats.pdf.characters import Char, Style
from ingest.parse.formats.pdf.lines import PageLine, lines_of
from ingest.parse.formats.pdf.pdfium import Sheet
from ingest.parse.formats.pdf.words import Word, words_of
from ingest.parse.reader import Limits
from tests.ingest.parse.pdf.pdf_support import BODY, T, lines, pdf_file, read

HANGING = [
    ("Adams, B. and C. Davis, who wrote a title that goes on for so long that it needs", 200, 50),
    ("two lines of a page up to its margin. In: Proceedings of the 12th, Rome. Press.", 212, 70),
    ("Evans, F. and G. Hill, who wrote a title that goes on for so long that it needs", 224, 50),
    ("two lines of a page. Press.", 236, 70),
    ("Irwin, J. (2010). A short one.", 248, 50),
]
RULES = "".join(f"50 {y} m 450 {y} l S\n" for y in (690, 670, 600))
CELLS = [
    ["Metal", "Melts at", "Share"],
    ["Lead", "327 C", "83 %"],
    ["Tin", "232 C", "9 %"],
    ["Antimony", "631 C", "6 %"],
]


def cells(rows: list[list[str]], *, by_columns: bool = False) -> list[T]:
    """Words 150 points apart, drawn row by row or column by column."""
    placed = [(r, c) for r in range(len(rows)) for c in range(len(rows[0]))]
    if by_columns:
        placed.sort(key=lambda place: place[::-1])
    return [T(rows[r][c], 113 + 20 * r, left=60 + 150 * c) for r, c in placed]


def test_scripts_get_a_mark_and_ordinals_none() -> None:
    page = [
        *lines(BODY, 50),
        *[T("About 10", 100), T("23", 98, left=91.2, size=7), T("of H", 100, left=110), T("2", 105, left=129, size=7)],
        *[T("O in the 19", 100, left=132.9), T("th", 98, left=181.8, size=7), T("century.", 100, left=190)],
    ]
    assert read(page).text.endswith("About 10^23 of H_2O in the 19th century.")


@pytest.mark.parametrize(("bullet", "top"), [("\u2022", 0.9), ("\u2022", -2.0), ("\u2014", -2.0)])
def test_a_small_bullet_that_is_raised_is_no_script(bullet: str, top: float) -> None:
    page = [part for at in (100, 115) for part in (T(bullet, at + top, size=8), T("a rope of hemp", at, left=60))]
    assert read(page).text == "- a rope of hemp\n- a rope of hemp"


@pytest.mark.parametrize(
    ("font", "expected"), [("body", "- a rope\n- a line"), ("code", "```\no a rope\no a line\n```")]
)
def test_a_letter_of_a_font_for_code_before_other_words_is_a_bullet(font: str, expected: str) -> None:
    rows = [(100, "a rope"), (115, "a line")]
    page = [part for top, text in rows for part in (T("o", top, font="code"), T(text, top, left=60, font=font))]
    assert read([*lines(BODY, 50), *page]).text.endswith(f"\n\n{expected}")


def test_a_fraction_is_a_formula() -> None:
    page = [*lines(BODY, 50), T("v =", 120, left=60), T("a + b", 113, left=82), T("c", 126, left=92)]
    assert read(page, drawing="81 673.5 m 105 673.5 l S\n").text.endswith(r"$v = \frac{a + b}{c}$")


def columns(left: int, right: int) -> list[T]:
    """Two columns with so many lines, below a title and above a line that go across."""
    words = "words that fill a line of this column"
    made = [T("A title that goes over both of the columns of this page", 50, left=100, size=16)]
    made += [T(f"Left {i} {words}", 100 + 12 * i) for i in range(left)]
    made += [T(f"Right {i} {words}", 100 + 12 * i, left=320) for i in range(right)]
    return [*made, T("A line at the foot that goes over both of the columns, as long as it takes to do so", 600)]


def test_columns_are_read_one_after_the_other_though_one_is_shorter() -> None:
    for left, right in ((9, 9), (9, 4), (3, 9)):
        numbers = [word for word in read(columns(left, right)).text.split() if word in {"Left", "Right"}]
        assert numbers == ["Left"] * left + ["Right"] * right


def test_columns_that_are_drawn_line_by_line_are_read_as_such_and_doubted() -> None:
    page = sorted(columns(9, 9), key=lambda line: line.top)
    source = read(page)
    assert [word for word in source.text.split() if word in {"Left", "Right"}] == ["Left"] * 9 + ["Right"] * 9
    assert source.notes == ("the order of the columns on page 1 is uncertain",)


def test_a_table_with_level_rules_only() -> None:
    page = [*lines(BODY, 50), *cells(CELLS), *lines("Words after the table, which go on for a while.", 230)]
    assert (
        "| Metal | Melts at | Share |\n| --- | --- | --- |\n| Lead | 327 C | 83 % |" in read(page, drawing=RULES).text
    )


def test_a_table_without_rules_is_doubted() -> None:
    source = read([*lines(BODY, 50), *cells(CELLS)])
    assert "| Metal | Melts at | Share |\n| --- | --- | --- |\n| Lead | 327 C | 83 % |" in source.text
    assert source.notes[0].startswith("a table without rules on page 1, its columns are a guess: Metal Melts at")


def test_a_row_over_the_whole_table_is_no_row_of_it() -> None:
    grid = "".join(f"50 {y} m 500 {y} l S\n" for y in (710, 690, 670, 650, 630, 610))
    grid += "".join(f"{x} 690 m {x} 610 l S\n" for x in (200, 350)) + "50 710 m 50 610 l S\n500 710 m 500 610 l S\n"
    page = [*lines(BODY, 50), T("Metals of the press", 93, left=200), *cells(CELLS)]
    assert "\n\nMetals of the press\n\n| Metal | Melts at | Share |\n" in read(page, drawing=grid).text


def test_boxes_joined_by_arrows_are_no_table() -> None:
    boxes = "".join(f"{x} {y} 120 40 re S\n" for x in (50, 300) for y in (600, 500))
    boxes += "170 620 m 300 620 l S\n110 600 m 110 540 l S\n170 520 m 300 520 l S\n"
    page = [T("Sun warms the sea", 165, left=55), T("Clouds form", 165, left=310)]
    page += [T("Rivers run back", 265, left=55), T("Rain and snow fall", 265, left=310)]
    text = read([*lines(BODY, 50), *page], drawing=boxes).text
    assert "|" not in text
    assert all(line.text in text for line in page)


def test_text_turned_on_its_side_is_left_out_and_named() -> None:
    turned = "BT /body 40 Tf 0.57 0.82 -0.82 0.57 150 300 Tm (DRAFT) Tj ET\n"
    source = pdf.read(pdf_file([lines(BODY, 50)], drawing=turned), Limits())
    assert source.text == BODY.replace("\n", " ")
    assert source.dropped == ("text turned on its side on page 1: DRAFT",)


def test_letters_that_are_slanted_are_not_turned() -> None:
    slanted = "BT /body 10 Tf 1 0 0.25 1 50 300 Tm (a slanted word) Tj ET\n"
    source = pdf.read(pdf_file([lines(BODY, 50)], drawing=slanted), Limits())
    assert "a slanted word" in source.text
    assert source.dropped == ()


def test_a_narrow_gap_behind_a_script_is_a_space() -> None:
    style = Style("Helvetica", 10.0, 0, False, False)
    small = replace(style, size=7.0)
    signs = [("n", 0.0, 100.0, style), ("A", 5.0, 102.0, small), ("a", 11.0, 100.0, style), ("s", 16.0, 100.0, style)]
    run = [Char(text, left, left + 0.5 * style.size, base, style, 93.0, base) for text, left, base, style in signs]
    run[1] = replace(run[1], right=8.6)
    assert [word.text for word in words_of(run, 10.0, 100.0, rtl=False)] == ["n_A", "as"]
    assert [word.text for word in words_of(run[2:], 10.0, 100.0, rtl=False)] == ["as"]


def test_a_page_that_is_turned_as_a_whole_is_read() -> None:
    drawing = "BT /body 10 Tf 0 1 -1 0 100 100 Tm (Steel rusts near the sea.) Tj ET\n"
    assert pdf.read(pdf_file([[]], drawing=drawing), Limits()).text == "Steel rusts near the sea."


def test_double_spaced_lines_are_one_paragraph() -> None:
    text = "This line is one of several that stand far from each other, all\nof them one paragraph though, as they do in a thesis of a year\n"
    text += "that is to be marked by hand by somebody who needs room."
    page = [T(line, 50 + 24 * i) for i, line in enumerate(text.split("\n"))]
    assert read([*lines(BODY, 200), *page]).text.split("\n\n")[0] == text.replace("\n", " ")


def test_entries_with_space_between_are_not_run_together() -> None:
    words = ["hole – opening in a bone", "lacunae – spaces that house a cell", "cavity – hollow of the shaft of a bone"]
    page = [T(line.replace("–", "-"), 200 + 20 * i) for i, line in enumerate(words)]
    assert read([*lines(BODY, 50), *page]).text.split("\n\n")[1:] == [line.replace("–", "-") for line in words]


def test_answers_of_a_question_are_items_below_it() -> None:
    answers = [T(words, 112 + 20 * i, left=70) for i, words in enumerate(["a. a hole", "b. b"])]
    assert read([*lines(BODY, 50), T("1. What is it?", 95), *answers]).text.endswith(
        "1. What is it?\n   - a. a hole\n   - b. b"
    )


def test_a_table_that_goes_on_over_the_page_has_its_header_once() -> None:
    first, second = cells(CELLS[:3]), cells([CELLS[0], CELLS[3]])
    text = read([*lines(BODY, 50), *first], second).text
    assert text.count("| Metal |") == 1
    assert text.endswith("| Tin | 232 C | 9 % |\n| Antimony | 631 C | 6 % |")


def test_a_bold_line_of_another_typeface_is_a_heading_though_it_is_no_larger() -> None:
    title = T("Hormones that influence the cells of bone and maintain the matrix", 50, font="other")
    page = [
        title,
        *lines("Several hormones are necessary for growth and for the matrix of\nthe bones, as is known.", 62),
    ]
    first, *_ = read([*page, *lines(BODY, 200)]).text.split("\n\n")
    assert first.startswith("#")
    assert first.endswith("matrix")


def test_the_next_term_of_a_glossary_begins_anew_on_the_next_page() -> None:
    first = "plate – a sheet of cartilage in the bone of a child that is\nreplaced by bone tissue as the organ grows in its length and\nis seen no more when the growth of the organ ends with age"
    pages = [[*lines(BODY, 50), *lines(first, 700)], lines("epiphysis – wide section at each end of a long bone", 50)]
    assert "\n\nepiphysis – wide" in pdf.read(pdf_file(pages), Limits()).text


def test_the_terms_of_a_glossary_whose_lines_are_full_are_apart() -> None:
    entries = [
        "endochondral ossification – process in which bone forms by replacing hyaline cartilage",
        "epiphyseal line – completely ossified remnant of the plate at which the long bone grew",
        "modeling – process, during the growth of a bone, by which it is resorbed on one surface\nand deposited on another – the shape changes with it",
    ]
    text = read(lines("\n".join(entries), 50)).text
    assert text.split("\n\n") == [entry.replace("\n", " ") for entry in entries]


def test_bold_terms_above_what_they_mean_are_entries_of_a_glossary() -> None:
    terms = {"bend": "knot that joins two ropes", "bight": "slack part of a rope", "hitch": "knot around a post"}
    page = [T("Key Terms", 40, font="bold", size=14)]
    for at, (term, meaning) in enumerate(terms.items()):
        page += [T(term, 70 + 24 * at, font="bold"), T(meaning, 82 + 24 * at, left=80)]
    entries = "\n".join(f"- {term}: {meaning}" for term, meaning in terms.items())
    assert read([*page, *lines(BODY, 200)]).text.startswith(f"# Key Terms\n\n{entries}\n\n")


def test_a_bracket_that_was_opened_before_makes_no_item() -> None:
    words = "Rope is sold by its weight in a shop, and a hank of it (with its 18\ngr) is light enough to be worn on a belt all day long."
    assert read([*lines(words, 50), *lines(BODY, 100)]).text.startswith(words.replace("\n", " "))


def test_a_small_line_with_a_label_is_a_caption_and_several_sentences_are_not() -> None:
    captions = [
        "Figure 6.7 Anatomy of a long bone",
        "Figure 6.8 Ossification follows steps. (a) Cells group into clusters.",
    ]
    page = [T(words, 200 + 40 * i, size=8) for i, words in enumerate(captions)]
    source = read([*lines(BODY, 50), *page, T("Table 3 is as large as the text.", 400)])
    assert [source.text[span.start : span.end] for span in source.roles] == captions[:1]


def test_what_stands_around_a_fraction_slash_is_no_script() -> None:
    run = [
        Char(text, left, left + 4, base, Style("F", size, 0, False, False), base - size, base)
        for text, left, base, size in [("1", 0, 96, 6.0), ("⁄", 4, 100, 10.0), ("4", 8, 100, 6.0)]
    ]
    assert [word.text for word in words_of(run, 10.0, 100.0, rtl=False)] == ["1⁄4"]


def test_a_narrow_space_without_width_parts_words_from_right_to_left() -> None:
    style = Style("F", 10.0, 0, False, False)
    letters = [("ه", 0, 5), (" ", 7, 7), ("ل", 7, 12), (" ", 12.5, 12.5), ("ي", 12.5, 17), (" ", 90, 93)]
    chars = tuple(Char(text, left, right, 100, style, 92, 100) for text, left, right in letters)
    page = Sheet(1, 500, 700, True, True, chars, (), (), (), 0)
    assert [line.text for line in lines_of(page)] == ["ه لي"]


def test_signs_without_a_letter_before_lines_are_bullets() -> None:
    words = [Word(text, left, left + 40) for left, text in ((50, "\ufffd\ufffd"), (92, "Design"))]
    rows = [PageLine(tuple(words), 1, 100.0 + 12 * number, 10.0, 0.2, number) for number in range(2)]
    assert markdown(rows, []).text == "- Design\n- Design"


def test_entries_with_a_hanging_indent_are_apart() -> None:
    entries = [T(text, top, left=left) for text, top, left in HANGING]
    assert read([*lines(BODY, 50), *entries]).text.split("\n\n")[-3:] == [
        "Adams, B. and C. Davis, who wrote a title that goes on for so long that it needs two lines of a page up to its "
        "margin. In: Proceedings of the 12th, Rome. Press.",
        "Evans, F. and G. Hill, who wrote a title that goes on for so long that it needs two lines of a page. Press.",
        "Irwin, J. (2010). A short one.",
    ]


def test_what_is_ticked_stands_beside_its_tick_and_is_an_item() -> None:
    def chars(text: str, base: float, left: float) -> list[Char]:
        style = Style("Times-Bold", 10, 0, False, False)
        hangs = 8 if text == "√" else 0  # as TeX draws it, below the base line
        return [
            Char(letter, left + 5 * i, left + 5 * i + 5, base - hangs, style, base - 7 + hangs / 2, base + hangs / 3)
            for i, letter in enumerate(text)
        ]

    options = [("\u20dd Hemp", 120), ("\u20dd Jute", 140), ("√", 160), ("Silk", 160)]
    page = [
        char
        for text, base in options
        for char in chars(text, base, 62.5 if text == "Silk" else 52.5 - 2.5 * (text == "√"))
    ]
    drawn = lines_of(Sheet(1, 500, 700, False, True, tuple(page), (), (), (), 0))
    assert markdown(drawn, ()).text == "- Hemp\n- Jute\n- √ Silk"
