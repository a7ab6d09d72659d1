"""The key of one of the course's own questions: the option that a statement tells.

Of the 1680 questions with options in four textbooks that print their keys, 112 have a statement that tells one; 109 are right.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from app.writers.excerpts.choose import can_be_marked
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.tasks.pieces import Piece
from app.writers.tasks.quiz.exercises import Exercise, exercise_spans, without_list_markers
from retrieval.text.tokenize import terms
from retrieval.types import Document, Unit

MIN_QUESTION_SHARE = 0.8  # of a question's words, that a statement has beside the option it tells
MIN_LEAD = 2  # words that it has more of than what tells another

Statement = tuple[Stretch, Unit, Sequence[str]]  # with its words


class Key(NamedTuple):
    """An option, and the statement that tells it."""

    option: Piece
    statement: Piece


def statements(document: Document) -> Iterator[Statement]:
    """What can be quoted by itself; nothing of what the document asks."""
    asking = exercise_spans(document)
    for stretch in stretches(document, [(0, len(document.text))]):
        for unit in stretch.units:
            if can_be_marked(stretch, unit) and not _is_in(unit, asking):
                yield stretch, unit, terms(stretch.text(unit))


def find_key(one: Exercise, among: Iterable[Statement]) -> Key | None:
    """That of which a statement has just the one and nearly all words of the question, and is ahead of those that tell another."""
    options, asked = [terms(without_list_markers(option.text)) for option in one.options], set(terms(one.question))
    best: dict[int, tuple[int, Stretch, Unit]] = {}
    for stretch, unit, words in among:
        within = mentioned_options(words, options)
        if len(within) == 1:
            held = len((asked - set(options[within[0]])) & set(words))
            if held > best.get(within[0], (-1,))[0]:
                best[within[0]] = (held, stretch, unit)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    ahead = [held for _, (held, _, _) in ranked[:2]] + [0, 0]
    if ahead[0] < max(1, MIN_QUESTION_SHARE * len(asked)) or ahead[0] - ahead[1] < MIN_LEAD:
        return None
    place, (_, stretch, unit) = ranked[0]
    return Key(one.options[place], Piece(stretch.document, unit.start, unit.end))


def mentioned_options(statement: Sequence[str], options: Sequence[Sequence[str]]) -> list[int]:
    """Which options a statement has in a row; none whose words are some of another's.

    >>> told("one chief justice and eight associate justices".split(), [["chief", "justice"], ["justice"]])
    [0]
    """
    text = f" {' '.join(statement)} "
    within = [place for place, option in enumerate(options) if option and f" {' '.join(option)} " in text]
    return [place for place in within if not any(set(options[place]) < set(options[other]) for other in within)]


def _is_in(unit: Unit, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= unit.start < end for start, end in spans)
