"""Which pieces of the course are on the topic of a task, and which of these are taken."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product

from app.query.part_names import without_part_words
from app.query.parts import has_content, overlaps
from app.types import Target
from app.writers.tasks.content import content_sections
from app.writers.tasks.explanation import Course, documents_of
from app.writers.tasks.pieces import Parts, Piece, sections_in, whole_document
from app.writers.tasks.terms.definitions import definitions, phrase_count, without_duplicates
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope

Finder = Callable[[Document, Target], Iterable[Piece]]  # finds pieces of one kind in a target
Pools = list[list[Piece]]  # of candidates, one for each part


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and where the course treats it."""

    words: frozenset[str]  # search terms of its name; none where the parts are meant as a whole
    parts: Parts  # that are on the topic
    nearest: Parts  # the targets of the task
    documents: Sequence[Document]  # of the targets, then the others that a search for the topic finds
    has_heading: bool  # whether its parts are on it by their headings, or as a whole
    parts_text: str  # search terms of the parts
    all_text: str  # search terms of the documents

    def contains(self, piece: Piece) -> bool:
        """Whether a piece lies in a part on the topic."""
        return any(
            document.id == piece.document.id and target.start <= piece.start < target.end
            for document, target in self.parts
        )

    def is_named_in(self, text: str) -> bool:
        """Whether a text has most words of the topic."""
        return 2 * len(self.words & set(terms(text))) > len(self.words) > 0

    def has_in_title(self, term: str) -> bool:
        """Whether the topic's name, or the heading of one of its parts, has all words of a term."""
        headings = (set(terms(target.path[-1])) for _, target in self.parts)
        return any(set(terms(term)) <= title for title in (self.words, *headings))

    def candidates(self, find: Finder, *, in_glossaries: bool = False) -> tuple[Pools, Pools]:
        """The pieces of a kind that are on the topic, and others of its parts, to fill up with.

        The pieces of its parts are all on it where a heading has no other words than the topic, or the topic has no words; of a section with a
        wider heading ("Bone cells and tissue", for bone cells) those with the topic's words are, and the others fill up. Where no heading names
        the topic, or its parts have nothing, pieces with its words are, first those of the targets; `in_glossaries`: and of all glossaries.
        """
        within = [[piece for piece in find(*part) if self._is_typical(piece)] for part in self.parts]
        is_headed = self.has_heading and any(within)
        if not self.words or (is_headed and any(_heading_terms(part) <= self.words for part in self.parts)):
            return without_duplicates(within), []
        narrow = self._with_topic_words(within)
        if is_headed and any(narrow):
            return without_duplicates(narrow), without_duplicates(within)
        if is_headed:
            return without_duplicates(within), []
        beside = [list(find(*part)) for part in self.nearest]
        glossaries = [definitions(one, whole_document(one), lists=False) for one in self.documents if in_glossaries]
        return without_duplicates([*self._with_topic_words([*beside, *glossaries]), *narrow]), []

    def select(
        self, pools: Sequence[Sequence[Piece]], count: int, *, in_turn_after: Sequence[Piece] | None = None
    ) -> list[Piece]:
        """`count` candidates. The best have the topic's words, then terms that are typical of its parts; what lists and tables say comes last.

        With a topic in the order of the pools; of whole parts evenly from all pools, in the order in which the parts name the terms.
        `in_turn_after`: sections take turns, those of these pieces having had theirs.
        """

        def rank(piece: Piece) -> tuple[bool, bool, bool, float]:
            inside, overall = self._term_counts(piece)
            is_less_frequent = inside * len(self.all_text) < max(1, overall) * len(self.parts_text)
            return (
                piece.is_list_entry,
                not self._has_topic_words(piece),
                is_less_frequent,
                -inside * inside / max(1, overall),
            )

        ranked = [sorted(pool, key=rank) for pool in pools]
        if in_turn_after is not None:
            ranked = [self._in_turn(pool, in_turn_after) for pool in ranked]
        if self.words:
            return list(chain.from_iterable(ranked))[:count]
        evenly = sorted((place, -len(pool), number) for number, pool in enumerate(ranked) for place in range(len(pool)))
        selected = [(number, ranked[number][place]) for place, _, number in evenly[:count]]
        return [piece for _, piece in sorted(selected, key=lambda pair: (pair[0], self._first_mention(pair[1])))]

    def _is_typical(self, piece: Piece) -> bool:
        """Whether a piece that is found for a part is on the topic: it lies in a part or has the topic's words, or the parts have its term more
        often, for their length, than the documents. (The glossary, say, may stand elsewhere.)
        """
        if not self.words or self.contains(piece) or self.is_named_in(f"{piece.term} {piece.text}"):
            return True
        inside, overall = self._term_counts(piece)
        return inside * len(self.all_text) > overall * len(self.parts_text)

    def _term_counts(self, piece: Piece) -> tuple[int, int]:
        """How often its term is in the parts, and in the documents."""
        return phrase_count(piece.term, self.parts_text), phrase_count(piece.term, self.all_text)

    def _with_topic_words(self, pools: Iterable[Iterable[Piece]]) -> Pools:
        return [[piece for piece in pool if self._has_topic_words(piece)] for pool in pools]

    def _has_topic_words(self, piece: Piece) -> bool:
        """Whether a piece, with the header of its table, has most words of the topic: "Hormone" says what thyroxine is."""
        rows = (row for row in piece.document.blocks if row.kind == "row" and row.start <= piece.start < row.end)
        return self.is_named_in(f"{piece.term} {piece.text} {next((row.lead for row in rows), '')}")

    def _first_mention(self, piece: Piece) -> int:
        """Where the parts have its term first, else where the piece stands."""
        spans = ((one.start, one.end) for document, one in self.parts if document.id == piece.document.id)
        offsets = (piece.document.text.casefold().find(piece.term.casefold(), *span) for span in spans)
        return min((offset for offset in offsets if offset >= 0), default=piece.start)

    def _in_turn(self, pool: Sequence[Piece], before: Sequence[Piece]) -> list[Piece]:
        """A ranked pool with the first piece of each section first, then the second of each and so on."""
        turns = Counter(self._main_section(piece) or 0 for piece in before)
        order = list[tuple[bool, bool, int, int]]()
        for place, piece in enumerate(pool):
            section = self._main_section(piece)
            turn = place if section is None else turns[section]
            order.append((piece.is_list_entry, not self._has_topic_words(piece), turn, place))
            turns[section or 0] += 1
        return [pool[place] for *_, place in sorted(order)]

    def _main_section(self, piece: Piece) -> int | None:
        """The start of that section of the parts which has its term most often; None where the parts have it nowhere."""
        spans = [(one.start, one.end) for document, one in self.parts if document.id == piece.document.id]
        mentions = (mention.start() for mention in re.finditer(re.escape(piece.term), piece.document.text, re.I))
        counts = Counter(
            max((part.start for part in piece.document.sections if part.start <= mention < part.end), default=0)
            for mention in mentions
            if any(start <= mention < end for start, end in spans)
        )
        return max(counts, key=lambda section: counts[section], default=None)


