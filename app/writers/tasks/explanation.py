"""What one thing is: how the course defines it, then where it tells of it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

from app.query.parts import deepest_part_at
from app.query.vocabulary import gives_example
from app.types import Documents, Target, TextPiece, WriterEvent
from app.writers.excerpts.choose import ELSEWHERE, SIGHT, Place, Shown, can_be_marked
from app.writers.excerpts.markdown import inline
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.excerpts.writer import answering, excerpts, find, is_told, judge, told
from app.writers.tasks.anaphora import has_cross_reference, stands_alone
from app.writers.tasks.pieces import Parts, Piece, sections_of_kind, whole_document
from app.writers.tasks.rendering import Lines, bullet
from app.writers.tasks.salience import is_redundant
from app.writers.tasks.terms.definitions import definitions, phrase_count
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope

Search = Callable[[str, Scope], Retrieval]

PROSE = ("text", "list", "formula")  # kinds of stretches that may say a thing simply


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


def explanation(topic: str, parts: Parts, course: Course, *, simply: bool = False, before: str = "") -> Lines:
    """How the course defines the topic, what the lesson's own summary says of it, then the section of that name from its beginning, or what
    answers likeliest; `simply`: no tables and no code. Of these what the answer `before` has not told.
    """
    found = course.search(topic, Scope())
    defined = best_definition([topic], documents_of(found, course.documents))

    def is_fresh(one: Stretch) -> bool:
        return (not simply or one.kind in PROSE) and not is_told((Shown(one, one.units),), before)

    lesson = (section_opening(*part, among=is_fresh) for part in section_named(topic, parts))
    summed = [*filter(None, _summed_up(topic, parts, is_fresh))]
    places = [*filter(None, lesson)] or course.places(found, among=is_fresh)
    known = [place[0].stretch.place for place in summed]
    places = [*summed, *(place for place in places if place[0].stretch.place not in known)]
    yield from definitions_then_places([None if defined and inline(defined.text) in before else defined], places)


def _summed_up(topic: str, parts: Parts, among: Callable[[Stretch], bool]) -> Iterator[Place]:
    """What the summaries of the first part's document say of a topic: of a paragraph or list what stands from where it has the topic to
    where it last has a word of it; all where that is most of it.
    """
    wanted = set(terms(topic))
    for document, _ in parts[:1]:
        for part in sections_of_kind("summary", document, whole_document(document)):
            told = list[Shown]()
            for one in filter(among, stretches(document, [(part.start, part.end)])):
                said = [terms(one.text(unit)) for unit in one.units]
                first = next((place for place, words in enumerate(said) if phrase_count(topic, " ".join(words))), None)
                if first is not None and part.start <= one.start < part.end:
                    last = max(place for place, words in enumerate(said) if wanted.intersection(words))
                    kept = one.units[first : last + 1]
                    kept = one.units if 2 * len(kept) > len(one.units) else kept
                    told.append(Shown(replace(one, units=kept), kept))
            yield tuple(told)


def examples(topic: str, asked: str, course: Course, count: int, before: str) -> Lines:
    """How the course defines the topic, then what likeliest answers the question `asked`, or tells of the topic where that is found more
    surely: of what calls itself an example of it, which is marked, else of what has its words together and the answer `before` has not.
    """
    found = course.search(asked, Scope())
    found = found if found.confidence >= course.threshold else course.search(topic, Scope())
    own = map(_whole_example, course.places(found, among=lambda one: bool(_examples(one, topic)))[:count])
    places = [tuple(replace(one, marked=_examples(one.stretch, topic) or one.marked) for one in place) for place in own]

    def tells(one: Stretch) -> bool:
        return mentions(topic, one) and len(terms(topic)) > 1 and not is_told((Shown(one, one.units),), before)

    places = places or course.places(found, among=tells)
    yield from definitions_then_places(
        [best_definition([topic], documents_of(found, course.documents))] if places else [], places
    )


def _examples(one: Stretch, topic: str) -> frozenset[int]:
    """Where its units begin that call themselves examples, or stand below a heading that does, of the topic by its words in their heading
    and the sentence before, or in their row; one word alone, which may be said by the way, is the heading.
    """
    announced = gives_example("".join(one.section[-1:]))
    wanted, heading = set(terms(topic)), set(terms(" ".join(one.section[-2 if announced else -1 :])))
    before = ["", *map(one.text, one.units)] if one.kind == "text" else [""] * len(one.units)
    return frozenset(
        unit.start
        for lead, unit in zip(before, one.units, strict=False)
        if can_be_marked(one, unit) and not has_cross_reference(text := one.text(unit))
        if announced or gives_example(text)
        if wanted <= {*terms(f"{lead} {text}"), *(heading if unit.kind != "row" else ())}
        if announced or len(wanted) != 1 or wanted == heading
    )


def _whole_example(place: Place) -> Place:
    """All of its section, from the beginning, where the heading says that this is one."""
    first = place[0].stretch
    if not gives_example("".join(first.section[-1:])):
        return place
    return section_opening(first.document, deepest_part_at(first.document, first.start)) or place


def mentions(name: str, one: Stretch) -> bool:
    """Whether it has a name, its words in a row, with its heading."""
    return phrase_count(name, " ".join(terms(" ".join((*one.section[-1:], *map(one.text, one.units)))))) > 0


def mentions_topic(topic: str, found: Retrieval, documents: Documents) -> bool:
    """Whether a sentence of what was found has, with its heading, most words of the topic together."""
    wanted = set(terms(topic))
    return any(
        2 * len(wanted & set(terms(" ".join((*one.section[-1:], one.text(unit)))))) > len(wanted)
        for one in find(found.passages, documents).around
        for unit in one.units
    )


def likeliest_sentences(topic: str, count: int, course: Course) -> Lines:
    """The `count` sentences that likeliest answer and stand alone, none much less than the first, none that says nearly the same as another,
    in the order of the course, documents by their best hits.
    """
    found = course.search(topic, Scope())
    order = [hit.chunk.document_id for hit in found.hits]
    _, judged = judge(topic, find(found.passages, course.documents))
    likely = [
        (-chance, order.index(each.stretch.document.id), Piece(each.stretch.document, unit.start, unit.end))
        for each in judged
        for chance, unit in zip(each.likely.tolist(), each.stretch.units, strict=True)
        if each.stretch.kind == "text" and stands_alone(each.stretch.text(unit))
    ]
    likely.sort(key=lambda one: (one[0], one[1], one[2].start))
    best = list[tuple[float, int, Piece]]()
    for one in likely:
        again = any(is_redundant(one[2], set(terms(other.text))) for _, _, other in best)
        if len(best) < count and one[0] <= ELSEWHERE * likely[0][0] and not again:
            best.append(one)
    yield from (bullet(piece) for _, _, piece in sorted(best, key=lambda one: (one[1], one[2].start)))


def section_named(topic: str, parts: Parts) -> Parts:
    """The first section whose heading has all words of the topic, if there is one."""
    wanted = set(terms(topic))
    return [part for part in parts if len(part[1].path) > 1 and wanted <= set(terms(part[1].path[-1]))][:1]


def definitions_then_places(
    defined: Sequence[Piece | None], places: Sequence[Place]
) -> Iterator[Sequence[WriterEvent]]:
    """Definitions that are not told in a place, then places."""
    known = [one for one in defined if one and not any(_holds(shown, one) for place in places for shown in place)]
    yield from map(bullet, known)
    if places:
        yield [TextPiece("\n" if known else ""), *told(places)]


def _holds(shown: Shown, piece: Piece) -> bool:
    inside = any(one.start <= piece.start < one.end for one in shown.units)
    return inside and shown.stretch.document == piece.document


def section_opening(
    document: Document, target: Target, *, room: int = SIGHT, among: Callable[[Stretch], bool] = lambda _: True
) -> Place:
    """How a section begins, in whole stretches, about `room` words; all of it where that is no more than twice as many."""
    below = [
        Shown(one, one.units) for one in answering("", stretches(document, [(target.start, target.end)])) if among(one)
    ]
    ends = list(accumulate(shown.words for shown in below))
    return tuple(below if ends and ends[-1] <= 2 * room else below[: max(1, bisect_right(ends, room))])


def best_definition(meant: Sequence[str], documents: Sequence[Document]) -> Piece | None:
    """The entry whose term has all of the words of one of these, and fewest besides, one of those that tell it apart."""
    wanted = [words for one in meant if (words := set(terms(one)))]
    known = [piece for document in documents for piece in definitions(document, whole_document(document), lists=False)]
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
    return min((len(named - words), -len(words)) for words in meant)


def documents_of(found: Retrieval, documents: Documents) -> list[Document]:
    """What was found stands in these, the nearest first."""
    held = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in held if (document := documents(name)) is not None]
