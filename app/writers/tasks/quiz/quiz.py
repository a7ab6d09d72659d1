"""A quiz: questions of two kinds, the surest first, all on the topic and none that was put before.

The course's own with options of which a statement tells one; definitions, then other sentences, with a gap in place of a term. Rather fewer than one whose answer is not sure.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise

from app.types import Cited, TextPiece, WriterEvent
from app.writers.tasks.content import back_matter
from app.writers.tasks.explanation import Course, documents_of
from app.writers.tasks.pieces import Piece, whole_document
from app.writers.tasks.quiz.answer_key import Key, find_key, statements
from app.writers.tasks.quiz.cloze import can_be_asked, choice_item, cloze_item, cloze_sentences, open_item
from app.writers.tasks.quiz.exercises import Exercise, exercises_in, without_list_markers
from app.writers.tasks.rendering import plain_line, quote_events
from app.writers.tasks.salience import pick_evenly
from app.writers.tasks.terms.definitions import (
    defined_terms,
    definitions,
    glossary_entries,
    phrase_count,
    term_key,
    without_duplicates,
)
from app.writers.tasks.terms.keyphrases import keyphrase_finder
from app.writers.tasks.terms.slides import slide_entries
from app.writers.tasks.topic import Finder, Topic
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

Pair = tuple[str, str]  # an answer and its question
Item = tuple[list[WriterEvent], list[WriterEvent]]  # a question and its answer


def quiz(topics: Iterable[Topic], course: Course, told: str, count: int, *, options: bool = False) -> list[Item]:
    """At most `count`, from one topic after the other, without what was put in the text `told`; `options`: definitions have other terms to
    choose from.
    """
    made, known, named, tried = list[Item](), list[Pair](), keyphrase_finder(course), list[Topic]()
    for topic in topics:
        tried.append(topic)
        before = " ".join([told, *(_text(question) for question, _ in made)])
        made += _quiz_on(topic, course, named, before, count - len(made), known, options)
        if len(made) == count:
            break
    for topic in tried if len(made) < count else ():
        slides = [
            [one for one in pool if can_be_asked(one) and _asks(one) not in told]
            for pool in topic.candidates(partial(slide_entries, terms_only=True))[0]
        ]
        found = _apart(topic, slides, count - len(made), known, ())
        known += [(one.term, _asks(one)) for one in found]
        made += map(cloze_item, found)
    return made


def _quiz_on(
    topic: Topic, course: Course, named: Finder, told: str, count: int, known: list[Pair], options: bool
) -> list[Item]:
    """Nothing that asks, or gives away, what one that is `known` asks; these are added."""
    before = {question for _, question in known}
    asked = [
        [one for one in pool if fold(one.question) not in told and one.question not in before] for pool in _asked(topic)
    ]
    offers = any(one.options for pool in asked for one in pool)
    among = [one for document in topic.documents for one in statements(document)] if offers else []
    keyed = pick_evenly(
        [list(_on_topic(topic, ((one, find_key(one, among)) for one in pool))) for pool in asked], count
    )
    known += [(without_list_markers(key.option.text), one.question) for one, key in keyed]
    made = [_put(*pair) for pair in keyed]
    defined, beside = topic.candidates(defined_terms, wide=True)

    def nearby(piece: Piece) -> list[Piece]:
        """What else is defined here, and where the course has what is likest."""
        near = documents_of(course.search(piece.text, Scope()), course.documents)
        return list(chain(*defined, *map(glossary_entries, [*topic.documents, *near])))

    own = [one for pool in defined for one in pool if term_key(one.term) == topic.words][:1]
    for one in own if count > len(made) else ():
        put, open_one = cloze_item(one), open_item(one)
        if _text(put[0]) not in told and _text(open_one[0]) not in told:
            made.append(choice_item(one, nearby(one)) if options else open_one)
            known.append(("", _text(made[-1][0])))
    half = 0 if options else (count - len(made)) // 2  # a quiz is of more than definitions
    pieces = list[Piece]()
    for pools, defines in _gaps(topic, named, defined, beside, options=options):
        fit = [[one for one in pool if can_be_asked(one) and _asks(one) not in told] for pool in pools]
        found = _apart(topic, fit, count - len(made) - half, known, pieces)
        half = 0
        known += [(one.term, _asks(one)) for one in found]
        pieces += found
        made += [choice_item(one, nearby(one)) if options and defines else cloze_item(one) for one in found]
        if len(made) >= count:
            break
    return made


def _apart(
    topic: Topic, pools: list[list[Piece]], count: int, known: Sequence[Pair], put: Sequence[Piece]
) -> list[Piece]:
    """As many as can be had of which none asks what another or one that is `known` asks, nor, where some are `put`, gives its answer away."""
    while True:
        kept, apart = list[Piece](), [*known]
        collect = topic.select(pools, count, after=put)
        for one in collect:
            if not any(_clash((one.term, _asks(one)), other, bool(put)) for other in apart):
                kept.append(one)
                apart.append((one.term, _asks(one)))
        if len(kept) == len(collect):
            return kept
        clashing = [one for one in collect if one not in kept]
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
    return phrase_count(one[0], " ".join(words)) > 0 and (len(terms(one[0])) > 1 or len(shared) > 1)


def _asks(piece: Piece) -> str:
    return _text(cloze_item(piece)[0])


def _asked(topic: Topic) -> list[list[Exercise]]:
    """The course's own questions in each part; on a topic, or where there are none, those of the documents."""
    pools = [exercises_in(*part) for part in topic.parts]
    return (
        pools if any(pools) and not topic.words else [exercises_in(one, whole_document(one)) for one in topic.documents]
    )


