"""What of the course is on the topic of a task."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from app.types import Target
from app.writers.tasks.definitions import definitions, distinct, in_a_row, stems
from app.writers.tasks.explaining import Course, read
from app.writers.tasks.material import Parts, Piece, all_of
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

Found = Callable[[Document, Target], Iterable[Piece]]


@dataclass(frozen=True, slots=True)
class Topic:
    """`words`: none where parts were meant as a whole. `about`: those parts, the sections that are `called` so, or places that answer.
    `near`: the nearest sections. `documents`: of these, then what else is found.
    """

    words: frozenset[str]
    about: Parts
    near: Parts
    documents: Sequence[Document]
    called: bool

    def has(self, piece: Piece) -> bool:
        """Whether it lies in a part on the topic or has most words of it."""
        return self.holds(piece) or self._names(piece)

    def holds(self, piece: Piece) -> bool:
        return any(
            one.id == piece.document.id and target.start <= piece.start < target.end for one, target in self.about
        )

    def offered(self, found: Found, *, wide: bool = False) -> list[list[Piece]]:
        """What is found in the parts on the topic; where that is nothing, or no heading names it, first what of the nearest has most of
        its words, `wide`: of all documents.
        """
        within = [list(found(*part)) for part in self.about]
        if not self.words or (self.called and any(within)):
            return distinct(within)
        near = [
            *(found(*part) for part in self.near),
            *(definitions(one, all_of(one), lists=False) for one in self.documents if wide),
        ]
        return distinct([*(filter(self._names, pool) for pool in near), *within])

    def choose(self, pools: Sequence[Sequence[Piece]], count: int, *, asking: bool = False) -> list[Piece]:
        """`count` of them, those first whose terms are most its own, last what lists and tables say: of parts evenly and in their order,
        of a topic in the order of the pools, and of what is beside it only terms that it has more often than the rest. `asking`: what
        only has its name last of all.
        """
        own, every = (
            " ".join(word for text in texts for word in terms(text))
            for texts in (
                [document.text[target.start : target.end] for document, target in self.about],
                [document.text for document in self.documents],
            )
        )

        def rank(piece: Piece) -> tuple[bool, bool, float]:
            inside = in_a_row(piece.term, own)
            known = asking and stems(piece.term) == self.words
            return known, piece.listed, -inside * inside / max(1, in_a_row(piece.term, every))

        def is_own(piece: Piece) -> bool:
            return self.has(piece) or in_a_row(piece.term, own) * len(every) > in_a_row(piece.term, every) * len(own)

        ranked = [sorted(pool, key=rank) for pool in pools]
        if self.words:
            return list(filter(is_own, chain.from_iterable(ranked)))[:count]
        places = sorted((place, -len(pool), number) for number, pool in enumerate(ranked) for place in range(len(pool)))
        kept = [(number, ranked[number][place]) for place, _, number in places[:count]]
        return [piece for _, piece in sorted(kept, key=lambda one: (one[0], one[1].start))]

    def _names(self, piece: Piece) -> bool:
        return 2 * len(self.words & set(terms(f"{piece.term} {piece.text}"))) > len(self.words) > 0


def topics_of(name: str, parts: Parts, course: Course, *, headed: bool) -> Iterator[Topic]:
    """What is on it, the narrower first, to be left for the wider where it offers nothing. `headed`: the first part is called so."""
    words = frozenset(terms(name))
    found = course.search(name or parts[0][1].path[-1], Scope()) if parts else None
    if found is None:
        return
    documents = list({one.id: one for one in (*(one for one, _ in parts), *read(found, course.documents))}.values())
    headings = [set(filter(str.isalpha, terms(target.path[-1].rpartition(":")[2]))) for _, target in parts]
    called: Parts = [
        part
        for part, held in zip(parts, headings, strict=True)
        if (words <= held and len(held) <= 2 * len(words)) or (headed and held and held <= words)  # "tokens and agents"
    ]
    if headed and not called and 2 * len(words & headings[0]) >= len(words):
        called = parts[:1]
    if called or not words:
        yield Topic(words, called if words else parts, parts, documents, True)
        return
    answering = [
        (one.stretch.document, Target(one.stretch.document.id, one.stretch.section, one.stretch.start, one.stretch.end))
        for place in course.places(found)
        for one in place
    ]
    for about in (answering, *([part] for part in parts if part[1].path[1:])):  # no whole document
        yield Topic(words, about, parts, documents, False)
