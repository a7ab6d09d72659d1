"""What is shown as Markdown, each run of marked or unmarked units followed by its citation.

Words are those of the source without its notation, except that code spans and formulas stay. Offsets never change: what
is cited is the run as it stands in its document.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from app.types import Citation, Cited, TextPiece, WriterEvent
from app.writers.excerpts.choose import Shown
from retrieval.text.markdown import CODE, cells, fold, plain_inline
from retrieval.types import Unit

_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.M)  # quotes within quotes as well
_BULLET = re.compile(r"(?:[-*+•◦▪–‣]|(\d{1,3})[.)])\s+")
_NOTE = re.compile(r" \(note \d+\)")  # where a note stood, which ingestion says
_HELD = 0xE100  # private use: what is kept waits here while notation is removed
_INDENT = 4
Piece = Callable[[Unit, Unit | None], Iterator[TextPiece]]  # of a unit, with what parts it from the one before


def written(shown: Shown) -> Iterator[WriterEvent]:
    """Text and citations, what leads into the rest first; then how much of it is shown, if not all."""
    stretch = shown.stretch
    intro = [unit for unit in shown.units if unit in stretch.units[: stretch.intro]]
    rest = shown.units[len(intro) :]
    if intro:
        yield from _runs(shown, intro, _sentences(shown))
        yield TextPiece("\n\n")
    match rest[0].kind:
        case "code":
            yield from _code(shown, rest)
        case "row":
            yield from _rows(shown, rest)
        case "item":
            yield from _runs(shown, rest, _items(shown))
        case _:
            yield from _runs(shown, rest, _sentences(shown))
    whole = len(stretch.units) - len(intro)
    if len(rest) < whole:
        yield TextPiece(f"\n\n({len(rest)} of {whole})")


def inline(source: str) -> str:
    """``"see [`run`](x.md) and **go**"`` -> ``"see `run` and go"``: one line, no notation but code spans and formulas, and no numbers of
    notes.
    """
    source = _QUOTED.sub("", source)
    kept = [fold(found.group()) for found in CODE.finditer(source)]
    numbers = iter(range(len(kept)))
    words = _NOTE.sub("", fold(plain_inline(CODE.sub(lambda _: chr(_HELD + next(numbers)), source))))
    if words.count("**") % 2:  # the other half is in another sentence
        words = fold(words.replace("**", ""))
    for number, span in enumerate(kept):
        words = words.replace(chr(_HELD + number), span)
    return words


def _following(shown: Shown, units: Sequence[Unit], *, marked: bool) -> Iterator[list[Unit]]:
    """Runs of those between which nothing is left out, which are `marked` or not as one."""
    place = {unit.start: place for place, unit in enumerate(shown.stretch.units)}

    def alike(pair: tuple[int, Unit]) -> tuple[int, bool]:
        return place[pair[1].start] - pair[0], marked and pair[1].start in shown.marked

    return ([unit for _, unit in run] for _, run in groupby(enumerate(units), alike))


def _cited(shown: Shown, run: Sequence[Unit]) -> Cited:
    document, start, end = shown.stretch.document, run[0].start, run[-1].end
    return Cited(Citation(document.id, start, end, document.text[start:end]))


def _runs(shown: Shown, units: Sequence[Unit], piece: Piece) -> Iterator[WriterEvent]:
    before = None
    for run in _following(shown, units, marked=True):
        for unit in run:
            yield from piece(unit, before)
            before = unit
        yield _cited(shown, run)


def _sentences(shown: Shown) -> Piece:
    def piece(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        if before:
            between = shown.stretch.document.text[before.end : unit.start]
            yield TextPiece("\n\n" if between.count("\n") > 1 else " ")
        yield TextPiece(inline(shown.stretch.source(unit)), marked=unit.start in shown.marked)

    return piece


def _items(shown: Shown) -> Piece:
    """Nested as they are in the document; numbers stay where none is left out."""
    text = shown.stretch.document.text
    whole = len(shown.units) == len(shown.stretch.units)
    indents: list[int] = []

    def piece(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        words = inline(shown.stretch.source(unit))
        bullet = _BULLET.match(words)
        marked = unit.start in shown.marked
        indent = unit.start - text.rfind("\n", 0, unit.start) - 1
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        sign = f"{bullet.group(1)}." if whole and bullet and bullet.group(1) else "-"
        yield TextPiece(f"{chr(10) if before else ''}{' ' * _INDENT * (len(indents) - 1)}{sign} ")
        yield TextPiece(words[bullet.end() :] if bullet else words, marked=marked)

    return piece


def _rows(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Rows under their header; what is no table with bars, as a list in words."""
    stretch, lead = shown.stretch, units[-1].lead
    names = cells(lead.split("\n", 1)[0])

    def line(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        yield TextPiece(f"{chr(10) if before else ''}- ")
        yield TextPiece(stretch.text(unit), marked=unit.start in shown.marked)

    def row(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        values = cells(stretch.source(unit).split("\n", 1)[0])
        yield TextPiece("\n|")
        for value in [*values, *[""] * (len(names) - len(values))]:
            yield TextPiece(" ")
            yield TextPiece(_cell(value), marked=bool(value) and unit.start in shown.marked)
            yield TextPiece(" |")

    barred = "|" in lead and all("|" in stretch.source(unit) for unit in units)
    if barred:
        yield TextPiece(f"| {' | '.join(map(_cell, names))} |\n|{' --- |' * len(names)}")
    yield from _runs(shown, units, row if barred else line)


def _cell(value: str) -> str:
    return fold(value).replace("|", "\\|")


def _code(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Parts that follow each other are one block."""
    for number, run in enumerate(_following(shown, units, marked=False)):
        opening, source, closing = _fenced(shown.stretch.document.text[run[0].start : run[-1].end])
        yield TextPiece(("\n\n" if number else "") + opening)
        yield TextPiece(source, marked=all(unit.start in shown.marked for unit in run))
        yield TextPiece(closing)
        yield _cited(shown, run)


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
