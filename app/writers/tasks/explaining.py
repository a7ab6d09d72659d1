"""What one thing is, and how two things differ: what the course defines first, then where it tells of them."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, takewhile

from app.query.vocabulary import names
from app.types import Documents, Target, TextPiece, WriterEvent
from app.writers.excerpts.choose import Judged, Shown
from app.writers.excerpts.markdown import written
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import find, judge, likeliest
from app.writers.tasks.choice import central, spread, within
from app.writers.tasks.definitions import definitions
from app.writers.tasks.forms import FEW_LEADS, points
from app.writers.tasks.lines import Lines, line
from app.writers.tasks.material import (
    Parts,
    Piece,
    all_of,
    is_beside,
    sections,
    sentences,
    stands_alone,
)
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope, Unit

WHOLE = 150  # words of a section that is told whole
OPENING = 80  # words of the first paragraph of a longer one
STAGES = 6  # of its other paragraphs that are told of
OF_EACH = 2  # sentences that name one side, or both
SAME = 0.8  # of the words of a sentence, from which it says nothing new
NEAR = 6  # sentences from the one that likeliest tells of both

Search = Callable[[str, Scope], Retrieval]
Told = Sequence[Piece | Sequence[WriterEvent]]  # sentences to be told as lines, or what is written otherwise


@dataclass(frozen=True, slots=True)
class Course:
    """Where to look: what is found below a confidence of `threshold` tells nothing."""

    search: Search
    documents: Documents
    threshold: float


def explained(topic: str, parts: Parts, course: Course) -> Lines:
    """How the course defines the topic, then what the section of that name says, or the place nearest to it; without a topic how
    each thing begins.
    """
    wanted = set(terms(topic))
    if not wanted:
        yield from points(parts, FEW_LEADS)
        return
    found = course.search(topic, Scope())
    named = [part for part in parts if wanted <= set(terms(part[1].path[-1]))]
    section = next((part for part in named if len(part[1].path) > 1), None)
    defined = definition([topic], read(found, course.documents), near=not named)
    told: Told = _nearest([topic, *([defined.term] if defined else [])], found, course)
    if section or (named and not defined and not told):
        told = _explanation(*(section or named[0]))
    yield from [line(defined)] if defined else []
    yield from (
        line(one) if isinstance(one, Piece) else one for one in told if not (defined and _repeats(one, defined))
    )


def compared(sides: Sequence[Sequence[str]], course: Course) -> Lines:
    """What each side is, then the sentences that name both. Nothing unless the course tells of each."""
    found = course.search(" ".join(side[-1] for side in sides), Scope())
    each = [max((course.search(words, Scope()) for words in side), key=lambda one: one.confidence) for side in sides]
    documents = {document.id: document for one in (found, *each) for document in read(one, course.documents)}
    defined = [definition(side, list(documents.values())) for side in sides]
    both = _together(sides, [found, *each], [piece for piece in defined if piece], course)
    near = [
        None if known or len(both) > OF_EACH else _nearest(side, one, course, apart=other)
        for side, other, one, known in zip(sides, reversed(sides), each, defined, strict=True)
    ]
    if not both and not all(known or one for known, one in zip(defined, near, strict=True)):
        return
    if near[0] and near[1] and _texts(near[0]) == _texts(near[1]):
        both, near = near[0], [[], []]
    for side, known, one in zip(sides, defined, near, strict=True):
        if known:
            yield line(known)
        elif one:
            yield [TextPiece(f"**{side[0]}**\n\n")]
            yield from (line(told) if isinstance(told, Piece) else told for told in one)
            yield [TextPiece("\n")]
    for told in both:
        if not any(known and _repeats(told, known) for known in defined):
            yield line(told) if isinstance(told, Piece) else told


def _texts(told: Told) -> list[str]:
    return [
        one.text if isinstance(one, Piece) else "".join(event.text for event in one if isinstance(event, TextPiece))
        for one in told
    ]


def definition(meant: Sequence[str], documents: Sequence[Document], *, near: bool = False) -> Piece | None:
    """The entry whose term has all of the words of one of these, and fewest besides. `near`: else one with the rarest words of its
    term among them, "appellate court" for "appellate jurisdiction".
    """
    wanted = [words for one in meant if (words := set(terms(one)))]
    known = [piece for document in documents for piece in definitions(document, all_of(document), lists=False)]
    often = Counter(word for piece in known for word in set(terms(piece.term)))

    def tells_apart(piece: Piece, words: set[str]) -> bool:
        held = set(terms(piece.term))
        shared, other = ([often[word] for word in held if (word in words) is inside] for inside in (True, False))
        return bool(shared) and min(shared) <= max(other, default=len(known))

    same = [
        piece
        for piece in known
        if any(words <= set(terms(piece.term)) and tells_apart(piece, words) for words in wanted)
    ]
    kin = [piece for piece in known if near and any(tells_apart(piece, words) for words in wanted)]
    return min(same, key=partial(_unlike, wanted), default=next(iter(kin), None))


def _unlike(meant: Sequence[set[str]], piece: Piece) -> tuple[int, int]:
    """How many words its term has beside those that are meant; of equals the one that has most of those is first."""
    named = set(terms(piece.term))
    return min((len(named - words), -len(words)) for words in meant if words <= named)


def _repeats(told: Piece | Sequence[WriterEvent], known: Piece) -> bool:
    """Whether it says what is known in nearly the same words."""
    one, other = set(terms(told.text)) if isinstance(told, Piece) else set(), set(terms(f"{known.term} {known.text}"))
    return len(one & other) > SAME * len(one)


def _explanation(document: Document, target: Target) -> list[Piece]:
    """All sentences of a short section; of a longer one how it begins, and what leads each of its other paragraphs. Without its
    parts, where it says something itself.
    """
    inner = min((part.start for part in sections(document, target) if part.start > target.start), default=target.end)
    every = list(sentences(document, target.start, inner))
    if len(every) < FEW_LEADS:
        every = list(sentences(document, target.start, target.end))
    if within(every, WHOLE) == every:
        return every
    begun = [*every[:1], *takewhile(lambda piece: not piece.leads, every[1:])]
    alone = [piece for piece in every[len(begun) :] if stands_alone(piece.text)]
    leads = [piece for piece in alone if piece.leads]
    rest = leads if len(leads) > STAGES // 2 else alone
    return [*within(begun, OPENING), *spread([rest], STAGES, key=central(document, target))]


def _together(
    sides: Sequence[Sequence[str]], searches: Sequence[Retrieval], told: Sequence[Piece], course: Course
) -> Told:
    """A table that sets one side beside the other; else of the section that likeliest tells of both the sentences that name both or
    one of them, near each other, that are not told yet.
    """
    known = {(piece.document.id, piece.start) for piece in told}
    for found in searches:
        places: dict[object, list[Judged]] = {}
        _, judged = judge(found.query, find(found.passages, course.documents))
        for one in judged if found.confidence >= course.threshold else ():
            if _runs_on(one.stretch):
                places.setdefault(one.stretch.place, []).append(one)
        tables = [one.stretch for one in judged if one.stretch.kind == "table" and _names_all(one.stretch, sides)]
        if tables:
            return [[TextPiece("\n"), *written(Shown(tables[0], tables[0].units)), TextPiece("\n\n")]]
        best: tuple[float, list[Piece]] = (0.0, [])
        for among in places.values():
            units = [
                (one.stretch, unit, likely)
                for one in among
                for unit, likely in zip(one.stretch.units, one.likely.tolist(), strict=True)
                if (one.stretch.kind == "text" or unit in one.stretch.units[: one.stretch.intro])
                and (one.stretch.document.id, unit.start) not in known
            ]
            naming = [tuple(_names(stretch, unit, side) for side in sides) for stretch, unit, _ in units]
            alone = [stands_alone(stretch.text(unit)) for stretch, unit, _ in units]
            both = [place for place, names_each in enumerate(naming) if all(names_each) and alone[place]]
            likely, anchor = max(((1.0 + units[place][2], -place) for place in both), default=(0.0, 0))
            if naming and not both and all(map(any, zip(*naming, strict=True))):
                likely, anchor = max((units[place][2], -place) for place, each in enumerate(naming) if any(each))
            if likely > best[0]:
                begun = units[-anchor][0].start if both else 0
                fit = [one and unit.start >= begun for one, (_, unit, _) in zip(alone, units, strict=True)]
                chosen = map(units.__getitem__, _around(-anchor, naming, fit))
                best = likely, [Piece(stretch.document, unit.start, unit.end) for stretch, unit, _ in chosen]
        if best[1]:
            return best[1]
    return []


def _around(anchor: int, naming: Sequence[tuple[bool, ...]], fit: Sequence[bool]) -> list[int]:
    """The places nearest to the anchor of sentences that are fit: OF_EACH that name both, and of each side OF_EACH that name it."""
    near = [place for place in range(len(naming)) if abs(place - anchor) <= NEAR and fit[place]]
    kinds = {naming[place] for place in near if any(naming[place])}
    kept = [
        sorted((p for p in near if naming[p] == kind), key=lambda p: (abs(p - anchor), p))[:OF_EACH] for kind in kinds
    ]
    return sorted(chain.from_iterable(kept))


def _names_all(stretch: Stretch, sides: Sequence[Sequence[str]]) -> bool:
    """Whether at least half of its units name both sides."""
    told = [all(_names(stretch, unit, side) for side in sides) for unit in stretch.units]
    return 2 * sum(told) >= len(told)


def _nearest(side: Sequence[str], found: Retrieval, course: Course, *, apart: Sequence[str] = ()) -> Told:
    """The stretch that likeliest tells of one side: of those whose heading has all of its words, or with a sentence that does, and
    not with those of what it is told `apart` from. Of running text those sentences, each with what it leans on or leans on it.
    """

    def naming(stretch: Stretch) -> list[int]:
        alone = [stands_alone(stretch.text(unit)) for unit in stretch.units]
        told: list[int] = []
        for place, unit in enumerate(stretch.units):
            if _names(stretch, unit, side) and not _names(stretch, unit, apart):
                first = next((at for at in range(place, -1, -1) if alone[at]), None)
                told += range(first, place + 1) if first is not None else ()
            elif place - 1 in told and not alone[place]:
                told.append(place)
        return sorted(set(told))

    def is_headed(stretch: Stretch) -> bool:
        return stretch.opens and any(_called(stretch) == set(terms(words)) for words in side)

    def is_told(stretch: Stretch) -> bool:
        return stretch.kind == "text" and bool(naming(stretch))

    for test in (is_headed, is_told, naming) if found.confidence >= course.threshold else ():
        shown = likeliest(
            found.query,
            found.passages,
            course.documents,
            among=lambda one, test=test: _runs_on(one) and bool(test(one)),  # type: ignore[misc]
        )
        if shown and shown.stretch.kind != "text":
            return [[*written(shown), TextPiece("\n\n")]]
        if shown:
            places = range(len(shown.stretch.units)) if test is is_headed else naming(shown.stretch)
            units = [shown.stretch.units[place] for place in places]
            return [Piece(shown.stretch.document, unit.start, unit.end) for unit in units]
    return []


def _names(stretch: Stretch, unit: Unit, meant: Sequence[str]) -> bool:
    held = set(terms(stretch.text(unit)))
    return "://" not in stretch.source(unit) and any(set(terms(words)) <= held for words in meant)


def _runs_on(stretch: Stretch) -> bool:
    """Neither an entry of a glossary nor a caption, nor what tests or repeats."""
    first = stretch.units[0]
    heading = stretch.section[-1] if stretch.section else ""
    return (
        first.role != "definition"
        and not any(names(kind, heading) for kind in ("cards", "quiz"))
        and not is_beside(stretch.source(first), stretch.document)
    )


def _called(stretch: Stretch) -> set[str]:
    """The words of its heading: "Spongy (Cancellous) Bone" is on spongy bone."""
    return set(terms(re.sub(r"\(.*?\)", "", " ".join(stretch.section[-1:]))))


def read(found: Retrieval, documents: Documents) -> list[Document]:
    """What was found stands in these, the nearest first."""
    held = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in held if (document := documents(name)) is not None]
