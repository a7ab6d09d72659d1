"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.query.wishes import names
from app.types import Documents, Finished, Question, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.markdown import written
from app.writers.excerpts.writer import likeliest
from app.writers.tasks.forms import FEW_LEADS, Parts, cards, gaps, line, outline, points, quoted, spread, summary
from app.writers.tasks.keys import key
from app.writers.tasks.material import Exercise, Piece, all_of, definitions, exercises, opening, posed, sentences
from retrieval.text.tokenize import terms
from retrieval.types import Document, Passage, Retrieval, Scope

MOST_POINTS = 10
MOST_CARDS = 20
QUESTIONS = 5  # of a quiz, where no number was asked for
EXAMPLES = 2
TRIED = 2  # questions for each of a quiz that are tried, since some have no answer in the course
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
            case "study guide":
                told, known = list(points(parts, MOST_POINTS)), list(cards(parts, MOST_CARDS))
                return iter([*told, *([[TextPiece("\n")]] if told and known else []), *known])
            case "quiz":
                return self._quiz(parts, task.topic, task.count or QUESTIONS, documents)
            case "example":
                return _examples(parts, task.topic, task.count or EXAMPLES)
            case "simpler":
                return self._simpler(task.topic, parts, documents)
            case "compare":
                return self._comparison(task.sides, documents)

    def _quiz(self, parts: Parts, topic: str, count: int, documents: Documents) -> Lines:
        """Questions, a rule, their answers: so that a page can fold what stands below the rule. Where the parts ask nothing,
        what the documents nearest to the topic ask, those with most of its words first. A question is put only with its answer;
        definitions with gaps stand in for the others.
        """
        pools = [exercises(document, target) for document, target in parts]
        if not any(pools) and topic:
            wanted = set(terms(topic))
            near = _read(self._search(topic, Scope()), documents)
            found = [one for document in near for one in exercises(document, all_of(document))]
            shared = {id(one): len(wanted & set(terms(one.question))) for one in found}
            pools = [
                [one for one in sorted(found, key=lambda one: -shared[id(one)]) if shared[id(one)]][: TRIED * count]
            ]
        of = {one.whole.document.id: one.whole.document for pool in pools for one in pool}
        asked = {name: posed(document) for name, document in of.items()}
        told = [
            [
                (one, answer)
                for one in spread([pool], TRIED * count)
                if (answer := self._key(one, documents, asked[one.whole.document.id]))
            ]
            for pool in pools
        ]
        chosen = spread(told, count) if any(map(any, pools[1:])) else [pair for pairs in told for pair in pairs][:count]
        put = [(quoted(one.whole), answer) for one, answer in chosen]
        put += gaps(parts, (min(count, sum(map(len, pools))) or count) - len(put))
        for number, (question, _) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *question, TextPiece("\n\n")]
        if put:
            yield [TextPiece("---\n\n")]
        for number, (_, answer) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *answer, TextPiece("\n\n")]

    def _simpler(self, topic: str, parts: Parts, documents: Documents) -> Lines:
        """How the section of that name begins; else how the course defines the topic, and the place nearest to it; without a
        topic how each thing begins.
        """
        named = [part for part in parts if set(terms(part[1].path[-1])) == set(terms(topic))]
        if topic and not named:
            return iter(self._side([topic], documents))
        return map(line, opening(*named[0])) if named else points(parts, FEW_LEADS)

    def _comparison(self, sides: Sequence[Sequence[str]], documents: Documents) -> Lines:
        """Nothing unless the course has something on each side."""
        told = [self._side(side, documents) for side in sides]
        for side, lines in zip(sides, told, strict=True) if all(told) else ():
            yield [TextPiece(f"**{side[0]}**\n\n")]
            yield from lines

    def _side(self, side: Sequence[str], documents: Documents) -> list[Sequence[WriterEvent]]:
        """A definition of what any of these words mean, and the stretch of running text that is nearest to one."""
        query, best = max(
            ((words, self._search(words, Scope())) for words in side), key=lambda found: found[1].confidence
        )
        sure = best.confidence >= self._threshold
        near = likeliest(query, best.passages, documents, entries=False) if sure else None
        if near and not set(terms(best.query)) & set(terms(" ".join(map(near.stretch.text, near.units)))):
            near = None
        meant = [set(terms(words)) for words in side]
        defined = (piece for document in _read(best, documents) for piece in definitions(document, all_of(document)))
        same = next((piece for piece in defined if set(terms(piece.term)) in meant), None)
        told: list[Sequence[WriterEvent]] = (
            [] if same is None or (near and _shows(near, same)) else [[*line(same), TextPiece("\n")]]
        )
        return told + ([[*written(near), TextPiece("\n\n")]] if near else [])

    def _key(self, one: Exercise, documents: Documents, asked: Sequence[tuple[int, int]]) -> list[WriterEvent]:
        """Below the line where it is no paragraph."""
        found = self._search(one.question, Scope(documents=(one.whole.document.id,)))
        near = key(one, found, documents, asked) if found.confidence >= self._threshold else None
        if near is None:
            return []
        return [*([] if near.stretch.kind == "text" else [TextPiece("\n\n")]), *written(near)]


def _read(found: Retrieval, documents: Documents) -> list[Document]:
    """What was found stands in these, the nearest first."""
    names = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in names if (document := documents(name)) is not None]


def _shows(shown: Shown, piece: Piece) -> bool:
    return shown.stretch.document.id == piece.document.id and shown.stretch.start <= piece.start < shown.stretch.end


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
