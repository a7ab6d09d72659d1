"""The answer in the course's own sentences: no model, no key, nothing that is not a quote.

Every unit (sentence, list item, table row, code block) of the passages gets a score from the cosine of the windows it
is in and from the question's words it holds, weighted by their rarity among the passages. The best one decides the
form: a list comes whole with the line that introduces it, code whole with the sentence before it, a row with its column
names, a sentence with its neighbours. More is added from places that score nearly as well and say something new, in
reading order, up to about `max_words`.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.types import Citation, Cited, Finished, Question, TextPiece, WriterEvent
from retrieval.plain import plain_inline, row_with_columns
from retrieval.tokenize import terms
from retrieval.types import Passage, Unit

NEAR = 0.85  # share of the best score a further place needs
REPEAT = 0.6  # share of a unit's terms that are said already, from which it is left out
DENSE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit, where it is, and how well it fits the question, in about [0, 1]."""

    passage: Passage
    index: int
    score: float

    @property
    def unit(self) -> Unit:
        return self.passage.units[self.index]


class ExtractiveWriter:
    """A `Writer` that quotes. Never fails; with no passages it says that the course does not cover the question."""

    name = "extractive"
    version = "extractive-1"

    def __init__(self, *, max_words: int = 120) -> None:
        self._max_words = max_words

    def write(self, question: Question, query: str, passages: Sequence[Passage]) -> Iterator[WriterEvent]:
        chosen = choose(query, passages, max_words=self._max_words)
        if not chosen:
            yield Finished(refused=True)
            return
        for place, group in enumerate(chosen):
            if place:
                yield TextPiece("\n\n")
            yield from _say(group)
        yield Finished()


def choose(query: str, passages: Sequence[Passage], *, max_words: int) -> list[list[Scored]]:
    """Groups of neighbouring units, best group first, units within a group in reading order."""
    scored = score_units(query, passages)
    if not scored:
        return []
    best = max(item.score for item in scored)
    groups: list[list[Scored]] = []
    said: set[str] = set()
    used: set[tuple[str, int]] = set()
    words = 0
    for item in sorted(scored, key=lambda item: (-item.score, item.passage.rank, item.index)):
        if item.score < NEAR * best or (groups and words >= max_words):
            break
        if _key(item) in used or _repeats(item, said):
            continue
        group = [member for member in _surroundings(item, scored) if _key(member) not in used]
        group = _fit(group, item, max_words - words if groups else max_words)
        if not group:
            continue
        groups.append(group)
        used |= {_key(member) for member in group}
        said |= {term for member in group for term in terms(_words(member))}
        words += sum(len(_words(member).split()) for member in group)
    return groups


def score_units(query: str, passages: Sequence[Passage]) -> list[Scored]:
    """Every quotable unit of the passages with its score, in the order of the passages."""
    units = [(passage, index) for passage in passages for index, unit in enumerate(passage.units) if unit.kind != "heading"]
    found = [set(terms(unit_words(passage, passage.units[index]))) for passage, index in units]
    weights = _rarity(set(terms(query)), found)
    mass = sum(weights.values()) or 1.0
    scored = []
    for (passage, index), held in zip(units, found, strict=True):
        around = held | set(terms(" ".join(passage.section)))
        lexical = (sum(weights[term] for term in weights if term in held) + 0.3 * sum(
            weights[term] for term in weights if term in around and term not in held
        )) / mass
        scored.append(Scored(passage, index, DENSE_WEIGHT * _dense(passage, passage.units[index]) + (1 - DENSE_WEIGHT) * lexical))
    return scored


def unit_words(passage: Passage, unit: Unit) -> str:
    """A unit with what leads into it."""
    source = passage.slice(unit.start, unit.end)
    return row_with_columns(source, unit.lead) if unit.kind == "row" else f"{unit.lead} {source}"


def _dense(passage: Passage, unit: Unit) -> float:
    """The best cosine among the windows that hold the unit, at least 0."""
    best = 0.0
    for hit in passage.hits:
        for window, score in zip(hit.chunk.windows, hit.window_scores, strict=True):
            if window.start <= unit.start and unit.end <= window.end:
                best = max(best, score)
    return best


