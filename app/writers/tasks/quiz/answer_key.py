"""The key of a question that the course itself asks: the option that a statement of the course confirms.

Of the 1680 questions with options in four textbooks that print their keys, 112 have a statement that confirms one; 109 are right.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from app.writers.excerpts.choose import can_be_marked
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.tasks.pieces import Piece
from app.writers.tasks.quiz.exercises import Exercise, exercise_spans, without_list_markers
from retrieval.text.tokenize import terms
from retrieval.types import Document, Unit

MIN_QUESTION_SHARE = 0.8  # of a question's words, that a statement must have besides its option
MIN_LEAD = 2  # words of the question that it must have more than statements for another option

Statement = tuple[Stretch, Unit, Sequence[str]]  # with its search terms


class Key(NamedTuple):
    """The right option, and the statement that confirms it."""

    option: Piece
    statement: Piece


def statements(document: Document) -> Iterator[Statement]:
    """The sentences of a document that can be quoted by themselves, other than those of its questions."""
    question_spans = exercise_spans(document)
    for stretch in stretches(document, [(0, len(document.text))]):
        for unit in stretch.units:
            in_question = any(start <= unit.start < end for start, end in question_spans)
            if can_be_marked(stretch, unit) and not in_question:
                yield stretch, unit, terms(stretch.text(unit))


def find_key(exercise: Exercise, among: Iterable[Statement]) -> Key | None:
    """The option confirmed by a statement that names no other option and nearly all words of the question, if it is clearly ahead of the
    statements that name just another one.
    """
    options = [terms(without_list_markers(option.text)) for option in exercise.options]
    question = set(terms(exercise.question))
    best: dict[int, tuple[int, Stretch, Unit]] = {}  # statement for each option, and its words of the question
    for stretch, unit, words in among:
        named = mentioned_options(words, options)
        if len(named) == 1:
            shared = len((question - set(options[named[0]])) & set(words))
            if shared > best.get(named[0], (-1,))[0]:
                best[named[0]] = (shared, stretch, unit)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    first, second, *_ = [shared for _, (shared, _, _) in ranked] + [0, 0]
    if first < max(1, MIN_QUESTION_SHARE * len(question)) or first - second < MIN_LEAD:
        return None
    place, (_, stretch, unit) = ranked[0]
    return Key(exercise.options[place], Piece(stretch.document, unit.start, unit.end))


def mentioned_options(statement: Sequence[str], options: Sequence[Sequence[str]]) -> list[int]:
    """Which options have their words in a row in a statement, other than those whose words are a part of another such option's.

    >>> mentioned_options("one chief justice and eight associate justices".split(), [["chief", "justice"], ["justice"]])
    [0]
    """
    text = f" {' '.join(statement)} "
    within = [place for place, option in enumerate(options) if option and f" {' '.join(option)} " in text]
    return [place for place in within if not any(set(options[place]) < set(options[other]) for other in within)]
