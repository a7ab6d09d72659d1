"""What of the course is on the topic of a task."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product

from app.query.parts import overlaps
from app.types import Target
from app.writers.tasks.content import content_sections
from app.writers.tasks.explanation import Course, documents_of
from app.writers.tasks.pieces import Parts, Piece, whole_document
from app.writers.tasks.terms.definitions import definitions, phrase_count, without_duplicates
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope

Finder = Callable[[Document, Target], Iterable[Piece]]


@dataclass(frozen=True, slots=True)
class Topic:
    """`words`: none where parts were meant as a whole. `about`: those parts, the sections that are `called` so, or places that answer.
    `near`: the nearest sections. `documents`: of these, then what else is found. `own`, `every`: the words of `about`, and, with a topic, of all of them.
    """

    words: frozenset[str]
    parts: Parts
    nearest: Parts
    documents: Sequence[Document]
    has_heading: bool
    parts_text: str
    all_text: str

    def contains(self, piece: Piece) -> bool:
        """Whether it lies in a part on the topic."""
        return any(
            one.id == piece.document.id and target.start <= piece.start < target.end for one, target in self.parts
        )

    def candidates(self, found: Finder, *, wide: bool = False) -> tuple[list[list[Piece]], list[list[Piece]]]:
        """What is found in the parts on the topic, and of what is beside them only terms that they have more often than the rest; where
        that is nothing, or no heading names it, first what of the nearest has most of its words, `wide`: of all documents. Only what has those,
        if anything, where no heading is just the topic, and apart from it, to fill up, others of its part.
        """
        within = [[one for one in found(*part) if self._is_own(one)] for part in self.parts]
        if not self.words or (
            self.has_heading and any(within) and any(_headed(part) <= self.words for part in self.parts)
        ):
            return without_duplicates(within), []
        narrow = [[one for one in pool if self._has_topic_words(one)] for pool in within]
        if self.has_heading and any(within):  # "Bone cells and tissue", for bone cells
            return (
                (without_duplicates(narrow), without_duplicates(within))
                if any(narrow)
                else (without_duplicates(within), [])
            )
        near = [
            *(found(*part) for part in self.nearest),
            *(definitions(one, whole_document(one), lists=False) for one in self.documents if wide),
        ]
        told = [[one for one in pool if self._has_topic_words(one)] for pool in near]
        return without_duplicates([*told, *narrow]), []

    def _has_topic_words(self, piece: Piece) -> bool:
        """Whether it has the topic's words, with the columns of its table: "Hormone" says what thyroxine is."""
        rows = (one for one in piece.document.blocks if one.kind == "row" and one.start <= piece.start < one.end)
        return self.is_named_in(f"{piece.term} {piece.text} {next((one.lead for one in rows), '')}")

    def select(
        self, pools: Sequence[Sequence[Piece]], count: int, *, after: Sequence[Piece] | None = None
    ) -> list[Piece]:
        """`count` of them, those first that have its words and whose terms are most its own, last what lists and tables say: of parts evenly and in their order,
        of a topic in the order of the pools. `after` others: from the sections in turn that have their terms most often.
        """

        def rank(piece: Piece) -> tuple[bool, bool, bool, float]:
            inside, anywhere = (
                phrase_count(piece.term, self.parts_text),
                max(1, phrase_count(piece.term, self.all_text)),
            )
            is_rarer = inside * len(self.all_text) < anywhere * len(self.parts_text)  # than in the rest
            return piece.is_list_entry, not self._has_topic_words(piece), is_rarer, -inside * inside / anywhere

        ranked = [sorted(pool, key=rank) for pool in pools]
        if after is not None:
            ranked = [self._in_turn(pool, after) for pool in ranked]
        if self.words:
            return list(chain.from_iterable(ranked))[:count]
        places = sorted((place, -len(pool), number) for number, pool in enumerate(ranked) for place in range(len(pool)))
        kept = [(number, ranked[number][place]) for place, _, number in places[:count]]
        return [piece for _, piece in sorted(kept, key=lambda one: (one[0], self._named_first(one[1])))]

    def _named_first(self, piece: Piece) -> int:
        """Where on the topic its document has its term first; where it stands itself if nowhere."""
        spans = [(one.start, one.end) for document, one in self.parts if document.id == piece.document.id]
        places = (piece.document.text.casefold().find(piece.term.casefold(), start, end) for start, end in spans)
        return min((place for place in places if place >= 0), default=piece.start)

    def _in_turn(self, pool: Sequence[Piece], after: Sequence[Piece]) -> list[Piece]:
        seen = Counter(self._section(piece) or 0 for piece in after)
        turns = list[tuple[bool, bool, int, int]]()
        for place, piece in enumerate(pool):
            section = self._section(piece)
            turn = place if section is None else seen[section]
            turns.append((piece.is_list_entry, not self._has_topic_words(piece), turn, place))
            seen[section or 0] += 1
        return [pool[place] for *_, place in sorted(turns)]

    def _section(self, piece: Piece) -> int | None:
        """Where on the topic its document has its term most often: where that section starts, if anywhere."""
        spans = [(one.start, one.end) for document, one in self.parts if document.id == piece.document.id]
        found = Counter(
            max((part.start for part in piece.document.sections if part.start <= at.start() < part.end), default=0)
            for at in re.finditer(re.escape(piece.term), piece.document.text, re.I)
            if any(start <= at.start() < end for start, end in spans)
        )
        return max(found, key=lambda one: found[one], default=None)

    def is_titled(self, term: str) -> bool:
        """Whether its name, or the heading of a part of it, has all words of the term."""
        headings = [set(terms(part.path[-1])) for _, part in self.parts]
        return any(set(terms(term)) <= held for held in (self.words, *headings))

    def _is_own(self, piece: Piece) -> bool:
        if not self.words or self.contains(piece) or self.is_named_in(f"{piece.term} {piece.text}"):
            return True
        inside, anywhere = phrase_count(piece.term, self.parts_text), phrase_count(piece.term, self.all_text)
        return inside * len(self.all_text) > anywhere * len(self.parts_text)

    def is_named_in(self, text: str) -> bool:
        """Whether it has most words of the topic."""
        return 2 * len(self.words & set(terms(text))) > len(self.words) > 0


