"""What is printed of an answer while it grows, and after it."""

from dataclasses import replace

import pytest

from app.citations.wording import UNSURE
from app.cli.terminal import clean, emphasised, lines_after, print_answer, rest, settled, usage_table
from app.storage.usage import Day
from app.types import Answer, AnswerEvent, Done, Footnote, More, Nearest, Searching, Writing

NOTE = Footnote(
    1, "d", 0, 9, "It\x1b[2J **falls**\nfast.", ("Notes", "Loss"), "It falls.", 0, page=3, page_word="slide"
)
ANSWER = Answer("It falls.[1]", (NOTE,), confidence=0.8, writer="Claude", model="m", timings_ms={"total": 12.4})


def test_what_is_marked_is_bold_where_the_terminal_knows_it() -> None:
    written = Writing("It is. It falls.", (), ((7, 16),))
    assert emphasised(written, since=0, bold=True) == "It is. \x1b[1mIt falls.\x1b[0m"
    assert emphasised(written, since=3, bold=False) == "is. It falls."
    assert emphasised(Writing("a\x1b[2J", ()), since=0, bold=True) == "a[2J"


def test_how_much_more_there_is_is_said() -> None:
    more = More("notes", ("Notes", "Loss"), 70, 120)
    assert "120 more words in Notes > Loss" in lines_after(replace(ANSWER, more=(more,)))


def test_lines_after_an_answer() -> None:
    assert lines_after(ANSWER) == [
        "Notes > Loss, slide 3",
        "  [1] “It\x1b[2J falls fast.”",
        "",
        "(Claude, m, confidence 0.80, 12 ms)",
    ]
    assert UNSURE in lines_after(replace(ANSWER, unsure=True))
    told = lines_after(replace(ANSWER, notices=("It was cut.",), dropped=2, searched="loss?", given_before=True))
    assert told[2:] == [
        "",
        "It was cut.",
        "2 citation(s) that are not in the course were left out.",
        "",
        "(Claude, m, confidence 0.80, 12 ms, given before, searched for “loss?”)",
    ]
    refused = replace(ANSWER, text="", footnotes=(), refused="writer", nearest=(Nearest("d", ("Notes", "Loss"), 0),))
    assert lines_after(refused)[:4] == ["The course does not cover this.", "", "Nearest sections:", "  - Notes > Loss"]


def test_quotes_of_one_place_stand_together_and_rows_have_their_columns() -> None:
    row = replace(NOTE, number=2, quote="| small | $0.10 |", kind="row", lead="| model | input |")
    elsewhere = replace(NOTE, number=3, path=("Prices",), page=None)
    assert lines_after(replace(ANSWER, footnotes=(NOTE, row, elsewhere)))[:5] == [
        "Notes > Loss, slide 3",
        "  [1] “It\x1b[2J falls fast.”",
        "  [2] “model: small; input: $0.10”",
        "Prices",
        "  [3] “It\x1b[2J falls fast.”",
    ]


def printed(capsys: pytest.CaptureFixture[str], *events: AnswerEvent) -> str:
    print_answer(iter(events), as_json=False)
    return capsys.readouterr().out


def test_the_text_is_printed_once_as_it_grows(capsys: pytest.CaptureFixture[str]) -> None:
    growing = [Writing("It", ()), Writing("It falls.", ()), Writing("It falls.[1]", (NOTE,))]
    out = printed(capsys, Searching("q"), *growing, Done(ANSWER))
    assert out.startswith("It falls.[1]\n\nNotes")
    assert out.count("It falls.") == 1


def test_a_late_mark_repeats_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    made = replace(ANSWER, text="One.\n| a[1] |\nTwo.")
    out = printed(capsys, Writing("One.\n| a |\n", ()), Writing("One.\n| a[1] |\nTw", (NOTE,)), Done(made))
    assert out.startswith("One.\n| a |\n\n| a[1] |\nTwo.\n\nNotes")


def test_a_row_waits_for_its_footnote(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["See", "See:\n\n| a |", "See:\n\n| a[1] |", "See:\n\n| a[1] |\n| b |", "See:\n\n| a[1] |\n| b[2] |"]
    events: list[AnswerEvent] = [Writing(text, ()) for text in texts]
    print_answer(iter([*events, Done(Answer(texts[-1], ()))]), as_json=False)
    assert capsys.readouterr().out.startswith(f"{texts[-1]}\n")
    assert settled("a\n| b |") == "a\n"
    assert settled("a | b") == "a | b"
    assert settled("") == ""


def test_rest() -> None:
    assert rest("abc", "a") == "bc"
    assert rest("abc", "abc") == ""
    assert rest("x\nab", "x\nac") == "\nab"
    assert rest("abX", "abY") == "\nabX"


@pytest.mark.attack("characters that steer a terminal", "left out")
def test_documents_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(
        capsys,
        Writing("\x1b]0;title\x07Red\x1b[31m\r\u202e", ()),
        Done(replace(ANSWER, text="\x1b]0;title\x07Red\x1b[31m\r\u202e")),
    )
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(out)
    assert clean("a\tb\nc\u00e9“") == "a\tb\nc\u00e9“"


def test_an_answer_that_never_ends_is_an_error() -> None:
    assert print_answer(iter([Searching("q")]), as_json=False) == 1


def test_the_table_of_usage() -> None:
    head, row = usage_table([Day("2031-05-01", 4, 1, 2, 12_345, 678, 0.0421, 812.4)]).splitlines()
    assert head.split() == ["day", "answers", "refused", "cached", "tokens", "in", "out", "dollars", "ms"]
    assert row.split() == ["2031-05-01", "4", "1", "2", "12,345", "678", "0.0421", "812"]
