"""Explanations and examples of one topic: how the course defines it, then the places that treat it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from app.query.parts import deepest_part_at
from app.query.vocabulary import gives_example
from app.types import Documents, Target, TextPiece, WriterEvent
from app.writers.excerpts.candidates import found_stretches, without_objectives_and_quizzes
from app.writers.excerpts.choose import MAX_WORDS_IN_SIGHT, MIN_RATIO_OF_FURTHER_PLACE, Place, Shown, can_be_marked
from app.writers.excerpts.likelihoods import score_stretches
from app.writers.excerpts.markdown import inline, is_quoted, write_places
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.excerpts.writer import answering_places
from app.writers.tasks.anaphora import has_cross_reference, stands_alone
from app.writers.tasks.pieces import Parts, Piece, sections_of_kind, whole_document
from app.writers.tasks.rendering import Lines, bullet
from app.writers.tasks.salience import is_redundant
from app.writers.tasks.terms.definitions import definitions, phrase_count
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope

Search = Callable[[str, Scope], Retrieval]

PROSE = ("text", "list", "formula")  # kinds of stretches that may explain simply


@dataclass(frozen=True, slots=True)
class Course:
    """A course that can be searched and read. What is found with less confidence than the threshold counts as nothing."""

    search: Search
    documents: Documents
    threshold: float

    def places(self, found: Retrieval, *, among: Callable[[Stretch], bool] = lambda _: True) -> list[Place]:
        """The places that answer a search, the likeliest first, each with something marked; `among` selects stretches."""
        if found.confidence < self.threshold:
            return []
        places = answering_places(found.query, found.passages, self.documents, among=among)
        return [place for place in places if any(shown.marked for shown in place)]


def explanation(topic: str, parts: Parts, course: Course, *, simply: bool = False, before: str = "") -> Lines:
    """The course's definition of a topic, what the lesson's own summary says of it, then the section of that name, or else the places that
    answer; nothing that the last answer, `before`, has. `simply` leaves out tables and code.
    """
    found = course.search(topic, Scope())
    definition = best_definition([topic], documents_of(found, course.documents))
    is_new = definition is None or inline(definition.text) not in before

    def is_wanted(stretch: Stretch) -> bool:
        return (not simply or stretch.kind in PROSE) and not _is_in_answer(stretch, before)

    summaries = [place for place in _from_summaries(topic, parts, is_wanted) if place]
    sections = (section_opening(*part, among=is_wanted) for part in _section_named(topic, parts))
    places = list(filter(None, sections)) or course.places(found, among=is_wanted)
    summarized = [place[0].stretch.section_id for place in summaries]
    places = [*summaries, *(place for place in places if place[0].stretch.section_id not in summarized)]
    yield from definitions_then_places([definition if is_new else None], places)


def _from_summaries(topic: str, parts: Parts, among: Callable[[Stretch], bool]) -> Iterator[Place]:
    """What each summary in the first part's document says of a topic: of a paragraph or list the units from the first that names the topic to
    the last that has a word of it, or all if these are most of it.
    """
    wanted = set(terms(topic))
    for document, _ in parts[:1]:
        for part in sections_of_kind("summary", document, whole_document(document)):
            shown = list[Shown]()
            for stretch in filter(among, stretches(document, [(part.start, part.end)])):
                words = [terms(stretch.text(unit)) for unit in stretch.units]
                naming = [place for place, said in enumerate(words) if phrase_count(topic, " ".join(said))]
                if naming and part.start <= stretch.start < part.end:
                    last = max(place for place, said in enumerate(words) if wanted.intersection(said))
                    units = stretch.units[naming[0] : last + 1]
                    units = stretch.units if 2 * len(units) > len(stretch.units) else units
                    shown.append(Shown(replace(stretch, units=units), units))
            yield tuple(shown)


def examples(topic: str, asked: str, course: Course, count: int, before: str) -> Lines:
    """The course's definition of a topic, then `count` places with examples of it, which are marked; if there are none, places that name a topic
    of several words and that the last answer, `before`, has not.

    The search is for the question `asked`, or for the topic where that finds nothing.
    """
    found = course.search(asked, Scope())
    if found.confidence < course.threshold:
        found = course.search(topic, Scope())
    with_example = course.places(found, among=lambda stretch: bool(_examples_in(stretch, topic)))[:count]
    places = [
        tuple(replace(shown, marked=_examples_in(shown.stretch, topic) or shown.marked) for shown in place)
        for place in map(_whole_example, with_example)
    ]

    def names_topic(stretch: Stretch) -> bool:
        return len(terms(topic)) > 1 and mentions(topic, stretch) and not _is_in_answer(stretch, before)

    places = places or course.places(found, among=names_topic)
    if places:
        definition = best_definition([topic], documents_of(found, course.documents))
        yield from definitions_then_places([definition], places)


def _examples_in(stretch: Stretch, topic: str) -> frozenset[int]:
    """The starts of the units that are examples of a topic.

    A unit is an example if it says so or its heading does. It is one of the topic if its words, those of the sentence before it and, other than
    for a row, those of the heading include the topic's; a topic of one word may be said by the way, and must be the heading if that announces
    no examples.
    """
    is_announced = gives_example("".join(stretch.section[-1:]))
    topic_words, heading = set(terms(topic)), set(terms(" ".join(stretch.section[-2 if is_announced else -1 :])))
    can_be_by_the_way = len(topic_words) == 1 and topic_words != heading and not is_announced
    texts = [stretch.text(unit) for unit in stretch.units]
    leads = ["", *texts] if stretch.kind == "text" else [""] * len(texts)
    return frozenset(
        unit.start
        for lead, text, unit in zip(leads, texts, stretch.units, strict=False)
        if can_be_marked(stretch, unit) and not has_cross_reference(text)
        if is_announced or gives_example(text)
        if topic_words <= {*terms(f"{lead} {text}"), *(heading if unit.kind != "row" else ())}
        if not can_be_by_the_way
    )


def _whole_example(place: Place) -> Place:
    """The place; where its heading announces an example, the section from its beginning."""
    first = place[0].stretch
    if not gives_example("".join(first.section[-1:])):
        return place
    return section_opening(first.document, deepest_part_at(first.document, first.start)) or place


def _is_in_answer(stretch: Stretch, answer: str) -> bool:
    return is_quoted(Shown(stretch, stretch.units), answer)


def mentions(phrase: str, stretch: Stretch) -> bool:
    """Whether a stretch with its heading has the words of a phrase in a row."""
    texts = (*stretch.section[-1:], *map(stretch.text, stretch.units))
    return phrase_count(phrase, " ".join(terms(" ".join(texts)))) > 0


def mentions_topic(topic: str, found: Retrieval, documents: Documents) -> bool:
    """Whether a sentence among what was found has, with its heading, most words of the topic."""
    wanted = set(terms(topic))
    return any(
        2 * len(wanted & set(terms(" ".join((*stretch.section[-1:], stretch.text(unit)))))) > len(wanted)
        for stretch in found_stretches(found.passages, documents).around
        for unit in stretch.units
    )


def likeliest_sentences(topic: str, count: int, course: Course) -> Lines:
    """The `count` sentences that stand alone and are likeliest to answer, in the order of the course, documents by their best hits. None is much
    less likely than the first, and none redundant.
    """
    found = course.search(topic, Scope())
    order = [hit.chunk.document_id for hit in found.hits]
    _, scored = score_stretches(topic, found_stretches(found.passages, course.documents))
    ranked = [
        (-likelihood, order.index(each.stretch.document.id), Piece(each.stretch.document, unit.start, unit.end))
        for each in scored
        for likelihood, unit in zip(each.likelihoods.tolist(), each.stretch.units, strict=True)
        if each.stretch.kind == "text" and stands_alone(each.stretch.text(unit))
    ]
    ranked.sort(key=lambda one: (one[0], one[1], one[2].start))
    selected = list[tuple[int, int, Piece]]()
    for unlikelihood, document_rank, piece in ranked:
        is_likely = unlikelihood <= MIN_RATIO_OF_FURTHER_PLACE * ranked[0][0]  # both are negative
        repeats = any(is_redundant(piece, set(terms(other.text))) for *_, other in selected)
        if len(selected) < count and is_likely and not repeats:
            selected.append((document_rank, piece.start, piece))
    yield from (bullet(piece) for *_, piece in sorted(selected, key=lambda one: one[:2]))


def _section_named(topic: str, parts: Parts) -> Parts:
    """The first part with a heading that has all words of the topic, if there is one."""
    wanted = set(terms(topic))
    return [part for part in parts if len(part[1].path) > 1 and wanted <= set(terms(part[1].path[-1]))][:1]


def definitions_then_places(
    defined: Sequence[Piece | None], places: Sequence[Place]
) -> Iterator[Sequence[WriterEvent]]:
    """The definitions that are not shown in one of the places, then the places."""
    shown = [one for place in places for one in place]
    apart = [piece for piece in defined if piece and not any(_is_shown(piece, one) for one in shown)]
    yield from map(bullet, apart)
    if places:
        yield [TextPiece("\n" if apart else ""), *write_places(places)]


def _is_shown(piece: Piece, shown: Shown) -> bool:
    is_inside = any(unit.start <= piece.start < unit.end for unit in shown.units)
    return is_inside and shown.stretch.document == piece.document


def section_opening(
    document: Document,
    target: Target,
    *,
    room: int = MAX_WORDS_IN_SIGHT,
    among: Callable[[Stretch], bool] = lambda _: True,
) -> Place:
    """The first stretches of a section, about `room` words; all of them where these are no more than twice as many."""
    shown = [
        Shown(one, one.units)
        for one in without_objectives_and_quizzes("", stretches(document, [(target.start, target.end)]))
        if among(one)
    ]
    ends = list(accumulate(one.words for one in shown))
    return tuple(shown if ends and ends[-1] <= 2 * room else shown[: max(1, bisect_right(ends, room))])


def best_definition(names: Sequence[str], documents: Sequence[Document]) -> Piece | None:
    """The definition whose term has all words of one of the names, and the fewest others; of equals for the longest name.

    One of the name's words must be no more frequent among all terms than one of the term's other words: "memory" does not mean "working memory"
    where many terms have that word.
    """
    wanted = [words for name in names if (words := set(terms(name)))]
    known = [piece for document in documents for piece in definitions(document, whole_document(document), lists=False)]
    frequency = Counter(word for piece in known for word in set(terms(piece.term)))

    def is_specific(term: set[str], words: set[str]) -> bool:
        others = [frequency[word] for word in term - words]
        return min(frequency[word] for word in words) <= max(others, default=len(known))

    def unlikeness(piece: Piece) -> tuple[int, int]:
        term = set(terms(piece.term))
        return min((len(term - words), -len(words)) for words in wanted)

    def is_named(term: set[str]) -> bool:
        return any(words <= term and is_specific(term, words) for words in wanted)

    return min((piece for piece in known if is_named(set(terms(piece.term)))), key=unlikeness, default=None)


def documents_of(found: Retrieval, documents: Documents) -> list[Document]:
    """The documents of what was found, the nearest first."""
    ids = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in ids if (document := documents(name)) is not None]
