"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from app.query.part_names import without_part_words
from app.query.vocabulary import asks_for_options
from app.types import Cited, Documents, Finished, Question, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.tasks.comparison import comparison
from app.writers.tasks.explanation import Course, Search, examples, explanation, likeliest_sentences
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import Parts, Piece
from app.writers.tasks.quiz.cloze import Item
from app.writers.tasks.quiz.quiz import quiz
from app.writers.tasks.rendering import Lines, card
from app.writers.tasks.summaries import MAX_GUIDE_TERMS, MIN_SENTENCES, key_points, study_guide, summary
from app.writers.tasks.terms.definitions import defined_terms
from app.writers.tasks.terms.introduced_terms import introduced_terms
from app.writers.tasks.terms.keyphrases import keyphrase_finder
from app.writers.tasks.terms.slides import slide_entries
from app.writers.tasks.topic import Topic, collect, topics_for
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Passage

# numbers for tasks that ask for none
TOPIC_POINTS = 6  # key points of a topic that no heading names
CARDS = 10  # that other kinds of terms fill up to
MAX_CARDS = 20  # of the first kind of terms
QUESTIONS = 5
EXAMPLES = 1
NOTICES: Mapping[TaskKind, str] = {
    "summary": "Put together from the course's own sentences; a summary in new words needs a language model.",
    "simpler": "Saying it more simply needs a language model; this is how the course itself puts it.",
    "compare": "These are the course's own words on each side; weighing them against each other needs a language model.",
}
MIN_RESULTS: Mapping[TaskKind, int] = {"quiz": QUESTIONS, "cards": 3}  # of these a notice says that there are no more
NO_MORE: Mapping[TaskKind, str] = {
    "quiz": "no more was found on this that can be asked with an answer that is sure.",
    "cards": "no more terms were found that are explained.",
}


class TaskWriter:
    """A `Writer` that does a task by quoting the course. It never fails, and refuses where it finds nothing for the task."""

    name = "tasks"
    version = "tasks-6"

    def __init__(self, search: Search, *, threshold: float) -> None:
        """What `search` finds with less confidence than the threshold counts as nothing."""
        self._search = search
        self._threshold = threshold

    def write(
        self, question: Question, query: str, passages: Sequence[Passage], documents: Documents = no_documents
    ) -> Iterator[WriterEvent]:
        """Text and citations, then Finished. The task's targets are read from their documents; the passages are not used."""
        task = question.task or Task("summary", ())
        parts = [(document, target) for target in task.targets if (document := documents(target.document_id))]
        lines = list(self._lines(task, parts, documents, question))
        if not any(isinstance(event, Cited) for events in lines for event in events):
            lines = []
        yield from (event for events in lines for event in events)
        notices = (NOTICES.get(task.kind, ""), *_shortfall_notices(task, lines, question.text)) if lines else ()
        yield Finished(refused=not lines, notices=tuple(filter(None, notices)))

    def _lines(self, task: Task, parts: Parts, documents: Documents, question: Question) -> Lines:
        course = Course(self._search, documents, self._threshold)
        topics = topics_for(task.topic, parts, course, asked=question.text)
        before = question.history[-1].answer if question.history else ""
        match task.kind:
            case "outline":
                return outline(parts)
            case "summary" if task.headed:
                return summary(parts, task.count)
            case "summary" if not task.count:
                return explanation(task.topic, [], course)
            case "key points" if task.headed:
                return key_points(parts, task.count)
            case "summary" | "key points":
                return likeliest_sentences(task.topic, task.count or TOPIC_POINTS, course)
            case "cards":
                return map(card, _terms(task, topics, parts, course))
            case "study guide":
                return study_guide(parts, MAX_GUIDE_TERMS)
            case "quiz":
                history = fold(" ".join(turn.answer for turn in question.history))
                options = asks_for_options(question.text)
                return _quiz_lines(quiz(topics, course, history, task.count or QUESTIONS, options=options))
            case "example":
                asked = question.text if task.topic in question.text else f"{task.topic} {question.text}"
                return examples(task.topic, asked, course, task.count or EXAMPLES, before)
            case "simpler":
                topic = without_part_words(task.topic) or task.topic
                if not terms(topic):
                    return key_points(parts, MIN_SENTENCES)
                return explanation(topic, parts, course, simply=True, before=before)
            case "compare":
                return comparison(task.topic, task.sides, course)


def _terms(task: Task, topics: Iterable[Topic], parts: Parts, course: Course) -> list[Piece]:
    """Terms for cards, by the most certain sources first. Slides come last: those whose headings the document names elsewhere, then others; the
    headings of boxes, which recur in the course, are no terms.
    """
    labels = {part.path[-1] for one, target in parts for part in one.sections if part.start in target.beside}
    slides, other_slides = (partial(slide_entries, labels=labels, terms_only=only) for only in (True, False))
    finders = (defined_terms, introduced_terms, slides, keyphrase_finder(course))
    few = task.count or MIN_RESULTS[task.kind]
    return collect(topics, finders, task.count or MAX_CARDS, task.count or CARDS, few, last=(slides, other_slides))


def _quiz_lines(items: Sequence[Item]) -> Lines:
    """The stems, a rule, and the keys, so that a page can fold what stands below the rule."""
    for number, item in enumerate(items, start=1):
        yield [TextPiece(f"**{number}** "), *item.stem, TextPiece("\n\n")]
    if items:
        yield [TextPiece("---\n\n")]
    for number, item in enumerate(items, start=1):
        yield [TextPiece(f"**{number}** "), *item.key, TextPiece("\n\n")]


def _shortfall_notices(task: Task, lines: Sequence[Sequence[WriterEvent]], asked: str) -> Iterator[str]:
    """Notices that less was found than was asked for, or than is usual."""
    found = {"cards": len(lines), "key points": len(lines), "quiz": len(lines) // 2}.get(task.kind, task.count)
    if task.kind == "quiz" and asks_for_options(asked):
        stems = ("".join(event.text for event in line if isinstance(event, TextPiece)) for line in lines[:found])
        with_options = sum("\n" in stem.strip() for stem in stems)
        if with_options < found:
            yield f"With options: {with_options} of the {found} questions; no more was found whose answer is sure."
    if found < task.count:
        yield f"{found} of the {task.count} that you asked for; {NO_MORE.get(task.kind, 'no more was found.')}"
    elif found < MIN_RESULTS.get(task.kind, 0) and not task.count:
        yield f"{NO_MORE[task.kind][0].upper()}{NO_MORE[task.kind][1:]}"