def _rarity(wanted: set[str], found: Sequence[set[str]]) -> dict[str, float]:
    """ln(1 + N/df) per wanted term; one that occurs nowhere has none."""
    counts = Counter(term for held in found for term in held if term in wanted)
    return {term: math.log1p(len(found) / count) for term, count in counts.items()}


def _surroundings(item: Scored, scored: Sequence[Scored]) -> list[Scored]:
    """The units that belong with a chosen one: its list, its code's introduction, its sentence's neighbours."""
    units = item.passage.units
    first = last = item.index
    kind = item.unit.kind
    if kind == "item":
        while first > 0 and units[first - 1].kind == "item":
            first -= 1
        while last + 1 < len(units) and units[last + 1].kind == "item":
            last += 1
    if kind in ("item", "code") and first > 0 and units[first - 1].kind == "sentence":
        first -= 1
    if kind == "sentence":
        following = units[last + 1].kind if last + 1 < len(units) else "heading"
        if following == "sentence" or (following in ("code", "item") and _introduces(item)):
            last += 1
            while following == "item" and last + 1 < len(units) and units[last + 1].kind == "item":
                last += 1
    wanted = {(id(item.passage), index) for index in range(first, last + 1)}
    return [other for other in scored if (id(other.passage), other.index) in wanted]


def _introduces(item: Scored) -> bool:
    return _words(item).rstrip("*_ ").endswith(":")


def _fit(group: Sequence[Scored], item: Scored, room: int) -> list[Scored]:
    """The group if it fits; else the chosen unit with what comes directly around it, as far as it fits."""
    kept = [item]
    used = len(_words(item).split())
    others = sorted((member for member in group if member is not item), key=lambda member: abs(member.index - item.index))
    for member in others:
        size = len(_words(member).split())
        if used + size > room:
            break
        kept.append(member)
        used += size
    return sorted(kept, key=lambda member: member.index)


def _repeats(item: Scored, said: set[str]) -> bool:
    held = set(terms(_words(item)))
    return bool(held) and bool(said) and len(held & said) / len(held) > REPEAT


def _say(group: Sequence[Scored]) -> Iterator[WriterEvent]:
    previous = ""
    for item in group:
        kind = item.unit.kind
        if previous:
            yield TextPiece("\n" if kind == previous and kind in ("item", "row") else " " if kind == previous == "sentence" else "\n\n")
        yield TextPiece(_shown(item))
        if kind == "code":
            yield TextPiece("\n\n")
        yield Cited(_citation(item))
        previous = kind


def _shown(item: Scored) -> str:
    source = item.passage.slice(item.unit.start, item.unit.end)
    if item.unit.kind == "code":
        return source if source.lstrip().startswith(("```", "~~~")) else f"```\n{source}\n```"
    if item.unit.kind == "row":
        return f"- {row_with_columns(source, item.unit.lead)}"
    words = " ".join(_strip_mark(plain_inline(source)).split())
    return f"- {words}" if item.unit.kind == "item" else words


def _strip_mark(text: str) -> str:
    stripped = text.lstrip()
    mark, _, rest = stripped.partition(" ")
    bullet = mark in ("-", "*", "+", "•", "◦", "▪", "–", "o") or (mark[:-1].isdigit() and mark[-1:] in ".)")
    return rest.lstrip() if bullet and rest else stripped


def _citation(item: Scored) -> Citation:
    unit, passage = item.unit, item.passage
    inside = [hit for hit in passage.hits if hit.chunk.start <= unit.start and unit.end <= hit.chunk.end]
    return Citation(
        chunk_id=inside[0].chunk.id,
        document_id=passage.document_id,
        start=unit.start,
        end=unit.end,
        quote=passage.slice(unit.start, unit.end),
    )


def _words(item: Scored) -> str:
    return item.passage.slice(item.unit.start, item.unit.end)


def _key(item: Scored) -> tuple[str, int]:
    return item.passage.document_id, item.unit.start
