"""A quiz: the course's own questions whose key a statement confirms, then definitions and other sentences as cloze items.

All items are on the topic, and none repeats another or one of the conversation. Rather fewer items than one whose key is not certain.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import NamedTuple

from app.types import Cited, TextPiece, WriterEvent
from app.writers.tasks.content import back_matter
from app.writers.tasks.explanation import Course, documents_of
from app.writers.tasks.pieces import MIN_LIST_ITEMS, Piece, list_marker_length, whole_document
from app.writers.tasks.quiz.answer_key import Key, Statement, find_key, statements
from app.writers.tasks.quiz.cloze import (
    Item,
    announced_lists,
    can_be_asked,
    choice_item,
    cloze_item,
    cloze_sentences,
    gives_away,
    item,
    open_item,
)
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
from app.writers.tasks.topic import Pools, Topic
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope


class ItemText(NamedTuple):
    """The key and the stem of an item in plain text, by which items are compared."""

    key: str
    stem: str


def quiz(topics: Iterable[Topic], course: Course, history: str, count: int, *, options: bool = False) -> list[Item]:
    """At most `count` items, on one topic after the other, without those in `history`, the answers of the conversation.

    With `options` the items on definitions have other terms to choose from.
    """
    made = _Quiz(course, history, count, options=options)
    for topic in topics:
        made.add_topic(topic)
        if not made.room:
            break
    return made.items


class _Quiz:
    """A quiz while it is put together."""

    def __init__(self, course: Course, history: str, count: int, *, options: bool) -> None:
        self.items = list[Item]()
        self._texts = list[ItemText]()  # of the items
        self._posed = history  # what was asked before the present topic
        self._course, self._history, self._count, self._options = course, history, count, options
        self._keyphrases = keyphrase_finder(course)

    @property
    def room(self) -> int:
        """How many items are still wanted."""
        return self._count - len(self.items)

    def add_topic(self, topic: Topic) -> None:
        """Add exercises, what the topic itself is, and cloze items."""
        self._posed = " ".join([self._history, *(_plain(item.stem) for item in self.items)])
        self._add_exercises(topic)
        if self.room:
            defined, beside = topic.candidates(defined_terms, in_glossaries=True)
            self._add_definition_of(topic, defined)
            self._add_cloze_items(topic, defined, beside)

    def _add_exercises(self, topic: Topic) -> None:
        """The course's own questions that have a key, evenly over its parts."""
        stems = {text.stem for text in self._texts}
        pools = [
            [one for one in pool if fold(one.question) not in self._posed and one.question not in stems]
            for pool in _exercises(topic)
        ]
        have_options = any(one.options for pool in pools for one in pool)
        among = [one for document in topic.documents for one in statements(document)] if have_options else []
        for exercise, key in pick_evenly([list(_with_key(topic, pool, among)) for pool in pools], self.room):
            self.items.append(_exercise_item(exercise, key))
            self._texts.append(ItemText(without_list_markers(key.option.text), exercise.question))

    def _add_definition_of(self, topic: Topic, defined: Pools) -> None:
        """What the topic itself is: an open question, as its name is no secret, or one with options."""
        piece = next((one for pool in defined for one in pool if term_key(one.term) == topic.words), None)
        if not piece or any(_plain(item.stem) in self._posed for item in (cloze_item(piece), open_item(piece))):
            return
        self.items.append(self._choice_item(piece, topic, defined) if self._options else open_item(piece))
        self._texts.append(ItemText("", _plain(self.items[-1].stem)))

    def _add_cloze_items(self, topic: Topic, defined: Pools, beside: Pools) -> None:
        """Definitions and other sentences, about half of each where there are enough, other than items with options."""
        reserved = 0 if self._options else self.room // 2  # for other sentences
        used = list[Piece]()
        for pools, are_definitions in self._rounds(topic, defined, beside):
            pieces = self._compatible(topic, _askable(pools, self._posed), self.room - reserved, used)
            reserved = 0
            for piece in pieces:
                has_options = self._options and are_definitions and not gives_away(piece)
                self.items.append(self._choice_item(piece, topic, defined) if has_options else item(piece))
                self._texts.append(_item_text(piece))
            used += pieces
            if not self.room:
                return

    def _rounds(self, topic: Topic, defined: Pools, beside: Pools) -> Iterator[tuple[Pools, bool]]:
        """Pools of pieces for cloze items, and whether they are definitions: definitions, other sentences on the topic, the definitions that
        are left, and sentences beside the topic. With `options` all definitions come before sentences.
        """
        others_defined = [
            [piece for piece in pool if term_key(piece.term) != topic.words]
            for pool in without_duplicates([*defined, *beside])
        ]
        with_gap = [[piece for piece in pool if not gives_away(piece)] for pool in others_defined]
        yield from [(with_gap if self._options else others_defined, True)] * (1 + self._options)
        slides, _ = topic.candidates(partial(slide_entries, terms_only=True))
        yield [[piece for piece in pool if list_marker_length(piece.text.lstrip())] for pool in slides], False
        yield topic.candidates(announced_lists)[0], False
        known = [piece for document in topic.documents for piece in glossary_entries(document)]
        known += [
            piece
            for document, _ in topic.parts
            for piece in definitions(document, whole_document(document), lists=False)
        ]
        sections = [text for document in topic.documents for text in _section_texts(document)]
        fill_up = Pools()
        for find in (partial(cloze_sentences, known=known), self._keyphrases):
            on_topic, further = topic.candidates(find)
            yield _with_rare_term(on_topic, topic, sections), False
            fill_up += _with_rare_term(further, topic, sections)
        yield others_defined, True
        yield slides, False
        others, _ = topic.candidates(slide_entries)
        yield [[piece for piece in pool if len(piece.line_spans) >= MIN_LIST_ITEMS] for pool in others], False
        yield fill_up, False

    def _compatible(self, topic: Topic, pools: Pools, room: int, used: Sequence[Piece]) -> list[Piece]:
        """As many of the best pieces as there is room for of which none clashes with another or with an item of the quiz. Once pieces are `used`
        for the topic, an item must not name the key of another, either.
        """
        while True:
            selected, texts = list[Piece](), list(self._texts)
            best = topic.select(pools, room, in_turn_after=used)
            for piece in best:
                text = _item_text(piece)
                if not any(_have_same_key(text, other) or (used and _reveal(text, other)) for other in texts):
                    selected.append(piece)
                    texts.append(text)
            if len(selected) == len(best):
                return selected
            clashing = [piece for piece in best if piece not in selected]
            pools = [[piece for piece in pool if piece not in clashing] for pool in pools]

    def _choice_item(self, piece: Piece, topic: Topic, defined: Pools) -> Item:
        """With distractors from the topic, its documents, and those that a search for the definition finds."""
        similar = documents_of(self._course.search(piece.text, Scope()), self._course.documents)
        return choice_item(piece, chain(*defined, *map(glossary_entries, [*topic.documents, *similar])))


