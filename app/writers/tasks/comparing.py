"""How things differ: how the course defines each, the places that set them against each other, then how the part of each begins."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from app.query.parts import alike
from app.query.vocabulary import ASIDE, names, plain, words
from app.types import Target
from app.writers.excerpts.choose import PLACES, SIGHT, Place, Shown, can_be_marked
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import FoundStretches, answering, find, judge
from app.writers.tasks.definitions import glossary, in_a_row
from app.writers.tasks.explaining import Course, definition, is_told_of, merged, opening, read, told_once
from app.writers.tasks.lines import Lines
from app.writers.tasks.material import Piece, is_beside
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

MARKED_OF_EACH = 2  # units
_LABELLED = re.compile(r"[:：]|\s[–—-]+\s")  # between a label and what it is of


def compared(topic: str, sides: Sequence[Sequence[str]], course: Course) -> Lines:
    """What each side is, the sections that set them against each other, how the part of each begins, and, where there are none of these,
    what answers; some of each is marked. Nothing unless it tells of each.
    """
    sides = _named_alone(sides)
    found = course.search(topic, Scope())
    each = [max((course.search(words, Scope()) for words in side), key=lambda one: one.confidence) for side in sides]
    documents = list({one.id: one for answer in (found, *each) for one in read(answer, course.documents)}.values())
    defined = [definition(side, documents) for side in sides]
    passages = [passage for one in (found, *each) if one.confidence >= course.threshold for passage in one.passages]
    places = _opposing(answering(topic, find(passages, course.documents).around), sides)
    parts = [_part_of(side, documents) for side in sides]
    both = [] if places else course.places(found, among=is_told_of)
    if all(parts):
        both = [tuple(one for one in place if all(_names((one,), side) for side in sides)) for place in both]
    elif all(part or known for part, known in zip(parts, defined, strict=True)):
        both = [place for place in both if all(_names(place, side) for side in sides)]
    alone: list[Place] = []
    for side, known, one, part in zip(sides, defined, each, parts, strict=True):
        if not (part or known or any(_names(place, side) for place in places)):
            others = [other for other in sides if other != side]
            alone += course.places(one, among=partial(_is_of, side=side, others=others))[:1]
            if not any(_names(place, side) for place in (*both, *alone)):
                return
        places += filter(None, [_fresh(part, places)])
    room = SIGHT
    for fresh in filter(None, (_fresh(place, places) for place in both)):
        room -= sum(one.words for one in fresh)
        if room > 0 or not places:
            places.append(fresh)
    if room > 0:
        places = merged([*places, *(_fresh(place, places) for place in alone)])
    told = [known or _described(side, documents) for side, known in zip(sides, defined, strict=True)]
    yield from told_once(told, _marking(places, sides))


def _described(side: Sequence[str], documents: Sequence[Document]) -> Piece | None:
    """The entry that has all of its words, more than two: the ten percent plan is Lincoln's plan for Reconstruction."""
    wanted = set(terms(side[-1]))
    told = (one for each in documents for one in glossary(each) if wanted <= set(terms(f"{one.term} {one.text}")))
    return next(told, None) if len(wanted) > 2 else None


def _fresh(place: Place, places: Sequence[Place]) -> Place:
    """What of it is not in these."""
    told = {(one.stretch.document.id, one.stretch.start) for other in places for one in other}
    return tuple(one for one in place if (one.stretch.document.id, one.stretch.start) not in told)


def _named_alone(sides: Sequence[Sequence[str]]) -> list[list[str]]:
    """Where one of "open and closed models" stands without the word that both have, so does the other."""
    shared = set.intersection(*(set(side[-1].split()) for side in sides)) if any(side[1:] for side in sides) else set()
    alone = [" ".join(word for word in side[-1].split() if word not in shared) for side in sides]
    return [[*dict.fromkeys(filter(None, (one, *side)))] for one, side in zip(alone, sides, strict=True)]


def _opposing(every: Sequence[Stretch], sides: Sequence[Sequence[str]]) -> list[Place]:
    """Of the sections whose headings, leads, labels or columns name each side what names one, as much as there is room for; first what
    is headed by most.
    """
    sections: dict[object, list[Stretch]] = {}
    for one in every:
        if not any(names(kind, "".join(one.section[-1:])) for kind in ASIDE):
            sections.setdefault(one.place, []).append(one)
    found: list[Place] = []
    used = 0
    for section in sections.values():
        headed = {one: [side for side in sides if _is_named(side, " ".join(_heads(one)))] for one in section}
        if not all(
            _is_named(side, " ".join([*section[0].section[-1:], *(head for one in section for head in _heads(one))]))
            for side in sides
        ):
            continue
        place: list[Shown] = []
        whole = [one for one in section if len(headed[one]) == len(sides)]
        for one in whole or sorted(section, key=lambda one: -len(headed[one])):
            is_about = any(_is_named(side, one.text(unit)) for side in sides for unit in one.units)
            shown = _cut(one, sides)
            if is_about and (not used or used + shown.words <= SIGHT):
                place.append(shown)
                used += shown.words
        if whole and place:
            place += _setting_apart([one for one in section if one not in whole], sides)
        found += [tuple(sorted(place, key=lambda one: one.stretch.start))] if place else []
    return found[:PLACES]


