"""LaTeX with commands that pandoc does not know, or stops at, and with definitions in other files of the course."""

import time
from pathlib import Path

import pytest

from ingest.discover.changes import list_sources
from ingest.discover.files import CourseFile
from ingest.parse.load import load
from ingest.parse.pandoc import read as pandoc
from ingest.parse.pandoc.latex_source import of_course
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile


def read(text: str) -> Source:
    return pandoc.read(text.encode(), Limits(), kind="latex")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ("\\begin{frame}<1->[t]{Tides}{Why}\nThey rise.\n\\end{frame}", "### Tides\n\n#### Why\n\nThey rise."),
        ("\\frame{\\titlepage}\n\\frame[t]\n{\\frametitle{Ebb} It {falls}.}\n\\begin{frame}{}Low.\\end{frame}", "### Ebb\n\nIt falls.\n\nLow."),
        ("\\begin{frame}\\begin{block}<2->{Neap}\nLow.\\end{block}\\note[item]{Draw it.}\\end{frame}", "Neap\n\nLow.\n\nSpeaker notes: Draw it."),
        ("\\begin{frame}\\only<1>{Ebb} \\uncover<2-3>{and flow}: $a<1$.\\begin{itemize}[<+->]\\item<+-> High\\end{itemize}\\end{frame}", "Ebb and flow: $a<1$.\n\n- High"),
        ("\\begin{frame}\\begin{theorem}[Moon]\nIt pulls.\\end{theorem}\\end{frame}", "**Theorem.** [Moon] It pulls."),
        ("\\newtheorem{fact}{Satz}\\begin{frame}\\begin{fact}\nIt pulls.\\end{fact}\\end{frame}", "**Satz 1**. *It pulls.*"),
    ],
)  # fmt: skip
def test_slides_of_beamer(frames: str, expected: str) -> None:
    assert read(f"\\documentclass{{beamer}}\n\\begin{{document}}\n{frames}\n\\end{{document}}").text == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Tides rise.\n\\vskip-\\baselineskip\nThey fall.", "Tides rise.\n\nThey fall."),
        ("Is $f$\\hskip.75pt? \\parskip=0pt plus 1pt No.", "Is $f$ ? No."),
        ("So \\hspace{2mm}{\\small it flows} on, {\\color{red}{and}} back.", "So it flows on, and back."),
        ("The \\key{neap tide} is low.", "The neap tide is low."),
        ("We hope \\dt\\ is small, as $\\dt^2$.", "We hope $\\mathrm{dt}$ is small, as $\\dt^2$."),
        ("So \\half{of it} and $\\half{x}$.", "So of it and $\\half{x}$."),
        ("Ebb. \\clearline\n\nFlow.", "Ebb.\n\nFlow."),
        ("\\newcommand{\\gp}{\\ensuremath{g'}}Let \\gp\\ be $\\gp(x)$.", "Let $g'$ be ${g'}(x)$."),
        ("See Section \\ref{sec:moon}, by (\\ref{eq:a}), \\eqref{eq:b} (or not).", "See Section, by, (or not)."),
        ("\\section{Moon}\\label{m} See \\ref{m}, Figure~\\ref{f}(a).", "# Moon\n\nSee 1, Figure (a)."),
        ("\\begin{enumerate}\n\\addtocounter{enumi}{3}\\item Ebb\n\\end{enumerate}", "4. Ebb"),
        ("\\ifthenelse{\\boolean{wide}}{Ebb.}% narrow\n{Ebb and flow.}", "Ebb and flow."),
        ("\\newcommand{\\more}{More tides}\\section\\more\nEbb.", "# More tides\n\nEbb."),
        ("\\begin{note}[A word of care]{n:1} Mind it.\\end{note}", "A word of care\n\nMind it."),
    ],
)
def test_what_pandoc_does_not_know(source: str, expected: str) -> None:
    assert read(source).text == expected


def test_arguments_are_text_unless_they_name_something() -> None:
    found = read(
        "Before.\n\n\\problem{ex_1}{Height of a tide}{How high is it?\n\n\\begin{itemize}\\item At noon\\end{itemize}}\n"
        "{It is \\key{high}.\n\nBy 3 m.}\n\nAfter.\n\n\\mypicture{.5}{figures/tide.png}"
    )
    assert found.text == (
        "Before.\n\n## Height of a tide\n\nHow high is it?\n\n- At noon\n\nIt is high.\n\nBy 3 m.\n\nAfter."
    )


def test_commands_of_another_file_are_known(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "header.tex").write_text(
        "\\newcommand{\\half}{\\frac{1}{2}}\n\\def\\Sun#1{\\odot_{#1}} % of a star\n\\newenvironment{steps}{\\begin{enumerate}}{\\end{enumerate}}"
    )
    path = tmp_path / "parts" / "one.tex"
    path.write_text("Let $\\half\\Sun{x}$ be.\n\n\\begin{steps}\n\\item Day\n\\end{steps}\n")
    assert load(path, root=tmp_path).text == "Let $\\frac{1}{2}\\odot_{x}$ be.\n\n1. Day"
    before, _ = list_sources(tmp_path, CourseFile(), Limits())
    (tmp_path / "header.tex").write_text("\\newcommand{\\half}{.5}")
    after, _ = list_sources(tmp_path, CourseFile(), Limits())
    assert before["parts/one.tex"].digest != after["parts/one.tex"].digest


def test_a_line_at_which_pandoc_stops_is_left_out_and_named() -> None:
    found = read("Ebb.\n\nThe } flood.\n\nFlow.")
    assert found.text == "Ebb.\n\nFlow."
    assert found.dropped == ("line 3: The } flood.",)
    assert read("Ebb.\n\\begin{itemize}\n\\item Flow").text == "Ebb.\n\n- Flow"


def test_where_nothing_helps_the_remedy_does() -> None:
    with pytest.raises(UnreadableFile, match="line 3") as caught:
        read("Ebb.\n{\n")
    assert "PDF" in caught.value.remedy


@pytest.mark.parametrize("broken", [r"\def\a{" * 9_000, r"\newenvironment{a}{" * 3_000, r"\begin{verbatim} x " * 3_000])
def test_what_never_ends_is_given_up_in_time_and_nothing_else_is_lost(tmp_path: Path, broken: str) -> None:
    (tmp_path / "good.tex").write_text(r"\newcommand{\river}{stream}", encoding="utf-8")
    (tmp_path / "broken.tex").write_text(broken, encoding="utf-8")
    begun = time.monotonic()
    found = of_course(tmp_path)
    assert time.monotonic() - begun < 8.0  # without an end to it half a minute for the first
    assert list(found[tmp_path / "good.tex"]) == ["river"]
