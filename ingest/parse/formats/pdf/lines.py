"""Characters of a PDF to lines of words: scripts get a mark, lines from right to left their logical order."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from ingest.parse.formats.pdf.pdfium import Box, Char, Sheet

_GAP = 0.9  # of the font size: what is farther apart may be in different columns
_RISE, _FALL = 0.12, 0.06  # of the font size: a small character so far off the base line is a script
_SPACE = 0.3  # of the font size
_ENOUGH = 0.25  # of the characters of a line have its size: the others may be scripts
_ROW = 8.0  # points
_SMALL = 0.9  # of the line's font size
_MONO = re.compile(r"mono|courier|consol|menlo|monaco|inconsolata|typewriter|cmtt|code", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|cmbx|semibold|demi", re.IGNORECASE)
_ACCENTS = {"´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "¸": "\u0327", "˚": "\u030a"}
_ACCENTS |= {"ˇ": "\u030c", "¯": "\u0304", "˘": "\u0306", "˝": "\u030b", "˙": "\u0307", "˛": "\u0328"}
_BRACKETS = ("()", "[]", "{}", "«»")
_DEGREES = ("◦", "∘")
_ALEF = ("ا", "أ", "إ", "آ")
_KINDS = {"L": "L", "EN": "E", "AN": "E", "WS": "S", "R": "R", "AL": "R", "NSM": "R"}
_LEFT_TO_RIGHT = re.compile(r"L(?:[LENS]*[LE])?|E(?:[EN]*E)?")  # words, or a number, in a line of Arabic or Hebrew


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    left: float
    right: float
    sure: float | None = None  # of OCR


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one base line, or a table (`cells`) that takes a line's place. Positions as in `pdfium`; `order`: when it is drawn, among the lines of its page; `depth`: how far down the
    page it is, in [0, 1]."""

    words: tuple[Word, ...]
    page: int
    base: float
    size: float
    depth: float
    order: float
    font: str = ""
    mono: bool = False
    bold: bool = False
    artifact: bool = False
    cells: tuple[tuple[str, ...], ...] = ()
    ruled: bool = True
    last_page: int = 0
    height: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def top(self) -> float:
        return self.base - (self.height or 0.8 * self.size)

    @property
    def bottom(self) -> float:
        return self.base + 0.2 * self.size


def merged(row: Sequence[Line]) -> Line:
    """One line of several that stand side by side; a sign of another font before it is a bullet."""
    first, *others = row
    if not others:
        return first
    words = tuple(word for line in row for word in line.words)
    if len(first.text) == 1 and first.font != others[0].font and (not first.text.isalnum() or first.text in "o§"):
        words = (replace(words[0], text="•"), *words[1:])
    main = max(row, key=lambda line: len(line.text))
    return replace(
        main, words=words, order=first.order, mono=all(line.mono for line in row), bold=all(line.bold for line in row)
    )


def lines_of(sheet: Sheet) -> list[Line]:
    """In the order in which they are drawn. What is far apart on one base line, or has an upright rule between, is
    several lines."""
    rules = [rule for rule in sheet.rules if rule.is_upright]
    runs = _runs(sheet.chars, rules, rtl=sheet.rtl)
    lines = [_line(run, sheet, order) for order, run in enumerate(runs)]
    return lines + [_field(box, sheet, lines) for box in sheet.fields]


def _runs(chars: Sequence[Char], rules: Sequence[Box], *, rtl: bool) -> list[list[Char]]:
    """Characters that follow each other on one base line, scripts among them. What is drawn later but stands right
    beside others belongs to them."""
    runs: list[list[Char]] = []
    last = main = chars[0] if chars else None  # `main`: of a run, scripts being smaller
    for char in chars:
        if char.text == " ":
            if runs:
                runs[-1].append(char)
            continue
        if last and main and runs and _on_one_line(main, char) and (rtl or _is_beside(last, char, rules)):
            runs[-1].append(char)
            main = char if char.style.size >= _SMALL * main.style.size else main
        else:
            runs.append([char])
            main = char
        last = char
    if rtl:
        runs = [piece for run in runs for piece in _in_places(run, rules)]
    return _merged(runs, rules)


def _on_one_line(one: Char, other: Char) -> bool:
    small, large = sorted((one.style.size, other.style.size))
    return abs(one.base - other.base) <= (0.3 if small > _SMALL * large else 0.6) * large


def _is_beside(one: Char, other: Char, rules: Sequence[Box]) -> bool:
    """Whether `other` comes next to the right of `one`, without a rule between."""
    gap, (small, large) = other.left - one.right, sorted((one.style.size, other.style.size))
    between = (
        rule for rule in rules if rule.top < other.base < rule.bottom and one.right - 1 < rule.left < other.left + 1
    )
    return -max(0.5 * large, one.right - one.left + 0.2 * small) < gap < _GAP * large and not any(between)


def _in_places(run: Sequence[Char], rules: Sequence[Box]) -> Iterator[list[Char]]:
    """The characters of Arabic or Hebrew by their places, cut at gaps. The letters of a ligature have the same place: lam is before alef."""
    piece: list[Char] = []
    for char in sorted(run, key=lambda char: (round(char.left, 1), char.text in _ALEF)):
        if char.text == " " and char.right <= char.left:
            continue
        if piece and not _is_beside(piece[-1], char, rules):
            yield piece
            piece = []
        piece.append(char)
    if piece:
        yield piece


