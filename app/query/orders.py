"""Whether a text sets a task, and which, by its words alone: in "sry to bother u but summarise 5.1 asap" a task is named, and nothing
else matters. Only a word that asks, at the beginning of its clause, makes it a question.
"""

import re
from collections.abc import Collection, Sequence
from itertools import product

from app.query.courtesy import without_courtesy
from app.query.part_names import has_part_word, is_anaphoric, is_part_number
from app.query.vocabulary import (
    count_in,
    joined,
    misspelt_names,
    number_in,
    ordered_names,
    plain,
    task_names,
    vocabulary,
    words,
)
from app.types import TaskKind
from retrieval.text.tokenize import STOP_WORDS, stem

SENTENCES = re.compile(r"(?<=[.!?…])(?<!\bv\.)(?<!\bvs\.)\s+|(?<=[。！？])")
CLAUSES = re.compile(rf"{SENTENCES.pattern}|[,:;]\s|[，：；]|\s[–—-]+\s|\s(?=[(（])")

Words = Sequence[re.Match[str]]


def is_order(text: str) -> bool:
    """Whether it may set a task, by its words alone."""
    return task_word(ordered(text)) is not None or len(joined(text, "versus")) > 1


def task_word(text: str) -> tuple[TaskKind, int, int] | None:
    """The first task that a text names, and where, unless its clause, or one after it, begins with a word that asks."""
    for kind, pattern in (*ordered_names().items(), *misspelt_names().items()):
        for found in pattern.finditer(text):
            begun, end = found.span()
            while (after := words(text[end:])[:1]) and task_names()[kind].fullmatch(after[0].group()):
                end += after[0].end()  # "quiz questions"
            if colon := re.match(r"\s*[:：]", text[end:]):  # "key points: bones"
                end += colon.end()
            may_ask = kind in ("simpler", "compare") and (not words(text[end:]) or " " in found.group())
            if may_ask or not _asks(kind, text, begun, end):
                return kind, begun, end
    return None


def _asks(kind: TaskKind, text: str, begun: int, end: int) -> bool:
    """Whether the clause that names a task asks for something else, or one after it asks. "What are the key points of" orders."""
    before, after = (words(clause) for clause in clauses(text, begun, end))
    asking = vocabulary("asking", "questions")
    behind, *later = CLAUSES.split(text[end:])
    both_named = kind == "compare" and len(joined(behind)) > 1  # "compare RAG and tuning, when do I use which?"
    if not both_named and any(plain(word) in asking for clause in later for word in words(clause)[:1]):
        return True
    if only(before, small_words()):
        return False
    begins = [plain(word) for one in (before, words(SENTENCES.split(text[:begun])[-1])) for word in one[:1]]
    if asking.isdisjoint(begins):
        return False
    # "which example of"
    leads = leading(before, small_words() | vocabulary("asking")) == len(before)
    return not (leads and all(plain(word) in vocabulary("of") for word in after[:1]))


def part_asked(text: str) -> str:
    """The part that a question asks for as a whole: `"what's lesson 5.4 about?"` -> `"lesson 5.4"`; else nothing."""
    found, small = words(text), vocabulary("around", "of", "openers") | STOP_WORDS
    first = leading(found, small_words() | vocabulary("asking"))
    while found[first:] and plain(found[-1]) in small:
        found.pop()
    name = text[found[first].start() : found[-1].end()] if found[first:] else ""
    return name if name and (is_part_number(name) or (is_anaphoric(name) and has_part_word(name))) else ""


def other_part(text: str) -> str:
    """What is named in "the same for 5.2" or "and bone structure?"; nothing where it does not begin so."""
    found = words(text := ordered(text))
    first = leading(found, vocabulary("joiners", "this", "of", "around"), counts=False)
    return text[found[first].start() : found[-1].end()] if 0 < first < len(found) else ""


def ordered(text: str) -> str:
    """Without greeting and thanks around it, or "please" at its end."""
    text = without_courtesy(text)
    return text[: max((word.end() for word in words(text) if plain(word) not in vocabulary("please")), default=0)]


def without_count(text: str) -> tuple[str, int]:
    """`"sum it up in 4 short sentences"` -> `("sum it up in ", 4)`, `"5-7 flash cards"` -> `("flash cards", 7)`: without what is counted
    where another task, or none, would be named.
    """
    found = words(text)
    for place, back in product(range(len(found)), (1, 2, 3)):
        if place < back or plain(unit := found[place]) not in vocabulary("counted"):
            continue
        number, before = found[place - back], found[max(place - back - 1, 0)]
        is_part = plain(before) in vocabulary("parts") and not CLAUSES.search(text[before.end() : number.end()])
        count = number_in(plain(number).rpartition("-")[2], least=1)
        if count == 1 and any(plain(word) in vocabulary("each") for word in found[place + 1 : place + 2]):
            return text, 0  # "one card per hormone"
        if count and not is_part and not CLAUSES.search(text[number.end() : unit.start()]):
            cuts = (text[: number.start()] + text[word.end() :] for word in (unit, number))
            kind = (task_word(text) or " ")[0]
            return next((one for one in cuts if (task_word(one) or " ")[0] == kind), text), count
    return text, 0


def clauses(text: str, begun: int, end: int) -> tuple[str, str]:
    """What stands in one clause with the name of the task, before and after it."""
    return CLAUSES.split(text[:begun])[-1], CLAUSES.split(text[end:])[0]


def small_words() -> frozenset[str]:
    return vocabulary("of", "around", "openers")


def leading(found: Words, among: Collection[str], *, counts: bool = True) -> int:
    """How many of the first words are among these, or numbers."""
    for place, word in enumerate(found):
        if not ({plain(word), stem(plain(word))} & set(among) or (counts and count_in([word]))):  # "giving" is "give"
            return place
    return len(found)


def only(found: Words, among: Collection[str]) -> bool:
    return leading(found, among) == len(found)
