"""Chosen pieces as Markdown, each followed by its citation: sentences, lists, tables and code as they were in the course.

Words are those of the source without its notation, except that code spans stay code. Offsets never change: what is
cited is the unit as it stands in its document.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from app.types import Cited, TextPiece, WriterEvent
from app.writers.extractive.blocks import Piece, number_of, without_bullet
from app.writers.passages import citation_of
from retrieval.text.markdown import cells, fold, plain_inline

_CODE_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*(?:\n|$)")
_LAST_FENCE = re.compile(r"(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*$")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_HELD = 0xE100  # private use: a code span waits here while notation is removed
_INDENT = 4


def written(pieces: Sequence[Piece]) -> Iterator[WriterEvent]:
    """Text and citations of a block of pieces; what introduces the rest comes first."""
    for index, (kind, run) in enumerate(groupby(pieces, key=lambda piece: piece.kind)):
        if index:
            yield TextPiece("\n\n")
        match kind:
            case "item":
                yield from _list(list(run))
            case "row":
                yield from _rows(list(run))
            case "code":
                yield from _code(list(run))
            case _:
                yield from _sentences(list(run))


def inline(source: str) -> str:
    """``"see [`run`](x.md) and **go**"`` -> ``"see `run` and go"``: one line, no notation but code spans."""
    spans = [fold(found.group()) for found in _CODE_SPAN.finditer(source)]
    numbers = iter(range(len(spans)))
    held = _CODE_SPAN.sub(lambda _: chr(_HELD + next(numbers)), source)
    words = fold(plain_inline(held))
    if words.count("**") % 2:  # the other half is in another sentence
        words = fold(words.replace("**", ""))
    for number, span in enumerate(spans):
        words = words.replace(chr(_HELD + number), span)
    return words


def _sentences(pieces: Sequence[Piece]) -> Iterator[WriterEvent]:
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if before:
            yield TextPiece("\n\n" if _BLANK_LINE.search(_between(before, piece)) else " ")
        yield from _cited(inline(piece.source), piece)


def _list(pieces: Sequence[Piece]) -> Iterator[WriterEvent]:
    """Items, nested as far as their parents are there; numbers stay where none is left out between them."""
    numbered = _consecutive(pieces)
    depth = -1
    for index, piece in enumerate(pieces):
        words = inline(piece.source)
        if piece.goes_on and index:
            yield from _cited(f" {words}", piece)
            continue
        depth = min(piece.depth, depth + 1)
        mark = f"{number_of(words)}." if numbered and number_of(words) is not None else "-"
        line = f"{' ' * (_INDENT * depth)}{mark} {without_bullet(words)}"
        yield from _cited(f"\n{line}" if index else line, piece)


def _consecutive(pieces: Sequence[Piece]) -> bool:
    numbers = [number_of(piece.words) for piece in pieces if piece.depth == 0 and not piece.goes_on]
    known = [number for number in numbers if number is not None]
    run = len(known) == len(numbers) and all(b - a == 1 for a, b in pairwise(known))
    return run and (len(known) > 1 or known == [1])


def _rows(pieces: Sequence[Piece]) -> Iterator[WriterEvent]:
    """Several rows as a table, one row in words."""
    lead = pieces[0].unit.lead
    if len(pieces) == 1 or "|" not in lead or any("|" not in piece.source for piece in pieces):
        for index, piece in enumerate(pieces):
            yield from _cited(f"\n- {piece.words}" if index else f"- {piece.words}", piece)
        return
    names = cells(lead)
    yield TextPiece(f"{_row(names)}\n|{' --- |' * len(names)}")
    for piece in pieces:
        values = cells(piece.source.split("\n", 1)[0])
        yield from _cited("\n" + _row([*values, *[""] * (len(names) - len(values))]), piece)


def _row(values: Sequence[str]) -> str:
    escaped = (fold(value).replace("|", "\\|") for value in values)
    return f"| {' | '.join(escaped)} |"


def _code(pieces: Sequence[Piece]) -> Iterator[WriterEvent]:
    """Parts that follow each other are one block of code."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if runs and not _between(runs[-1][-1], piece).strip():
            runs[-1].append(piece)
        else:
            runs.append([piece])
    for index, run in enumerate(runs):
        source = run[0].passage.slice(run[0].unit.start, run[-1].unit.end)
        yield TextPiece(("\n\n" if index else "") + _fenced(source))
        yield Cited(citation_of(run[0].passage, [piece.unit for piece in run]))


def _fenced(source: str) -> str:
    opening = _FENCE.match(source)
    body = _LAST_FENCE.sub("", source[opening.end() :] if opening else source).strip("\n")
    ticks = max((len(run) for run in re.findall(r"`{3,}", body)), default=2) + 1
    return f"{'`' * ticks}{opening.group(2) if opening else ''}\n{body}\n{'`' * ticks}"


def _between(one: Piece, other: Piece) -> str:
    """The text between two pieces; a blank line where they are not of one passage."""
    if one.passage is not other.passage:
        return "\n\n…"
    return one.passage.slice(one.unit.end, other.unit.start)


def _cited(text: str, piece: Piece) -> Iterator[WriterEvent]:
    yield TextPiece(text)
    yield _citation(piece)


def _citation(piece: Piece) -> Cited:
    return Cited(citation_of(piece.passage, [piece.unit]))
