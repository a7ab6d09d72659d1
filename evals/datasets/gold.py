"""Gold text: where in the documents the quotes that answer a question stand.

Gold is text, not chunk ids, so chunking can change under it. A quote counts wherever it stands, in any document. In
each document it is looked for under three foldings, strictest first, so that it survives a change of format: white
space (every run is one space); letters and digits only, case and accents folded; the same without Markdown and HTML
notation that holds letters (link targets, tags, entities, list numbers). Left out: quotes that are only similar.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.datasets.questions import GoldQuestion

Offsets = NDArray[np.int32]

_WORD = re.compile(r"[^\W_]+")
_NOTATION = re.compile(
    r"(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)"  # link target
    r"|\[\^[^\]\s]+\]"  # footnote mark
    r"|</?[a-zA-Z][^<>\n]*>|<!--.*?-->"
    r"|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);"
    r"|^[ \t>]*\d{1,3}[.)](?=\s)"  # list number
    r"|^[ \t]*(?:```+|~~~+)[^\n`]*$",  # code fence with its language
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` and, for each of its characters, the offset in the source. `offsets` ascends."""

    text: str
    offsets: Offsets

    def find(self, part: str, *, whole_words: bool) -> Iterator[Offsets]:
        """The offsets of each occurrence of `part` that is not inside another one. An empty part has none."""
        start = self.text.find(part) if part else -1
        while start >= 0:
            end = start + len(part)
            if not whole_words or (self._is_edge(start) and self._is_edge(end)):
                yield self.offsets[start:end]
                start = self.text.find(part, end)
            else:
                start = self.text.find(part, start + 1)

    def _is_edge(self, index: int) -> bool:
        """Whether the source has something else, or nothing, between the characters before and at `index`."""
        return index in {0, len(self.text)} or bool(self.offsets[index] - self.offsets[index - 1] > 1)


def fold_space(text: str) -> Folded:
    """`"a  b\\n"` -> `"a b"`"""
    runs = [(match.start(), match[0]) for match in re.finditer(r"\S+", text)]
    spans = []
    for index, (start, run) in enumerate(runs):
        if index:
            previous, before = runs[index - 1]
            spans.append((previous + len(before), " "))
        spans.append((start, run))
    return Folded("".join(run for _, run in spans), _offsets(spans))


def fold_words(text: str) -> Folded:
    """`"**Top-P**, naïve"` -> `"toppnaive"`"""
    return _fold_words(text, ((match.start(), match[0]) for match in _WORD.finditer(text)))


def fold_notation(text: str) -> Folded:
    """`"see [Top-P](http://x)"` -> `"seetopp"`"""
    # blanked, not cut out: offsets stay
    return fold_words(_NOTATION.sub(lambda match: " " * len(match[0]), text))


FOLDINGS: tuple[tuple[Callable[[str], Folded], bool], ...] = (
    (fold_space, False),
    (fold_words, True),
    (fold_notation, True),
)
"""Each folding, strictest first, and whether a find must begin and end at word borders."""
SPACE, WORDS, NOTATION = range(3)


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

    def gold(self, question: GoldQuestion) -> Gold:
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


def _fold_words(text: str, words: Iterable[tuple[int, str]]) -> Folded:
    folded: list[str] = []
    offsets: list[Offsets] = []
    for start, word in words:
        plain = word.lower() if word.isascii() else ""
        if plain:
            folded.append(plain)
            offsets.append(np.arange(start, start + len(word), dtype=np.int32))
            continue
        for index, char in enumerate(word):
            plain = _plain(char)
            folded.append(plain)
            offsets.append(np.full(len(plain), start + index, np.int32))
    return Folded("".join(folded), np.concatenate(offsets) if offsets else np.zeros(0, np.int32))


def _plain(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", char.casefold())
    return "".join(part for part in decomposed if part.isalnum())


def _offsets(spans: Iterable[tuple[int, str]]) -> Offsets:
    pieces = [np.arange(start, start + len(run), dtype=np.int32) for start, run in spans]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int32)
