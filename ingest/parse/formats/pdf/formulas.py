"""Formulas of a page: a fraction, a root, a sum with its limits, a matrix become one character each, whose text is TeX.

Structure is told from where signs stand, around those that govern others (Zanibbi, Blostein and Cordy, Recognizing
Mathematical Expressions Using Tree Transformation, 2002): rules, radicals, large operators, tall brackets. All lengths are
in font sizes. A formula with a sign that is unknown is `UNKNOWN` as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice, pairwise

from ingest.parse.formats.pdf.characters import (
    SMALL,
    Char,
    base_of,
    is_mathematical,
    is_slanted,
    made,
    replaced,
    size_of,
    united,
)
from ingest.parse.formats.pdf.matrices import BRACKETS, CLOSE, MOST_SIGNS, TALL, is_bracket, with_matrices
from ingest.parse.formats.pdf.pdfium import Box

_AXIS = 0.25  # so far above the base line are the middle of brackets and the bars of fractions
_RISE, _FALL = 0.12, 0.06  # a small character so far off the base line is a script
_SHORT = 12.0  # points: the bar of a fraction within a limit
_TOUCH = 0.6  # from a bar to what stands above and below it
_ROW = 8.0  # points
_NAMES_OF_SIGNS = "sum prod coprod int iint iiint oint bigcup bigcap bigoplus bigotimes bigvee bigwedge".split()  # noqa: SIM905
_OPERATORS = dict(zip("∑∏∐∫∬∭∮⋃⋂⨁⨂⋁⋀", _NAMES_OF_SIGNS, strict=True))
_NAMED = "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim ln log max min sec sin sinh sup tan tanh"
NAMES = frozenset(_NAMED.split())  # those of TeX
_WITH_LIMITS = frozenset({"lim", "max", "min", "sup", "inf"})
_RADICAL = "√"
_NO_WORD = f"{_RADICAL} "
PRIMES = "′″‴"
_SPECIAL = frozenset("{}%#&_$")
Found = tuple[Char, list[Char]]  # a character, and those that it stands for


def with_formulas(chars: Sequence[Char], rules: Sequence[Box]) -> tuple[list[Char], list[Box]]:
    """The characters in the order in which they are drawn, what makes a formula replaced; and the rules that are no part of one."""
    level, left = [rule for rule in rules if not rule.is_upright], list(rules)
    page = [_settled(char) for char in united(chars)]
    page = _with_limits(page, [rule for rule in level if rule.right - rule.left < _SHORT])
    for rule in sorted(_near_words(page, level), key=lambda rule: rule.right - rule.left)[:MOST_SIGNS]:
        if found := _root(page, rule) or _fraction(page, rule, level):
            page = replaced(page, *found)
            left.remove(rule)
    return with_matrices(_with_limits(page), tex), left


def _near_words(page: Sequence[Char], level: Sequence[Box]) -> list[Box]:
    """The rules with something right above or below."""
    rows = defaultdict[int, list[float]](list)
    for char in page:
        for row in range(int(char.top / _ROW) - 1, int(char.bottom / _ROW) + 2):
            rows[row].append(char.left)
    return [rule for rule in level if any(rule.left - 2 < left < rule.right for left in rows[int(rule.top / _ROW)])]


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
    for raised, run in groupby(sorted(row, key=lambda char: char.left), lambda char: bool(script(char, size, base))):
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
    low, high = ([char for char in chars if script(char, size, base) == mark] for mark in "_^")
    primes = "".join(char.text for char in high if char.text in PRIMES)
    return primes + _scripted(low, [char for char in high if char.text not in PRIMES])


def _scripted(under: Sequence[Char], over: Sequence[Char]) -> str:
    return (f"_{{{tex(under)}}}" if under else "") + (f"^{{{tex(over)}}}" if over else "")


def script(char: Char, size: float, base: float) -> str:
    """`^` or `_` for a character that is smaller than those of its line and stands higher or lower."""
    if char.size > SMALL * size:
        return ""
    rise = (base - char.base) / size
    return "^" if rise > _RISE else "_" if rise < -_FALL else ""


def _words(chars: Sequence[Char], size: float) -> str:
    """Signs and letters; those of a word that is no name of TeX's as `\\text{if}`."""
    text, last = "", None
    for plain, run in groupby(
        chars, lambda char: not is_formula(char) and not is_slanted(char.style.font) and char.text.isalpha()
    ):
        part = list(run)
        gaps = [False, *(other.left - one.right > 0.15 * size for one, other in pairwise(part))]
        signs = (f"\\{char.text}" if char.text in _SPECIAL else char.text for char in part)
        spaced = "".join(" " * gap + sign for gap, sign in zip(gaps, signs, strict=True))
        gap = last is not None and part[0].left - last.right > 0.15 * size
        if plain:
            spaced = " ".join(map(_word, spaced.split()))
            gap = gap or (text[-1:].isalnum() and spaced.startswith("\\"))
        elif re.search(r"\\[a-z]+$", text) and spaced[:1].isalpha():
            gap = True
        text, last = text + " " * gap + spaced, part[-1]
    return text


