"""The answer in the course's own sentences: no model, no key, nothing that is not a quote.

`asked` judges the question, `layout` shows the passages as a reader sees them, `relevance` says how likely each piece
holds the answer, `choose` takes what belongs together, `quoted` writes it down.
"""

from collections.abc import Iterator, Sequence

from app.types import Documents, Finished, Question, TextPiece, WriterEvent, no_documents
from app.writers.extractive.blocks import places
from app.writers.extractive.excerpt import leans, words
from app.writers.extractive.markdown import written
from app.writers.extractive.question_type import what_is_asked
from app.writers.extractive.scoring import first_scores, likelihoods, second_scores
from app.writers.extractive.select import Group, choose
from retrieval.types import Passage, Reranker

SHORT = 15  # words


class ExtractiveWriter:
    """A `Writer` that quotes. Never fails; with no passages it says that the course does not cover the question."""

    name = "extractive"
    version = "extractive-6"

    def __init__(self, reader: Reranker | None = None, *, max_words: int = 120) -> None:
        """`reader` reads the likeliest pieces once more; its scores are log-odds, as those of the bundled cross-encoder."""
        self._reader = reader
        self._max_words = max_words

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        asked = what_is_asked(question.text, query)
        found = places(passages)
        scores = first_scores(asked, found)
        if self._reader:
            scores = second_scores(query, found, scores, self._reader)
        groups = choose(asked, found, likelihoods(scores), max_words=self._max_words)
        for index, group in enumerate(groups):
            yield from _opening(group, first=index == 0)
            for number, block in enumerate(group.blocks):
                if number:
                    yield TextPiece("\n\n")
                yield from written(block)
        yield Finished(refused=not groups)


def _opening(group: Group, *, first: bool) -> Iterator[TextPiece]:
    """What stands before a group: space, and its section's heading if the excerpt could not be understood without.

    That is one that does not name what the heading names, and comes from another section than what stands before it,
    or is no text, or is short; and one that begins by pointing back.
    """
    if not first:
        yield TextPiece("\n\n")
    sentence = group.pieces[0].kind == "sentence"
    alone = first and sentence and words(group.pieces) >= SHORT and not leans(group.pieces[0])
    if group.title and not alone:
        yield TextPiece(f"{group.title}:{' ' if sentence else chr(10) * 2}")
