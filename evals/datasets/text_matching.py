"""Text folded for comparison, with the way back: which character of the source each folded character comes from.

Three foldings, from strict to loose: white space (every run is one space); letters and digits only, case and accents
folded; the same without Markdown and HTML notation that holds letters (link targets, tags, entities, list numbers).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