def _setting_apart(section: Sequence[Stretch], sides: Sequence[Sequence[str]]) -> list[Shown]:
    """The sentences that begin with the name of a side, to say what it is, if there are some of each."""
    told = [
        (number, Shown(replace(one, units=(unit,), intro=0), (unit,)))
        for one in section
        for unit in one.units
        for number, side in enumerate(sides)
        if one.kind == "text" and terms(one.text(unit))[: len(named := terms(side[-1]))] == named
    ]
    return [shown for _, shown in told] if len({number for number, _ in told}) == len(sides) else []


def _cut(stretch: Stretch, sides: Sequence[Sequence[str]]) -> Shown:
    """Of one that is long the units that name a side."""
    whole = stretch.words <= SIGHT
    kept = [one for one in stretch.units if whole or any(_is_named(side, stretch.text(one)) for side in sides)]
    return Shown(stretch, (*(one for one in stretch.units[: stretch.intro] if one not in kept), *kept))


def _heads(stretch: Stretch) -> Iterator[str]:
    """What is said at its head: its lead, the labels of its items, the names of its columns."""
    yield from (stretch.text(unit) for unit in stretch.units[: stretch.intro])
    for unit in stretch.units[stretch.intro :]:
        label, *said = _LABELLED.split(stretch.text(unit), maxsplit=1)
        yield unit.lead.split("\n")[0] if unit.kind == "row" else label if said else ""


def _is_named(side: Sequence[str], text: str) -> bool:
    return any(set(terms(words)) <= set(terms(text)) for words in side)


def _part_of(side: Sequence[str], documents: Sequence[Document]) -> Place:
    """How the section begins whose heading has all words of a side and fewest besides, no more than as many."""
    found: list[tuple[int, int, Document, Target]] = []
    for document in documents:
        for part in document.sections:
            heading = "".join(part.path[-1:])
            held = set(filter(str.isalpha, terms(heading)))
            among = [set(terms(name)) for name in side if terms(name) and _is_called(heading, name)]
            if among and len(held) <= 2 * max(map(len, among)):
                target = Target(document.id, (document.title, *part.path), part.start, part.end)
                found.append((len(held) - max(map(len, among)), len(found), document, target))
    for _, _, document, target in sorted(found, key=lambda one: one[:2]):
        if place := tuple(filter(None, map(_in_words, opening(document, target, room=SIGHT // 2)))):
            return place
    return ()


def _in_words(shown: Shown) -> Shown | None:
    """Of code what leads into it."""
    if shown.stretch.kind != "code":
        return shown
    units = shown.stretch.units[: shown.stretch.intro]
    return Shown(replace(shown.stretch, kind="text", units=units, intro=0), units) if units else None


def _is_called(heading: str, name: str) -> bool:
    """Whether it has all words of a name, none only as another of its kin: "federalism" is not federal."""
    held = [(terms(word.group()), plain(word)) for word in words(heading)]
    for word in words(name):
        kin = [other for stems, other in held if stems and stems == terms(word.group())]
        if kin and not any(alike(plain(word), other) for other in kin):
            return False
    return set(terms(name)) <= set(terms(heading))


def _marking(places: Sequence[Place], sides: Sequence[Sequence[str]]) -> list[Place]:
    """Marked what likeliest tells of each side."""
    every = [shown.stretch for place in places for shown in place]
    marked = set[tuple[str, int]]()
    for side in sides:
        _, judged = judge(side[-1], FoundStretches((), tuple(every), ()))
        likely = [
            (chance, one.stretch.document.id, unit.start)
            for one in judged
            for chance, unit in zip(one.likely.tolist(), one.stretch.units, strict=True)
            if can_be_marked(one.stretch, unit)
            and _is_named(side, " ".join([*one.stretch.section[-1:], *_heads(one.stretch), one.stretch.text(unit)]))
        ]
        marked |= {(document, start) for _, document, start in sorted(likely, reverse=True)[:MARKED_OF_EACH]}
    return [
        tuple(
            Shown(
                one.stretch,
                one.units,
                frozenset(unit.start for unit in one.units if (one.stretch.document.id, unit.start) in marked),
            )
            for one in place
        )
        for place in places
    ]


def _is_of(stretch: Stretch, side: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether it tells of a side by its name and of what is compared in it, and of no other side; no caption."""
    text = " ".join((*stretch.section[-1:], *map(stretch.text, stretch.units)))
    held, wanted = terms(text), set(terms(side[-1]))
    named = any(in_a_row(name, " ".join(held)) and _is_called(text, name) for name in side)
    beside = is_beside(stretch.source(stretch.units[0]), stretch.document)
    most = named and not beside and 2 * len(wanted & set(held)) > len(wanted)
    return most and not any(_is_named(other, text) for other in others)


def _names(place: Place, side: Sequence[str]) -> bool:
    """Whether a unit, with its heading, has what a side may be called, its words in a row."""
    held = [
        " ".join(terms(" ".join((*shown.stretch.section[-1:], shown.stretch.text(unit)))))
        for shown in place
        for unit in shown.units
    ]
    return any(in_a_row(words, one) for words in side for one in held)
