"""A task done without a model: quotes in the course's own order, each with its footnote.

What a model would have to write (an essay, simpler words) is not made up: a notice says so, and the nearest that the
course has is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from app.query.part_names import without_part_words
from app.query.vocabulary import asks_for_options
from app.types import Cited, Documents, Finished, Question, Task, TaskKind, TextPiece, WriterEvent, no_documents
from app.writers.tasks.comparison import comparison
from app.writers.tasks.explanation import Course, Search, examples, explanation, likeliest_sentences
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import Parts
from app.writers.tasks.quiz.cloze import Item
from app.writers.tasks.quiz.quiz import quiz
from app.writers.tasks.rendering import Lines, card
from app.writers.tasks.summaries import MAX_GUIDE_TERMS, MIN_SENTENCES, key_points, study_guide, summary
from app.writers.tasks.terms.definitions import defined_terms
from app.writers.tasks.terms.introduced_terms import introduced_terms
from app.writers.tasks.terms.keyphrases import keyphrase_finder
from app.writers.tasks.terms.slides import slide_entries
from app.writers.tasks.topic import Finder, collect, topics_for
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms
from retrieval.types import Passage

FEW_POINTS = 6  # of a topic that no heading names
MOST_CARDS = 20
CARDS = 10  # besides what a glossary has more, where no number was asked for
QUESTIONS = 5  # of a quiz, where no number was asked for
EXAMPLES = 1
NOTICES: Mapping[TaskKind, str] = {
    "summary": "Put together from the course's own sentences; a summary in new words needs a language model.",
    "simpler": "Saying it more simply needs a language model; this is how the course itself puts it.",
    "compare": "These are the course's own words on each side; weighing them against each other needs a language model.",
}
FEW: Mapping[TaskKind, int] = {"quiz": QUESTIONS, "cards": 3}  # below which it is said that there are no more
NO_MORE: Mapping[TaskKind, str] = {
    "quiz": "no more was found on this that can be asked with an answer that is sure.",
    "cards": "no more terms were found that are explained.",
}


class TaskWriter:
    """A `Writer` that does the question's task by quoting. Never fails; where there is nothing for the task it refuses."""

    name = "tasks"
    version = "tasks-5"

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
        lines = list(self._lines(task, parts, documents, question))
        if not any(isinstance(event, Cited) for events in lines for event in events):
            lines = []
        yield from (event for events in lines for event in events)
        notices = (NOTICES.get(task.kind, ""), *_lacking(task, lines, question.text)) if lines else ()
        yield Finished(refused=not lines, notices=tuple(filter(None, notices)))

    def _lines(self, task: Task, parts: Parts, documents: Documents, question: Question) -> Lines:
        course = Course(self._search, documents, self._threshold)
        topics = topics_for(task.topic, parts, course, asked=question.text)
        before = question.history[-1].answer if question.history else ""
        match task.kind:
            case "outline":
                return outline(parts)
            case "summary":
                if not task.headed:
                    return (
                        likeliest_sentences(task.topic, task.count, course)
                        if task.count
                        else explanation(task.topic, [], course)
                    )
                return summary(parts, task.count)
            case "key points":
                if not task.headed:
                    return likeliest_sentences(task.topic, task.count or FEW_POINTS, course)
                return key_points(parts, task.count)
            case "cards":
                labels = {
                    part.path[-1] for one, target in parts for part in one.sections if part.start in target.beside
                }
                slides: list[Finder] = [
                    partial(slide_entries, labels=labels, terms_only=only) for only in (True, False)
                ]
                kinds, few = (defined_terms, introduced_terms, keyphrase_finder(course)), task.count or FEW[task.kind]
                return map(
                    card, collect(topics, kinds, task.count or MOST_CARDS, task.count or CARDS, few, last=slides)
                )
            case "study guide":
                return study_guide(parts, MAX_GUIDE_TERMS)
            case "quiz":
                told = fold(" ".join(turn.answer for turn in question.history))
                options = asks_for_options(question.text)
                return _quiz(quiz(topics, course, told, task.count or QUESTIONS, options=options))
            case "example":
                of = "" if task.topic in question.text else f"{task.topic} "  # what was spoken of before
                return examples(task.topic, of + question.text, course, task.count or EXAMPLES, before)
            case "simpler":
                topic = without_part_words(task.topic) or task.topic
                if not terms(topic):
                    return key_points(parts, MIN_SENTENCES)
                return explanation(topic, parts, course, simply=True, before=before)
            case "compare":
                return comparison(task.topic, task.sides, course)


def _quiz(made: Sequence[Item]) -> Lines:
    """Questions, a rule, their answers, so that a page can fold what stands below the rule."""
    for number, (question, _) in enumerate(made, start=1):
        yield [TextPiece(f"**{number}** "), *question, TextPiece("\n\n")]
    if made:
        yield [TextPiece("---\n\n")]
    for number, (_, answer) in enumerate(made, start=1):
        yield [TextPiece(f"**{number}** "), *answer, TextPiece("\n\n")]


def _lacking(task: Task, lines: Sequence[Sequence[WriterEvent]], asked: str) -> Iterator[str]:
    """What is said where fewer were found than were asked for; of a quiz half the lines are answers, and one a rule."""
    made = {"cards": len(lines), "key points": len(lines), "quiz": len(lines) // 2}.get(task.kind, task.count)
    texts = ("".join(event.text for event in events if isinstance(event, TextPiece)).strip() for events in lines[:made])
    offered = sum("\n" in text for text in texts)
    if task.kind == "quiz" and asks_for_options(asked) and offered < made:
        yield f"With options: {offered} of the {made} questions; no more was found whose answer is sure."
    if made < task.count:
        yield f"{made} of the {task.count} that you asked for; {NO_MORE.get(task.kind, 'no more was found.')}"
    elif made < FEW.get(task.kind, 0) and not task.count:
        yield f"{NO_MORE[task.kind][0].upper()}{NO_MORE[task.kind][1:]}"