def _askable(pools: Pools, posed: str) -> Pools:
    """The pieces that can be asked for and were not."""
    return [[one for one in pool if can_be_asked(one) and _item_text(one).stem not in posed] for pool in pools]


def _have_same_key(one: ItemText, other: ItemText) -> bool:
    """Whether the words of one key are among those of the other; a single word is the same as a single word only."""
    short, long = sorted((set(terms(one.key)), set(terms(other.key))), key=len)
    return short <= long and len(short) >= min(2, len(long))


def _reveal(one: ItemText, other: ItemText) -> bool:
    return _reveals(one.stem, other) or _reveals(other.stem, one)


def _reveals(stem: str, item: ItemText) -> bool:
    """Whether a stem names the key of an item; a key of one word may be said by the way, so the stems must share two words then."""
    words = terms(stem)
    is_named = phrase_count(item.key, " ".join(words)) > 0
    return is_named and (len(terms(item.key)) > 1 or len(set(terms(item.stem)).intersection(words)) > 1)


def _exercises(topic: Topic) -> list[list[Exercise]]:
    """The course's own questions in each part; with a topic, or where there are none, in each document."""
    pools = [exercises_in(*part) for part in topic.parts]
    return (
        pools if any(pools) and not topic.words else [exercises_in(one, whole_document(one)) for one in topic.documents]
    )


def _with_key(topic: Topic, pool: Iterable[Exercise], among: Sequence[Statement]) -> Iterator[tuple[Exercise, Key]]:
    """Those that have a key and are on the topic."""
    for one in pool:
        key = find_key(one, among)
        is_inside = topic.has_heading and topic.contains(one.whole)
        if key and (is_inside or topic.is_named_in(f"{one.question} {key.option.text}")):
            yield one, key


def _exercise_item(exercise: Exercise, key: Key) -> Item:
    """The key is the option, with the statement that confirms it."""
    option = TextPiece(f"**{plain_line(key.option.text)}**")
    return Item(
        quote_events(exercise.whole),
        [option, Cited(key.option.citation), TextPiece(" — "), *quote_events(key.statement)],
    )


def _with_rare_term(pools: Pools, topic: Topic, sections: Sequence[str]) -> Pools:
    """The pieces whose term is neither in the title of the topic nor in more than half of the sections."""

    def is_rare(piece: Piece) -> bool:
        return 2 * sum(piece.term in text for text in sections) <= max(2, len(sections))

    return [[one for one in pool if is_rare(one) and not topic.has_in_title(one.term)] for pool in pools]


def _section_texts(document: Document) -> Iterator[str]:
    """The texts of the sections that teach, each up to the next heading."""
    set_aside = {part.start for part in back_matter(document, whole_document(document))}
    for start, end in pairwise([*(part.start for part in document.sections), len(document.text)]):
        if start not in set_aside:
            yield document.text[start:end]


def _item_text(piece: Piece) -> ItemText:
    """Of the item of a piece."""
    return ItemText(piece.term, _plain(item(piece).stem))


def _plain(events: Sequence[WriterEvent]) -> str:
    return fold("".join(event.text for event in events if isinstance(event, TextPiece)))
