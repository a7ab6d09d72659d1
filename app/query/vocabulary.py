"""The words by which tasks and parts of a course are named, in several languages: those of words.toml beside this.

The same words find a course's own summaries, glossaries and quizzes by their headings.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from app.types import TaskKind
from retrieval.text.spelling import Speller

ASIDE: tuple[TaskKind, ...] = (
    "quiz",
    "cards",
    "summary",
)  # whose own sections in a course do not teach but test and repeat
MIN_MISSPELT_LETTERS = 6  # of a word in which one letter may be wrong


def words(text: str) -> list[re.Match[str]]:
    """Words, numbers ("5.2", "6-2"), Chinese characters one by one unless the vocabulary has them together, and commas.

    >>> [word.group() for word in words("what's l'eau, 5.2?")]
    ['what', "'s", "l'", 'eau', ',', '5.2']
    """
    return list(_word_pattern().finditer(text))


def plain(word: re.Match[str]) -> str:
    """The word as the vocabulary has it: in lower case, with a straight apostrophe."""
    return word.group().casefold().replace("’", "'")


@cache
def vocabulary(*lists: str) -> frozenset[str]:
    """The words of some of the lists."""
    return frozenset(word for name in lists for word in _read()[name].split())


def announces_task(kind: TaskKind, heading: str) -> bool:
    """Whether a heading announces what a task of this kind makes: "Chapter summary", "Glossar", "思考题"."""
    return bool(task_names()[kind].search(heading))


def gives_example(text: str) -> bool:
    """Whether it says that it gives one: "for example", "such as", "z. B."."""
    return announces_task("example", text) or bool(_example_signs().search(text))


def has_connective(text: str) -> bool:
    """Whether a sentence connects itself to the one before it: "As a result, …", "Others, on the other hand, …"."""
    return bool(_connectives().search(text))


def is_objectives_heading(heading: str) -> bool:
    """Whether what stands below it says what is to be learned: "Learning objectives", "Lernziele"."""
    return bool(_objectives().match(heading.strip()))


def is_exercises_heading(heading: str) -> bool:
    """Whether exercises are announced: "Chapter 2 exercises", "Übungsaufgaben"; "Core exercises" as well."""
    return not vocabulary("exercises").isdisjoint(map(plain, words(heading)[-1:]))


def without_objectives(section: Sequence[str]) -> tuple[str, ...]:
    """The headings above a text without that of the learning objectives, which often stands above all of a lesson's first part."""
    return tuple(heading for heading in section if not is_objectives_heading(heading))


def asks_for_objectives(question: str) -> bool:
    return bool(_objectives().search(question))


def asks_for_options(text: str) -> bool:
    """Whether a quiz of multiple-choice questions is asked for: "5 multiple choice questions"."""
    choices = _read()["choices"]
    return bool(re.search(f"{_whole_words(choices['names'])}|{choices['without-spaces']}", text, re.I))


def split_at_joiners(text: str, joiners: str = "joiners") -> list[str]:
    """What stands between joiners: `"lesson 2, 3 and 5"` -> `["lesson 2", "3", "5"]`."""
    found = [word for word in words(text) if _as_joiner(word) in vocabulary(joiners)]
    bounds = pairwise([0, *(offset for word in found for offset in word.span()), len(text)])
    return [side for start, end in list(bounds)[::2] if (side := text[start:end].strip())]


def _as_joiner(word: re.Match[str]) -> str:
    """A single letter counts only in lower case: not the "A" of "vitamin A and vitamin E"."""
    return word.group() if len(word.group()) == 1 else plain(word)


def trim_small_words(text: str) -> str:
    """Without prepositions, articles and the like at its ends."""
    spans = [word.span() for word in words(text) if plain(word) not in vocabulary("around", "of")]
    return text[spans[0][0] : spans[-1][1]] if spans else ""