def _word(word: str) -> str:
    return f"\\{word}" if word in NAMES else word if len(word) == 1 else f"\\text{{{word}}}"


def _settled(char: Char) -> Char:
    """What is drawn around the axis, as tall brackets and large operators are, put on the base line."""
    tall = char.height > TALL and (char.text in BRACKETS or char.text in _OPERATORS or char.text == _RADICAL)
    if tall or (char.text in _OPERATORS and is_mathematical(char.style.font)):
        return replace(char, base=char.middle + _AXIS * char.size)
    return char


def _with_limits(page: list[Char], bars: Sequence[Box] = ()) -> list[Char]:
    """Large operators, `lim` and the like with what stands above and below, and tall brackets with their scripts. Where that is
    a fraction (of `bars`) it is to be made first."""
    for operator, name in list(islice(_governors(page), MOST_SIGNS)):
        sign, is_operator = operator[0], operator[0].text in _OPERATORS
        box = made(name, operator, sign.base, sign.size)
        small = [char for char in page if char.size < SMALL * box.size and char.text.strip() and char not in operator]
        over, under = (_stacked(box, small, above=above) for above in (True, False))
        if is_operator or len(operator) == 1:
            over, under = over or _beside(box, small, above=True), under or _beside(box, small, above=False)
        governs = is_operator or under or (over and len(operator) == 1)
        if governs and not any(_touches(char, bar) for char in [*over, *under] for bar in bars):
            used = [*operator, *over, *under]
            page = replaced(page, made(name + _scripted(under, over), used, box.base, box.size), used)
    return page


def _governors(page: Sequence[Char]) -> Iterator[tuple[list[Char], str]]:
    """Operators, tall closing brackets and names as (characters, TeX)."""
    for index, char in enumerate(page):
        if char.formula:
            continue
        if char.text in _OPERATORS:
            yield [char], f"\\{_OPERATORS[char.text]}"
        elif is_bracket(char, CLOSE):
            yield [char], char.text
        elif char.text in "lmsi":
            run, before = list(page[index : index + 3]), page[index - 1] if index else None
            alone = not before or not before.text.isalpha() or char.left - before.right > 0.1 * char.size
            name = "".join(other.text for other in run)
            if alone and name in _WITH_LIMITS and run[0].base == run[2].base:
                yield run, f"\\{name}"


def _touches(char: Char, bar: Box) -> bool:
    close = min(abs(char.bottom - bar.top), abs(char.top - bar.bottom)) < 0.3 * char.size
    return bar.left - 1 < char.left < bar.right and close


def _stacked(box: Char, small: Sequence[Char], *, above: bool) -> list[Char]:
    """A run of small characters right above or below, about in the middle."""
    near = [c for c in small if -0.15 < (box.top - c.bottom if above else c.top - box.bottom) / box.size < 0.6]
    found = _grown([char for char in near if char.left < box.right + 0.1 and box.left - 0.1 < char.right], near, 0.35)
    return found if found and abs(made("", found, 0, 1).centre - box.centre) < 0.6 * box.size else []


def _beside(box: Char, small: Sequence[Char], *, above: bool) -> list[Char]:
    """Scripts on the right: of the upper half, or of the lower."""
    slack = 0.6 * box.size
    level = [char for char in small if box.top - slack < char.top and char.bottom < box.bottom + slack]
    half = [char for char in level if (char.base < box.middle + 0.1 * box.size) is above]
    half = [char for char in half if char.left > box.centre - 0.1]
    return _grown([char for char in half if char.left < box.right + 0.2 * box.size], half, 0.3)


def _grown(row: Sequence[Char], others: Sequence[Char], gap: float) -> list[Char]:
    """With what stands close on the left and right, again and again."""
    found, known = list(row), set(map(id, row))
    for one in found:  # grows while it is walked
        for char in others:
            apart = max(char.left - one.right, one.left - char.right)
            level = abs(char.base - one.base) < 0.7 * max(char.size, one.size)
            if level and apart < gap * one.size and id(char) not in known:
                known.add(id(char))
                found.append(char)
    return found


