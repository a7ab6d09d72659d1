"""The answer in the course's own words: no model, no key, nothing that is not a quote.

`stretches` are what can only be shown whole, `candidates` those that a search found, `features` what is known of each of
their units, `likelihoods` how likely it holds the answer. `choose` takes one to three places, `markdown` writes them down.
"""

from collections.abc import Callable, Iterator, Sequence

from app.types import Documents, Finished, More, Question, WriterEvent, no_documents
from app.writers.excerpts.candidates import FoundStretches, found_stretches, has_only_questions
from app.writers.excerpts.choose import Place, Shown, answer_likelihood, choose_places
from app.writers.excerpts.features import QueryTerms, unit_terms
from app.writers.excerpts.likelihoods import score_stretches
from app.writers.excerpts.markdown import heading_path, is_quoted, write_places
from app.writers.excerpts.stretches import Stretch
from retrieval.types import Passage, Retrieval

MAX_PRECEDING_WORDS = 80  # of a stretch that is put before one that may point back to it


class ExcerptsWriter:
    """A `Writer` that quotes. Never fails; refuses where nothing that was found can be quoted."""

    name = "excerpts"
    version = "excerpts-9"

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        return self._write(question, [(query, passages)], documents)

    def write_each(
        self, question: Question, found: Sequence[Retrieval], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """What answers each of the queries that the question asks, in turn."""
        return self._write(question, [(one.query, one.passages) for one in found], documents)

    def _write(
        self, question: Question, searches: Sequence[tuple[str, Sequence[Passage]]], documents: Documents
    ) -> Iterator[WriterEvent]:
        last_answer = question.history[-1].answer if question.history else ""
        places, more, likelihoods = list[Place](), list[More](), list[float]()
        for query, passages in searches:
            found = found_stretches(passages, documents)
            query_terms, scored = score_stretches(query, found)
            chosen = choose_places(scored, query_terms, question_count=len(searches))
            new = (_without_quoted(place, places, last_answer) for place in chosen)
            own = [_with_preceding(place, found, query_terms) for place in new if place]
            places += own
            more += [offer for place in own for offer in _more(place, found)]
            likelihoods.append(answer_likelihood(own, scored))
        yield from write_places(places)
        yield Finished(refused=not places, likelihood=min(likelihoods), more=tuple(more))


def answering_places(
    query: str, passages: Sequence[Passage], documents: Documents, *, among: Callable[[Stretch], bool] = lambda _: True
) -> list[Place]:
    """The places of the passages that answer a query, the likeliest first, chosen `among` some stretches; none where none can be quoted."""
    found = found_stretches(passages, documents)
    query_terms, scored = score_stretches(query, found)
    chosen = choose_places([one for one in scored if among(one.stretch)], query_terms)
    return [_with_preceding(place, found, query_terms) for place in chosen]


def _without_quoted(place: Place, earlier: Sequence[Place], last_answer: str) -> Place:
    """A place without what earlier places show, and without what the last answer quoted whole and nothing of which is marked now: the
    answer to a follow-up is often in what was quoted.
    """
    starts = {(shown.stretch.document.id, shown.stretch.start) for other in earlier for shown in other}
    new = (shown for shown in place if (shown.stretch.document.id, shown.stretch.start) not in starts)
    return tuple(shown for shown in new if shown.marked or not is_quoted(shown, last_answer))


def _with_preceding(place: Place, found: FoundStretches, query_terms: QueryTerms) -> Place:
    """A place whose first sentence has no term of the query, and so may point back ("It holds ..."), with the text before it, if that is
    short.
    """
    first = place[0].stretch
    if query_terms.share(unit_terms(first, place[0].units[0])):
        return place
    before = [one for one in found.around if one.section_id == first.section_id and one.end <= first.start]
    for stretch in before[-1:]:
        if stretch.kind == "text" and stretch.words <= MAX_PRECEDING_WORDS and not has_only_questions(stretch):
            return Shown(stretch, stretch.units), *place
    return place


def _more(place: Place, found: FoundStretches) -> Iterator[More]:
    """What the section holds beside the place, to be read on from the first hidden unit after it, if there is one, or else from the first."""
    shown = {unit.start for part in place for unit in part.units}
    section = [stretch for stretch in found.around if stretch.section_id == place[0].stretch.section_id]
    hidden = {
        unit.start: stretch.word_count(unit) for stretch in section for unit in stretch.units if unit.start not in shown
    }
    if hidden:
        last = max(shown)
        start = min(hidden, key=lambda start: (start < last, start))
        yield More(place[0].stretch.document.id, heading_path(place), start, sum(hidden.values()))
