"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Iterator, Mapping, Sequence

from app.query.vocabulary import asks_for_options, names
from app.types import Cited, Documents, Finished, Question, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.excerpts.choose import Shown
from app.writers.excerpts.markdown import written
from app.writers.tasks.choice import spread
from app.writers.tasks.definitions import terms_of
from app.writers.tasks.explaining import Course, Search, compared, explained, read
from app.writers.tasks.forms import MOST_TERMS, cards, guide, outline, points, summary
from app.writers.tasks.gaps import gaps
from app.writers.tasks.keys import Key, key
from app.writers.tasks.lines import Lines, line, quoted, shown
from app.writers.tasks.material import (
    Exercise,
    Parts,
    Piece,
    all_of,
    exercises,
    sentences,
)
from retrieval.text.markdown import fold, row_with_columns
from retrieval.text.tokenize import terms
from retrieval.types import Document, Passage, Scope

MOST_POINTS = 10
QUESTIONS = 5  # of a quiz, where no number was asked for
EXAMPLES = 2
ENOUGH = 3  # questions or cards on a topic, from which other parts than the nearest are not asked for more
TRIED = 2  # questions for each of a quiz that are tried, since some have no answer in the course
NOTICES: Mapping[TaskKind, str] = {
    "summary": "Put together from the course's own sentences; a summary in new words needs a language model.",
    "simpler": "Saying it more simply needs a language model; this is how the course itself puts it.",
    "compare": "These are the course's own words on each side; weighing them against each other needs a language model.",
}
Put = tuple[list[WriterEvent], list[WriterEvent]]  # a question and its key


class TaskWriter:
    """A `Writer` that does the question's task by quoting. Never fails; where there is nothing for the task it refuses."""

    name = "tasks"
    version = "tasks-3"

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
        told = fold(" ".join(turn.answer for turn in question.history))
        lines = list(self._lines(task, parts, documents, told))
        yield from (event for events in lines for event in events)
        notices = (NOTICES.get(task.kind, ""), _lacking(task, lines, question.text)) if lines else ()
        yield Finished(refused=not lines, notices=tuple(filter(None, notices)))

    def _lines(self, task: Task, parts: Parts, documents: Documents, told: str) -> Lines:
        match task.kind:
            case "outline":
                return outline(parts)
            case "summary":
                return summary(parts, task.count)
            case "key points":
                return points(parts, task.count or MOST_POINTS)
            case "cards":
                return cards(_fewest(parts, task), task.count)
            case "study guide":
                return guide(parts, MOST_TERMS)
            case "quiz":
                return self._quiz(parts, task, documents, told)
            case "example":
                return _examples([] if task.topic else parts, task.count or EXAMPLES)  # of a topic: as an answer
            case "simpler":
                return explained(task.topic, parts, Course(self._search, documents, self._threshold))
            case "compare":
                return compared(task.topic, task.sides, Course(self._search, documents, self._threshold))

    def _quiz(self, parts: Parts, task: Task, documents: Documents, told: str) -> Lines:
        """Questions not yet `told`, a rule, their answers: so that a page can fold what stands below the rule. A question is put only
        with its answer: of those with options the surest, then definitions with gaps, then open ones.
        """
        count, wanted = task.count or QUESTIONS, set(terms(task.topic))
        pools = [exercises(*part) for part in parts]
        near = read(self._search(task.topic, Scope()), documents) if task.topic and not any(pools) else []
        if near:
            pools = [exercises(document, all_of(document)) for document in near]
            pools = [[one for one in pool if wanted & set(terms(one.question))] for pool in pools]

        def keyed(is_choice: bool, count: int) -> list[Put]:
            best = []
            for pool in pools:
                asked = [one for one in pool if bool(one.options) is is_choice and fold(one.question) not in told]
                known = list(self._answered(spread([asked], TRIED * count), documents, near))
                if near:
                    known = [(o, k) for o, k in known if wanted <= set(terms(o.question)) or _lies_in(k.shown, parts)]
                surest = sorted(known, key=lambda pair: -pair[1].sure)[:count]
                best.append([pair for pair in known if pair in surest])
            return [_put(*pair) for pair in spread(best, count)]

        put = keyed(True, count)
        blanks = gaps(_fewest(parts, task), count + len(put) + told.count("_____"))
        keys = " ".join(_text(answer).partition(" — ")[0] for _, answer in put).casefold()
        fresh = [
            pair
            for pair in blanks
            if _text(pair[0]) not in told and _text(pair[1][:1]).strip("* —").casefold() not in keys
        ]
        put += fresh[: count - len(put)]
        put += keyed(False, count - len(put)) if len(put) < count else []
        for number, (question, _) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *question, TextPiece("\n\n")]
        if put:
            yield [TextPiece("---\n\n")]
        for number, (_, answer) in enumerate(put, start=1):
            yield [TextPiece(f"**{number}** "), *answer, TextPiece("\n\n")]

    def _answered(
        self, questions: Sequence[Exercise], documents: Documents, within: Sequence[Document]
    ) -> Iterator[tuple[Exercise, Key]]:
        """Those that their document answers, or those `within`, each with what does."""
        for one in questions:
            ids = tuple(document.id for document in within or [one.whole.document])
            found = self._search(one.question, Scope(documents=ids))
            known = key(one, found, documents) if found.confidence >= self._threshold else None
            if known is not None:
                yield one, known


