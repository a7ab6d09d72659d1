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

ASIDE: tuple[TaskKind, ...] = ("quiz", "cards", "summary")  # whose own sections do not teach but test and repeat
LEAST_MISSPELT = 6  # letters


def joined(text: str, by: str = "joiners") -> list[str]:
    """What stands between joiners: `"lesson 2, 3 and 5"` -> `["lesson 2", "3", "5"]`."""
    joiners = [
        word
        for word in words(text)
        if (word.group() if word.end() - word.start() == 1 else plain(word)) in vocabulary(by)
    ]
    cuts = [offset for word in joiners for offset in word.span()]  # not at the letters of "vitamin A and vitamin E"
    bounds = pairwise([0, *cuts, len(text)])
    return [side for start, end in list(bounds)[::2] if (side := text[start:end].strip())]


def names(kind: TaskKind, heading: str) -> bool:
    """Whether a heading announces what a task of this kind makes: "Chapter summary", "Glossar", "思考题"."""
    return bool(task_names()[kind].search(heading))


def gives_example(text: str) -> bool:
    """Whether it says that it gives one: "for example", "such as", "z. B."."""
    return names("example", text) or bool(_signs().search(text))


def goes_on(text: str) -> bool:
    """Whether a sentence says that it goes on from the one before it: "As a result, …", "Others, on the other hand, …"."""
    return bool(_turn().search(text))


def is_aims(heading: str) -> bool:
    """Whether what stands below it says what is to be learned: "Learning objectives", "Lernziele"."""
    return bool(_aims().match(heading.strip()))


def without_aims(section: Sequence[str]) -> tuple[str, ...]:
    """The headings above a text, but for that of the aims, which often stands above all of a lesson's first part."""
    return tuple(heading for heading in section if not is_aims(heading))


def asks_for_aims(question: str) -> bool:
    return bool(_aims().search(question))


def asks_for_options(text: str) -> bool:
    """Whether a quiz is asked for in which each question has some: "5 multiple choice questions"."""
    choices = _read()["choices"]
    return bool(re.search(f"{_together(choices['names'])}|{choices['without-spaces']}", text, re.I))


def words(text: str) -> list[re.Match[str]]:
    """Words, numbers ("5.2", "6-2"), Chinese characters one by one unless the vocabulary has them together, and commas.

    >>> [word.group() for word in words("what's l'eau, 5.2?")]
    ['what', "'s", "l'", 'eau', ',', '5.2']
    """
    return list(_word().finditer(text))


def plain(word: re.Match[str]) -> str:
    return word.group().casefold().replace("’", "'")


@cache
def vocabulary(*lists: str) -> frozenset[str]:
    """The words of some of the lists."""
    return frozenset(word for name in lists for word in _read()[name].split())


@cache
def numbers() -> tuple[frozenset[str], ...]:
    """One to ten, each in all languages."""
    return tuple(frozenset(spoken.split()) for spoken in _read()["numbers"])


def count_in(found: Sequence[re.Match[str]]) -> int:
    """The first number of things among words: up to 99 in figures, two to ten in letters; 0 without one.

    >>> count_in(words("just five of them")), count_in(words("I have 3")), count_in(words("chapter iv"))
    (5, 3, 0)
    """
    return next((count for word in found if (count := number_in(plain(word)))), 0)


def number_in(word: str, *, least: int = 2) -> int:
    """Up to 99 in figures, from the `least` to ten in letters; else 0."""
    if word.isdecimal():
        return int(word) if len(word) < 3 else 0
    spoken = word if len(word) > 2 or not word.isascii() else ""  # "v" and "x" are names as well
    return next((number for number, names in enumerate(numbers(), 1) if number >= least and spoken in names), 0)


def bare(text: str) -> str:
    """From the first to the last of its words that carry something."""
    held = [word.span() for word in words(text) if plain(word) not in vocabulary("around", "of")]
    return text[held[0][0] : held[-1][1]] if held else ""


@cache
def _read() -> Any:
    return tomllib.loads(_file())


@cache
def _file() -> str:
    return (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")


@cache
def known() -> frozenset[str]:
    """All words of the file, of which none is misspelt: "importante" in a course in English."""
    return frozenset(re.findall(r"\w+", _file()))


@cache
def speller() -> Speller:
    """Of the words of the file: "pionts" is "points", whether the course has that or not."""
    return Speller(dict.fromkeys(known(), 2))


@cache
def task_names() -> Mapping[TaskKind, re.Pattern[str]]:
    spaced, unspaced = _read()["tasks"], _read()["tasks-without-spaces"]
    return {kind: re.compile(f"{_together(told)}|{unspaced[kind]}", re.I) for kind, told in spaced.items()}


@cache
def ordered_names() -> Mapping[TaskKind, re.Pattern[str]]:
    """With the names that are none in a heading."""
    also = _read()["orders"]
    return {
        kind: re.compile(f"{pattern.pattern}|{_together(also[kind])}", re.I) if kind in also else pattern
        for kind, pattern in task_names().items()
    }


@cache
def misspelt_names() -> Mapping[TaskKind, regex.Pattern[str]]:
    """The names of one long word, with a letter wrong, missing or too many: "sumarize", "flashcrds"."""
    return {
        kind: regex.compile(
            rf"(?<!\w)(?<!\w\.)(?=\w{{{LEAST_MISSPELT},}})(?:{told.replace(chr(10), '')}){{e<=1:\w}}(?!\w)", regex.I
        )
        for kind, told in _read()["tasks"].items()
    }


def _together(told: str) -> str:
    return rf"(?<!\w)(?<!\w\.)(?:{told.replace(chr(10), '')})(?!\w)"


@cache
def _signs() -> re.Pattern[str]:
    signs = _read()["signs"]
    return re.compile(f"{_together(signs['example'])}|{signs['without-spaces']}", re.I)


@cache
def _turn() -> re.Pattern[str]:
    return re.compile(rf"(?:\A\W*|, ){_together(_read()['signs']['turn'])},", re.I)


@cache
def _aims() -> re.Pattern[str]:
    return re.compile(_read()["headings"]["aims"].replace("\n", ""), re.I)


@cache
def _word() -> re.Pattern[str]:
    texts = (text for text in _read().values() if isinstance(text, str))
    together = {word for text in texts for word in text.split() if len(word) > 1 and word[0] >= "\u3400"}
    longest = "|".join(sorted(together, key=len, reverse=True))
    return re.compile(
        rf"{longest}|[\u3400-\u9fff]|\w['’](?=\w)|\d+(?:[.-]\d+)*(?![^\W_\u3400-\u9fff])|['’]?[^\W\u3400-\u9fff]+|[,，、]"
    )
