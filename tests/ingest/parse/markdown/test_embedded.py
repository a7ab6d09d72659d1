"""HTML and LaTeX that stand in Markdown: parts are read as in their own files, commands give way to what they hold."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse.load import load
from ingest.parse.markdown.embedded import with_latex_read, with_parts_read

TABLE = "<table><thead><tr><th>knot</th><th>load</th></tr></thead>\n<tbody><tr><td>bowline</td><td>65</td></tr></tbody></table>"
MATH = "<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>"


def read(folder: Path, text: str) -> str:
    path = folder / "notes.md"
    path.write_text(text, encoding="utf-8")
    return load(path, root=folder).text


def test_a_table_is_a_table(tmp_path: Path) -> None:
    document = read(tmp_path, f"# Knots\n\nThey hold:\n{TABLE}\nThat is all.\n")
    assert "They hold:\n\n\n| knot | load |\n| --- | --- |\n| bowline | 65 |\n\n\nThat is all." in document


def test_the_caption_of_a_figure_is_a_paragraph_beside_its_picture(tmp_path: Path) -> None:
    figure = '<figure class="wide">\n      <img src="a.png" alt="Two ropes">\n  <figcaption>Each\n  holds.</figcaption>\n</figure>'
    blocks = [one.strip() for one in read(tmp_path, f"# Knots\n\nSee:\n{figure}\nThat is all.\n").split("\n\n")]
    assert [*filter(None, blocks)] == ["# Knots", "See:", "![Two ropes](a.png)", "Each holds.", "That is all."]
    assert figure in read(tmp_path, f"# Knots\n\n```html\n{figure}\n```\n")


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


def test_what_is_written_in_a_formula_is_no_code(tmp_path: Path) -> None:
    noted = MATH.replace("<math>", "<math><semantics>").replace(
        "</math>", "<annotation>a ` 2</annotation></semantics></math>"
    )
    document = read(tmp_path, f"# Halves\n\nFirst {noted} and {noted} no more.\n")
    assert "First $\\frac{a}{2}$ and $\\frac{a}{2}$ no more." in document


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


def replaced(text: str) -> str:
    return text.replace("\\", "/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Ropes are \textbf{ strong } and \alert{not {all}} new.", "Ropes are **strong** and **not {all}** new."),
        (r"\textcolor{red}{a \emph{b}} \href{x}{c}", "a *b* c"),
        ("\\note{\n\nAsk *them*.\n\n- one\n}\nMore.", "Speaker notes: Ask *them*.\n- one\nMore."),
        (r"`\alert{a}` $\textbf{x}$ \alert{open", r"`\alert{a}` $\textbf{x}$ \alert{open"),
        ("```\n\\begin{a}\n\\end{a}\n```", "```\n\\begin{a}\n\\end{a}\n```"),
        ("$$\n\\begin{a}\n\\end{a}\n$$", "$$\n\\begin{a}\n\\end{a}\n$$"),
        ("A\n\\begin{a}\n\\begin{b}\n\nc\n\\end{b}\n\\end{a}\nD", "A\n/begin{a}\n/begin{b}\nc\n/end{b}\n/end{a}\nD"),
        ("\\begin{a}\n\n\\begin{b}\nc\n\\end{b}", "\\begin{a}\n/begin{b}\nc\n/end{b}"),
    ],
)
def test_with_latex_read(text: str, expected: str) -> None:
    assert [line for line in with_latex_read(text, replaced).split("\n") if line.strip()] == expected.split("\n")


def test_what_is_lost_stays_as_it_is() -> None:
    text = "\\begin{a}\nb\n\\end{a}"
    assert with_latex_read(text, lambda _: "") == text


@given(st.text("\\{}[]$`\n aebginotd"))
def test_words_outside_of_latex_are_kept(text: str) -> None:
    assert with_latex_read(f"{text}\n\nkept", replaced).endswith("kept")


def test_what_is_never_closed_takes_no_time() -> None:
    begun = time.monotonic()
    with_latex_read("\\begin{a} \\note{\n" * 20_000, replaced)
    assert time.monotonic() - begun < 2


def test_a_file_of_slides_for_beamer(tmp_path: Path) -> None:
    file = tmp_path / "week.md"
    file.write_text(
        "# Ropes\n\n\\begin{columns}\\column{0.5\\textwidth}\n\\begin{itemize}\n\\item hemp\n\\item steel\n\\end{itemize}\n\\end{columns}\n\n"
        "\\begin{equation*}\nF = \\frac{a}{b}\n\\end{equation*}\n\nThat is \\alert{all}.\n"
    )
    text = load(file, root=tmp_path).text
    assert "- hemp\n- steel" in text
    assert "F = \\frac{a}{b}" in text
    assert "That is **all**." in text
    assert "\\begin{c" not in text
