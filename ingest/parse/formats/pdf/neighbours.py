"""Which characters of a formula belong to a sign that governs them: limits of an operator, what stands above and below a bar, the rows
between brackets. All lengths are in font sizes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.parse.formats.pdf.characters import UNKNOWN, Char
from ingest.parse.formats.pdf.pdfium import Box

SMALL = 0.9


TALL = 1.15
MOST_SIGNS = 400  # of a page that govern others: more are no formula


_TOUCH = 0.6  # from a bar to what stands above and below it


_ROW = 8.0  # points


def near_words(page: Sequence[Char], level: Sequence[Box]) -> list[Box]:
    """The rules with something right below, or above and below."""
    rows = defaultdict[int, list[Char]](list)
    for char in page:
        for row in {int(char.top / _ROW), int(char.bottom / _ROW)}:
            rows[row].append(char)
    around = {id(rule): [char for row in range(-1, 2) for char in rows[int(rule.top / _ROW) + row]] for rule in level}
    return [rule for rule in level if any(rule.left - 2 < char.left < rule.right for char in around[id(rule)])]


def size_of(chars: Sequence[Char]) -> float:
    """That of the main line: the largest of the letters."""
    letters = [char for char in chars if char.text[:1] != "\\"] or chars
    return max(char.style.size for char in letters)


def base_of(chars: Sequence[Char], size: float) -> float:
    bases = Counter(round(char.base, 1) for char in chars if char.style.size > SMALL * size)
    return bases.most_common(1)[0][0]


def height(char: Char) -> float:
    return (char.bottom - char.top) / char.style.size


def is_bracket(char: Char, signs: str) -> bool:
    return char.text in signs and height(char) > TALL and not char.formula


def touches(char: Char, bar: Box) -> bool:
    close = min(abs(char.bottom - bar.top), abs(char.top - bar.bottom)) < 0.3 * char.style.size
    return bar.left - 1 < char.left < bar.right and close


def stacked(box: Char, small: Sequence[Char], *, above: bool) -> list[Char]:
    """A run of small characters right above or below, about in the middle."""
    near = [
        char for char in small if (box.top - char.bottom if above else char.top - box.bottom) < 0.6 * box.style.size
    ]
    row = [char for char in near if char.left < box.right + 0.1 and box.left - 0.1 < char.right]
    grown = _grown(row, near, 0.35)
    if not grown:
        return []
    middle = (min(char.left for char in grown) + max(char.right for char in grown)) / 2
    return grown if abs(middle - (box.left + box.right) / 2) < 0.6 * box.style.size else []


def beside(box: Char, small: Sequence[Char], *, above: bool) -> list[Char]:
    """Scripts on the right: of the upper half, or of the lower."""
    middle, size = (box.top + box.bottom) / 2, box.style.size
    half = [
        char
        for char in small
        if ((char.base < middle + 0.1 * size) if above else (char.base > middle + 0.1 * size))
        and box.top - 0.6 * size < char.top
        and char.bottom < box.bottom + 0.6 * size
        and char.left > (box.left + box.right) / 2 - 0.1
    ]
    return _grown([char for char in half if char.left < box.right + 0.2 * size], half, 0.3)


def _grown(row: Sequence[Char], others: Sequence[Char], gap: float) -> list[Char]:
    """With what stands close on the left and right, again and again."""
    found = list(row)
    waiting = [char for char in others if not any(char is other for other in found)]
    grows = bool(found)
    while grows:
        near = [
            char
            for char in waiting
            if any(
                max(char.left - other.right, other.left - char.right) < gap * other.style.size
                and abs(char.base - other.base) < 0.7 * max(char.style.size, other.style.size)
                for other in found
            )
        ]
        waiting = [char for char in waiting if not any(char is other for other in near)]
        found += near
        grows = bool(near)
    return found


def within(page: Sequence[Char], rule: Box) -> list[Char]:
    slack = 1.5
    return [
        char for char in page if rule.left - slack < char.left and char.right < rule.right + slack and char.text.strip()
    ]


def is_ruled(rule: Box, level: Sequence[Box]) -> bool:
    """Whether a rule is one of three and more that begin and end alike, as those of a table."""
    return (
        sum(
            abs(rule.left - other.left) < 5 and abs(rule.right - other.right) < 5 and abs(rule.top - other.top) < 150
            for other in level
        )
        > 2
        and rule.right - rule.left > 60
    )


def piled(span: Sequence[Char], edge: float, *, above: bool) -> list[Char]:
    """Those that touch a bar, and those at their height."""
    found = [char for char in span if (edge - char.bottom if above else char.top - edge) < _TOUCH * char.style.size]
    if not found:
        return []
    size = size_of(found)
    main = [char for char in found if char.style.size > SMALL * size]
    high, low = min(char.top for char in main), max(char.bottom for char in main)
    base = base_of(main, size)
    return [
        char
        for char in span
        if char.top < low + 0.15 * size
        and high - 0.15 * size < char.bottom
        and (char.style.size < SMALL * size or abs(char.base - base) < 0.35 * size)
    ]


def is_spaced(part: Sequence[Char], size: float) -> bool:
    """Whether there is a gap within, as between the cells of a table."""
    row = sorted(part, key=lambda char: char.left)
    return any(other.left - one.right > 0.75 * size for one, other in pairwise(row))


def goes_on(page: Sequence[Char], part: Sequence[Char], rule: Box, level: Sequence[Box]) -> bool:
    """Whether there are words next to these on their base line, that no other bar is above or below of: as where a line is underlined."""
    size = size_of(part)
    base = base_of(part, size)
    known = set(map(id, part))
    return any(
        abs(char.base - base) < 0.1 * size
        and max(rule.left - char.right, char.left - rule.right) < 0.4 * size
        and char.text.strip()
        and id(char) not in known
        and not any(abs(other.top - rule.top) < 1 and other.left - 1 < char.left < other.right for other in level)
        for char in page
    )


OPEN, CLOSE = "([{⟨⌊⌈|‖", ")]}⟩⌋⌉|‖"


def replaced(page: Sequence[Char], char: Char, used: Sequence[Char]) -> list[Char]:
    """With one for those, where the first of them is drawn."""
    gone = set(map(id, used))
    first = next(index for index, other in enumerate(page) if id(other) in gone)
    return [*page[:first], char, *(other for other in page[first:] if id(other) not in gone)]


def made(text: str, used: Sequence[Char], base: float, size: float) -> Char:
    """A character for those, blank around and without their place in the text they came from."""
    return Char(
        UNKNOWN if UNKNOWN in text else text,
        min(char.left for char in used),
        max(char.right for char in used),
        base,
        replace(used[0].style, size=size),
        min(char.top for char in used),
        max(char.bottom for char in used),
        formula=True,
    )