def collect(
    topics: Iterable[Topic],
    finders: Sequence[Finder],
    most: int,
    enough: int,
    few: int,
    *,
    last: Sequence[Finder] = (),
) -> list[Piece]:
    """Pieces on one topic after the other, until there are `few`; of each by one finder after the other, then what fills up, until there are
    `enough`. What is found first may be more, up to `most`. Last come pieces by the finders `last` on any topic that was tried.
    """
    selected, tried = list[Piece](), list[Topic]()
    for topic in topics:
        tried.append(topic)
        for place, find in enumerate(finders if len(selected) < few else ()):
            for pools in topic.candidates(find, in_glossaries=not place) if len(selected) < enough else ():
                room = max(enough, len(selected)) if selected else most
                selected = list(chain(*without_duplicates([selected, topic.select(pools, most)])))[:room]
    for find, topic in product(last, tried):
        pools, _ = topic.candidates(find)
        selected = list(chain(*without_duplicates([selected, *pools])))[: max(enough, len(selected))]
    return selected


def topics_for(name: str, parts: Parts, course: Course, *, asked: str = "") -> Iterator[Topic]:
    """A topic with what the course has on it, the narrowest first: a wider one is meant for where those before it offer nothing.

    Without a name the one target as a whole; or the topic that some words of its heading name, where only these were `asked` for.
    """
    if not name and len(parts) == 1 and (said := _said_of_heading(parts[0], asked)):
        yield from islice(topics_for(said, parts, course), 1)
        return
    words, parts = frozenset(terms(without_part_words(name))), [_with_next_slides(*part) for part in parts]
    found = course.search(name or parts[0][1].path[-1], Scope()) if parts else None
    if found is None:
        return
    read = [*(document for document, _ in parts), *documents_of(found, course.documents)]
    documents = list({document.id: document for document in read}.values())
    named: Parts = [part for part in parts if _is_named(part, words)]
    others = [part for part in _sections_with(words, documents) if not any(overlaps(part[1], one[1]) for one in named)]
    all_text = _search_terms(document.text for document in documents)
    for on_topic in [parts] if not words else _narrowest_first([named, others], parts, course, found):
        text = _search_terms(document.text[target.start : target.end] for document, target in on_topic)
        has_heading = on_topic is named or on_topic is others or not words
        yield Topic(words, on_topic, parts, documents, has_heading, text, all_text)


