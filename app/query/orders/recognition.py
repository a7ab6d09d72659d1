"""Whether a text sets a task, and which, by its words alone.

In "sry to bother u but summarise 5.1 asap" a task is named, and nothing else matters. Only a question word at the beginning of its clause
makes the text a question.
"""

import re
from itertools import product
from typing import NamedTuple

from app.query.courtesy import without_courtesy
from app.query.orders.clauses import (
    CLAUSE_BOUNDARY,
    clauses_around,
    consists_of,
    count_leading,
    filler_words,
    sentence_before,
)
from app.query.part_names import has_part_word, is_anaphoric, is_part_number
from app.query.vocabulary import (
    misspelt_names,
    ordered_names,
    parse_count,
    plain,
    split_at_joiners,
    task_names,
    vocabulary,
    words,
)
from app.types import TaskKind
from retrieval.text.tokenize import STOP_WORDS

MAX_COUNT_DISTANCE = 3  # words from a number to what it counts


class TaskName(NamedTuple):
    """The name of a task in a text: `text[start:end]`."""

    kind: TaskKind
    start: int
    end: int


def may_be_order(text: str) -> bool:
    """Whether the text may set a task: it names one, or sets two things against each other."""
    return find_task_name(without_politeness(text)) is not None or len(split_at_joiners(text, "versus")) > 1


def find_task_name(text: str) -> TaskName | None:
    """The first name of a task that is not part of a question."""
    for kind, pattern in (*ordered_names().items(), *misspelt_names().items()):
        for match in pattern.finditer(text):
            name = TaskName(kind, match.start(), _extended_end(text, kind, match.end()))
            is_last_or_long = not words(text[name.end :]) or " " in match.group()
            if kind in ("simpler", "compare") and is_last_or_long:  # "what's a lake, in plain english"
                return name
            if not _is_question(text, name):
                return name
    return None


def _extended_end(text: str, kind: TaskKind, end: int) -> int:
    """Where a name ends with more words for the same task ("quiz questions") and a colon ("key points: bones")."""
    while (after := words(text[end:])[:1]) and task_names()[kind].fullmatch(after[0].group()):
        end += after[0].end()
    colon = re.match(r"\s*[:：]", text[end:])
    return end + colon.end() if colon else end


def _is_question(text: str, name: TaskName) -> bool:
    """Whether a later clause begins with a question word, or that of the task's name does and asks for something else than the task.
    "What are the key points of" is an order, as is "compare RAG and tuning, when do I use which?".
    """
    question_words = vocabulary("asking", "questions")
    same_clause, *later_clauses = CLAUSE_BOUNDARY.split(text[name.end :])
    names_both_sides = name.kind == "compare" and len(split_at_joiners(same_clause)) > 1
    first_words = [plain(word) for clause in later_clauses for word in words(clause)[:1]]
    if not names_both_sides and not question_words.isdisjoint(first_words):
        return True
    before, after = (words(clause) for clause in clauses_around(text, name.start, name.end))
    if consists_of(before, filler_words()):
        return False
    beginnings = (before, words(sentence_before(text, name.start)))
    if question_words.isdisjoint(plain(word) for found in beginnings for word in found[:1]):
        return False
    asks_for_task = consists_of(before, filler_words() | vocabulary("asking"))
    return not (asks_for_task and all(plain(word) in vocabulary("of") for word in after[:1]))  # "which example of"


def part_in_question(text: str) -> str:
    """The part that a question is about as a whole: `"what's lesson 5.4 about?"` -> `"lesson 5.4"`; otherwise nothing."""
    found = words(text)
    found = found[count_leading(found, filler_words() | vocabulary("asking")) :]
    while found and plain(found[-1]) in filler_words() | STOP_WORDS:
        found.pop()
    name = text[found[0].start() : found[-1].end()] if found else ""
    is_part = is_part_number(name) or (is_anaphoric(name) and has_part_word(name))
    return name if name and is_part else ""


def part_in_follow_up(text: str) -> str:
    """What is named after a joiner or an anaphor: "the same for 5.2", "and bone structure?"; nothing if the text begins otherwise."""
    text = without_politeness(text)
    found = words(text)
    first = count_leading(found, vocabulary("joiners", "this", "of", "around"), numbers=False)
    return text[found[first].start() : found[-1].end()] if 0 < first < len(found) else ""


def without_politeness(text: str) -> str:
    """Without greetings and thanks at its ends, and "please" at its end."""
    text = without_courtesy(text)
    return text[: max((word.end() for word in words(text) if plain(word) not in vocabulary("please")), default=0)]


def split_count(text: str) -> tuple[str, int]:
    """The text without a count, and the count: `"sum it up in 4 short sentences"` -> `("sum it up in ", 4)`, `"5-7 flash cards"` ->
    `("flash cards", 7)`. What is counted stays where the text without it would name another task, or none. Without a count 0.
    """
    found = words(text)
    for place, distance in product(range(len(found)), range(1, MAX_COUNT_DISTANCE + 1)):
        if place < distance or plain(unit := found[place]) not in vocabulary("counted"):
            continue
        number, before = found[place - distance], found[max(place - distance - 1, 0)]
        count = parse_count(plain(number).rpartition("-")[2], least=1)
        if count == 1 and any(plain(word) in vocabulary("each") for word in found[place + 1 : place + 2]):
            return text, 0  # "one card per hormone"
        is_part = plain(before) in vocabulary("parts") and not CLAUSE_BOUNDARY.search(text[before.end() : number.end()])
        if count and not is_part and not CLAUSE_BOUNDARY.search(text[number.end() : unit.start()]):
            shortened = (text[: number.start()] + text[word.end() :] for word in (unit, number))
            kind = _kind(text)
            return next((rest for rest in shortened if _kind(rest) == kind), text), count
    return text, 0


def _kind(text: str) -> TaskKind | None:
    name = find_task_name(text)
    return name and name.kind
