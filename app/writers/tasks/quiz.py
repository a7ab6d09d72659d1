"""A quiz: questions of three kinds, the surest first, all on the topic and none that was put before.

The course's own with options of which a statement tells one; definitions, then other sentences, with a gap in place of a term; the
course's own that a place answers. Rather fewer than one whose answer is not sure.
"""

from collections.abc import Iterator, Sequence

from app.types import Cited, TextPiece, WriterEvent
from app.writers.excerpts.markdown import written
from app.writers.tasks.choice import spread
from app.writers.tasks.definitions import definitions, glossary, stems
from app.writers.tasks.explaining import Course
from app.writers.tasks.gaps import can_be_asked, mentions, with_gap
from app.writers.tasks.keys import Key, Statement, option_told, place_answering, statements
from app.writers.tasks.lines import quoted, shown
from app.writers.tasks.material import Exercise, Piece, all_of, exercises, unmarked
from app.writers.tasks.topic import Topic
from retrieval.text.markdown import fold, row_with_columns
from retrieval.types import Scope

TRIED = 2  # open questions for each that is wanted, since some have no answer in the course
Put = tuple[list[WriterEvent], list[WriterEvent]]  # a question and its answer


def quiz(topic: Topic, course: Course, told: str, count: int) -> list[Put]:
    """At most `count`, without what was put in the text `told`."""
    pools = _asked(topic)
    asked = [[one for one in pool if fold(one.question) not in told] for pool in pools]
    offers = any(one.options for pool in asked for one in pool)
    among = [told for document in topic.documents for told in statements(document)] if offers else []
    keyed = spread([list(_told(pool, topic, among)) for pool in asked], count)
    made = [_put(*pair) for pair in keyed]
    known = {stems(unmarked(key.option.text)) for _, key in keyed if key.option}
    named = [piece for document in topic.documents for piece in glossary(document)]
    named += [piece for document, _ in topic.parts for piece in definitions(document, all_of(document), lists=False)]
    for found in (topic.terms(), [mentions(*part, named) for part in topic.parts]):
        fresh = [
            {
                stems(piece.term): piece
                for piece in reversed(pool)
                if can_be_asked(piece) and stems(piece.term) not in known
            }
            for pool in found
        ]
        new = [[one for one in reversed(pool.values()) if _text(with_gap(one)[0]) not in told] for pool in fresh]
        chosen = topic.choose(new, count - len(made))
        known |= {stems(piece.term) for piece in chosen}
        made += map(with_gap, chosen)
    left = count - len(made)
    rest = [[one for one in pool if not one.options] for pool in asked]
    rest = [spread([[one for one in pool if topic.has(one.whole)] or pool], TRIED * left) for pool in rest]
    return made + [_put(*pair) for pair in spread([list(_placed(pool, topic, course)) for pool in rest], left)]


def _asked(topic: Topic) -> list[list[Exercise]]:
    """The course's own questions in each part; on a topic, or where there are none, those of the documents."""
    pools = [exercises(*part) for part in topic.parts]
    return pools if any(pools) and not topic.words else [exercises(one, all_of(one)) for one in topic.documents]


def _told(pool: Sequence[Exercise], topic: Topic, among: Sequence[Statement]) -> Iterator[tuple[Exercise, Key]]:
    """Those with options of which a statement tells one."""
    for one in pool:
        if (key := option_told(one, among)) and _is_on_topic(one, key, topic):
            yield one, key


def _placed(pool: Sequence[Exercise], topic: Topic, course: Course) -> Iterator[tuple[Exercise, Key]]:
    """Those that a place answers."""
    for one in pool:
        found = course.search(one.question, Scope(documents=tuple(document.id for document in topic.documents)))
        key = place_answering(one, found, course.documents) if found.confidence >= course.threshold else None
        if key and _is_on_topic(one, key, topic):
            yield one, key


def _is_on_topic(one: Exercise, key: Key, topic: Topic) -> bool:
    place = key.shown.stretch
    return topic.has(one.whole) or topic.holds(Piece(place.document, place.start, place.end))


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
