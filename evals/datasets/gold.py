"""Gold text: where in the documents the quotes that answer a question stand.

Gold is text, not chunk ids, so chunking can change under it. A quote counts wherever it stands, in any document. In
each document it is looked for under the foldings of `evals.datasets.text_matching`, strictest first, so that it survives a change of
format. Left out: quotes that are only similar to the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evals.datasets.questions import Question
from evals.datasets.text_matching import FOLDINGS, NOTATION, SPACE, WORDS, Folded, Offsets


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a quote stands: the offsets of its characters (without spaces) in the document's text."""

    document_id: str
    offsets: Offsets


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote and its places. None: it was found nowhere and cannot be retrieved."""

    text: str
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class Gold:
    """What answers a question: any one of `sets`, all quotes of it."""

    sets: tuple[tuple[Quote, ...], ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Quotes that were found in no document, in order."""
        return tuple(dict.fromkeys(quote.text for quotes in self.sets for quote in quotes if not quote.occurrences))

    @property
    def lost(self) -> bool:
        """Whether no set stands whole in the documents, so that no ranking can hold the answer in full."""
        return all(any(not quote.occurrences for quote in quotes) for quotes in self.sets)


class Locator:
    """Finds quotes in documents, given as id -> text. Each document is folded once, when a quote first needs it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._folded: dict[tuple[str, int], Folded] = {}
        self._quotes: dict[str, Quote] = {}

    def gold(self, question: Question) -> Gold:
        return Gold(tuple(tuple(self.quote(text) for text in quotes) for quotes in question.gold))

    def quote(self, text: str) -> Quote:
        """Occurrences in the order of the documents, then of the text."""
        if text not in self._quotes:
            wanted = [fold(text).text for fold, _ in FOLDINGS]
            found = [place for document_id in self._texts for place in self._find(wanted, document_id)]
            self._quotes[text] = Quote(text, tuple(found))
        return self._quotes[text]

    def _find(self, wanted: Sequence[str], document_id: str) -> Sequence[Occurrence]:
        """The places of a quote, given under each folding, by the strictest folding that finds any."""
        for level in self._possible(wanted, document_id):
            places = self._fold(document_id, level).find(wanted[level], whole_words=FOLDINGS[level][1])
            found = [Occurrence(document_id, _without_spaces(self._texts[document_id], offsets)) for offsets in places]
            if found:
                return found
        return ()

    def _possible(self, wanted: Sequence[str], document_id: str) -> Iterator[int]:
        """Foldings that may find something: what is not there by its letters is not there to the space either."""
        words, notation = self._fold(document_id, WORDS), self._fold(document_id, NOTATION)
        if not wanted[WORDS] or wanted[WORDS] in words.text:
            yield from (SPACE, WORDS)
        if notation is not words or wanted[NOTATION] != wanted[WORDS]:
            yield NOTATION

    def _fold(self, document_id: str, level: int) -> Folded:
        key = (document_id, level)
        if key not in self._folded:
            folded = FOLDINGS[level][0](self._texts[document_id])
            if level == NOTATION and folded.text == self._fold(document_id, WORDS).text:
                folded = self._fold(document_id, WORDS)  # no notation in it: one copy will do
            self._folded[key] = folded
        return self._folded[key]


def _without_spaces(source: str, offsets: Offsets) -> Offsets:
    return offsets[[not source[offset].isspace() for offset in offsets]]
