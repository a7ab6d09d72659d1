"""Characters of one line to words: scripts get a mark, formulas stand between dollars, lines from right to left get their logical order."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from ingest.parse.formats.pdf.characters import UNKNOWN, Char, is_bold, is_slanted
from ingest.parse.formats.pdf.formulas import NAMES, PRIMES, is_formula, script, tex
from ingest.parse.markdown_writer import is_monospaced

SPACE, _NARROW = 0.3, 0.2  # of the font size
_PUNCTUATION = frozenset(".,;:")
_WIDE = frozenset("，。、；：？！（）")
_BRACKETS = ("()", "[]", "{}", "«»")
_DEGREES = ("◦", "∘")
_FRACTION = "\N{FRACTION SLASH}"  # what stands around it is small, but no script
_KINDS = {"L": "L", "EN": "E", "AN": "E", "WS": "S", "R": "R", "AL": "R", "NSM": "R"}
_LEFT_TO_RIGHT = re.compile(r"L(?:[LENS]*[LE])?|E(?:[EN]*E)?")  # words, or a number, in a line of Arabic or Hebrew


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    left: float
    right: float
    sure: float | None = None  # of OCR


def _spaced(run: Iterable[Char], size: float) -> Iterator[Char]:
    """With a space where a gap stands for one."""
    last: Char | None = None
    for char in run:
        if last and char.left - last.right > _space(last, char) * size and " " not in (char.text, last.text):
            yield replace(last, text=" ")
        yield (last := char)


def _space(one: Char, other: Char) -> float:
    """Where the size changes, or a formula begins or ends, no letters are spread out: a narrow gap is a space too."""
    placed = one.formula or other.formula or one.size != other.size
    return _NARROW if placed and all(char.formula or char.text.isalnum() for char in (one, other)) else SPACE


def _logical(run: list[Char]) -> list[Char]:
    """With words and numbers that run from left to right turned around; outside of them brackets open before they close
    (of their shapes the library has mirrored some)."""
    kinds = "".join(_KINDS.get(unicodedata.bidirectional(char.text[0]), "N") for char in run)
    ordered = list(run)
    outside = set(range(len(run)))
    for found in _LEFT_TO_RIGHT.finditer(kinds):
        ordered[found.start() : found.end()] = reversed(run[found.start() : found.end()])
        outside -= set(range(*found.span()))
    for pair in _BRACKETS:
        places = [place for place in sorted(outside) if ordered[place].text in pair]
        for number, place in enumerate(places[: len(places) // 2 * 2]):
            ordered[place] = replace(ordered[place], text=pair[number % 2])
    return ordered


def words_of(run: Sequence[Char], size: float, base: float, *, rtl: bool) -> Iterator[Word]:
    """`size` and `base`: of most of its characters, scripts apart."""
    spaced = list(_spaced(run, size))
    tokens = [
        list(word)
        for blank, word in groupby(_logical(spaced) if rtl else spaced, lambda char: char.text == " ")
        if not blank
    ]
    if tokens and _is_bullet(*tokens[:2]):
        first = tokens[0][0]
        sign = "•" if first.text == "o" else first.text
        tokens[0] = [
            replace(first, text=sign, style=replace(first.style, font="", size=size), base=base, formula=False)
        ]
    if any(char.formula for char in run):
        tokens = [part for token in tokens for part in _around_formulas(token)]
    return _words(tokens, size, base)


def _is_bullet(token: Sequence[Char], following: Sequence[Char] = ()) -> bool:
    """Whether the first word of a line is a dash, a shape or a sign of a font's own, which may be small, raised and of a font for
    formulas; or a letter of a font for code, which Office takes for a circle."""
    sign = token[0].text[0]
    is_shape = sign == "•" or "\u25a0" <= sign <= "\u27bf"
    fixed, *others = (one[0].style.fixed or is_monospaced(one[0].style.font) for one in (token, following) if one)
    is_circle = sign == "o" and fixed and others == [False]
    return len(token) == 1 and (is_shape or is_circle or unicodedata.category(sign) in ("Pd", "So", "Co"))


def _words(tokens: Sequence[list[Char]], size: float, base: float) -> Iterator[Word]:
    """Formulas with all that belongs to them between dollars, a mark of punctuation behind."""
    kinds = [_is_mathematical(token) for token in tokens]
    for index, token in enumerate(tokens):
        beside = [*tokens[max(0, index - 1) : index], *tokens[index + 1 : index + 2]]
        kinds[index] |= len(token) == 1 and any(map(_is_relation, beside))  # a = 1
    for mathematical, run in groupby(zip(kinds, tokens, strict=True), lambda pair: pair[0]):
        part = [token for _, token in run]
        chars = [char for token in part for char in token]
        if not mathematical or (
            not any(char.formula for char in chars) and not any(_needs_braces(token, size, base) for token in part)
        ):
            yield from (_word(token, size, base) for token in part)
            continue
        end = len(chars) - (chars[-1].text in _PUNCTUATION)
        text = tex(chars[:end])
        words = ("$…$" if UNKNOWN in text else f"${text}$") + "".join(char.text for char in chars[end:])
        yield Word(words, chars[0].left, max(char.right for char in chars))


def _around_formulas(token: list[Char]) -> Iterator[list[Char]]:
    """A formula and words of a script without spaces apart."""
    if not any(map(is_formula, token)):
        yield token
        return
    for _, part in groupby(token, lambda char: unicodedata.category(char.text[0]) == "Lo" or char.text in _WIDE):
        yield list(part)


def _is_mathematical(token: Sequence[Char]) -> bool:
    """Whether a word can be one of a formula: one letter of it is for certain, or it has none but slanted ones and TeX's names."""
    if any(map(is_formula, token)):
        return True
    upright = "".join(char.text for char in token if not is_slanted(char.style.font))
    runs = "".join(char.text if is_slanted(char.style.font) and char.text.isalpha() else " " for char in token)
    few = all(len(run) < 3 for run in runs.split())
    bold = len(upright) == 1 and is_bold(token[0].style.font)
    return few and (not any(map(str.isalpha, upright)) or bold or upright in NAMES)


