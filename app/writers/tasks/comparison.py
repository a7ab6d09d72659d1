"""How things differ: how the course defines each, what it says of all of them, then what the part of each says of the same."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from app.query.resolution import is_same_word
from app.query.vocabulary import ASIDE, announces_task, plain, words
from app.types import Target
from app.writers.excerpts.choose import OVER, SIGHT, Place, Shown, can_be_marked
from app.writers.excerpts.stretches import Stretch
from app.writers.tasks.explanation import (
    Course,
    best_definition,
    definitions_then_places,
    documents_of,
    mentions,
    section_opening,
)
from app.writers.tasks.rendering import Lines
from app.writers.tasks.terms.definitions import phrase_count
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope, Section, Unit

Side = Sequence[str]  # all that it may be called
ROOM = 150  # words of the part of a side
_BRACKETS = re.compile(r"\(([^(),;]*)\)")


def comparison(topic: str, sides: Sequence[Side], course: Course) -> Lines:
    """What each side is, the section that is called as all are, or what sets them apart, and what the section of each says with the words
    that all have. Where there are not all of these the likeliest place that names all, and, if there is room, what tells of a side alone.
    Nothing unless it tells of each.
    """
    sides = _named_alone(sides)
    found, *each = [
        max((course.search(name, Scope()) for name in side), key=lambda one: one.confidence)
        for side in ([topic], *sides)
    ]
    documents = list(
        {one.id: one for answer in (found, *each) for one in documents_of(answer, course.documents)}.values()
    )
    defined = [best_definition(side, documents) for side in sides]
    (both,) = _telling([called := _headed(sides, (), documents)], sides, SIGHT)
    owns = [_headed([side], [one for one in sides if one != side], documents) for side in sides]
    owns = _telling(owns, sides, ROOM)
    if not called:
        likely = course.places(found, among=lambda one: any(_names(side, one) for side in sides))
        telling = [place for place in likely if all(_tells(side, place) for side in sides)]
        apart = [place for place in telling if any(_sets_apart(sides, one.stretch) for one in place)]
        apart = apart or course.places(found, among=partial(_sets_apart, sides))
        both = next(iter(apart or ([] if all(owns) else telling)), ())
    is_room = not called and sum(one.words for one in both) < SIGHT
    for number, side in enumerate(sides):
        known, told = defined[number] or owns[number], _tells(side, both)
        if not known and (is_room or not told):
            others = [one for one in sides if one != side]
            places = course.places(each[number], among=partial(_names, side, others=others))
            owns[number] = next(iter(places), ())
        if not (known or told or owns[number]):
            return
    yield from definitions_then_places(
        defined, _merged(_with_marks([one for place in (both, *owns) for one in place], sides))
    )


def _named_alone(sides: Sequence[Side]) -> list[Side]:
    """Where one of "open and closed models" stands without the word that both have, so does the other."""
    shared = {word for side in sides for word in set(side[-1].split()) - set(side[0].split())}
    alone = [" ".join(word for word in side[-1].split() if word not in shared) for side in sides]
    return [[*dict.fromkeys(filter(None, (one, *side)))] for one, side in zip(alone, sides, strict=True)]


def _names(side: Side, one: Stretch, others: Sequence[Side] = ()) -> bool:
    """Whether it has what a side may be called, with its heading, and no other's; no entry, and nothing that tests or repeats."""
    told = not one.term and not any(announces_task(kind, "".join(one.section[-1:])) for kind in ASIDE)
    return told and any(mentions(name, one) for name in side) and not any(_names(other, one) for other in others)


def _sets_apart(sides: Sequence[Side], one: Stretch) -> bool:
    """Whether it is a table that names all, or a sentence of it that begins with a side does."""
    if not all(_names(side, one) for side in sides):
        return False
    texts = [" ".join(terms(one.text(unit))) for unit in one.units if can_be_marked(one, unit)]
    return one.kind == "table" or any(
        all(_is_in(side, text) for side in sides) and any(_begins(side, text) for side in sides) for text in texts
    )


def _is_in(side: Side, text: str) -> bool:
    return any(phrase_count(name, text) for name in side)


def _begins(side: Side, text: str) -> bool:
    return any(text.startswith(" ".join(terms(name))) for name in side)


def _tells(side: Side, place: Place) -> bool:
    return any(_names(side, one.stretch) for one in place)