def _root(page: Sequence[Char], rule: Box) -> Found | None:
    """A radical whose bar the rule is."""
    for sign in (char for char in page if char.text == _RADICAL and not char.formula):
        if max(abs(sign.right - rule.left), abs(sign.top - rule.top)) < 0.35 * sign.size:
            break
    else:
        return None
    below = [char for char in _within(page, rule) if char is not sign and rule.top - 1 < char.top]
    inside = _piled(below, rule, above=False)
    if not inside:
        return None
    small = [char for char in page if char.size < 0.75 * sign.size and sign.top < char.base < sign.middle + 1]
    index = [char for char in small if sign.left - 0.5 * sign.size < char.left and char.right < sign.centre + 1]
    text = rf"\sqrt{f'[{tex(index)}]' if index else ''}{{{tex(inside)}}}"
    size, used = size_of(inside), [sign, *index, *inside]
    return made(text, used, base_of(inside, size), size), used


def _fraction(page: Sequence[Char], rule: Box, level: Sequence[Box]) -> Found | None:
    """What stands right above and below a rule that is about as long as the longer of both."""
    span = _within(page, rule)
    top, foot = _piled(span, rule, above=True), _piled(span, rule, above=False)
    if not top or not foot or _is_ruled(rule, level):
        return None
    size, used = max(size_of(top), size_of(foot)), [*top, *foot]
    longer = max(max(char.right for char in part) - min(char.left for char in part) for part in (top, foot))
    if rule.right - rule.left - longer > 0.8 * size or any(
        _is_off(part, rule, size) or _is_spaced(part, size) or _goes_on(page, part, rule, level) for part in (top, foot)
    ):
        return None
    middle = (rule.top + rule.bottom) / 2
    bar = made(rf"\frac{{{tex(top)}}}{{{tex(foot)}}}", used, middle + _AXIS * size, size)

    def apart(char: Char) -> float:
        return max(bar.left - char.right, char.left - bar.right)

    large = (char for char in page if char.size >= size and apart(char) < 2 * size and char.text.strip())
    on_line = [char for char in large if abs(char.base - middle - _AXIS * char.size) < 0.15 * char.size]
    near = min((char for char in on_line if char not in used), key=apart, default=bar)
    style, left, right = replace(bar.style, size=near.size), min(bar.left, rule.left), max(bar.right, rule.right)
    return replace(bar, base=near.base, style=style, left=left, right=right), used


def _within(page: Sequence[Char], rule: Box) -> list[Char]:
    left, right = rule.left - 1.5, rule.right + 1.5
    return [char for char in page if left < char.left and char.right < right and char.text.strip()]


def _is_ruled(rule: Box, level: Sequence[Box]) -> bool:
    """Whether a rule is one of three and more that begin and end alike, as those of a table."""
    alike = (other for other in level if max(abs(rule.left - other.left), abs(rule.right - other.right)) < 5)
    return rule.right - rule.left > 60 and sum(abs(rule.top - other.top) < 150 for other in alike) > 2


def _piled(span: Sequence[Char], rule: Box, *, above: bool) -> list[Char]:
    """Those on one side of a bar that touch it, and those at their height."""
    apart = [((rule.top - char.bottom if above else char.top - rule.bottom), char) for char in span]
    side = [(gap, char) for gap, char in apart if -1.5 < gap < 4 * char.size]
    found = [char for gap, char in side if gap < _TOUCH * char.size]
    if not found:
        return []
    size = size_of(found)
    main = [char for char in found if char.size > SMALL * size]
    high, low = min(char.top for char in main) - 0.15 * size, max(char.bottom for char in main) + 0.15 * size
    base = base_of(main, size)
    level = [char for _, char in side if char.top < low and high < char.bottom]
    return [char for char in level if char.size < SMALL * size or abs(char.base - base) < 0.35 * size]


def _is_off(part: Sequence[Char], rule: Box, size: float) -> bool:
    """Whether these are not about the middle of a bar: as those below what is underlined."""
    return abs(min(char.left for char in part) + max(char.right for char in part) - rule.left - rule.right) > size


def _is_spaced(part: Sequence[Char], size: float) -> bool:
    """Whether there is a gap within, as between the cells of a table."""
    row = sorted(part, key=lambda char: char.left)
    return any(other.left - one.right > 0.75 * size for one, other in pairwise(row))


def _goes_on(page: Sequence[Char], part: Sequence[Char], rule: Box, level: Sequence[Box]) -> bool:
    """Whether there are words next to these on their base line that no other bar is above or below of: as where a line is underlined."""
    size = size_of(part)
    base, known = base_of(part, size), set(map(id, part))
    row = (
        char
        for char in page
        if abs(char.base - base) < 0.1 * size and char.text.strip(_NO_WORD) and id(char) not in known
    )
    near = (char for char in row if max(rule.left - char.right, char.left - rule.right) < 0.4 * size)
    beside = [other for other in level if abs(other.top - rule.top) < 1]
    return any(not any(other.left - 1 < char.left < other.right for other in beside) for char in near)