def _is_relation(token: Sequence[Char]) -> bool:
    return all(unicodedata.category(char.text[0]) == "Sm" for char in token)


def _needs_braces(token: Sequence[Char], size: float, base: float) -> bool:
    """Whether a script has several signs of formulas, or a script of its own."""
    scripts = [char for char in token if is_formula(char) and script(char, size, base)]
    return any(char.size < 0.6 * size for char in scripts) or any(
        is_formula(one) and script(one, size, base) == script(other, size, base) != ""
        for one, other in pairwise(token)
        if other.text not in PRIMES
    )


def _word(chars: Sequence[Char], size: float, base: float) -> Word:
    groups = groupby(chars, lambda char: script(char, size, base))
    parts = [(mark, "".join(char.text for char in part)) for mark, part in groups]
    for i, ((mark, _), (following, _)) in enumerate(pairwise(parts)):
        if mark == "^" and following == "_":  # NO_3^-
            parts[i], parts[i + 1] = parts[i + 1], parts[i]
    text = ""
    for (mark, part), (_, following) in zip(parts, [*parts[1:], ("", "")], strict=True):
        if mark == "^" and part in _DEGREES:
            text += "°"
        elif (
            not mark
            or part[0] in PRIMES
            or _FRACTION in (part[-1], text[-1:], following[:1])
            or (text[-1:].isdigit() and part.isalpha() and len(part) > 1)  # 2nd, 19th
        ):
            text += part
        else:
            text += f"{mark}{{{part}}}" if len(part) > 1 and following[:1].isalnum() else mark + part
    return Word(text, min(char.left for char in chars), max(char.right for char in chars))