def collect(
    topics: Iterable[Topic], kinds: Sequence[Finder], most: int, enough: int, few: int, *, last: Sequence[Finder] = ()
) -> list[Piece]:
    """What is found of each kind, and what fills it up, until there are `enough`; on one topic after the other until there are a `few`. Then
    what is found of the `last` kinds on any of them.
    """
    made, tried = list[Piece](), list[Topic]()
    for topic in topics:
        tried.append(topic)
        for place, found in enumerate(kinds if len(made) < few else ()):
            for pools in topic.candidates(found, wide=not place) if len(made) < enough else ():
                room = max(enough, len(made)) if made else most
                made = list(chain(*without_duplicates([made, topic.select(pools, most)])))[:room]
    for found, topic in product(last, tried):
        made = list(chain(*without_duplicates([made, *topic.candidates(found)[0]])))[: max(enough, len(made))]
    return made


def topic_scopes(name: str, parts: Parts, course: Course, *, asked: str = "") -> Iterator[Topic]:
    """What is on it, the narrower first, to be left for the wider where it offers nothing. `headed`: the first part is called so. Without a
    name that of the one part, as far as it was `asked` for by some of that.
    """
    if not name and len(parts) == 1 and (some := _said_of(parts[0], asked)):
        yield from islice(topic_scopes(some, parts, course), 1)
        return
    words = frozenset(terms(name))
    found = course.search(name or parts[0][1].path[-1], Scope()) if parts else None
    if found is None:
        return
    documents = list(
        {one.id: one for one in (*(one for one, _ in parts), *documents_of(found, course.documents))}.values()
    )
    headings = [_headed(part) for part in parts]
    called: Parts = [
        part
        for part, held in zip(parts, headings, strict=True)
        if (words <= held and len(held) <= 2 * len(words)) or (held and held <= words)  # "tokens and agents"
    ]
    wider = [part for part in _headed_with(words, documents) if not any(overlaps(part[1], one[1]) for one in called)]
    every = _words(document.text for document in documents)
    for about in [parts] if not words else _tried([called, wider], parts, course, found):
        own = _words(document.text[target.start : target.end] for document, target in about)
        yield Topic(words, about, parts, documents, about is called or about is wider or not words, own, every)


def _said_of(part: tuple[Document, Target], asked: str) -> str:
    """The words of its heading that were said, if not all: "the Dred Scott decision" of "The Dred Scott Decision and Sectional Strife"."""
    held = _headed(part)
    said = held & set(terms(asked))
    return " ".join(word for word in part[1].path[-1].split() if {*terms(word)} & said) if held - said else ""


def _headed_with(words: frozenset[str], documents: Sequence[Document]) -> Iterator[tuple[Document, Target]]:
    """The sections whose headings have these and that teach, each with those below it."""
    for document in documents:
        end = 0
        for one in content_sections(document, whole_document(document)):
            target = Target(document.id, one.path, one.start, one.end)
            if words and one.start >= end and words <= _headed((document, target)):
                yield document, target
                end = one.end


def _tried(called: Sequence[Parts], near: Parts, course: Course, found: Retrieval) -> Iterator[Parts]:
    """The sections that are called so, the places that answer (an entry of a glossary has the topic's words, or is beside it), and the
    nearest sections one by one, but no whole document.
    """
    yield from filter(None, called)
    shown = [one.stretch for place in course.places(found) for one in place if not one.stretch.term]
    yield [
        (one.document, Target(one.document.id, (one.document.title, *one.section), one.start, one.end)) for one in shown
    ]
    yield from ([part] for part in near if part[1].path[1:])


def _headed(part: tuple[Document, Target]) -> set[str]:
    return set(filter(str.isalpha, terms(part[1].path[-1].rpartition(":")[2])))


def _words(texts: Iterable[str]) -> str:
    return " ".join(word for text in texts for word in terms(text))
