"""The answer in the course's own words: no model, no key, nothing that is not a quote.

`stretches` says what can only be shown whole, `features` what is known of each sentence, `model` how likely it holds the
answer, `choose` takes one to three places, `markdown` writes them down.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.query.vocabulary import announces_task, asks_for_objectives, is_objectives_heading, without_objectives
from app.types import Documents, Finished, More, Question, TextPiece, WriterEvent, no_documents
from app.writers.excerpts.choose import Judged, Place, Shown, choose, likelihood, only_asks
from app.writers.excerpts.features import QueryTerms, features, likelihoods, unit_terms
from app.writers.excerpts.markdown import inline, written
from app.writers.excerpts.stretches import Stretch, stretches
from retrieval.text.markdown import emphasised
from retrieval.text.tokenize import terms
from retrieval.types import Block, Document, Hit, Passage, Retrieval, Section, Unit

CERTAIN = 0.98  # that a term's own entry answers who asks for the term
LEADING = 80  # words of a stretch that is put before one that may point back to it


@dataclass(frozen=True, slots=True)
class FoundStretches:
    """The hits of a question, best first, and the stretches they touch; `around`: all of their sections. Both document by document, in order."""

    hits: tuple[Hit, ...]
    stretches: tuple[Stretch, ...]
    around: tuple[Stretch, ...]


class ExcerptsWriter:
    """A `Writer` that quotes. Never fails; refuses where nothing that was found can be quoted."""

    name = "excerpts"
    version = "excerpts-9"

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        return self._written(question, [(query, passages)], documents)

    def write_each(
        self, question: Question, found: Sequence[Retrieval], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """What answers each of the queries that the question asks, in turn."""
        return self._written(question, [(one.query, one.passages) for one in found], documents)

    def _written(
        self, question: Question, asked: Sequence[tuple[str, Sequence[Passage]]], documents: Documents
    ) -> Iterator[WriterEvent]:
        before = question.history[-1].answer if question.history else ""
        places, more, likely = list[Place](), list[More](), list[float]()
        for query, passages in asked:
            found = find(passages, documents)
            words, judged = judge(query, found)
            fresh = (_fresh(place, places, before) for place in choose(judged, words, of=len(asked)))
            made = [_with_lead(place, found, words) for place in fresh if place]
            places += made
            more += [one for place in made for one in _more(place, found)]
            likely.append(likelihood(made, judged))
        yield from told(places)
        yield Finished(refused=not places, likelihood=min(likely), more=tuple(more))


def excerpts(
    query: str, passages: Sequence[Passage], documents: Documents, *, among: Callable[[Stretch], bool] = lambda _: True
) -> list[Place]:
    """What is quoted of the passages in answer to a query, the likeliest place first; empty where nothing can be quoted."""
    found = find(passages, documents)
    words, judged = judge(query, found)
    return [_with_lead(place, found, words) for place in choose([one for one in judged if among(one.stretch)], words)]


def is_told(place: Place, text: str) -> bool:
    """Whether an answer has all of it."""
    return all(inline(shown.stretch.source(unit)) in text for shown in place for unit in shown.units)


def told(places: Sequence[Place]) -> Iterator[WriterEvent]:
    """Each under its heading."""
    for number, place in enumerate(places):
        yield TextPiece(f"{chr(10) * 2 if number else ''}**{inline(_path(place)[-1])}**")
        for index, shown in enumerate(place):
            apart = index and shown.stretch.number > place[index - 1].stretch.number + 1
            yield TextPiece("\n\n…\n\n" if apart else "\n\n")
            yield from written(shown)


def find(passages: Sequence[Passage], documents: Documents) -> FoundStretches:
    """What of the documents the passages' hits touch; of a document that cannot be read, what of the passage."""
    read: dict[tuple[str, int], tuple[Document, list[Hit]]] = {}
    for passage in passages:
        whole = documents(passage.document_id)
        key = (passage.document_id, -1 if whole else passage.start)
        read.setdefault(key, (whole or _as_document(passage), []))[1].extend(passage.hits)
    around, touched = [], []
    for document, hits in read.values():
        spans = [(hit.chunk.start, hit.chunk.end) for hit in hits]
        for stretch in stretches(document, spans):
            around.append(stretch)
            if any(start < stretch.end and stretch.start < end for start, end in spans):
                touched.append(stretch)
    found = sorted((hit for _, hits in read.values() for hit in hits), key=lambda hit: hit.rank)
    return FoundStretches(tuple(found), tuple(touched), tuple(around))


