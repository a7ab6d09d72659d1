"""Marks `[n]` that a model types into its text, found while the text streams in, and resolved to quotes.

A mark only says which passage is meant. The quote is the unit of that passage, or the two units, that share most words
with the sentence before the mark; without enough of them the mark is dropped. Inside of code nothing is a mark.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.citations.marks import TYPED, code_regions
from app.citations.sentence_check import SUPPORTED, support
from app.types import CitationDropped, Cited
from app.writers.passages import citation_of, quotable_units, unit_as_sent
from retrieval.text.sentences import sentence_spans
from retrieval.types import Passage, Unit

_MAYBE = re.compile(r"[ \t]+$|[ \t]*\[[\d,\s]{0,24}$")  # the beginning of a mark at the end of a piece
_WORTH_ADDING = 0.2  # share of the claim's words that a second unit has to add


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers typed in one pair of brackets, and the sentence that they follow."""

    numbers: tuple[int, ...]
    claim: str


class MarkParser:
    """Takes text in pieces of any size; gives it back without the marks, and the marks at their places."""

    def __init__(self) -> None:
        self._before = ""  # all text given back so far
        self._held = ""

    def feed(self, text: str) -> Iterator[str | Marks]:
        """Text and marks, as far as it is clear which is which."""
        self._held += text
        yield from self._marks()
        maybe = _MAYBE.search(self._held)
        ready = self._held[: maybe.start()] if maybe else self._held
        yield from self._give(ready)

    def flush(self) -> Iterator[str | Marks]:
        """The rest, at the end."""
        yield from self._give(self._held)

    def _marks(self) -> Iterator[str | Marks]:
        position = 0
        while found := TYPED.search(self._held, position):
            if self._in_code(found.end() - 1):
                position = found.end()
                continue
            before = self._held[: found.start()].rstrip(" \t")
            self._held, rest = before, self._held[found.end() :]
            yield from self._give(before)
            self._held = rest
            position = 0
            yield Marks(tuple(int(number) for number in found[1].split(",")), last_sentence(self._before))

    def _give(self, text: str) -> Iterator[str]:
        self._held = self._held[len(text) :]
        self._before += text
        if text:
            yield text

    def _in_code(self, position: int) -> bool:
        """Whether a place in the held text is in code, closed or still open."""
        text = self._before + self._held
        place = len(self._before) + position
        regions = code_regions(text)
        if any(region.start <= place < region.end for region in regions):
            return True
        line = text[text.rfind("\n", 0, place) + 1 : place]
        return line.count("`") % 2 == 1


def last_sentence(text: str) -> str:
    """The last sentence of the last line that has any."""
    line = text.rstrip().rsplit("\n", 1)[-1]
    spans = sentence_spans(line)
    return line[slice(*spans[-1])] if spans else ""


def resolve(marks: Marks, passages: Sequence[Passage]) -> Iterator[Cited | CitationDropped]:
    """What each number of a mark stands for; passages count from 1."""
    for number in marks.numbers:
        if not 1 <= number <= len(passages):
            yield CitationDropped(f"[{number}] points to none of the {len(passages)} passages")
            continue
        passage = passages[number - 1]
        groups = supporting_units(marks.claim, passage)
        if not groups:
            yield CitationDropped(f"[{number}] does not support {marks.claim[:80]!r}")
        for group in groups:
            yield Cited(citation_of(passage, group))


def supporting_units(claim: str, passage: Passage) -> list[list[Unit]]:
    """The unit that supports a claim best, and one more if it adds enough; neighbours in one group, in reading order.

    Ties go to the earlier unit. Empty if even the best ones together do not support it.
    """
    units = [unit for unit in quotable_units(passage) if unit.kind != "heading"]
    texts = [unit_as_sent(passage, unit) for unit in units]
    if not units:
        return []
    scores = [support(claim, text) for text in texts]
    best = max(range(len(units)), key=lambda index: (scores[index], -index))
    both = [support(claim, f"{texts[best]}\n{text}") for text in texts]
    second = max(range(len(units)), key=lambda index: (both[index], -abs(index - best), -index))
    if both[second] < SUPPORTED:
        return []
    chosen = sorted({best, second}) if both[second] - scores[best] >= _WORTH_ADDING else [best]
    if len(chosen) == 2 and chosen[1] - chosen[0] > 1:
        return [[units[index]] for index in chosen]
    return [[units[index] for index in chosen]]
