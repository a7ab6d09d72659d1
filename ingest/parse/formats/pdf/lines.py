"""Characters of a PDF to lines of words: scripts get a mark, lines from right to left their logical order."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from ingest.parse.formats.pdf.characters import SMALL, Char, is_bold, is_mathematical
from ingest.parse.formats.pdf.pdfium import Box, Sheet
from ingest.parse.formats.pdf.words import SPACE, Word, words_of
from ingest.parse.markdown_writer import is_monospaced

_GAP = 0.9  # of the font size: what is farther apart may be in different columns
_ENOUGH = 0.25  # of the characters of a line have its size: the others may be scripts
_ROW = 8.0  # points
_SEEN = 0.15  # of the font size: so wide is a narrow space
_PLAIN = re.compile(r"^[^$]*(?:[^\W\d_]{2}|[\u3400-\u9fff])[^$]*$")  # no formula
_MOST_FORMULAS = 500  # of a page
_ALEF = ("ا", "أ", "إ", "آ")


@dataclass(frozen=True, slots=True)
class PageLine:
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
    height: float = 0.0  # above the base line, and `drop` below it, where they are more than usual
    drop: float = 0.0
    mathematical: bool = False  # some of it
    doubt: str = ""  # what could not be read

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
        return self.base - max(self.height, 0.8 * self.size)

    @property
    def bottom(self) -> float:
        return self.base + max(self.drop, 0.2 * self.size)


def merged(row: Sequence[PageLine]) -> PageLine:
    """One line of several that stand side by side; a sign of another font before it is a bullet."""
    first, *others = row
    if not others:
        return first
    words = tuple(word for line in row for word in line.words)
    if len(first.text) == 1 and first.font != others[0].font and (not first.text.isalnum() or first.text in "o§"):
        words = (replace(words[0], text="•"), *words[1:])
    main = max(row, key=lambda line: len(line.text))
    return replace(
        main,
        words=words,
        order=first.order,
        height=max(line.base - line.top for line in row),
        drop=max(line.bottom - line.base for line in row),
        mono=all(line.mono for line in row),
        bold=all(line.bold for line in row),
    )


def lines_of(sheet: Sheet) -> list[PageLine]:
    """In the order in which they are drawn. What is far apart on one base line, or has an upright rule between, is
    several lines."""
    rules = [rule for rule in sheet.rules if rule.is_upright]
    runs = _runs(list(map(_raised, _without_line_numbers(sheet.chars))), rules, rtl=sheet.rtl)
    lines = _without_scraps([_line(run, sheet, order) for order, run in enumerate(runs)])
    return lines + [_field(box, sheet, lines) for box in sheet.fields]


def _raised(char: Char) -> Char:
    """A root sign that no root is under is a tick; TeX hangs it from the base line, it stands on that of what follows."""
    hangs = char.text == "√" and char.top > char.base - 0.1 * char.size
    return replace(char, base=char.bottom - 0.25 * char.size) if hangs else char


def _without_line_numbers(chars: Sequence[Char]) -> list[Char]:
    """Without the small numbers that count the lines of a listing: each before letters of fixed width, one more than the one above."""
    rows = defaultdict[float, list[Char]](list)
    for char in chars:
        if char.text.strip():
            rows[char.base].append(char)
    numbers: list[tuple[int, list[Char]]] = []
    for _, row in sorted(rows.items()):
        row.sort(key=lambda char: char.left)
        digits = list(takewhile(lambda char: char.text.isdecimal() and not _is_fixed(char), row))
        code = row[len(digits)] if digits and len(digits) < len(row) else None
        if code and _is_fixed(code) and digits[0].size < SMALL * code.size:
            numbers.append((int("".join(char.text for char in digits)), digits))
    counting = {id(char) for one, other in pairwise(numbers) if other[0] == one[0] + 1 for char in (*one[1], *other[1])}
    return [char for char in chars if id(char) not in counting]


def _is_fixed(char: Char) -> bool:
    return char.style.fixed or is_monospaced(char.style.font)


def _without_scraps(lines: Sequence[PageLine]) -> list[PageLine]:
    """Of signs of formulas that overlap in height without being on one base line, how they belong together is not known:
    what they are part of is left out, up to words."""
    kept = {id(line): line for line in lines}
    formulas = sorted((line for line in lines if line.mathematical), key=lambda line: line.top)
    for index, line in enumerate(formulas if len(formulas) < _MOST_FORMULAS else []):
        for other in formulas[index + 1 :]:
            if other.top > line.bottom - 0.25 * line.size:
                break
            if _overlap(line, other) and id(line) in kept and id(other) in kept:
                small, large = sorted((line, other), key=lambda each: len(each.text))
                scrap = kept.pop(id(small))
                kept[id(large)] = _doubted(kept[id(large)], scrap)
    return list(kept.values())


def _overlap(one: PageLine, other: PageLine) -> bool:
    size = min(one.size, other.size)
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    apart = max(one.left, other.left) - min(one.right, other.right)
    return shared > 0.3 * size and apart < size and abs(one.base - other.base) > 0.35 * size


def _doubted(line: PageLine, scrap: PageLine) -> PageLine:
    words: list[Word] = []
    for word in line.words:
        near = word.left < scrap.right + line.size and scrap.left - line.size < word.right
        if not near or _PLAIN.search(word.text):
            words.append(word)
        elif not words or words[-1].text != "$…$":
            words.append(replace(word, text="$…$"))
    return replace(line, words=tuple(words), doubt=f"{line.text} {scrap.text}")


def _runs(chars: Sequence[Char], rules: Sequence[Box], *, rtl: bool) -> list[list[Char]]:
    """Characters that follow each other on one base line, scripts among them. What is drawn later but stands right
    beside others belongs to them."""
    runs: list[list[Char]] = []
    if not chars:
        return []
    last = main = chars[0]  # `main`: of a run, scripts being smaller
    for char in chars:
        if char.text == " ":
            if runs:
                runs[-1].append(char)
            continue
        level = runs and (_on_one_line(main, char) or _on_one_line(last, char))
        if level and (rtl or _is_beside(last, char, rules) or _is_second_script(main, last, char)):
            runs[-1].append(char)
            main = char if char.size >= SMALL * main.size else main
        else:
            runs.append([char])
            main = char
        last = char
    if rtl:
        pieces = (piece for run in runs for piece in _in_places(run, rules))
        runs = [piece for piece in pieces if any(char.text != " " for char in piece)]
    return _merged(runs, rules)


def _is_second_script(main: Char, last: Char, char: Char) -> bool:
    """Whether a small character stands right behind a letter that has one above or below already."""
    small = max(char.size, last.size) < SMALL * main.size
    apart = abs(char.base - last.base) > 0.2 * main.size
    return small and apart and abs(char.left - main.right) < 0.3 * main.size


def _on_one_line(one: Char, other: Char) -> bool:
    small, large = sorted((one.size, other.size))
    return abs(one.base - other.base) <= (0.3 if small > SMALL * large else 0.6) * large


def _is_beside(one: Char, other: Char, rules: Sequence[Box]) -> bool:
    """Whether `other` comes next to the right of `one`, without a rule between."""
    gap, (small, large) = other.left - one.right, sorted((one.size, other.size))
    between = (
        rule for rule in rules if rule.top < other.base < rule.bottom and one.right - 1 < rule.left < other.left + 1
    )
    return -max(0.5 * large, one.right - one.left + 0.2 * small) < gap < _GAP * large and not any(between)


def _in_places(run: Sequence[Char], rules: Sequence[Box]) -> Iterator[list[Char]]:
    """The characters of Arabic or Hebrew by their places, cut at gaps. The letters of a ligature have the same place: lam is before alef.
    A space without width counts where there is one to be seen."""
    piece: list[Char] = []
    for char in sorted(run, key=lambda char: (round(char.left, 1), char.text != " ", char.text in _ALEF)):
        gap = (char.left - piece[-1].right) / char.size if piece else 0.0
        if char.text == " " and char.right <= char.left and not _SEEN < gap < _GAP:
            continue
        if piece and not _is_beside(piece[-1], char, rules):
            yield piece
            piece = []
        piece.append(char)
    if piece:
        yield piece


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
    level = abs(one.base - other.base) < 0.1 * one.size
    close = _on_one_line(one, other) and abs(other.left - one.right) < SPACE * one.size
    near = other.left - one.right < _GAP * min(one.size, other.size)
    return near and (level or close) and _is_beside(one, other, rules)


def _last(run: Sequence[Char]) -> Char:
    return next(char for char in reversed(run) if char.text != " ")


def _line(run: Sequence[Char], sheet: Sheet, order: float) -> PageLine:
    seen = [char for char in run if char.text.strip()]
    sizes, fonts = Counter(char.size for char in seen), Counter(char.style for char in seen)
    size = max(size for size, count in sizes.items() if count >= _ENOUGH * len(seen))
    style = max(fonts, key=lambda style: fonts[style])
    bases = Counter(round(char.base, 1) for char in seen if char.size == size)
    base = max(bases, key=lambda base: bases[base])
    words = tuple(words_of(run, size, base, rtl=sheet.rtl))
    return PageLine(
        words=words,
        page=sheet.number,
        base=base,
        size=size,
        depth=base / sheet.height if sheet.height else 0.0,
        order=order,
        font=style.font,
        mono=all(map(_is_fixed, seen)),
        bold=all(is_bold(char.style.font) for char in seen),
        artifact=all(char.style.artifact for char in seen),
        mathematical=any(char.formula or is_mathematical(char.style.font) for char in seen),
        doubt="".join(char.text for char in run) if any("$…$" in word.text for word in words) else "",
        height=max((base - char.top for char in seen if char.formula), default=0.0),
        drop=max((char.bottom - base for char in seen if char.formula), default=0.0),
    )


def _field(box: Box, sheet: Sheet, lines: Sequence[PageLine]) -> PageLine:
    """What is filled in stands on the line of its label, as if drawn after it."""
    size = Counter(line.size for line in lines).most_common(1)[0][0] if lines else 10.0
    base = (box.top + box.bottom) / 2 + 0.3 * size if box.bottom - box.top < 3 * size else box.top + size
    labels = [line for line in lines if line.right <= box.left + size and abs(line.base - base) < size]
    label = max(labels, key=lambda line: line.right, default=None)
    words = (Word(" ".join(box.text.split()), box.left, box.right),)
    depth = base / sheet.height if sheet.height else 0.0
    return PageLine(
        words, sheet.number, label.base if label else base, size, depth, label.order + 0.5 if label else len(lines)
    )
