"""Questions to begin with, for any course: its teacher's, its own, its headings and the terms it defines.

Each is asked first, and only offered if the answer quotes what it is about: the section it comes from, or, where it comes
from the teacher, the words it is made of.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from app.answering.course import Course
from app.answering.suggestions import LONGEST, as_question
from app.types import Answer, Target
from app.writers.tasks.material import all_of, definitions, exercises, leading, own, sections
from retrieval.text.tokenize import terms
from retrieval.types import Document

WANTED = 4
TRIED = 16  # questions that are asked at most; each costs an answer
OF_EACH_KIND = 2  # in a document
HELD = 0.5  # of a question's words, what the quotes and their headings have to hold


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the part of the course that it is about; None where that is not known."""

    question: str
    about: Target | None = None


Ask = Callable[[str], Answer]


def starters(course: Course, documents: Sequence[Document], ask: Ask, *, wanted: int = WANTED) -> tuple[str, ...]:
    """At most `wanted` questions that stand the test, of the first TRIED: those that are answered without a doubt first."""
    sure: list[str] = []
    unsure: list[str] = []
    for tried, candidate in enumerate(candidates(course, documents)):
        if len(sure) == wanted or tried == TRIED:
            break
        made = ask(candidate.question)
        if candidate.question not in sure + unsure and stands(candidate, made):
            (unsure if made.unsure else sure).append(candidate.question)
    return tuple((sure + unsure)[:wanted])


def candidates(course: Course, documents: Sequence[Document]) -> Iterator[Candidate]:
    """The teacher's first; then those of the documents, one from each in turn."""
    given = [Candidate(question) for question in course.questions]
    found = [list(_of_document(document)) for document in documents]
    turns = chain.from_iterable(zip_longest(*found))
    return chain(given, (candidate for candidate in turns if candidate is not None))


def stands(candidate: Candidate, answer: Answer) -> bool:
    """Whether the answer is one, and quotes what the question is about."""
    if answer.refused or not answer.footnotes:
        return False
    if (about := candidate.about) is not None:
        notes = [note for note in answer.footnotes if note.document_id == about.document_id]
        return any(about.start <= note.start < about.end for note in notes)
    asked = set(terms(candidate.question))
    quoted = set(terms(" ".join(f"{' '.join(note.path)} {note.quote}" for note in answer.footnotes)))
    return len(asked & quoted) >= HELD * len(asked)


def _of_document(document: Document) -> Iterator[Candidate]:
    """Its own questions, its headings and its terms, in turn."""
    whole = all_of(document)
    aside = [part for kind in ("quiz", "cards", "summary") for part in own(kind, document, whole)]
    asked = [Candidate(one.question) for one in exercises(document, whole) if _short(one.question)]
    headings = [
        Candidate(question, Target(document.id, (document.title, *part.path), part.start, part.end))
        for part in sections(document, whole)
        if not any(other.start <= part.start < other.end for other in aside)
        and leading(document, part.start, part.end)
        and len((question := as_question((document.title, *part.path))).split()) > 1
    ]
    defined = [Candidate(piece.term, None) for piece in definitions(document, whole) if _short(piece.term)]
    pools = (asked[:OF_EACH_KIND], headings[:OF_EACH_KIND], defined[:OF_EACH_KIND])
    return (one for one in chain.from_iterable(zip_longest(*pools)) if one is not None)


def _short(question: str) -> bool:
    return len(question) <= LONGEST and "___" not in question.replace("\\", "")