def _lacking(task: Task, lines: Sequence[Sequence[WriterEvent]], asked: str) -> str:
    """What is said where fewer were found than were asked for; of a quiz half the lines are answers, and one a rule."""
    made = {"cards": len(lines), "key points": len(lines), "quiz": len(lines) // 2}.get(task.kind, task.count)
    offered = sum("\n" in _text(events, whole=True) for events in lines[: len(lines) // 2])
    if task.kind == "quiz" and asks_for_options(asked) and offered < made:
        return f"With options: {offered} of the {made} questions; the course has no more whose answer is sure."
    return f"{made} of the {task.count} that you asked for; no more was found." if made < task.count else ""


def _text(events: Sequence[WriterEvent], *, whole: bool = False) -> str:
    """On one line, or as it is but for spaces around it."""
    text = "".join(event.text for event in events if isinstance(event, TextPiece))
    return text.strip() if whole else fold(text)


def _put(one: Exercise, known: Key) -> Put:
    """With its key: an option with the statement that tells it, else the place, below the line where it is no paragraph."""
    question, stretch = quoted(one.whole), known.shown.stretch
    if known.option is None:
        return question, [*([] if stretch.kind == "text" else [TextPiece("\n\n")]), *written(known.shown)]
    (unit,) = known.shown.units
    source = stretch.source(unit)
    told = row_with_columns(source, unit.lead) if unit.kind == "row" else shown(source)
    statement: list[WriterEvent] = [TextPiece(told), Cited(Piece(stretch.document, unit.start, unit.end).citation)]
    option: list[WriterEvent] = [
        TextPiece(f"**{shown(known.option.text)}**"),
        Cited(known.option.citation),
        TextPiece(" — "),
    ]
    return question, [*option, *statement]


def _lies_in(shown: Shown, parts: Parts) -> bool:
    start = shown.stretch.start
    return any(one.document_id == shown.stretch.document.id and one.start <= start < one.end for _, one in parts)


def _fewest(parts: Parts, task: Task) -> Parts:
    """On a topic, as many of the parts, nearest first, as have the cards that are wanted."""
    wanted = task.count or ENOUGH
    known = [len(terms_of(document, target)) for document, target in parts]
    enough = (place for place in range(len(parts)) if sum(known[: place + 1]) >= wanted)
    return parts[: next(enough, len(parts)) + 1] if task.topic else parts


def _examples(parts: Parts, count: int) -> Lines:
    """The first sentences that say they are examples, of the first part that has any, each with its paragraph: an example is
    seldom told in the sentence that says it is one.
    """
    for document, target in parts:
        every = list(sentences(document, target.start, target.end))
        if found := [place for place, piece in enumerate(every) if names("example", piece.text)]:
            yield from (line(piece) for place in found[:count] for piece in _paragraph(every, place))
            return


def _paragraph(every: Sequence[Piece], place: int) -> Sequence[Piece]:
    """The sentences of that of one of them."""
    first = next((at for at in range(place, -1, -1) if every[at].leads), 0)
    last = next((at for at in range(place + 1, len(every)) if every[at].leads), len(every))
    return every[first:last]
