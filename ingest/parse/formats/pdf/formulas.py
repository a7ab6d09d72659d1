"""Formulas of a page: a fraction, a root, a sum with its limits, a matrix become one character each, whose text is TeX.

Structure is told from where signs stand, around those that govern others (Zanibbi, Blostein and Cordy, Recognizing
Mathematical Expressions Using Tree Transformation, 2002): rules, radicals, large operators, tall brackets. All lengths are
in font sizes. A formula with a sign that is unknown is `UNKNOWN` as a whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice, pairwise

from ingest.parse.formats.pdf.characters import Char, is_mathematical, is_slanted, united
from ingest.parse.formats.pdf.matrices import with_matrices
from ingest.parse.formats.pdf.neighbours import (
    CLOSE,
    MOST_SIGNS,
    OPEN,
    SMALL,
    base_of,
    beside,
    goes_on,
    is_bracket,
    is_ruled,
    is_spaced,
    made,
    near_words,
    piled,
    replaced,
    size_of,
    stacked,
    touches,
    within,
)
from ingest.parse.formats.pdf.pdfium import Box

_AXIS = 0.25  # of the font size: so far above the base line are the middle of brackets and the bars of fractions
_RISE = 0.1
_SHORT = 12.0  # points: the bar of a fraction within a limit
_MOST_RULES = 400  # of a page, with words above and below: more make a drawing
_OPERATORS = {"∑": r"\sum", "∏": r"\prod", "∐": r"\coprod", "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint"}
_OPERATORS |= {
    "⋃": r"\bigcup",
    "⋂": r"\bigcap",
    "⨁": r"\bigoplus",
    "⨂": r"\bigotimes",
    "⋁": r"\bigvee",
    "⋀": r"\bigwedge",
}
_NAMED = "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim ln log max min sec sin sinh sup tan tanh"
NAMES = frozenset(_NAMED.split())  # those of TeX
_RADICAL = "√"
PRIMES = "′″‴"
_SPECIAL = frozenset("{}%#&_$")


def with_formulas(chars: Sequence[Char], rules: Sequence[Box]) -> tuple[list[Char], list[Box]]:
    """The characters in the order in which they are drawn, what makes a formula replaced; and the rules that are no part of one."""
    level = [rule for rule in rules if not rule.is_upright]
    left = list(rules)
    page = [_settled(char) for char in united(chars)]
    bars = [rule for rule in level if rule.right - rule.left < _SHORT]
    page = _with_limits(page, bars)
    near = near_words(page, level)
    for rule in sorted(near, key=lambda rule: rule.right - rule.left)[:_MOST_RULES]:
        found = _root(page, rule) or _fraction(page, rule, level)
        if found:
            char, used = found
            page = replaced(page, char, used)
            left.remove(rule)
    return with_matrices(_with_limits(page), tex), left


def is_formula(char: Char) -> bool:
    """Whether a character is one of a formula for certain."""
    return char.formula or is_mathematical(char.style.font)


def tex(chars: Sequence[Char]) -> str:
    """Characters of one row, as `\\frac{1}{2}x_{i}^{2}`."""
    row = with_matrices(_with_limits([char for char in chars if char.text != " "]), tex)
    if not row:
        return ""
    size = size_of(row)
    base = base_of(row, size)
    text, last = "", None
    for raised, run in groupby(sorted(row, key=lambda char: char.left), lambda char: bool(_script(char, size, base))):
        part = list(run)
        if raised:
            text += _scripts(part, size, base)
        else:
            gap = last is not None and part[0].left - last.right > 0.15 * size
            text += " " * gap + _words(part, size)
        last = part[-1]
    return text


def _scripts(chars: Sequence[Char], size: float, base: float) -> str:
    """The lower one first: `_{i}^{2}`; primes without a mark."""
    low, high = ([char for char in chars if _script(char, size, base) == mark] for mark in "_^")
    primes = "".join(char.text for char in high if char.text in PRIMES)
    high = [char for char in high if char.text not in PRIMES]
    return primes + (f"_{{{tex(low)}}}" if low else "") + (f"^{{{tex(high)}}}" if high else "")


def _script(char: Char, size: float, base: float) -> str:
    if char.style.size > SMALL * size:
        return ""
    return "^" if base - char.base > _RISE * size else "_" if char.base - base > 0.05 * size else ""


def _words(chars: Sequence[Char], size: float) -> str:
    """Signs and letters; those of a word that is no name of TeX's as `\\text{if}`."""
    text, last = "", None
    for plain, run in groupby(
        chars, lambda char: not is_formula(char) and not is_slanted(char.style.font) and char.text.isalpha()
    ):
        part = list(run)
        gaps = [other.left - one.right > 0.15 * size for one, other in pairwise(part)]
        spaced = "".join(" " * gap + _escaped(char) for gap, char in zip([False, *gaps], part, strict=True))
        gap = last is not None and part[0].left - last.right > 0.15 * size
        if plain:
            words = [
                f"\\{word}" if word in NAMES else word if len(word) == 1 else f"\\text{{{word}}}"
                for word in spaced.split()
            ]
            spaced = " ".join(words)
            gap = gap or (text[-1:].isalnum() and spaced.startswith("\\"))
        elif re.search(r"\\[a-z]+$", text) and spaced[:1].isalpha():
            gap = True
        text, last = text + " " * gap + spaced, part[-1]
    return text


def _escaped(char: Char) -> str:
    return f"\\{char.text}" if char.text in _SPECIAL else char.text


