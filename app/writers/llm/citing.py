"""Passages as a model is given them, and the way back from what it cites to offsets in the documents: two ways.

`SearchResults`: a `search_result` block a passage and a text block a unit, for native citations. `NumberedPassages`: numbered
text, for models that know no citations and type `[n]` marks, found while the text streams in and checked as strictly. A mark
only says which passage is meant; its quote is the unit of that passage, or the two units, that share most words with the
sentence before the mark, and without enough of them the mark is dropped. Inside of code nothing is a mark.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.citations.marks import TYPED, code_regions
from app.citations.sentence_check import SUPPORTED, support
from app.types import CitationDropped, Cited, Searched, TextPiece, WriterEvent
from app.writers.llm.api.reply import Delta, Range
from app.writers.llm.prompt import text_block
from app.writers.passages import citation_of, quotable_units, source_key, unit_as_sent
from retrieval.text.markdown import fold
from retrieval.text.sentences import sentence_spans
from retrieval.types import Json, Passage, Unit

_TAG = re.compile(r"<(?=/?\s*passage)", re.I)
_MAYBE = re.compile(r"[ \t]+$|[ \t]*\[[\d,\s]{0,24}$")  # the beginning of a mark at the end of a piece
_WORTH_ADDING = 0.2  # share of the claim's words that a second unit has to add


class SearchResults:
    """The passages of one question, for native citations. What is added comes back as content blocks, like `content`."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = {source_key(passage): passage for passage in passages}

    def content(self) -> list[Json]:
        """Content blocks with all of them."""
        return [_search_result(source, passage) for source, passage in self._passages.items()]

    def add(self, passages: Sequence[Passage]) -> list[Json]:
        more = SearchResults(passages)
        self._passages |= more._passages
        return more.content()

    def events(self, deltas: Iterable[Delta]) -> Iterator[WriterEvent]:
        """What a reply comes to, citations resolved or dropped."""
        for delta in deltas:
            yield self._resolved(delta) if isinstance(delta, Range) else delta

    def _resolved(self, cited: Range) -> Cited | CitationDropped:
        """The span of the cited units; dropped if it is nowhere, or if `cited_text` is not what stands there."""
        passage = self._passages.get(cited.source)
        if passage is None:
            return CitationDropped(f"no passage was sent as {cited.source!r}")
        units = quotable_units(passage)
        if not 0 <= cited.start < cited.end <= len(units):
            return CitationDropped(f"{cited.source!r} has {len(units)} blocks, not {cited.start} to {cited.end}")
        chosen = units[cited.start : cited.end]
        sent = "".join(unit_as_sent(passage, unit) for unit in chosen)
        if "".join(cited.cited_text.split()) != "".join(sent.split()):  # blocks may be joined with or without a space
            return CitationDropped(
                f"the cited text does not stand in {cited.source!r}: {fold(cited.cited_text)[:80]!r}"
            )
        return Cited(citation_of(passage, chosen))


class NumberedPassages:
    """The same for typed marks; passages count from 1."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = list(passages)

    def content(self) -> list[Json]:
        return [text_block(numbered_text(self._passages))]

    def add(self, passages: Sequence[Passage]) -> list[Json]:
        self._passages += passages
        return [text_block(numbered_text(passages, first=len(self._passages) - len(passages) + 1))]

    def events(self, deltas: Iterable[Delta]) -> Iterator[WriterEvent]:
        parser = MarkParser()
        for delta in deltas:
            if isinstance(delta, Searched):
                yield delta
            for found in parser.feed(delta.text) if isinstance(delta, TextPiece) else ():
                if isinstance(found, str):
                    yield TextPiece(found)
                else:
                    yield from self._resolved(found)
        yield from (TextPiece(found) for found in parser.flush() if isinstance(found, str))

    def _resolved(self, marks: "Marks") -> Iterator[Cited | CitationDropped]:
        """What each number of a mark stands for."""
        for number in marks.numbers:
            if not 1 <= number <= len(self._passages):
                yield CitationDropped(f"[{number}] points to none of the {len(self._passages)} passages")
                continue
            passage = self._passages[number - 1]
            groups = supporting_units(marks.claim, passage)
            if not groups:
                yield CitationDropped(f"[{number}] does not support {marks.claim[:80]!r}")
            for group in groups:
                yield Cited(citation_of(passage, group))


Citable = SearchResults | NumberedPassages


def _search_result(source: str, passage: Passage) -> Json:
    return {
        "type": "search_result",
        "source": source,
        "title": passage.place,
        "content": [text_block(unit_as_sent(passage, unit)) for unit in quotable_units(passage)],
        "citations": {"enabled": True},
    }


def numbered_text(passages: Sequence[Passage], *, first: int = 1) -> str:
    """`<passage number="1" place="title > heading">` ... for each passage, numbered from `first`.

    Tags of this kind and bracketed numbers inside a passage are disarmed, so that it can neither end itself nor pass
    its own marks off as the model's. Only the prompt is changed; quotes come from the passage.
    """
    parts = []
    for number, passage in enumerate(passages, start=first):
        body = "\n".join(_disarmed(unit_as_sent(passage, unit), unit) for unit in quotable_units(passage))
        place = _TAG.sub("‹", passage.place).replace('"', "'")
        parts.append(f'<passage number="{number}" place="{place}">\n{body}\n</passage>')
    return "\n\n".join(parts)


def _disarmed(text: str, unit: Unit) -> str:
    text = _TAG.sub("‹", text)
    return text if unit.kind == "code" else TYPED.sub(r"(\1)", text)


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers typed in one pair of brackets, and the sentence that they follow."""

    numbers: tuple[int, ...]
    claim: str


class MarkParser:
    """Takes text in pieces of any size; gives it back without the marks, and the marks at their places. What may still become
    a mark is held back."""

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
            yield Marks(tuple(int(number) for number in found[1].split(",")), _last_sentence(self._before))

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


def _last_sentence(text: str) -> str:
    """The last sentence of the last line that has any."""
    line = text.rstrip().rsplit("\n", 1)[-1]
    spans = sentence_spans(line)
    return line[slice(*spans[-1])] if spans else ""


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