def _headed(sides: Sequence[Side], others: Sequence[Side], documents: Sequence[Document]) -> Place:
    """The section, or the document without its sections, whose title has the names of all, fewest words besides and no more than as
    many, and no other's; of equals the longest.
    """
    titled = [
        (besides, part.start - part.end, number, part)
        for number, document in enumerate(documents)
        for part in (Section((), 0, 0, len(document.text)), *document.sections)
        for title in _titles("".join(part.path[-1:]) or document.title)
        if (besides := _besides(sides, title)) is not None and not any(_is_called(side, title) for side in others)
    ]
    titled.sort(key=lambda one: one[:3])
    return next(filter(None, (_within(documents[number], part) for *_, number, part in titled)), ())


def _titles(heading: str) -> Iterator[str]:
    """The heading without what stands in brackets, which is its short name, and that."""
    yield _BRACKETS.sub("", heading)
    yield from _BRACKETS.findall(heading)


def _besides(sides: Sequence[Side], title: str) -> int | None:
    """How many words it has beside the names of all; None where it has not all, or more than as many besides."""
    named = [max((_size(name) for name in side if _is_called([name], title)), default=0) for side in sides]
    besides = _size(title) - sum(named)
    return besides if all(named) and besides <= sum(named) else None


def _within(document: Document, part: Section) -> Place:
    target = Target(document.id, (document.title, *part.path), part.start, part.end)
    return section_opening(document, target, room=len(document.text), among=lambda one: one.section == part.path)


def _telling(parts: Sequence[Place], sides: Sequence[Side], room: int) -> list[Place]:
    """Of each part about `room` words, in whole stretches: what has most of the words that all parts have, the oftener the more."""
    said = [[terms(" ".join(map(one.stretch.text, one.units))) for one in part] for part in parts]
    often = [Counter(chain.from_iterable(part)) for part in said]
    named = {word for side in sides for name in side for word in terms(name)}
    worth = {word: min(each[word] for each in often) for word in often[0] if word.isalpha() and word not in named}
    return [_chosen(part, list(map(set, each)), worth, room, sides) for part, each in zip(parts, said, strict=True)]


def _chosen(part: Place, said: Sequence[set[str]], worth: Mapping[str, int], room: int, sides: Sequence[Side]) -> Place:
    if sum(one.words for one in part) <= room * OVER:
        return part
    kept, told, used = list[int](), set[str](), 0
    left = [at for at, one in enumerate(part) if one.stretch.kind != "table" or _sets_apart(sides, one.stretch)] or [0]
    while left := [at for at in left if at not in kept and (not kept or used + part[at].words <= room * OVER)]:
        kept.append(max(left, key=lambda at: (sum(worth.get(word, 0) for word in said[at] - told), -at)))
        told, used = told | said[kept[-1]], used + part[kept[-1]].words
    return tuple(part[at] for at in sorted(kept))


def _is_called(side: Side, heading: str) -> bool:
    """Whether it has all words of a name, none only as another of its kin: "federalism" is not federal."""
    held = list(map(plain, words(heading)))
    return any(all(any(is_same_word(plain(word), one) for one in held) for word in words(name)) for name in side)


def _size(text: str) -> int:
    return len(set(filter(str.isalpha, terms(text))))


def _with_marks(every: Sequence[Shown], sides: Sequence[Side]) -> Iterator[Shown]:
    """Marked outside of tables is for each side the first sentence that begins with its name, or else the first that has it; what was marked
    where a side has none.
    """
    running = [one for one in every if one.stretch.kind != "table"]
    told = [(one, unit) for one in running for unit in one.units if can_be_marked(one.stretch, unit)]

    def naming(side: Side) -> tuple[Shown, Unit] | None:
        texts = [" ".join(terms(one.stretch.text(unit))) for one, unit in told]
        places = [place for place, text in enumerate(texts) if _is_in(side, text)]
        first = [place for place in places if _begins(side, texts[place])]
        return told[(first or places)[0]] if places else None

    found = [pair for side in sides if (pair := naming(side))]
    for one in every:
        starts = frozenset(unit.start for shown, unit in found if shown is one)
        yield replace(one, marked=starts) if one in running and len(found) == len(sides) else one


def _merged(every: Iterable[Shown]) -> list[Place]:
    """By their sections, each once, as it is told at most length."""
    sections: dict[object, dict[int, Shown]] = {}
    for one in every:
        held = sections.setdefault(one.stretch.place, {})
        held[one.stretch.start] = max(held.get(one.stretch.start, one), one, key=lambda shown: len(shown.units))
    return [tuple(told[start] for start in sorted(told)) for told in sections.values()]