def _settled(char: Char) -> Char:
    """What is drawn around the axis, as tall brackets and large operators are, put on the base line."""
    size = char.style.size
    if char.bottom - char.top > 1.15 * size and (
        char.text in OPEN + CLOSE or char.text in _OPERATORS or char.text == _RADICAL
    ):
        return replace(char, base=(char.top + char.bottom) / 2 + _AXIS * size)
    if is_mathematical(char.style.font) and char.text in _OPERATORS:
        return replace(char, base=(char.top + char.bottom) / 2 + _AXIS * size)
    return char


def _with_limits(page: list[Char], bars: Sequence[Box] = ()) -> list[Char]:
    """Large operators, `lim` and the like with what stands above and below, and tall brackets with their scripts."""
    for operator, name in list(islice(_governors(page), MOST_SIGNS)):
        char = operator[0]
        box = made(name, operator, char.base, char.style.size)
        small = [
            other
            for other in page
            if other.style.size < SMALL * box.style.size and other.text.strip() and other not in operator
        ]
        over = stacked(box, [other for other in small if other.bottom < box.top + 0.15 * box.style.size], above=True)
        under = stacked(box, [other for other in small if other.top > box.bottom - 0.15 * box.style.size], above=False)
        if char.text in _OPERATORS or is_bracket(char, CLOSE):
            over, under = over or beside(box, small, above=True), under or beside(box, small, above=False)
        elif not under:
            continue
        if not over and not under and char.text not in _OPERATORS:
            continue
        if any(touches(char, bar) for char in [*over, *under] for bar in bars):
            continue  # its limit is a fraction, to be made first
        text = name + (f"_{{{tex(under)}}}" if under else "") + (f"^{{{tex(over)}}}" if over else "")
        page = replaced(
            page, made(text, [*operator, *over, *under], box.base, box.style.size), [*operator, *over, *under]
        )
    return page


def _governors(page: Sequence[Char]) -> Iterator[tuple[list[Char], str]]:
    """Operators as the characters and their name."""
    for index, char in enumerate(page):
        if char.formula:
            continue
        if char.text in _OPERATORS:
            yield [char], _OPERATORS[char.text]
        elif is_bracket(char, CLOSE):
            yield [char], char.text
        elif char.text in "lmsi":
            for word in ("lim", "max", "min", "sup", "inf"):
                run = list(page[index : index + 3])
                alone = (
                    index == 0
                    or not page[index - 1].text.isalpha()
                    or char.left - page[index - 1].right > 0.1 * char.style.size
                )
                if alone and "".join(other.text for other in run) == word and run[0].base == run[2].base:
                    yield run, f"\\{word}"


def _root(page: Sequence[Char], rule: Box) -> tuple[Char, list[Char]] | None:
    """A radical whose bar the rule is."""
    signs = [
        char
        for char in page
        if char.text == _RADICAL
        and not char.formula
        and abs(char.right - rule.left) < 0.35 * char.style.size
        and abs(char.top - rule.top) < 0.35 * char.style.size
    ]
    if not signs:
        return None
    sign = signs[0]
    inside = [
        char
        for char in within(page, rule)
        if char is not sign and rule.top - 1 < char.top and char.base < sign.bottom + 0.1 * sign.style.size
    ]
    if not inside:
        return None
    index = [
        char
        for char in page
        if char.style.size < 0.75 * sign.style.size
        and sign.left - 0.5 * sign.style.size < char.left
        and char.right < (sign.left + sign.right) / 2 + 1
        and sign.top < char.base < (sign.top + sign.bottom) / 2 + 1
    ]
    size = size_of(inside)
    text = rf"\sqrt{f'[{tex(index)}]' if index else ''}{{{tex(inside)}}}"
    return made(text, [sign, *index, *inside], base_of(inside, size), size), [sign, *index, *inside]


def _fraction(page: Sequence[Char], rule: Box, level: Sequence[Box]) -> tuple[Char, list[Char]] | None:
    """What stands right above and below a rule that is about as long as the longer of both."""
    if is_ruled(rule, level):
        return None
    span = within(page, rule)
    top = piled(
        [char for char in span if char.bottom < rule.top + 1.5 and rule.top - char.bottom < 4 * char.style.size],
        rule.top,
        above=True,
    )
    foot = piled(
        [char for char in span if char.top > rule.bottom - 1.5 and char.top - rule.bottom < 4 * char.style.size],
        rule.bottom,
        above=False,
    )
    if not top or not foot:
        return None
    size = max(size_of(top), size_of(foot))
    if any(is_spaced(part, size) for part in (top, foot)):
        return None
    width = max(max(char.right for char in part) - min(char.left for char in part) for part in (top, foot))
    if rule.right - rule.left - width > 0.8 * size or any(goes_on(page, part, rule, level) for part in (top, foot)):
        return None
    middle = (rule.top + rule.bottom) / 2
    used = [*top, *foot]
    bar = made(rf"\frac{{{tex(top)}}}{{{tex(foot)}}}", used, middle + _AXIS * size, size)
    level_with = [
        char
        for char in page
        if abs(char.base - middle - _AXIS * char.style.size) < 0.15 * char.style.size
        and max(bar.left - char.right, char.left - bar.right) < 2 * size
        and char.style.size >= size
        and not any(char is other for other in used)
        and char.text.strip()
    ]
    near = min(level_with, key=lambda char: max(bar.left - char.right, char.left - bar.right), default=bar)
    return replace(
        bar,
        base=near.base,
        style=replace(bar.style, size=near.style.size),
        left=min(bar.left, rule.left),
        right=max(bar.right, rule.right),
    ), used