def _spaced(run: Iterable[Char], size: float) -> Iterator[Char]:
    """With a space where a gap stands for one."""
    last: Char | None = None
    for char in run:
        if last and char.left - last.right > _SPACE * size and " " not in (char.text, last.text):
            yield replace(last, text=" ")
        yield (last := char)


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


def _merged(runs: Sequence[list[Char]], rules: Sequence[Box]) -> list[list[Char]]:
    """With what is drawn later, or earlier, right beside a run on its base line, or as a script close to it."""
    kept: list[list[Char]] = []
    rows = defaultdict[int, list[list[Char]]](list)
    for run in runs:
        row = int(run[0].base / _ROW)
        for other in (other for key in (row - 1, row, row + 1) for other in rows[key]):
            if _belong(_last(other), run[0], rules):
                other += run
                break
            if _belong(_last(run), other[0], rules):
                other[:0] = run
                break
        else:
            kept.append(run)
            rows[row].append(run)
    return kept


def _belong(one: Char, other: Char, rules: Sequence[Box]) -> bool:
    level = abs(one.base - other.base) < 0.1 * one.style.size
    close = _on_one_line(one, other) and abs(other.left - one.right) < _SPACE * one.style.size
    near = other.left - one.right < _GAP * min(one.style.size, other.style.size)
    return near and (level or close) and _is_beside(one, other, rules)


def _last(run: Sequence[Char]) -> Char:
    return next(char for char in reversed(run) if char.text != " ")


def _line(run: Sequence[Char], sheet: Sheet, order: float) -> Line:
    seen = [char for char in run if char.text.strip()]
    sizes, fonts = Counter(char.style.size for char in seen), Counter(char.style for char in seen)
    size = max(size for size, count in sizes.items() if count >= _ENOUGH * len(seen))
    style = max(fonts, key=lambda style: fonts[style])
    bases = Counter(round(char.base, 1) for char in seen if char.style.size == size)
    base = max(bases, key=lambda base: bases[base])
    spaced = list(_spaced(_accented(run), size))
    return Line(
        words=tuple(
            _word(list(word), size, base)
            for blank, word in groupby(_logical(spaced) if sheet.rtl else spaced, _is_blank)
            if not blank
        ),
        page=sheet.number,
        base=base,
        size=size,
        depth=base / sheet.height if sheet.height else 0.0,
        order=order,
        font=style.font,
        mono=all(char.style.fixed or _MONO.search(char.style.font) for char in seen),
        bold=all(_BOLD.search(char.style.font) for char in seen),
        artifact=all(char.style.artifact for char in seen),
    )


def _field(box: Box, sheet: Sheet, lines: Sequence[Line]) -> Line:
    """What is filled in stands on the line of its label, as if drawn after it."""
    size = Counter(line.size for line in lines).most_common(1)[0][0] if lines else 10.0
    base = (box.top + box.bottom) / 2 + 0.3 * size if box.bottom - box.top < 3 * size else box.top + size
    labels = [line for line in lines if line.right <= box.left + size and abs(line.base - base) < size]
    label = max(labels, key=lambda line: line.right, default=None)
    words = (Word(" ".join(box.text.split()), box.left, box.right),)
    depth = base / sheet.height if sheet.height else 0.0
    return Line(
        words, sheet.number, label.base if label else base, size, depth, label.order + 0.5 if label else len(lines)
    )


def _accented(run: Sequence[Char]) -> Iterator[Char]:
    """An accent that is drawn over a letter makes one letter with it."""
    pending: Char | None = None
    for char in run:
        if pending and char.text in _ACCENTS and char.left < pending.right - 0.3 * (char.right - char.left):
            pending, char = char, pending
        if pending and pending.text in _ACCENTS and char.text.isalpha() and char.left < pending.right:
            text = unicodedata.normalize("NFC", char.text.replace("ı", "i") + _ACCENTS[pending.text])
            pending = replace(char, text=text)
            continue
        if pending:
            yield pending
        pending = char
    if pending:
        yield pending


def _word(chars: Sequence[Char], size: float, base: float) -> Word:
    groups = groupby(chars, lambda char: _mark(char, size, base))
    parts = [(mark, "".join(char.text for char in part)) for mark, part in groups]
    for i, ((mark, _), (following, _)) in enumerate(pairwise(parts)):
        if mark == "^" and following == "_":  # NO_3^-
            parts[i], parts[i + 1] = parts[i + 1], parts[i]
    text = ""
    for (mark, part), (_, following) in zip(parts, [*parts[1:], ("", "")], strict=True):
        if mark == "^" and part in _DEGREES:
            text += "°"
        elif not mark or (text[-1:].isdigit() and part.isalpha() and len(part) > 1):  # 2nd, 19th
            text += part
        else:
            text += f"{mark}{{{part}}}" if len(part) > 1 and following[:1].isalnum() else mark + part
    return Word(text, min(char.left for char in chars), max(char.right for char in chars))


def _is_blank(char: Char) -> bool:
    return char.text == " "


def _mark(char: Char, size: float, base: float) -> str:
    """`^` or `_` for a character that is smaller than those of its line and stands higher or lower."""
    if char.style.size > _SMALL * size:
        return ""
    rise = (base - char.base) / size
    return "^" if rise > _RISE else "_" if rise < -_FALL else ""
