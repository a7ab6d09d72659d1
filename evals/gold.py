"""Gold text: where in the documents the quotes that answer a question stand.

Gold is text, not chunk ids, so chunking can change under it. A quote counts wherever it stands, in any document. In
each document it is looked for under the foldings of `evals.folding`, strictest first, so that it survives a change of
format. Left out: quotes that are only similar to the text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.data import Question
from evals.folding import FOLDINGS, Folded, Offsets


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
            found = [place for document_id in self._texts for place in self._find(text, document_id)]
            self._quotes[text] = Quote(text, tuple(found))
        return self._quotes[text]

    def _find(self, text: str, document_id: str) -> Sequence[Occurrence]:
        source = self._texts[document_id]
        for level, (fold, whole_words) in enumerate(FOLDINGS):
            key = (document_id, level)
            if key not in self._folded:
                self._folded[key] = fold(source)
            places = self._folded[key].find(fold(text).text, whole_words=whole_words)
            found = [Occurrence(document_id, _without_spaces(source, offsets)) for offsets in places]
            if found:
                return found
        return ()


def _without_spaces(source: str, offsets: Offsets) -> Offsets:
    return offsets[[not source[offset].isspace() for offset in offsets]]