def _gaps(
    topic: Topic, named: Finder, defined: list[list[Piece]], beside: list[list[Piece]], *, options: bool
) -> Iterator[tuple[list[list[Piece]], bool]]:
    """Definitions, which the flag says; then other sentences with a gap for a term that most sections do not have and the topic is not
    called; then what is left of the definitions, with `options` before those; last sentences beside the topic. The name of the topic itself
    is no secret.
    """
    every = without_duplicates([*defined, *beside])
    names = [[one for one in pool if term_key(one.term) != topic.words] for pool in every]
    yield from [(names, True)] * (1 + options)
    known = [piece for document in topic.documents for piece in glossary_entries(document)]
    known += [
        piece for document, _ in topic.parts for piece in definitions(document, whole_document(document), lists=False)
    ]
    own = [text for one in topic.documents for text in _taught(one)]
    others = list[list[Piece]]()
    for found in (partial(cloze_sentences, known=known), named):
        offered, further = topic.candidates(found)
        yield _rare(topic, offered, own), False
        others += _rare(topic, further, own)
    yield from [(names, True)] * (not options)
    yield others, False


def _rare(topic: Topic, pools: list[list[Piece]], own: Sequence[str]) -> list[list[Piece]]:
    """What has a gap for a term that few of the `own` sections have, and not for what the topic is called."""

    def is_rare(piece: Piece) -> bool:
        return 2 * sum(piece.term in text for text in own) <= max(2, len(own)) and not topic.is_titled(piece.term)

    return [list(filter(is_rare, pool)) for pool in pools]


def _taught(document: Document) -> Iterator[str]:
    """What its sections say, each as far as the next heading, that do not test or repeat."""
    apart = {part.start for part in back_matter(document, whole_document(document))}
    starts = [part.start for part in document.sections]
    for start, end in pairwise([*starts, len(document.text)]):
        if start not in apart:
            yield document.text[start:end]


def _on_topic(topic: Topic, pairs: Iterable[tuple[Exercise, Key | None]]) -> Iterator[tuple[Exercise, Key]]:
    """Those that have a key and are."""
    for one, key in pairs:
        if key and (topic.contains(one.whole) or topic.is_named_in(f"{one.question} {key.option.text}")):
            yield one, key


def _put(one: Exercise, key: Key) -> Item:
    """The option, with the statement that tells it."""
    option = TextPiece(f"**{plain_line(key.option.text)}**")
    return quote_events(one.whole), [option, Cited(key.option.citation), TextPiece(" — "), *quote_events(key.statement)]


def _text(events: Sequence[WriterEvent]) -> str:
    return fold("".join(event.text for event in events if isinstance(event, TextPiece)))
