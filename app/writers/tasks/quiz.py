"""A quiz: questions of three kinds, the surest first, all on the topic and none that was put before.

The course's own with options of which a statement tells one; definitions, then other sentences, with a gap in place of a term; the
course's own that a place answers in short. Rather fewer than one whose answer is not sure.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from app.types import Cited, Target, TextPiece, WriterEvent
from app.writers.excerpts.markdown import written
from app.writers.tasks.choice import spread
from app.writers.tasks.definitions import definitions, glossary, in_a_row, stems, terms_of
from app.writers.tasks.explaining import Course
from app.writers.tasks.gaps import can_be_asked, facts, mentions, named, with_gap, with_options, without_definition
from app.writers.tasks.keys import Key, option_told, place_answering, statements
from app.writers.tasks.lines import quoted, shown
from app.writers.tasks.material import Exercise, Piece, all_of, exercises, unmarked
from app.writers.tasks.topic import Found, Topic
from retrieval.text.markdown import fold, row_with_columns
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

TRIED = 2  # open questions for each that is wanted, since some have no answer in the course
Pair = tuple[str, str]  # an answer and its question
Put = tuple[list[WriterEvent], list[WriterEvent]]  # a question and its answer


def quiz(topic: Topic, course: Course, told: str, count: int, *, options: bool = False) -> list[Put]:
    """At most `count`, without what was put in the text `told`; `options`: definitions have other terms to choose from."""
    asked = [[one for one in pool if fold(one.question) not in told] for pool in _asked(topic)]
    offers = any(one.options for pool in asked for one in pool)
    among = [one for document in topic.documents for one in statements(document)] if offers else []
    keyed = spread([list(_on_topic(topic, ((one, option_told(one, among)) for one in pool))) for pool in asked], count)
    known = [(unmarked(key.option.text), one.question) for one, key in keyed if key.option]
    made = [_put(*pair) for pair in keyed]
    found = list[list[Piece]]()
    room = count - len(made)
    for pools in _gaps(topic):
        fresh = [[one for one in pool if can_be_asked(one) and _asks(one) not in told] for pool in pools]
        found.append(_apart(topic, fresh, room, known, told=0 < len(found) < 4))
        known += [(one.term, _asks(one)) for one in found[-1]]
    defined, others = found[0], list(chain(*found[1:3]))
    others = others[: max(room // 3, room - len(defined))]  # a quiz is of more than definitions
    offered = [piece.term for piece in chain(*next(_gaps(topic)), *map(glossary, topic.documents))]
    made += [with_options(one, offered) if options else with_gap(one) for one in defined[: room - len(others)]]
    made += map(with_gap, [*others, *found[3]][: count - len(made)])
    made += islice(
        (put for one in found[4] if _text((put := without_definition(one))[0]) not in told), max(0, count - len(made))
    )
    rest = [
        [one for one in pool if not (one.options or any(_gives_away(pair, one.question) for pair in known))]
        for pool in asked
    ]
    tried = spread(
        [[one for one in pool if topic.holds(one.whole) or topic.names(one.question)] or pool for pool in rest],
        TRIED * (count - len(made)),
    )
    placed = _on_topic(topic, ((one, _place(one, topic, course)) for one in tried))
    return made + [_put(*pair) for pair in islice(placed, count - len(made))]


def _apart(topic: Topic, pools: list[list[Piece]], count: int, known: Sequence[Pair], *, told: bool) -> list[Piece]:
    """As many as can be had of which none asks what another or one that is `known` asks, nor, `told` in sentences, gives its answer away."""
    while True:
        kept, apart = list[Piece](), [*known]
        chosen = topic.choose(pools, count, asking=True)
        for one in chosen:
            if not any(_clash((one.term, _asks(one)), other, told) for other in apart):
                kept.append(one)
                apart.append((one.term, _asks(one)))
        if len(kept) == len(chosen):
            return kept
        clashing = [one for one in chosen if one not in kept]
        pools = [[one for one in pool if one not in clashing] for pool in pools]


def _clash(one: Pair, other: Pair, told: bool) -> bool:
    """Whether two have the same for their answers, but for a word or two; `told`: or one names what the other asks for."""
    short, long = sorted((set(terms(one[0])), set(terms(other[0]))), key=len)
    same = short <= long and len(short) >= min(2, len(long))
    return same or (told and (_gives_away(one, other[1]) or _gives_away(other, one[1])))


def _gives_away(one: Pair, question: str) -> bool:
    """Whether it has the answer of another: one of a single word if two words of what that asks as well."""
    words = terms(question)
    shared = set(terms(one[1])).intersection(words)
    return in_a_row(one[0], " ".join(words)) > 0 and (len(terms(one[0])) > 1 or len(shared) > 1)


def _asks(piece: Piece) -> str:
    return _text(with_gap(piece)[0])


def _asked(topic: Topic) -> list[list[Exercise]]:
    """The course's own questions in each part; on a topic, or where there are none, those of the documents."""
    pools = [exercises(*part) for part in topic.about]
    return pools if any(pools) and not topic.words else [exercises(one, all_of(one)) for one in topic.documents]


