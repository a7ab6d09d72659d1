"""Where to go from an answer: the sections near it, as links and as questions that are known to find what they name.

A question is a heading as it stands, so it is good in every language; one that says too little by itself ("Definition")
comes with the heading above it. It is offered only if asking it finds its section first.

Questions to begin with are a course's teacher's, its own, its headings and the terms it defines. Each is asked first, and only
offered if the answer quotes what it is about: the section it comes from, or, where it comes from the teacher, the words it is made of.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from app.answering.course import Course
from app.query.vocabulary import without_objectives
from app.types import Answer, Footnote, Nearest, Target
from app.writers.tasks.pieces import lead_sentence, sections_in, sections_of_kind, whole_document
from app.writers.tasks.quiz.exercises import exercises_in
from app.writers.tasks.terms.definitions import definitions
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import terms
from retrieval.types import Chunk, Document, Retrieval, Retriever, Scope, Section

NEAREST = 4
SUGGESTIONS = 3
LONGEST = 80  # characters of a question
WANTED = 4
TRIED = 16  # questions that are asked at most; each costs an answer
OF_EACH_KIND = 2  # in a document
ASKING = ("?", "？", "؟")
HELD = 0.5  # of a question's words, what the quotes and their headings have to hold
_NUMBER = re.compile(r"^\W*\d+(?:\.\d+)*(?:[.:)]\s+|\s+(?![a-zß-öø-ÿ\d]))(?=\S)")

Finds = Callable[[str, Chunk], bool]


def nearest_sections(retrieval: Retrieval) -> tuple[Nearest, ...]:
    """The sections of the best hits, each once, best first."""
    found: dict[tuple[str, tuple[str, ...]], Nearest] = {}
    for hit in retrieval.hits:
        path = _path(hit.chunk)
        found.setdefault((hit.chunk.document_id, path), Nearest(hit.chunk.document_id, path, hit.chunk.start))
    return tuple(found.values())[:NEAREST]


def _path(chunk: Chunk) -> tuple[str, ...]:
    return (chunk.document_title, *without_objectives(chunk.section))


def suggestions(retrieval: Retrieval, footnotes: Sequence[Footnote], finds: Finds) -> tuple[str, ...]:
    """Headings that were found and not cited: first those beside a cited one, then best first; at most SUGGESTIONS.

    `finds` says whether a question finds the section of a chunk.
    """
    cited = {footnote.path for footnote in footnotes}
    around = {path[:-1] for path in cited if len(path) > 2}
    chunks = {_path(hit.chunk): hit.chunk for hit in reversed(retrieval.hits)}
    paths = dict.fromkeys(_path(hit.chunk) for hit in retrieval.hits)
    others = sorted((path for path in paths if path not in cited), key=lambda path: path[:-1] not in around)
    made: list[str] = []
    for path in others:
        question = as_question(path)
        if len(made) < SUGGESTIONS and question and question not in made and finds(question, chunks[path]):
            made.append(question)
    return tuple(made)


def as_question(path: Sequence[str]) -> str:
    """A title and headings -> what is asked to learn about the last one; empty where that would be too long, or nothing.

    >>> as_question(("Notes", "12. how a long text is split"))
    'How a long text is split'
    >>> as_question(("Notes", "3.2 Language models", "Definition"))
    'Language models: Definition'
    """
    if len(path) < 2:
        return ""
    above, heading = (without_number(part) for part in path[-2:])
    question = heading if len(heading.split()) > 1 else f"{above}: {heading}"
    return question if len(question) <= LONGEST and any(map(str.isalpha, heading)) else ""


def without_number(heading: str) -> str:
    """`"2.1 **Tokens**"` -> `"Tokens"`, `"1.5 billion words"` as it stands; the first letter is a capital."""
    plain = fold(plain_inline(heading)).rstrip(":.")
    bare = _NUMBER.sub("", plain)
    return bare[:1].upper() + bare[1:]


def found_by(retriever: Retriever, *, scope: Scope = Scope()) -> Finds:
    """By a first look: a question finds a chunk if the best of either search stands in its section. A retriever
    other than the hybrid one has none, and nothing is offered.
    """

    def finds(question: str, chunk: Chunk) -> bool:
        if not isinstance(retriever, HybridRetriever):
            return False
        legs = retriever.candidates(question, limit=1, scope=scope)
        ids = {scored.id for leg in legs for scored in leg}
        return any(
            (point.chunk.document_id, point.chunk.section) == (chunk.document_id, chunk.section)
            for point in retriever.index.store.fetch(sorted(ids)).values()
        )

    return finds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the part of the course that it is about; None where that is not known."""

    question: str
    about: Target | None = None


Ask = Callable[[str], Answer]


def starters(course: Course, documents: Sequence[Document], ask: Ask) -> tuple[str, ...]:
    """At most WANTED questions that stand the test, of the first TRIED: those that are answered without a doubt first."""
    sure: list[str] = []
    unsure: list[str] = []
    for tried, candidate in enumerate(candidates(course, documents)):
        if len(sure) == WANTED or tried == TRIED:
            break
        made = ask(candidate.question)
        if candidate.question not in sure + unsure and stands(candidate, made):
            (unsure if made.unsure else sure).append(candidate.question)
    return tuple((sure + unsure)[:WANTED])


def candidates(course: Course, documents: Sequence[Document]) -> Iterator[Candidate]:
    """The teacher's first; then those of the documents, one from each in turn."""
    given = [Candidate(question) for question in course.questions]
    often = Counter(heading for document in documents for heading in {_heading(part) for part in document.sections})
    found = [list(_of_document(document, often)) for document in documents]
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


def _of_document(document: Document, often: Mapping[str, int]) -> Iterator[Candidate]:
    """Its own questions, its headings, those first that ask, and its terms, in turn. `often`: in how many documents a heading stands;
    what several have, such as "Reading", is no topic.
    """
    whole = whole_document(document)
    counts = Counter(terms(document.text))
    aside = [part for kind in ("quiz", "cards", "summary") for part in sections_of_kind(kind, document, whole)]
    asked = [
        Candidate(one.question) for one in exercises_in(document, whole) if not one.options and _short(one.question)
    ]
    headings = [
        Candidate(question, Target(document.id, (document.title, *part.path), part.start, part.end))
        for part in sections_in(document, whole)
        if often[_heading(part)] == 1
        and not any(other.start <= part.start < other.end for other in aside)
        and lead_sentence(document, part.start, part.end)
        and _is_spoken_of(document, part, counts)
        and len((question := as_question((document.title, *part.path))).split()) > 1
    ]
    headings.sort(key=lambda one: not one.question.endswith(ASKING))
    defined = [Candidate(piece.term, None) for piece in definitions(document, whole) if _short(piece.term)]
    pools = (asked[:OF_EACH_KIND], headings[:OF_EACH_KIND], defined[:OF_EACH_KIND])
    return (one for one in chain.from_iterable(zip_longest(*pools)) if one is not None)


def _heading(part: Section) -> str:
    return without_number(part.path[-1]).casefold() if part.path else ""


def _is_spoken_of(document: Document, part: Section, counts: Mapping[str, int]) -> bool:
    """Whether the text below a heading has the rarest of its words: "Learning objectives" and "Bring it home" say nothing of theirs."""
    body = set(terms(document.text[part.start : part.end].split("\n", 1)[-1]))
    named = [term for term in terms(part.path[-1]) if not term.isdigit()]
    return bool(named) and min(named, key=lambda term: counts.get(term, 0)) in body


def _short(question: str) -> bool:
    return len(question) <= LONGEST and "___" not in question.replace("\\", "")
