"""Formulas that are set in two dimensions travel as TeX; what cannot be told is left out and said.

`formulas.pdf` is what pdflatex makes of formulas.tex beside this test: Computer Modern, its large signs in a font that does not
tell their letters.
"""

import time
from dataclasses import replace

import pytest

from ingest.index.fingerprint import PROBES
from ingest.parse.formats.pdf import read as pdf
from ingest.parse.formats.pdf.characters import Char, Style
from ingest.parse.formats.pdf.formulas import tex, with_formulas
from ingest.parse.formats.pdf.pdfium import Box
from ingest.parse.reader import Limits, Source
from ingest.parse.roles import with_roles
from retrieval.types import Block

STYLE = Style("CMMI10", 10.0, 0, False, False)


@pytest.fixture(scope="module")
def source() -> Source:
    return pdf.read((PROBES / "formulas.pdf").read_bytes(), Limits())


@pytest.mark.parametrize(
    "formula",
    [
        r"$\int_{a}^{b} f(x)dx = F(b) − F(a)$, $\sum_{n=0}^{∞} q^{n} = \frac{1}{1 − q}$.",
        r"$x = \frac{−b ± \sqrt{b^{2} − 4ac}}{2a}$. (1)",
        r"The bell curve covers $\int_{0}^{\frac{π}{2}} e^{−x^{2}}dx$, and a price of 10 is no formula.",
        r"$A = \begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}$",
        r"$|x| = \begin{cases}x & \text{if} x ≥ 0 \\ −x & \text{if} x < 0\end{cases}$",
        r"where $\binom{n}{k} = \frac{n!}{k!(n−k)!}$ and $f(x) = \lim_{h→0} g(h)$.",
    ],
)
def test_a_formula_is_read_as_it_was_written(source: Source, formula: str) -> None:
    assert formula in source.text


def test_plain_exponents_and_signs_stay_words(source: Source) -> None:
    assert "With a ≠ 0 an equation" in source.text
    assert "There are 2 · 10^6 cells" in source.text


def test_a_formula_that_cannot_be_told_is_left_out_and_said(source: Source) -> None:
    assert "Last, $…$ is drawn with a brace." in source.text
    assert any(note.startswith("formula uncertain on page 1: Last,") for note in source.notes)


def test_a_formula_with_its_number_is_one(source: Source) -> None:
    start = source.text.index(r"$x = \frac")
    block = Block("paragraph", start, source.text.index("\n", start))
    assert with_roles([block], source.text)[0].role == "formula"


def char(text: str, left: float, base: float = 0.0, size: float = 10.0) -> Char:
    style = Style(STYLE.font, size, 0, False, False)
    return Char(text, left, left + 0.5 * size, base, style, base - 0.7 * size, base)


def test_scripts_of_scripts_and_both_scripts_of_a_letter() -> None:
    nested = [char("e", 0), char("x", 5, -4, 7), char("2", 8.5, -7, 5)]
    both = [char("x", 0), char("2", 5, -4, 7), char("i", 5, 3, 7)]
    assert tex(nested) == "e^{x^{2}}"
    assert tex(both) == "x_{i}^{2}"
    assert tex([char("{", 0), char("a", 5), char("}", 10)]) == r"\{a\}"


def test_what_stands_under_the_bar_of_a_root_may_reach_below_its_sign() -> None:
    """As browsers draw it: the sign is raised, not stretched."""
    sign, bar = char("√", 0, -3), Box(5, -11, 16, -10)
    scripted = [sign, char("M", 5), char("A", 10, 3, 6)]
    assert [found.text for found in with_formulas(scripted, [bar])[0]] == [r"\sqrt{M_{A}}"]
    fraction = [char("√", 0, -6), char("a", 7, -6), char("b", 7, 5)]
    bars = [Box(5, -14, 16, -13), Box(5.5, -4, 15.5, -3.5)]
    assert [found.text for found in with_formulas(fraction, bars)[0]] == [r"\sqrt{\frac{a}{b}}"]


def test_below_the_bar_of_a_root_in_a_fraction_is_what_it_is_divided_by() -> None:
    page = [char("√", 0, -13), char("a", 5, -12), char("b", 7, 0)]
    root, bar = Box(5, -20.5, 10, -20), Box(0, -9, 11, -8.5)
    assert [found.text for found in with_formulas(page, [root, bar])[0]] == [r"\frac{\sqrt{a}}{b}"]


def test_above_the_middle_of_a_bar_stands_what_is_divided() -> None:
    below = [char(letter, 5.0 * at, 12) for at, letter in enumerate("abcdefgh")]
    for left, count in ((12.5, 1), (0, 11)):  # the second is underlined, with a line below
        above = [char(letter, left + 5.0 * at) for at, letter in enumerate("xyz")]
        assert len(with_formulas([*above, *below], [Box(0, 2, 40, 2.5)])[0]) == count


@pytest.mark.parametrize("sign", "∑√{")
def test_a_page_full_of_large_signs_takes_no_more_than_seconds(sign: str) -> None:
    page = [replace(char(sign, 10.0 * (i % 50), 12.0 * (i // 50)), top=12.0 * (i // 50) - 14) for i in range(4_000)]
    bars = [Box(10.0 * (i % 50), 12.0 * (i // 50), 10.0 * (i % 50) + 8, 12.0 * (i // 50)) for i in range(2_000)]
    began = time.process_time()
    with_formulas(page, bars)
    assert time.process_time() - began < 10, "with time that grows by the square it takes minutes"
