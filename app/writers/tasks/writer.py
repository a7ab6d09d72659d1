"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.query.wishes import names
from app.types import Documents, Finished, Question, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.tasks.forms import FEW_LEADS, Parts, cards, gaps, outline, points, summary
from app.writers.tasks.lines import lies_in, line, quoted, spread
from app.writers.tasks.material import Exercise, Piece, all_of, definitions, exercises, own, sentences
from retrieval.text.tokenize import terms
from retrieval.types import Document, Hit, Passage, Retrieval, Scope

MOST_POINTS = 10
MOST_CARDS = 20
QUESTIONS = 5  # of a quiz, where no number was asked for
EXAMPLES = 2
NEAR = 4  # sentences from that on a topic in which an example of it is looked for
NOTICES: Mapping[TaskKind, str] = {
    "summary": "Put together from the course's own sentences; a summary in new words needs a language model.",
    "simpler": "Saying it more simply needs a language model; this is how the course itself puts it.",
    "compare": "These are the course's own words on each side; weighing them against each other needs a language model.",
}
Search = Callable[[str, Scope], Retrieval]
Lines = Iterator[Sequence[WriterEvent]]


class TaskWriter:
    """A `Writer` that does the question's task by quoting. Never fails; where there is nothing for the task it refuses."""

    name = "tasks"
    version = "tasks-1"

    def __init__(self, search: Search, *, threshold: float) -> None:
        """`search` finds the answers to a quiz and what is compared, and counts from a confidence of `threshold` on."""
        self._search = search
        self._threshold = threshold

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Text and citations, then Finished. The parts that the task is about are read from their documents."""
        task = question.task or Task("summary", ())
        parts = [(document, target) for target in task.targets if (document := documents(target.document_id))]
        lines = list(self._lines(task, parts, documents))
        yield from (event for events in lines for event in events)
        notice = NOTICES.get(task.kind, "") if lines else ""
        yield Finished(refused=not lines, notices=(notice,) if notice else ())

    def _lines(self, task: Task, parts: Parts, documents: Documents) -> Lines:
        match task.kind:
            case "outline":
                return outline(parts)
            case "summary":
                return summary(parts)
            case "key points":
                return points(parts, task.count or MOST_POINTS)
            case "cards":
                return cards(parts, task.count or MOST_CARDS)
            case "quiz":
                return self._quiz(parts, task.count or QUESTIONS)
            case "example":
                return _examples(parts, task.topic, task.count or EXAMPLES)
            case "simpler":
                return self._simpler(task.topic, parts, documents)
            case "compare":
                return self._comparison(task.sides, documents)

    def _quiz(self, parts: Parts, count: int) -> Lines:
        """Questions, a rule, their answers: so that a page can fold what stands below the rule."""
        asked = spread([exercises(document, target) for document, target in parts], count)
        if not asked:
            yield from gaps(parts, count)
            return
        for number, one in enumerate(asked, start=1):
            yield [TextPiece(f"**{number}** "), *quoted(one.whole), TextPiece("\n\n")]
        yield [TextPiece("---\n\n")]
        for number, one in enumerate(asked, start=1):
            answer = self._answer(one)
            told = quoted(answer) if answer else [TextPiece("–")]
            yield [TextPiece(f"**{number}** "), *told, TextPiece("\n\n")]

    def _answer(self, exercise: Exercise) -> Piece | None:
        """The best place of the same document that is no question itself."""
        document = exercise.whole.document
        found = self._search(exercise.question, Scope(documents=(document.id,)))
        return next(self._places(found, {document.id: document}, exercise.question), None)

    def _simpler(self, topic: str, parts: Parts, documents: Documents) -> Lines:
        """How the course defines the topic, and the place nearest to it; without a topic how each thing begins."""
        return (line(piece) for piece in self._side([topic], documents)) if topic else points(parts, FEW_LEADS)

    def _comparison(self, sides: Sequence[Sequence[str]], documents: Documents) -> Lines:
        for side in sides:
            if pieces := self._side(side, documents):
                yield [TextPiece(f"**{side[0]}**\n\n")]
                yield from (line(piece) for piece in pieces)
                yield [TextPiece("\n")]

    def _side(self, side: Sequence[str], documents: Documents) -> list[Piece]:
        """The place nearest to any of these words; before it a definition of what they mean, if that is another place."""
        found = [self._search(words, Scope()) for words in side]
        best = max(found, key=lambda one: one.confidence)
        near = {hit.chunk.document_id: document for hit in best.hits if (document := documents(hit.chunk.document_id))}
        meant = [set(terms(words)) for words in side]
        defined = [piece for document in near.values() for piece in definitions(document, all_of(document))]
        same = [piece for piece in defined if set(terms(piece.term)) in meant][:1]
        places = list(self._places(best, near, side[-1]))[:1]
        return places if any(lies_in(one, places) for one in same) else [*same, *places]

    def _places(self, found: Retrieval, near: Mapping[str, Document], query: str) -> Iterator[Piece]:
        """The places nearest to a query that are no quiz, best first."""
        for hit in found.hits if found.confidence >= self._threshold else ():
            if (document := near.get(hit.chunk.document_id)) and (place := _place(hit, document, query)):
                yield place


def _place(hit: Hit, document: Document, query: str) -> Piece | None:
    """The best window of a hit; of a glossary the entry that has most of the query's words; nothing of a quiz."""
    if not hit.chunk.windows:
        return None
    window = hit.chunk.windows[hit.window or 0]
    inside = [
        kind
        for kind in ("quiz", "cards")
        if any(part.start <= window.start < part.end for part in own(kind, document, all_of(document)))
    ]
    if "quiz" in inside:
        return None
    if inside:
        wanted = set(terms(query))
        entries = [
            piece for piece in definitions(document, all_of(document)) if window.start <= piece.start < window.end
        ]
        return max(entries, key=lambda piece: len(wanted & set(terms(f"{piece.term} {piece.text}"))), default=None)
    return Piece(document, window.start, window.end)


def _examples(parts: Parts, topic: str, count: int) -> Lines:
    """The first sentences that say they are examples, of the first part that has any: soon after the sentence that has
    most of the topic's words, where there is a topic.
    """
    wanted = set(terms(topic))
    for document, target in parts:
        every = list(sentences(document, target.start, target.end))
        shared = [len(wanted & set(terms(piece.text))) for piece in every]
        begin = shared.index(max(shared)) if wanted and any(shared) else 0
        near = every[begin : begin + NEAR] if wanted else every
        if found := [piece for piece in near if names("example", piece.text)]:
            yield from (line(piece) for piece in found[:count])
            return