def _narrowest_first(headed: Sequence[Parts], nearest: Parts, course: Course, found: Retrieval) -> Iterator[Parts]:
    """The sections with the topic in their headings; the places that answer, without glossary entries, which only have its words or stand
    beside one; then the targets one by one, other than whole documents; then their documents.
    """
    yield from filter(None, headed)
    shown = [one.stretch for place in course.places(found) for one in place if not one.stretch.term]
    yield [
        (one.document, Target(one.document.id, (one.document.title, *one.section), one.start, one.end)) for one in shown
    ]
    yield from ([part] for part in nearest if part[1].path[1:])
    yield [(document, whole_document(document)) for document in {one.id: one for one, _ in nearest}.values()]


def _is_named(part: tuple[Document, Target], words: frozenset[str]) -> bool:
    """Whether a heading has all words of a topic and no more than as many others, or only words of it ("Tokens", for tokens and agents)."""
    heading = _heading_terms(part)
    return (words <= heading and len(heading) <= 2 * len(words)) or (bool(heading) and heading <= words)


def _said_of_heading(part: tuple[Document, Target], asked: str) -> str:
    """The words of a heading that were asked for, if not all: "the Dred Scott decision" of "The Dred Scott Decision and Sectional Strife"."""
    heading = _heading_terms(part)
    said = heading & set(terms(asked))
    return " ".join(word for word in part[1].path[-1].split() if {*terms(word)} & said) if heading - said else ""


def _sections_with(words: frozenset[str], documents: Sequence[Document]) -> Iterator[tuple[Document, Target]]:
    """The teaching sections with all these words in their heading, each with its subsections."""
    for document in documents:
        end, whole = 0, whole_document(document)
        teaching = {section.path for section in content_sections(document, whole)}
        for section in sections_in(document, whole):
            part = _with_next_slides(document, Target(document.id, section.path, section.start, section.end))
            is_teaching = section.path in teaching or part[1].end > section.end
            if words and section.start >= end and is_teaching and words <= _heading_terms(part):
                yield part
                end = part[1].end


def _with_next_slides(document: Document, target: Target) -> tuple[Document, Target]:
    """A part; where it is a title slide, with nothing below its heading, together with the slides up to the next one."""
    if has_content(document, target):
        return document, target
    next_on_level = [
        part
        for part in sections_in(document, whole_document(document))
        if part.start >= target.end and len(part.path) <= len(document.section_at(target.start))
    ]
    ends = (part.start for part in next_on_level if not has_content(document, part))
    return document, replace(target, end=next(ends, len(document.text)))


def _heading_terms(part: tuple[Document, Target]) -> set[str]:
    return set(filter(str.isalpha, terms(part[1].path[-1].rpartition(":")[2])))


def _search_terms(texts: Iterable[str]) -> str:
    return " ".join(word for text in texts for word in terms(text))