def _gaps(topic: Topic) -> Iterator[list[list[Piece]]]:
    """Definitions; then facts, sentences that name what is defined, and those with a name that most documents do not have, none with what
    the topic is called for its term; last that of the topic itself, whose name is no secret: what it is is asked.
    """
    defined = topic.offered(terms_of, wide=True, fill=True)
    yield [[one for one in pool if stems(one.term) != topic.words] for pool in defined]
    known = [piece for document in topic.documents for piece in glossary(document)]
    known += [piece for document, _ in topic.about for piece in definitions(document, all_of(document), lists=False)]
    own = [one.text for one in topic.documents]

    def rare(document: Document, target: Target) -> list[Piece]:
        return [one for one in named(document, target) if 2 * sum(one.term in text for text in own) <= max(2, len(own))]

    def asked(told: Found) -> list[list[Piece]]:
        offered = topic.offered(lambda document, target: filter(can_be_asked, told(document, target)), fill=True)
        return [[one for one in pool if not topic.is_called(one.term)] for pool in offered]

    yield asked(facts)
    yield asked(lambda document, target: mentions(document, target, known))
    yield asked(rare)
    yield [[one for one in pool if stems(one.term) == topic.words] for pool in defined]


def _on_topic(topic: Topic, pairs: Iterable[tuple[Exercise, Key | None]]) -> Iterator[tuple[Exercise, Key]]:
    """Those that have a key and are, or whose key stands there."""
    for one, key in pairs:
        if key and (
            topic.holds(one.whole)
            or topic.names(f"{one.question} {key.option.text if key.option else ''}")
            or (topic.called and topic.holds(Piece((place := key.shown.stretch).document, place.start, place.end)))
        ):
            yield one, key


def _place(one: Exercise, topic: Topic, course: Course) -> Key | None:
    found = course.search(one.question, Scope(documents=tuple(document.id for document in topic.documents)))
    return place_answering(one, found, course.documents) if found.confidence >= course.threshold else None


def _put(one: Exercise, key: Key) -> Put:
    """With its key: an option with the statement that tells it, else the place, below the line where it is no paragraph."""
    question, stretch = quoted(one.whole), key.shown.stretch
    if key.option is None:
        return question, [*([] if stretch.kind == "text" else [TextPiece("\n\n")]), *written(key.shown)]
    (unit,) = key.shown.units
    source = stretch.source(unit)
    told = row_with_columns(source, unit.lead) if unit.kind == "row" else shown(source)
    statement: list[WriterEvent] = [TextPiece(told), Cited(Piece(stretch.document, unit.start, unit.end).citation)]
    option: list[WriterEvent] = [
        TextPiece(f"**{shown(key.option.text)}**"),
        Cited(key.option.citation),
        TextPiece(" — "),
    ]
    return question, [*option, *statement]


def _text(events: Sequence[WriterEvent]) -> str:
    return fold("".join(event.text for event in events if isinstance(event, TextPiece)))
