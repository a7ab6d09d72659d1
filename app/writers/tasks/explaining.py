"""What one thing is: how the course defines it, then where it tells of it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, islice

from app.query.parts import without_parts
from app.query.vocabulary import names, plainer
from app.types import Documents, Target, TextPiece, WriterEvent
from app.writers.excerpts.choose import ELSEWHERE, FURTHER, OVER, SIGHT, Place, Shown, can_be_marked
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.excerpts.writer import CERTAIN, excerpts, find, is_told, judge, told
from app.writers.tasks.definitions import definitions, in_a_row
from app.writers.tasks.forms import FEW_LEADS, points
from app.writers.tasks.lines import Lines, line
from app.writers.tasks.material import Parts, Piece, all_of, is_beside, stands_alone
from retrieval.text.language import document_language
from retrieval.text.tokenize import ENGLISH, terms
from retrieval.types import Document, Retrieval, Scope

Search = Callable[[str, Scope], Retrieval]

PROSE = ("text", "list")  # kinds of stretches that may say a thing more simply


@dataclass(frozen=True, slots=True)
class Course:
    """Where to look: what is found below a confidence of `threshold` tells nothing."""

    search: Search
    documents: Documents
    threshold: float

    def places(self, found: Retrieval, *, among: Callable[[Stretch], bool] = lambda _: True) -> list[Place]:
        """What answers, the likeliest first, some of it marked; none below the threshold."""
        if found.confidence < self.threshold:
            return []
        told = excerpts(found.query, found.passages, self.documents, among=among)
        return [place for place in told if any(shown.marked for shown in place)]


def explained(topic: str, parts: Parts, course: Course) -> Lines:
    """How the course defines the topic, then the section of that name from its beginning, or what answers likeliest."""
    found = course.search(topic, Scope())
    defined = definition([topic], read(found, course.documents))
    among = is_told_of if defined else lambda _: True
    places = [opening(*part) for part in headed(topic, parts)] or course.places(found, among=among)
    yield from told_once([defined], places)


def simplified(topic: str, parts: Parts, course: Course, before: str = "") -> Lines:
    """How the course defines the topic, a picture and an example of it, if it has any, how the section of its name begins, or what answers
    likeliest; of these what the answer `before` has not told, else what the course's own summaries say of it. Without a topic how each
    thing begins.
    """
    if not terms(topic):
        yield from points(parts, FEW_LEADS)
        return
    topic = without_parts(topic) or topic
    found = course.search(topic, Scope())
    documents = read(found, course.documents)
    defined = definition([topic], documents)
    language = document_language(documents[0]) if documents else ENGLISH
    places = [_plainer(ways, topic, course, before) for ways in plainer(topic, language)]
    lesson = [opening(*part, room=2 * SIGHT // 3) for part in headed(topic, parts)]
    answers = course.places(found, among=lambda one: one.kind in PROSE and (is_told_of(one) or not defined))
    lesson = lesson or [_continued(place, topic) for place in answers[:1]]
    places += [place for place in lesson if not is_told(place, before)]
    if not any(places):
        places = course.places(found, among=lambda one: names("summary", "".join(one.section[-1:]))) or answers
    yield from told_once([defined], merged(places))


def _plainer(ways: Sequence[str], topic: str, course: Course, before: str) -> Place:
    """Of paragraphs and lists on the topic that are not told what, asked in each of the ways, answers so much likelier than to the topic
    alone; with what it leans on.
    """
    answer = course.search(ways[0], Scope())
    if answer.confidence < course.threshold:
        return ()
    found = find(answer.passages, course.documents)
    alone, *asked = [judge(query, found)[1] for query in (topic, *ways)]
    best: tuple[float, Place] = (0.0, ())
    for ones in zip(alone, *asked, strict=True):
        stretch = ones[0].stretch
        before_it = [one for one in found.around if one.place == stretch.place and one.end <= stretch.start][-1:]
        leans = not stands_alone(stretch.text(stretch.units[0]))
        lead = tuple(Shown(one, one.units) for one in before_it if leans and one.kind in PROSE)
        place = (*lead, Shown(stretch, stretch.units))
        if stretch.kind not in PROSE or stretch.term or sum(one.words for one in place) > SIGHT:
            continue
        if not _is_on(topic, place) or is_told(place[-1:], before):
            continue
        for unit, plain, *likely in zip(stretch.units, *(one.likely.tolist() for one in ones), strict=True):
            gain = min(likely) - plain
            if gain > best[0] and FURTHER <= max(likely) < CERTAIN and can_be_marked(stretch, unit):
                best = gain, (*lead, Shown(stretch, stretch.units, frozenset({unit.start})))
    return best[1]


def _continued(place: Place, topic: str) -> Place:
    """With the paragraph further on in its section that goes on about the topic by its name, if there is room."""
    last, room = place[-1].stretch, OVER * SIGHT - sum(shown.words for shown in place)
    ends = [one.end for one in last.document.sections if one.path == last.section and one.start <= last.start < one.end]
    after = (one for end in ends for one in stretches(last.document, [(last.end, end)]) if one.start >= last.end)
    named = (one for one in after if one.kind == "text" and in_a_row(topic, " ".join(terms(one.source(one.units[0])))))
    return (*place, *(Shown(one, one.units) for one in islice(named, 1) if one.words <= room))


def merged(places: Sequence[Place]) -> list[Place]:
    """Those of one section as one, each stretch once."""
    sections: dict[object, dict[int, Shown]] = {}
    for shown in (one for place in places for one in place):
        sections.setdefault(shown.stretch.place, {}).setdefault(shown.stretch.start, shown)
    return [tuple(held[start] for start in sorted(held)) for held in sections.values()]


def speaks_of(topic: str, found: Retrieval, documents: Documents) -> bool:
    """Whether a sentence of what was found has, with its heading, most words of the topic together."""
    wanted = set(terms(topic))
    return any(
        2 * len(wanted & set(terms(" ".join((*one.section[-1:], one.text(unit)))))) > len(wanted)
        for one in find(found.passages, documents).around
        for unit in one.units
    )


def _is_on(topic: str, place: Place) -> bool:
    """Whether its text and its heading have most words of the topic."""
    held = " ".join(one.stretch.text(unit) for one in place for unit in one.units)
    wanted = set(terms(topic))
    return 2 * len(wanted & set(terms(" ".join((*place[0].stretch.section[-1:], held))))) > len(wanted)


def briefly(topic: str, count: int, course: Course) -> Lines:
    """The `count` sentences that likeliest answer and stand alone, none much less than the first, in the order of the course, documents by their
    best hits.
    """
    found = course.search(topic, Scope())
    order = [document.id for document in read(found, course.documents)] if found.confidence >= course.threshold else []
    _, judged = judge(topic, find(found.passages, course.documents))
    likely = [
        (-chance, order.index(each.stretch.document.id), Piece(each.stretch.document, unit.start, unit.end))
        for each in judged
        for chance, unit in zip(each.likely.tolist(), each.stretch.units, strict=True)
        if each.stretch.document.id in order
        and each.stretch.kind == "text"
        and set(terms(each.stretch.term)) <= set(terms(topic))
        and can_be_marked(each.stretch, unit)
        and stands_alone(each.stretch.text(unit))
    ]
    best = sorted(likely, key=lambda one: (one[0], one[1], one[2].start))[:count]
    best = [one for one in best if one[0] <= ELSEWHERE * best[0][0]]
    yield from (line(piece) for _, _, piece in sorted(best, key=lambda one: (one[1], one[2].start)))


def headed(topic: str, parts: Parts) -> Parts:
    """The first section whose heading has all words of the topic, if there is one."""
    wanted = set(terms(topic))
    return [part for part in parts if len(part[1].path) > 1 and wanted <= set(terms(part[1].path[-1]))][:1]


def is_told_of(stretch: Stretch) -> bool:
    """Whether it is more than an entry: those are told as definitions."""
    return not stretch.term


def told_once(defined: Sequence[Piece | None], places: Sequence[Place]) -> Iterator[Sequence[WriterEvent]]:
    """Definitions, then places; nothing twice: no entry that is told as a definition, no definition that is told in its text."""
    known = [piece for piece in defined if piece]
    fresh = (
        tuple(shown for shown in place if not (_is_entry(shown.stretch) and any(_holds(shown, one) for one in known)))
        for place in places
    )
    kept = [whole for place in fresh if (whole := tuple(filter(None, map(_finished, place))))]
    lines = [line(one) for one in known if not any(_holds(shown, one) for place in kept for shown in place)]
    yield from lines
    if kept:
        yield [TextPiece("\n" if lines else ""), *told(kept)]


def _finished(shown: Shown) -> Shown | None:
    """Without the sentences at the end of a paragraph that announce what is not there."""
    units = shown.units
    while shown.stretch.kind == "text" and units and shown.stretch.text(units[-1]).endswith((":", "：")):
        units = units[:-1]
    if units == shown.units:
        return shown
    return Shown(replace(shown.stretch, units=units), units, shown.marked) if units else None


def _is_entry(stretch: Stretch) -> bool:
    return bool(stretch.term) or stretch.kind == "list"


def _holds(shown: Shown, piece: Piece) -> bool:
    return shown.stretch.document == piece.document and any(one.start <= piece.start < one.end for one in shown.units)


def opening(document: Document, target: Target, *, room: int = SIGHT) -> Place:
    """How a section begins, in whole stretches, about `room` words; all of it where that is no more than twice as many."""
    below = [
        Shown(one, one.units)
        for one in stretches(document, [(target.start, target.end)])
        if one.section[: len(target.path) - 1] == target.path[1:]
        and target.start <= one.start < target.end
        and not is_beside(one.source(one.units[0]), document)
    ]
    ends = list(accumulate(shown.words for shown in below))
    return tuple(below if ends and ends[-1] <= 2 * room else below[: max(1, bisect_right(ends, room))])


def definition(meant: Sequence[str], documents: Sequence[Document]) -> Piece | None:
    """The entry whose term has all of the words of one of these, and fewest besides, one of those that tell it apart."""
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
    return min(same, key=partial(_unlike, wanted), default=None)


def _unlike(meant: Sequence[set[str]], piece: Piece) -> tuple[int, int]:
    """How many words its term has beside those that are meant; of equals the one that has most of those is first."""
    named = set(terms(piece.term))
    return min((len(named - words), -len(words)) for words in meant if words <= named)


def read(found: Retrieval, documents: Documents) -> list[Document]:
    """What was found stands in these, the nearest first."""
    held = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in held if (document := documents(name)) is not None]
