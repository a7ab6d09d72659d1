"""LaTeX within Markdown: environments are read as LaTeX, commands give way to what they hold."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse.load import load
from ingest.parse.markdown.embedded_latex import with_latex_read


def _read(text: str) -> str:
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
    assert [line for line in with_latex_read(text, _read).split("\n") if line.strip()] == expected.split("\n")


def test_what_is_lost_stays_as_it_is() -> None:
    text = "\\begin{a}\nb\n\\end{a}"
    assert with_latex_read(text, lambda _: "") == text


@given(st.text("\\{}[]$`\n aebginotd"))
def test_words_outside_of_latex_are_kept(text: str) -> None:
    assert with_latex_read(f"{text}\n\nkept", _read).endswith("kept")


def test_what_is_never_closed_takes_no_time() -> None:
    begun = time.monotonic()
    with_latex_read("\\begin{a} \\note{\n" * 20_000, _read)
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
