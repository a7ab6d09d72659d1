"""What is shown as Markdown, each run of marked or unmarked units followed by its citation.

Words are those of the source without its notation, except that code spans and formulas stay. Offsets never change: what
is cited is the run as it stands in its document.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from app.types import Citation, Cited, TextPiece, WriterEvent
from app.writers.excerpts.choose import Shown
from retrieval.text.markdown import cells, fold, plain_inline
from retrieval.types import Unit

_KEPT = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)|\$\$.+?\$\$|\$[^$\n]+\$", re.S)  # code spans and formulas
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.M)  # quotes within quotes as well
_BULLET = re.compile(r"(?:[-*+•◦▪–‣]|(\d{1,3})[.)])\s+")
_HELD = 0xE100  # private use: what is kept waits here while notation is removed
_INDENT = 4


def written(shown: Shown) -> Iterator[WriterEvent]:
    """Text and citations, what leads into the rest first; then how much of it is shown, if not all."""
    stretch = shown.stretch
    intro = [unit for unit in shown.units if unit in stretch.units[: stretch.intro]]
    rest = shown.units[len(intro) :]
    if intro:
        yield from _sentences(shown, intro)
        yield TextPiece("\n\n")
    match rest[0].kind:
        case "item":
            yield from _list(shown, rest)
        case "row":
            yield from _rows(shown, rest)
        case "code":
            yield from _code(shown, rest)
        case _:
            yield from _sentences(shown, rest)
    whole = len(stretch.units) - len(intro)
    if len(rest) < whole:
        yield TextPiece(f"\n\n({len(rest)} of {whole})")


def inline(source: str) -> str:
    """``"see [`run`](x.md) and **go**"`` -> ``"see `run` and go"``: one line, no notation but code spans and formulas."""
    source = _QUOTED.sub("", source)
    kept = [fold(found.group()) for found in _KEPT.finditer(source)]
    numbers = iter(range(len(kept)))
    words = fold(plain_inline(_KEPT.sub(lambda _: chr(_HELD + next(numbers)), source)))
    if words.count("**") % 2:  # the other half is in another sentence
        words = fold(words.replace("**", ""))
    for number, span in enumerate(kept):
        words = words.replace(chr(_HELD + number), span)
    return words


def _cited(shown: Shown, units: Sequence[Unit], number: int, begun: int) -> Iterator[Cited]:
    """The citation of `units[begun : number + 1]`, if the run ends with that unit."""
    unit = units[number]
    following = units[number + 1] if number + 1 < len(units) else None
    marked = unit.start in shown.marked
    order = shown.stretch.units
    if following and marked == (following.start in shown.marked) and order[order.index(unit) + 1] is following:
        return
    start = units[begun].start
    document = shown.stretch.document
    yield Cited(Citation(document.id, start, unit.end, document.text[start : unit.end]))


def _runs(shown: Shown, units: Sequence[Unit], piece: Callable[[int], Iterator[TextPiece]]) -> Iterator[WriterEvent]:
    """`piece(n)`: the text of unit n, with what parts it from the one before."""
    begun = 0
    for number in range(len(units)):
        yield from piece(number)
        for cited in _cited(shown, units, number, begun):
            yield cited
            begun = number + 1


def _sentences(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    def piece(number: int) -> Iterator[TextPiece]:
        unit = units[number]
        if number:
            between = shown.stretch.document.text[units[number - 1].end : unit.start]
            yield TextPiece("\n\n" if between.count("\n") > 1 else " ")
        yield TextPiece(inline(shown.stretch.source(unit)), marked=unit.start in shown.marked)

    return _runs(shown, units, piece)


def _list(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Items nested as they are in the document; numbers stay where none is left out."""
    text = shown.stretch.document.text
    whole = len(shown.units) == len(shown.stretch.units)
    indents: list[int] = []

    def piece(number: int) -> Iterator[TextPiece]:
        unit = units[number]
        words = inline(shown.stretch.source(unit))
        bullet = _BULLET.match(words)
        marked = unit.start in shown.marked
        if number and "\n" not in text[units[number - 1].end : unit.start]:
            yield TextPiece(" ")
            yield TextPiece(words, marked=marked)
            return
        indent = unit.start - text.rfind("\n", 0, unit.start) - 1
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        sign = f"{bullet.group(1)}." if whole and bullet and bullet.group(1) else "-"
        yield TextPiece(f"{chr(10) if number else ''}{' ' * _INDENT * (len(indents) - 1)}{sign} ")
        yield TextPiece(words[bullet.end() :] if bullet else words, marked=marked)

    return _runs(shown, units, piece)


def _rows(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Rows under their header; what is no table with bars, as a list in words."""
    stretch = shown.stretch
    lead = units[-1].lead
    barred = [unit for unit in units if "|" in stretch.source(unit)] == list(units) and "|" in lead
    names = cells(lead.split("\n", 1)[0])

    def piece(number: int) -> Iterator[TextPiece]:
        unit = units[number]
        marked = unit.start in shown.marked
        if not barred:
            yield TextPiece(f"{chr(10) if number else ''}- ")
            yield TextPiece(stretch.text(unit), marked=marked)
            return
        values = cells(stretch.source(unit).split("\n", 1)[0])
        yield TextPiece("\n|")
        for value in [*values, *[""] * (len(names) - len(values))]:
            yield TextPiece(" ")
            yield TextPiece(_cell(value), marked=marked and bool(value))
            yield TextPiece(" |")

    if barred:
        yield TextPiece(f"| {' | '.join(map(_cell, names))} |\n|{' --- |' * len(names)}")
    yield from _runs(shown, units, piece)


def _cell(value: str) -> str:
    return fold(value).replace("|", "\\|")


def _code(shown: Shown, code: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Parts that follow each other are one block."""
    order = list(shown.stretch.units)
    begun = 0
    for number, unit in enumerate(code):
        if number + 1 < len(code) and order[order.index(unit) + 1] is code[number + 1]:
            continue
        before, source, fence = _fenced(shown.stretch.document.text[code[begun].start : unit.end])
        yield TextPiece(("\n\n" if begun else "") + before)
        yield TextPiece(source, marked=all(part.start in shown.marked for part in code[begun : number + 1]))
        yield TextPiece(fence)
        yield from _cited(shown, code, number, begun)
        begun = number + 1


def _fenced(source: str) -> tuple[str, str, str]:
    """What opens a block of code, its lines, and what closes it."""
    lines = source.split("\n")
    begun = lines[0].strip().startswith(("```", "~~~"))
    name = lines.pop(0).strip(" \t`~") if begun else ""
    if lines and lines[-1].strip() and not lines[-1].strip(" \t`~"):
        lines.pop()
    body, fence = "\n".join(lines).strip("\n"), "```"
    while fence in body:
        fence += "`"
    return f"{fence}{name}\n", body, f"\n{fence}"
