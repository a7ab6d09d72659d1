"""What of the course is on the topic of a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from app.writers.tasks.choice import spread
from app.writers.tasks.definitions import distinct, glossary, terms_of
from app.writers.tasks.explaining import Course, read
from app.writers.tasks.material import Parts, Piece
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope


@dataclass(frozen=True, slots=True)
class Topic:
    """`words`: none where parts were meant as a whole. `parts`: the nearest; `about`: those of them that are called so, without a topic
    all. `documents`: of the parts, then what else is found.
    """

    words: frozenset[str]
    parts: Parts
    about: Parts
    documents: Sequence[Document]

    def has(self, piece: Piece) -> bool:
        """Whether it lies in a part on the topic, or has all words of it; without a topic whether it is an entry that is used there."""
        return self.holds(piece) or (self.words <= _held(piece) if self.words else bool(piece.term))

    def holds(self, piece: Piece) -> bool:
        return any(
            one.id == piece.document.id and target.start <= piece.start < target.end for one, target in self.about
        )

    def choose(self, pools: Sequence[Sequence[Piece]], count: int) -> list[Piece]:
        """`count` of what is on the topic, evenly; on a topic in the order of their pools, what only has its name last."""
        on = [[piece for piece in pool if self.has(piece)] for pool in pools]
        if not self.words:
            return spread(on, count)
        return sorted(chain.from_iterable(on), key=lambda piece: set(terms(piece.term)) == self.words)[:count]

    def terms(self) -> list[list[Piece]]:
        """Of each part; on a topic also those of all glossaries."""
        return distinct(
            [*(terms_of(*part) for part in self.parts), *(map(glossary, self.documents) if self.words else ())]
        )


def topic_of(name: str, parts: Parts, course: Course) -> Topic:
    words = frozenset(terms(name))
    names = (terms(target.path[-1].rpartition(":")[2]) for _, target in parts)
    headings = [{word for word in name if not word.isdigit()} for name in names]
    most = max((len(words & held) for held in headings), default=0)
    called = [
        part
        for part, held in zip(parts, headings, strict=True)
        if len(words & held) == most and 2 * most >= len(words) and len(held) <= 2 * len(words)
    ]
    found = read(course.search(name or parts[0][1].path[-1], Scope()), course.documents) if parts else []
    documents = {one.id: one for one in (*(one for one, _ in parts), *found)}
    return Topic(words, parts, called if words else parts, list(documents.values()))


def _held(piece: Piece) -> set[str]:
    return set(terms(f"{piece.term} {piece.text}"))
