"""Quotes as lines of an answer, and which of many to take. Pure functions."""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

from app.types import Cited, TextPiece, WriterEvent
from app.writers.tasks.material import Piece
from retrieval.text.markdown import fold, row_with_columns, table_rows

T = TypeVar("T")


def quoted(piece: Piece) -> list[WriterEvent]:
    """As it stands; rows of a table as lines of their cells."""
    return [TextPiece("\n".join(in_words(piece.text.strip(), between="\n"))), Cited(piece.citation)]


def line(piece: Piece) -> list[WriterEvent]:
    """A line of a list; a definition out of a glossary with its term."""
    named = f"**{piece.term}** — " if piece.term and piece.term not in piece.text else ""
    parts = in_words(piece.text, between=" / ")
    text = fold((" / " if "\n|" in f"\n{piece.text}" else " ").join(part for part in parts if part.strip()))
    return [TextPiece(f"- {named}{text}"), Cited(piece.citation), TextPiece("\n")]


def in_words(text: str, *, between: str) -> list[str]:
    """The lines of a text, the rows of a table put together as one, with `between` them and each cell under its column's name:
    `["| a | b |", "| --- | --- |", "| 1 | 2 |"]` -> `["a: 1; b: 2"]`. Where the header is not among them, the cells alone.
    """
    told: list[str] = []
    for is_row, group in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        rows = list(group)
        if not is_row:
            told += rows
            continue
        header = rows[0] if len(rows) > 2 and not table_rows(rows[1], "") else ""
        told.append(between.join(row_with_columns(row, header) for row in table_rows("\n".join(rows), header)))
    return told


def after_dash(piece: Piece | None) -> list[WriterEvent]:
    told: list[WriterEvent] = [TextPiece(f" — {fold(piece.text)}"), Cited(piece.citation)] if piece else []
    return [*told, TextPiece("\n")]


def spread(pools: Sequence[Sequence[T]], count: int) -> list[T]:
    """`count` things, evenly over the pools and over each of them, in order."""
    filled = [pool for pool in pools if pool]
    chosen: list[T] = []
    for place, pool in enumerate(filled):
        share = (count - len(chosen)) // (len(filled) - place)
        step = max(1.0, len(pool) / share) if share else 1.0
        chosen += [pool[int(number * step)] for number in range(min(share, len(pool)))]
    return chosen


def once(pieces: Sequence[Piece]) -> list[Piece]:
    """In order, without those that quote what one before quotes."""
    return list({(piece.document.id, piece.start, piece.end): piece for piece in reversed(pieces)}.values())[::-1]


def within(pieces: Sequence[Piece], words: int) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        words -= len(piece.text.split()) if piece.text.isascii() else max(len(piece.text.split()), len(piece.text) // 6)
        if kept and words < 0:
            break
        kept.append(piece)
    return kept
