"""Places as Markdown, each run of marked or unmarked units followed by its citation.

The words are those of the source without its notation, except that code spans and formulas stay. A citation quotes its run
as it stands in the document.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from app.query.vocabulary import without_objectives
from app.types import Citation, Cited, TextPiece, WriterEvent
from app.writers.excerpts.choose import Place, Shown
from retrieval.text.markdown import CODE, cells, fold, plain_inline
from retrieval.types import Unit

_QUOTE_SIGNS = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.M)  # quotes within quotes as well
_BULLET = re.compile(r"(?:[-*+•◦▪–‣]|(\d{1,3})[.)])\s+")
_NOTE = re.compile(r" \(note \d+\)")  # which ingestion writes where a note stood
_FIRST_PLACEHOLDER = 0xE100  # private use; for the spans that keep their notation
_INDENT = 4
UnitWriter = Callable[[Unit, Unit | None], Iterator[TextPiece]]  # a unit, after what separates it from the one before


def write_places(places: Sequence[Place]) -> Iterator[WriterEvent]:
    """Each place below its heading, with an ellipsis where it leaves stretches out."""
    for number, place in enumerate(places):
        yield TextPiece(f"{chr(10) * 2 if number else ''}**{inline(heading_path(place)[-1])}**")
        for index, shown in enumerate(place):
            has_gap = index and shown.stretch.position > place[index - 1].stretch.position + 1
            yield TextPiece("\n\n…\n\n" if has_gap else "\n\n")
            yield from write_shown(shown)


def write_shown(shown: Shown) -> Iterator[WriterEvent]:
    """The lead-in and the rest with their citations; then how much of the rest is shown, if not all ("(6 of 26)")."""
    stretch = shown.stretch
    lead_in = [unit for unit in shown.units if unit in stretch.units[: stretch.lead_in_count]]
    rest = shown.units[len(lead_in) :]
    if lead_in:
        yield from _write_runs(shown, lead_in, _sentence_writer(shown))
        yield TextPiece("\n\n")
    match rest[0].kind:
        case "code":
            yield from _write_code(shown, rest)
        case "row":
            yield from _write_rows(shown, rest)
        case "item":
            yield from _write_runs(shown, rest, _item_writer(shown))
        case _:
            yield from _write_runs(shown, rest, _sentence_writer(shown))
    total = len(stretch.units) - len(lead_in)
    if len(rest) < total:
        yield TextPiece(f"\n\n({len(rest)} of {total})")


def heading_path(place: Place) -> tuple[str, ...]:
    """The title of its document and the headings above it, without one of learning objectives."""
    stretch = place[0].stretch
    return stretch.document.title, *without_objectives(stretch.section)


def is_quoted(shown: Shown, answer: str) -> bool:
    """Whether an answer has all that is shown."""
    return all(inline(shown.stretch.source(unit)) in answer for unit in shown.units)


def inline(source: str) -> str:
    """``"see [`run`](x.md) and **go**"`` -> ``"see `run` and go"``: one line without notation, other than code spans and formulas, and without
    the numbers of notes.
    """
    source = _QUOTE_SIGNS.sub("", source)
    kept = [fold(span.group()) for span in CODE.finditer(source)]
    placeholders = [chr(_FIRST_PLACEHOLDER + number) for number in range(len(kept))]
    remaining = iter(placeholders)
    words = _NOTE.sub("", fold(plain_inline(CODE.sub(lambda _: next(remaining), source))))
    if words.count("**") % 2:  # the other half is in another sentence
        words = fold(words.replace("**", ""))
    for placeholder, span in zip(placeholders, kept, strict=True):
        words = words.replace(placeholder, span)
    return words


def _unbroken_runs(shown: Shown, units: Sequence[Unit], *, by_mark: bool) -> Iterator[list[Unit]]:
    """Runs of units between which nothing is left out; `by_mark`: and all of which are marked, or none."""
    index_of = {unit.start: index for index, unit in enumerate(shown.stretch.units)}

    def run_key(pair: tuple[int, Unit]) -> tuple[int, bool]:
        index, unit = pair
        return index_of[unit.start] - index, by_mark and unit.start in shown.marked  # the difference grows at a gap

    return ([unit for _, unit in run] for _, run in groupby(enumerate(units), run_key))


def _citation(shown: Shown, run: Sequence[Unit]) -> Cited:
    document, start, end = shown.stretch.document, run[0].start, run[-1].end
    return Cited(Citation(document.id, start, end, document.text[start:end]))


def _write_runs(shown: Shown, units: Sequence[Unit], write: UnitWriter) -> Iterator[WriterEvent]:
    before = None
    for run in _unbroken_runs(shown, units, by_mark=True):
        for unit in run:
            yield from write(unit, before)
            before = unit
        yield _citation(shown, run)


def _sentence_writer(shown: Shown) -> UnitWriter:
    def write(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        if before:
            between = shown.stretch.document.text[before.end : unit.start]
            yield TextPiece("\n\n" if between.count("\n") > 1 else " ")
        yield TextPiece(inline(shown.stretch.source(unit)), marked=unit.start in shown.marked)

    return write


def _item_writer(shown: Shown) -> UnitWriter:
    """Items are nested as they are in the document; they keep their numbers if none is left out."""
    text = shown.stretch.document.text
    is_whole = len(shown.units) == len(shown.stretch.units)
    indents: list[int] = []

    def write(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        words = inline(shown.stretch.source(unit))
        bullet = _BULLET.match(words)
        marked = unit.start in shown.marked
        indent = unit.start - text.rfind("\n", 0, unit.start) - 1
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        sign = f"{bullet.group(1)}." if is_whole and bullet and bullet.group(1) else "-"
        yield TextPiece(f"{chr(10) if before else ''}{' ' * _INDENT * (len(indents) - 1)}{sign} ")
        yield TextPiece(words[bullet.end() :] if bullet else words, marked=marked)

    return write


def _write_rows(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Rows below their header; those of a table without bars as a list, each with its column names."""
    stretch, lead = shown.stretch, units[-1].lead
    names = cells(lead.split("\n", 1)[0])

    def write_item(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        yield TextPiece(f"{chr(10) if before else ''}- ")
        yield TextPiece(stretch.text(unit), marked=unit.start in shown.marked)

    def write_row(unit: Unit, before: Unit | None) -> Iterator[TextPiece]:
        values = cells(stretch.source(unit).split("\n", 1)[0])
        yield TextPiece("\n|")
        for value in [*values, *[""] * (len(names) - len(values))]:
            yield TextPiece(" ")
            yield TextPiece(_cell(value), marked=bool(value) and unit.start in shown.marked)
            yield TextPiece(" |")

    has_bars = "|" in lead and all("|" in stretch.source(unit) for unit in units)
    if has_bars:
        yield TextPiece(f"| {' | '.join(map(_cell, names))} |\n|{' --- |' * len(names)}")
    yield from _write_runs(shown, units, write_row if has_bars else write_item)


def _cell(value: str) -> str:
    return fold(value).replace("|", "\\|")


def _write_code(shown: Shown, units: Sequence[Unit]) -> Iterator[WriterEvent]:
    """Parts between which nothing is left out are one block."""
    for number, run in enumerate(_unbroken_runs(shown, units, by_mark=False)):
        opening, source, closing = _fence_parts(shown.stretch.document.text[run[0].start : run[-1].end])
        yield TextPiece(("\n\n" if number else "") + opening)
        yield TextPiece(source, marked=all(unit.start in shown.marked for unit in run))
        yield TextPiece(closing)
        yield _citation(shown, run)


def _fence_parts(source: str) -> tuple[str, str, str]:
    """The opening fence, the lines and the closing fence of a block of code. The fence is longer than any in the lines."""
    lines = source.split("\n")
    has_fence = lines[0].strip().startswith(("```", "~~~"))
    language = lines.pop(0).strip(" \t`~") if has_fence else ""
    if lines and lines[-1].strip() and not lines[-1].strip(" \t`~"):
        lines.pop()
    body, fence = "\n".join(lines).strip("\n"), "```"
    while fence in body:
        fence += "`"
    return f"{fence}{language}\n", body, f"\n{fence}"
