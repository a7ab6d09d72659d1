"""What an order to compare sets against each other: "compare erosion and meanders", "erosion vs meanders"."""

from typing import NamedTuple

from app.query.orders.clauses import (
    CLAUSE_BOUNDARY,
    clauses_around,
    consists_of,
    count_leading,
    filler_or_stop_words,
    filler_words,
)
from app.query.orders.course import Course
from app.query.orders.recognition import TaskName
from app.query.vocabulary import plain, split_at_joiners, trim_small_words, vocabulary, words
from retrieval.text.tokenize import STOP_WORDS

Sides = tuple[tuple[str, ...], ...]  # each with its readings


class Comparison(NamedTuple):
    """What is compared, as it stands in the text, and its two sides."""

    text: str
    sides: Sides


def find_comparison(text: str, name: TaskName | None, course: Course) -> Comparison | None:
    """What stands on either side of a joiner, in the clause after the task's name; otherwise in one before it, where nothing else is
    said. Without a task's name, on either side of "versus".
    """
    start, end = (name.start, name.end) if name else (len(text), len(text))
    after, before = CLAUSE_BOUNDARY.split(text[end:])[0], CLAUSE_BOUNDARY.split(text[:start])[::-1]
    joiners = ("versus", "joiners") if name else ("versus",)
    for clause, is_after in ((after, True), *((clause, False) for clause in before)):
        for joiner in joiners:
            left, right = _compared(clause, joiner, course, is_after=is_after)
            if not (left and right):
                continue
            compared = clause[clause.find(left) : clause.rfind(right) + len(right)]
            around = [word for word in words(text[:start].replace(compared, " ") + text[end:]) if len(word.group()) > 1]
            name_clause = words(" ".join(clauses_around(text, start, end)))
            is_bare_name = name is not None and joiner == "versus" and consists_of(name_clause, filler_words())
            if is_after or is_bare_name or consists_of(around, filler_or_stop_words()):
                return Comparison(compared, side_readings(left.split(), right.split()))
    return None


def _compared(clause: str, joiner: str, course: Course, *, is_after: bool) -> tuple[str, str]:
    """The longest end of what stands before the joiner, and the longest beginning of what stands after it, that the course mentions.
    After the task's name a side that the course lacks is taken as it stands, so that this can be said.
    """
    parts = split_at_joiners(clause, joiner)
    if len(parts) < 2:
        return "", ""
    first, second = parts[:2] if is_after else parts[-2:]
    ends = (first[word.start() :] for word in words(first) if plain(word) not in STOP_WORDS)
    found = words(second)
    found = found[count_leading(found, STOP_WORDS | vocabulary("around"), numbers=False) :]
    beginnings = (second[found[0].start() : word.end()] for word in reversed(found))
    left = next(filter(course.mention_test(first), ends), "")
    right = next(filter(course.mention_test(second), beginnings), "")
    if is_after and (left or right):
        return left or trim_small_words(first), right or trim_small_words(second)
    return left, right


def side_readings(first: list[str], second: list[str]) -> Sides:
    """The readings of each side: as it stands and, where the other side has a word for both, with that.

    A single word beside several, or words that begin alike, may lack the rest of the other side; an owner may lack what is owned.

    >>> side_readings(["primary"], ["secondary", "deviance"])
    (('primary', 'primary deviance'), ('secondary deviance',))
    >>> side_readings(["déviance", "primaire"], ["secondaire"])
    (('déviance primaire',), ('secondaire', 'déviance secondaire'))
    >>> side_readings(["type", "I"], ["type", "II", "error"])
    (('type I', 'type I error'), ('type II error',))
    >>> side_readings(["erreur", "de", "type", "I"], ["de", "type", "II"])
    (('erreur de type I',), ('de type II', 'erreur de type II'))
    >>> side_readings(["Ann's"], ["Jo", "Day's", "plan"])
    (("Ann's", "Ann's plan"), ("Jo Day's", "Jo Day's plan"))
    """
    readings = [first], [second]
    (first_owner, first_owned), (second_owner, second_owned) = _split_owner(first), _split_owner(second)
    if first_owner and second_owner and (first_owned or second_owned):
        readings = (
            [first_owner, first_owner + (first_owned or second_owned)],
            [second_owner, second_owner + (second_owned or first_owned)],
        )
    elif len(first) < len(second) and (len(first) == 1 or first[0] == second[0]):
        readings[0].append(first + second[len(first) :])
    elif len(second) < len(first) and (len(second) == 1 or second[0] == first[-len(second)]):
        readings[1].append(first[: -len(second)] + second)
    return tuple(tuple(map(" ".join, side)) for side in readings)


def _split_owner(side: list[str]) -> tuple[list[str], list[str]]:
    """`["Ann's", "plan"]` -> `["Ann's"], ["plan"]`"""
    end = next((place for place, word in enumerate(side, start=1) if word.endswith(("'s", "’s"))), 0)
    return side[:end], side[end:]