def first_count(found: Sequence[re.Match[str]]) -> int:
    """The first number of things among words: up to 99 in figures, two to ten in letters; 0 without one.

    >>> first_count(words("just five of them")), first_count(words("I have 3")), first_count(words("chapter iv"))
    (5, 3, 0)
    """
    return next((count for word in found if (count := parse_count(plain(word)))), 0)


def parse_count(word: str, *, least: int = 2) -> int:
    """A number up to 99 in figures, or from the `least` to ten in letters; otherwise 0."""
    if word.isdecimal():
        return int(word) if len(word) < 3 else 0
    if len(word) < 3 and word.isascii():  # "v" and "x" are names as well
        return 0
    return next((number for number, spoken in enumerate(number_words(), 1) if number >= least and word in spoken), 0)


@cache
def number_words() -> tuple[frozenset[str], ...]:
    """One to ten, each in all languages."""
    return tuple(frozenset(spoken.split()) for spoken in _read()["numbers"])


@cache
def known_words() -> frozenset[str]:
    """All words of the file, of which none is misspelt: "importante" in a course in English."""
    return frozenset(re.findall(r"\w+", _file()))


@cache
def task_speller() -> Speller:
    """It puts the words of the file right, whether the course has them or not: "pionts" is "points"."""
    return Speller(dict.fromkeys(known_words(), 2))


@cache
def task_names() -> Mapping[TaskKind, re.Pattern[str]]:
    """The names of tasks, in an order and in a heading."""
    spaced, unspaced = _read()["tasks"], _read()["tasks-without-spaces"]
    return {kind: re.compile(f"{_whole_words(names)}|{unspaced[kind]}", re.I) for kind, names in spaced.items()}


@cache
def ordered_names() -> Mapping[TaskKind, re.Pattern[str]]:
    """The names of tasks in an order, some of which mean nothing in a heading."""
    only_in_orders = _read()["orders"]
    return {
        kind: re.compile(f"{pattern.pattern}|{_whole_words(only_in_orders[kind])}", re.I)
        if kind in only_in_orders
        else pattern
        for kind, pattern in task_names().items()
    }


@cache
def misspelt_names() -> Mapping[TaskKind, regex.Pattern[str]]:
    """The names of one long word, with a letter wrong, missing or too many: "sumarize", "flashcrds"."""
    long_word = rf"(?<!\w)(?<!\w\.)(?=\w{{{MIN_MISSPELT_LETTERS},}})"
    return {
        kind: regex.compile(rf"{long_word}(?:{_one_line(names)}){{e<=1:\w}}(?!\w)", regex.I)
        for kind, names in _read()["tasks"].items()
    }


def _whole_words(alternatives: str) -> str:
    return rf"(?<!\w)(?<!\w\.)(?:{_one_line(alternatives)})(?!\w)"


def _one_line(alternatives: str) -> str:
    return alternatives.replace("\n", "")


@cache
def _example_signs() -> re.Pattern[str]:
    signs = _read()["signs"]
    return re.compile(f"{_whole_words(signs['example'])}|{signs['without-spaces']}", re.I)


@cache
def _connectives() -> re.Pattern[str]:
    return re.compile(rf"(?:\A\W*|, ){_whole_words(_read()['signs']['turn'])},", re.I)


@cache
def _objectives() -> re.Pattern[str]:
    return re.compile(_one_line(_read()["headings"]["aims"]), re.I)


@cache
def _word_pattern() -> re.Pattern[str]:
    lists = (text for text in _read().values() if isinstance(text, str))
    chinese = {word for text in lists for word in text.split() if len(word) > 1 and word[0] >= "\u3400"}
    longest_first = "|".join(sorted(chinese, key=len, reverse=True))
    return re.compile(
        rf"{longest_first}|[\u3400-\u9fff]|\w['’](?=\w)|\d+(?:[.-]\d+)*(?![^\W_\u3400-\u9fff])|['’]?[^\W\u3400-\u9fff]+|[,，、]"
    )


@cache
def _read() -> Any:
    return tomllib.loads(_file())


@cache
def _file() -> str:
    return (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
