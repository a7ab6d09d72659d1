"""The answer in the course's own sentences: no model, no key, nothing that is not a quote.

`asked` judges the question, `layout` shows the passages as a reader sees them, `relevance` says how likely each piece
holds the answer, `choose` takes what belongs together; here it is written down, each piece with its citation.
"""

from collections.abc import Iterator, Sequence

from app.types import Cited, Finished, Question, TextPiece, WriterEvent
from app.writers.asked import what_is_asked
from app.writers.choose import Group, choose
from app.writers.layout import Piece, number_of, places, without_bullet
from app.writers.relevance import likelihoods
from app.writers.sources import citation_of
from retrieval.types import Passage


class ExtractiveWriter:
    """A `Writer` that quotes. Never fails; with no passages it says that the course does not cover the question."""

    name = "extractive"
    version = "extractive-2"

    def __init__(self, *, max_words: int = 120) -> None:
        self._max_words = max_words

    def write(self, question: Question, query: str, passages: Sequence[Passage]) -> Iterator[WriterEvent]:
        asked = what_is_asked(question.text, query)
        found = places(passages)
        groups = choose(asked, found, likelihoods(asked, found), max_words=self._max_words)
        for index, group in enumerate(groups):
            if index:
                yield TextPiece("\n\n")
            yield from _written(group)
        yield Finished(refused=not groups)


def _written(group: Group) -> Iterator[WriterEvent]:
    previous: Piece | None = None
    for piece in group.pieces:
        if previous:
            yield TextPiece(_between(previous, piece))
        yield TextPiece(_shown(piece))
        if piece.unit.kind == "code":
            yield TextPiece("\n\n")
        yield Cited(citation_of(piece.passage, [piece.unit]))
        previous = piece


def _between(one: Piece, other: Piece) -> str:
    kind = other.unit.kind
    if one.unit.kind != kind or kind == "code":
        return "\n\n"
    return "\n" if kind in ("item", "row") else " "


def _shown(piece: Piece) -> str:
    kind = piece.unit.kind
    if kind == "code":
        return piece.source if piece.source.lstrip().startswith(("```", "~~~")) else f"```\n{piece.source}\n```"
    if kind == "row":
        return f"- {piece.words}"
    if kind == "item":
        number = number_of(piece.words)
        return "  " * piece.depth + (f"{number}. " if number is not None else "- ") + without_bullet(piece.words)
    return piece.words
