"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from app.query.wishes import names
from app.types import Documents, Finished, Question, Target, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.markdown import written
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import likeliest
from app.writers.tasks.forms import (
    FEW_LEADS,
    Parts,
    cards,
    gaps,
    line,
    outline,
    points,
    quoted,
    spread,
    summary,
    terms_of,
)
from app.writers.tasks.keys import key
from app.writers.tasks.material import (
    Exercise,
    Piece,
    all_of,
    definitions,
    exercises,
    is_beside,
    opening,
    sentences,
)
from retrieval.text.tokenize import terms
from retrieval.types import Document, Passage, Retrieval, Scope

MOST_POINTS = 10
MOST_CARDS = 20
QUESTIONS = 5  # of a quiz, where no number was asked for
EXAMPLES = 2
ENOUGH = 3  # questions or cards on a topic, from which other parts than the nearest are not asked for more
TRIED = 2  # questions for each of a quiz that are tried, since some have no answer in the course
NEAR = 4  # sentences from that on a topic in which an example of it is looked for
NOTICES: Mapping[TaskKind, str] = {
    "summary": "Put together from the course's own sentences; a summary in new words needs a language model.",
    "simpler": "Saying it more simply needs a language model; this is how the course itself puts it.",
    "compare": "These are the course's own words on each side; weighing them against each other needs a language model.",
}
Search = Callable[[str, Scope], Retrieval]
Lines = Iterator[Sequence[WriterEvent]]
Put = tuple[list[WriterEvent], list[WriterEvent]]  # a question and its key


class TaskWriter:
    """A `Writer` that does the question's task by quoting. Never fails; where there is nothing for the task it refuses."""

    name = "tasks"
    version = "tasks-2"

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
        notices = (NOTICES.get(task.kind, ""), _lacking(task, lines)) if lines else ()
        yield Finished(refused=not lines, notices=tuple(filter(None, notices)))

    def _lines(self, task: Task, parts: Parts, documents: Documents) -> Lines:
        match task.kind:
            case "outline":
                return outline(parts)
            case "summary":
                return summary(parts, task.count)
            case "key points":
                return points(parts, task.count or MOST_POINTS)
            case "cards":
                return cards(_fewest(parts, task), task.count or MOST_CARDS)
            case "study guide":
                told, known = list(points(parts, MOST_POINTS, define=False)), list(cards(parts, MOST_CARDS))
                return iter([*told, *([[TextPiece("\n")]] if told and known else []), *known])
            case "quiz":
                return self._quiz(parts, task, documents)
            case "example":
                return _examples(parts, task.topic, task.count or EXAMPLES)
            case "simpler":
                return self._simpler(task.topic, parts, documents)
            case "compare":
                return self._comparison(task.sides, documents)

    def _quiz(self, parts: Parts, task: Task, documents: Documents) -> Lines:
        """Questions, a rule, their answers: so that a page can fold what stands below the rule. A question is put only with its
        answer; headings that ask, and definitions with gaps, stand in for the others.
        """
        count = task.count or QUESTIONS
        pools = [exercises(document, target) for document, target in parts]
        if any(pools) or not task.topic:
            told = [list(self._answered(spread([pool], TRIED * count), documents)) for pool in pools]
            found = spread(told, count) if any(map(any, pools[1:])) else [pair for pairs in told for pair in pairs]
            put = [_put(*pair) for pair in found[:count]]
            put += gaps(parts, count - len(put))
        else:
            put = self._on_topic(parts, task, documents)[:count]
        for number, (question, _) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *question, TextPiece("\n\n")]
        if put:
            yield [TextPiece("---\n\n")]
        for number, (_, answer) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *answer, TextPiece("\n\n")]

    def _on_topic(self, parts: Parts, task: Task, documents: Documents) -> list[Put]:
        """What has all words of the topic; then of the parts, nearest first, until there are enough, what they answer and their
        definitions.
        """
        wanted = set(terms(task.topic))
        near = _read(self._search(task.topic, Scope()), documents)
        asked = [one for document in near for one in exercises(document, all_of(document), headings=True)]
        shared = {id(one): len(wanted & set(terms(one.question))) for one in asked}
        asked.sort(key=lambda one: -shared[id(one)])
        within = tuple(document.id for document in near)
        answered = list(self._answered(asked[: TRIED * (task.count or QUESTIONS)], documents, within))
        put = [_put(one, shown) for one, shown in answered if shared[id(one)] == len(wanted)]
        for document, target in parts:
            others = ((one, shown) for one, shown in answered if shared[id(one)] < len(wanted))
            put += [_put(one, shown) for one, shown in others if _lies_in(shown, target)]
            put += gaps([(document, target)], (task.count or QUESTIONS) - len(put))
            if len(put) >= (1 if wanted <= set(terms(target.path[-1])) else task.count or ENOUGH):
                break
        return put

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
        near = likeliest(query, best.passages, documents, among=_runs_on) if sure else None
        meant = [set(terms(words)) for words in side]
        defined = [
            piece
            for document in _read(best, documents)
            for piece in definitions(document, all_of(document), lists=False)
            if any(words and words <= set(terms(piece.term)) for words in meant)
        ]
        same = min(defined, key=partial(_unlike, meant), default=None)
        told: list[Sequence[WriterEvent]] = (
            [] if same is None or (near and _shows(near, same)) else [[*line(same), TextPiece("\n")]]
        )
        return told + ([[*written(near), TextPiece("\n\n")]] if near else [])

    def _answered(
        self, questions: Sequence[Exercise], documents: Documents, within: tuple[str, ...] = ()
    ) -> Iterator[tuple[Exercise, Shown]]:
        """Those that their document answers, or those `within`, each with what does; none that has the words of one before and
        its answer.
        """
        told: list[tuple[frozenset[str], str, int]] = []
        for one in questions:
            found = self._search(one.question, Scope(documents=within or (one.whole.document.id,)))
            near = key(one, found, documents) if found.confidence >= self._threshold else None
            if near is None:
                continue
            words, place = frozenset(terms(one.question)), (near.stretch.document.id, near.stretch.start)
            if not any((words <= other or other <= words) and place == tuple(where) for other, *where in told):
                told.append((words, *place))
                yield one, near


