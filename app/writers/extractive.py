"""The answer in the course's own sentences: no model, no key, nothing that is not a quote.

`asked` judges the question, `layout` shows the passages as a reader sees them, `relevance` says how likely each piece
holds the answer, `choose` takes what belongs together, `quoted` writes it down.
"""

from collections.abc import Iterator, Sequence

from app.types import Finished, Question, TextPiece, WriterEvent
from app.writers.asked import what_is_asked
from app.writers.choose import choose
from app.writers.layout import places
from app.writers.quoted import written
from app.writers.relevance import likelihoods
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
        blocks = [block for group in groups for block in group.blocks]
        for index, block in enumerate(blocks):
            if index:
                yield TextPiece("\n\n")
            yield from written(block)
        yield Finished(refused=not blocks)
