"""Quotes as lines of an answer, and which of many to take. Pure functions."""

from collections.abc import Sequence
from typing import TypeVar

from app.types import Cited, TextPiece, WriterEvent
from app.writers.tasks.material import Piece
from retrieval.text.markdown import fold, row_with_columns

T = TypeVar("T")


def quoted(piece: Piece) -> list[WriterEvent]:
    """As it stands; rows of a table as lines of their cells."""
    lines = [row_with_columns(line, "") if line.startswith("|") else line for line in piece.text.strip().split("\n")]
    return [TextPiece("\n".join(lines)), Cited(piece.citation)]


def line(piece: Piece) -> list[WriterEvent]:
    """A line of a list; a definition out of a glossary with its term."""
    named = f"**{piece.term}** — " if piece.term and piece.term not in piece.text else ""
    text = fold(
        " ".join(row_with_columns(line, "") if line.startswith("|") else line for line in piece.text.split("\n"))
    )
    return [TextPiece(f"- {named}{text}"), Cited(piece.citation), TextPiece("\n")]


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


def lies_in(piece: Piece, others: Sequence[Piece]) -> bool:
    where = [other for other in others if other.document.id == piece.document.id]
    return any(other.start <= piece.start and piece.end <= other.end for other in where)
