"""Excel workbooks to Markdown."""

import datetime
import io

import openpyxl
import pytest

from ingest.parse.formats import spreadsheets
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile


def book() -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Temperatures"
    for row in (["Weather 2024"], [], ["Day", "Temp", None, "Key"], [datetime.date(2024, 2, 1), 13.0, None, "C"]):
        sheet.append(row)
    sheet.append(["Mean", -4.5, None, "D"])
    sheet.column_dimensions["D"].hidden = True
    sheet.row_dimensions[5].hidden = True
    made.create_sheet("Answers").append(["SECRET"])
    made["Answers"].sheet_state = "hidden"
    return made


def read(made: openpyxl.Workbook, limits: Limits = Limits()) -> tuple[str, tuple[str, ...]]:
    made.save(buffer := io.BytesIO())
    source = spreadsheets.read_xlsx(buffer.getvalue(), limits)
    return source.text, source.hidden


def test_sheets_are_tables_under_their_names_and_what_is_hidden_is_left_out() -> None:
    made = book()
    made["Temperatures"].append(["Max", 20, None, "E"])
    text, hidden = read(made)
    assert text == (
        "## Temperatures\n\n| Weather 2024 |  |\n| --- | --- |\n| Day | Temp |\n| 2024-02-01 | 13 |\n| Max | 20 |"
    )
    assert hidden == ("hidden column D of Temperatures", "hidden row 5 of Temperatures", "hidden sheet: Answers")


def test_what_is_hidden_can_be_wanted_and_a_title_row_stands_above() -> None:
    text, hidden = read(book(), Limits(include_hidden=True))
    assert text.startswith("## Temperatures\n\nWeather 2024\n\n| Day | Temp | Key |\n")
    assert text.endswith("| Mean | -4.5 | D |\n\n## Answers\n\n| SECRET |\n| --- |")
    assert not hidden


def test_a_sheet_of_too_many_cells() -> None:
    made = openpyxl.Workbook()
    made.active["XFD100"] = "far away"
    with pytest.raises(UnreadableFile, match=r"1,638,400 cells; the limit is 1,000,000\.") as caught:
        read(made)
    assert caught.value.reason == "too large"
