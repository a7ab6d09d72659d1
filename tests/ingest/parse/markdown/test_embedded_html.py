"""Tables and formulas that stand as HTML in Markdown."""

from pathlib import Path

import pytest

from ingest.parse.load import load
from ingest.parse.markdown.embedded_html import with_parts_read

TABLE = "<table><thead><tr><th>knot</th><th>load</th></tr></thead>\n<tbody><tr><td>bowline</td><td>65</td></tr></tbody></table>"
MATH = "<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>"


def read(folder: Path, text: str) -> str:
    path = folder / "notes.md"
    path.write_text(text, encoding="utf-8")
    return load(path, root=folder).text


def test_a_table_is_a_table(tmp_path: Path) -> None:
    document = read(tmp_path, f"# Knots\n\nThey hold:\n{TABLE}\nThat is all.\n")
    assert "They hold:\n\n\n| knot | load |\n| --- | --- |\n| bowline | 65 |\n\n\nThat is all." in document


def test_a_formula_is_one_within_its_line(tmp_path: Path) -> None:
    assert "Half of it is $\\frac{a}{2}$, no more." in read(tmp_path, f"Half of it is {MATH}, no more.\n")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("\n\n, and so on.", "Half is $\\frac{a}{2}$, and so on."),
        ("\n\n of it.", "Half is $\\frac{a}{2}$ of it."),
        ("*\n\n*. So", "Half is $\\frac{a}{2}$*\n\n*. So"),
        ("\n\nof it.", "Half is $\\frac{a}{2}$\n\nof it."),
        ("\n\n Of it.", "Half is $\\frac{a}{2}$\n\n Of it."),
        ("\n\n* one", "Half is $\\frac{a}{2}$\n\n* one"),
    ],
)
def test_a_paragraph_goes_on_behind_a_formula(tmp_path: Path, after: str, expected: str) -> None:
    assert expected in read(tmp_path, f"# Halves\n\nHalf is {MATH}{after}\n")


def test_what_is_written_in_a_formula_is_no_code_and_an_empty_one_is_nothing(tmp_path: Path) -> None:
    noted = MATH.replace("<math>", "<math><semantics>").replace(
        "</math>", "<annotation>a ` 2</annotation></semantics></math>"
    )
    document = read(tmp_path, f"# Halves\n\nFirst {noted} and {noted} and <math><mrow /></math> no more.\n")
    assert "First $\\frac{a}{2}$ and $\\frac{a}{2}$ and  no more." in document


@pytest.mark.parametrize(
    "text", [f"```html\n{TABLE}\n```", f"So `{MATH}` is written.", "<table> is an element", "<table><tr></table>"]
)
def test_code_and_what_is_no_table_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    assert text in read(tmp_path, f"# Notes\n\n{text}\n\nText.\n")


def test_where_a_part_is_lost_nothing_is_changed() -> None:
    text = f"{TABLE}\n\n{MATH}"
    assert with_parts_read(text, lambda page: "") == text
    assert with_parts_read(text, lambda page: "\uf8feone") == text


def test_one_program_is_started_for_all() -> None:
    pages: list[str] = []

    def answer(page: str) -> str:
        pages.append(page)
        return "\uf8fe| a |\uf8fe$x$"

    assert with_parts_read(f"{TABLE} and {MATH}.", answer) == "\n\n| a |\n\n and $x$."
    assert len(pages) == 1