def _lacking(task: Task, lines: Sequence[Sequence[WriterEvent]]) -> str:
    """What is said where fewer were found than were asked for; of a quiz half the lines are answers, and one a rule."""
    made = {"cards": len(lines), "key points": len(lines), "quiz": len(lines) // 2}.get(task.kind, task.count)
    return f"The course has {made} of the {task.count} that you asked for." if made < task.count else ""


def _put(one: Exercise, near: Shown) -> Put:
    """With its key, below the line where it is no paragraph."""
    return quoted(one.whole), [*([] if near.stretch.kind == "text" else [TextPiece("\n\n")]), *written(near)]


def _lies_in(shown: Shown, target: Target) -> bool:
    return shown.stretch.document.id == target.document_id and target.start <= shown.stretch.start < target.end


def _fewest(parts: Parts, task: Task) -> Parts:
    """On a topic, as many of the parts, nearest first, as have the cards that are wanted."""
    wanted = task.count or ENOUGH
    known = [len(terms_of(document, target)) for document, target in parts]
    enough = (place for place in range(len(parts)) if sum(known[: place + 1]) >= wanted)
    return parts[: next(enough, len(parts)) + 1] if task.topic else parts


def _read(found: Retrieval, documents: Documents) -> list[Document]:
    """What was found stands in these, the nearest first."""
    names = dict.fromkeys(hit.chunk.document_id for hit in found.hits)
    return [document for name in names if (document := documents(name)) is not None]


def _unlike(meant: Sequence[set[str]], piece: Piece) -> tuple[int, int]:
    """How many words its term has beside those that are meant; of equals the one that has most of those is first."""
    named = set(terms(piece.term))
    return min((len(named - words), -len(words)) for words in meant if words and words <= named)


def _runs_on(stretch: Stretch) -> bool:
    """Neither an entry of a glossary nor a caption."""
    first = stretch.units[0]
    return first.role != "definition" and not is_beside(stretch.source(first), stretch.document)


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
        near = range(begin, min(begin + NEAR, len(every)) if wanted else len(every))
        if found := [place for place in near if names("example", every[place].text)]:
            yield from (line(piece) for place in found[:count] for piece in _within_paragraph(every, place))
            return


def _within_paragraph(every: Sequence[Piece], place: int) -> Sequence[Piece]:
    """The sentences of its paragraph: an example is seldom told in the sentence that says it is one."""
    first = next((at for at in range(place, -1, -1) if every[at].leads), 0)
    last = next((at for at in range(place + 1, len(every)) if every[at].leads), len(every))
    return every[first:last]