def _as_document(passage: Passage) -> Document:
    """The passage where it stands in its document, spaces before it."""
    blocks = (
        Block("paragraph" if unit.kind == "sentence" else unit.kind, unit.start, unit.end, 0, unit.lead, role=unit.role)
        for unit in passage.units
    )
    return Document(
        id=passage.document_id,
        path="",
        title=passage.document_title,
        text=" " * passage.start + passage.text,
        blocks=tuple(blocks),
        sections=(Section(passage.section, 1, passage.start, passage.end),),
    )


def judge(query: str, found: FoundStretches) -> tuple[QueryTerms, list[Judged]]:
    told = answering(query, found.stretches)
    asked, rows = features(query, told, found.hits)
    wanted = defining(query, asked, told)
    return asked, [
        Judged(stretch, np.maximum(likelihoods(of), [CERTAIN * (unit in wanted) for unit in stretch.units]))
        for stretch, of in zip(told, rows, strict=True)
    ]


def defining(query: str, question: QueryTerms, found: Sequence[Stretch]) -> set[Unit]:
    """The entries of glossaries that are asked for, and sentences in which the author emphasises what is: their term has a third of the
    question's words at least (for emphasis, those included that nothing has), and all of those that a heading or another entry has.
    """
    wanted = question.weights.keys()
    topics = wanted & terms(" ".join(name for one in found for name in (one.document.title, *one.section, one.term)))
    words = len(set(terms(query)))
    told = [
        (frozenset(terms(term)), len(wanted) if one.term else words, unit)
        for one in found
        for unit in one.units
        for term in ([one.term] if one.term else emphasised(one.source(unit)))
    ]
    return {unit for term, asked, unit in told if term and topics <= term <= wanted and asked <= 3 * len(term)}


def answering(query: str, found: Sequence[Stretch]) -> list[Stretch]:
    """Without lists of what is to be learned, which name everything and answer nothing (so does a list before all text), and what only
    asks, unless they are asked for.
    """
    aims, quizzes = asks_for_objectives(query), announces_task("quiz", query)

    def answers(one: Stretch) -> bool:
        heading = one.section[-1] if one.section else ""
        announced = one.opens and (
            (one.kind == "list" and is_objectives_heading(heading))
            or (one.intro and is_objectives_heading(one.text(one.units[0])))
        )
        announced = announced or (one.kind == "list" and _stands_before_all_text(one))
        tests = one.kind == "list" and announces_task("quiz", heading)
        return (aims or not announced) and (quizzes or not (tests or only_asks(one)))

    return [one for one in found if answers(one)]


def _stands_before_all_text(one: Stretch) -> bool:
    """Whether nothing of the document stands before it, and most of what follows is no list."""
    told = (block for block in one.document.blocks if block.kind not in ("heading", "boilerplate"))
    if one.start > next(told).start:
        return False
    kinds = ["item", *(block.kind for block in told)]
    return 2 * kinds.count("item") < len(kinds)


def _fresh(place: Place, told: Sequence[Place], before: str) -> Place:
    """Without what is told already, and what the answer before a follow-up quoted whole, unless some of it is marked now: the answer is often
    there.
    """
    known = {(one.stretch.document.id, one.stretch.start) for other in told for one in other}
    new = (one for one in place if (one.stretch.document.id, one.stretch.start) not in known)
    return tuple(one for one in new if one.marked or not is_told((one,), before))


def _with_lead(place: Place, found: FoundStretches, question: QueryTerms) -> Place:
    """With what stands before it where its first words may point back: they hold no word of the question."""
    first = place[0].stretch
    if question.share(unit_terms(first, place[0].units[0])):
        return place
    before = [one for one in found.around if one.place == first.place and one.end <= first.start][-1:]
    may_lead = (one for one in before if one.kind == "text" and one.words <= LEADING and not only_asks(one))
    lead = tuple(Shown(one, one.units) for one in may_lead)
    return (*lead, *place)


def _path(place: Place) -> tuple[str, ...]:
    stretch = place[0].stretch
    return stretch.document.title, *without_objectives(stretch.section)


def _more(place: Place, found: FoundStretches) -> Iterator[More]:
    """What else the section holds, from what is not shown first after what is shown, if there is any, else from its beginning."""
    shown = {unit.start for part in place for unit in part.units}
    section = [stretch for stretch in found.around if stretch.place == place[0].stretch.place]
    hidden = {
        unit.start: stretch.size(unit) for stretch in section for unit in stretch.units if unit.start not in shown
    }
    if hidden:
        last = max(shown)
        start = min(hidden, key=lambda start: (start < last, start))
        yield More(place[0].stretch.document.id, _path(place), start, sum(hidden.values()))
