"""Is it a task ("summarise lesson 3", "quiz me") or a question? By the words that name tasks, which are in words.toml beside this.

The words alone decide nothing: what is left of the sentence has to name a part of the course (`app.query.parts`), or be all that follows an order. So "what does the quiz ask about fees?"
stays a question. The same words find a course's own summaries, glossaries and quizzes by their headings.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from app.query.followup import without_courtesy
from app.types import TaskKind

ASIDE: tuple[TaskKind, ...] = ("quiz", "cards", "summary")  # whose own sections do not teach but test and repeat
LEAST_MISSPELT = 6  # letters
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+")
FEW = 12  # words of what may be left over after the words of the task


@dataclass(frozen=True, slots=True)
class Wish:
    """A sentence that names a task. `rest`: what it is about, in the learner's words, perhaps nothing.

    `order`: nothing but an order stands before the name of the task; else only a `rest` that names a part of the course
    makes it a task.
    """

    kind: TaskKind
    rest: str
    order: bool
    count: int = 0

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """What is compared, each side as it stands and, if it is a word beside several, as it may be meant.

        >>> Wish("compare", "primary and secondary deviance", True).sides
        (('primary', 'primary deviance'), ('secondary deviance',))
        >>> Wish("compare", "déviance primaire et secondaire", True).sides
        (('déviance primaire',), ('secondaire', 'déviance secondaire'))
        """
        found = [side.split() for side in joined(self.rest)]
        if len(found) == 2 and 1 in map(len, found) and len(found[0]) != len(found[1]):
            first, second = found
            if len(first) == 1:
                return (" ".join(first), " ".join(first + second[1:])), (" ".join(second),)
            return (" ".join(first),), (" ".join(second), " ".join(first[:-1] + second))
        return tuple((" ".join(side),) for side in found)


def wish(text: str) -> Wish | None:
    """The task that a text names, if it names one.

    >>> wish("Can you summarise lesson 3, please?")
    Wish(kind='summary', rest='lesson 3', order=True, count=0)
    """
    sentences = _BETWEEN_SENTENCES.split(without_courtesy(text))
    for place, sentence in enumerate(sentences):
        found = _wish_of(sentence)
        # "what is 5.4 about? short summary", "cards on bones. 6 of them"
        if found and found.order and len(sentences) > 1:
            before, after = " ".join(sentences[:place][-1:]), words(" ".join(sentences[place + 1 :]))
            return replace(found, rest=found.rest or asked(before), count=found.count or count_in(after[:2]))
    return _wish_of(without_courtesy(text))


def asked(text: str) -> str:
    """What a question is about: `"what's lesson 5.4 about?"` -> `"lesson 5.4"`."""
    found = words(text)
    leading = _leading(found, vocabulary("openers", "around", "of", "asking"))
    return bare(text[found[leading].start() :]) if leading < len(found) else ""


def _wish_of(text: str) -> Wish | None:
    other = None
    for kind, pattern in (*_ordered().items(), *_misspelt().items()):
        found = pattern.search(text)
        if found is None:
            continue
        openers = vocabulary("openers", "around", "of")
        begun = found.start()
        while again := pattern.search(text, found.end()):  # "quiz me with 5 multiple choice questions on"
            between = words(text[found.end() : again.start()])
            if _leading(between, openers) < len(between):
                break
            found = again
        before, after = words(text[:begun]), words(text[found.end() :])
        opening = _leading(before, openers)
        asking = _leading(before, openers | vocabulary("asking")) == len(before) > opening + 1
        order = opening == len(before) or (asking and _leading(after, vocabulary("of")) > 0)
        told = text[found.end() :]
        if before and before[-1].group() == "的":  # what it is of stands before it
            order, told = True, text[before[opening].start() : before[-1].start()]
        elif not order and (kind == "simpler" or not after):  # "explain tides in simple words"
            asks = openers | vocabulary("asking")
            comma = max((place for place, word in enumerate(before) if plain(word) in ",，"), default=begun)
            between = before[comma + 1 :] if kind == "compare" else []  # "tides or waves, what is the difference"
            order, told = opening > 0, text[before[opening].start() : found.start()]
            if comma + 1 + _leading(between, asks) == len(before) and kind in ("simpler", "compare"):
                order, told = True, text[before[_leading(before[:comma], asks)].start() : before[comma].start()]
        if len(words(told)) <= FEW and (order or pattern is _ordered()[kind]):
            one = Wish(kind, bare(told), order, count_in(words(text[: found.end()])[::-1]))
            if order:
                return one
            other = other or one
    return other


def joined(text: str) -> list[str]:
    """What stands between joiners: `"lesson 2, 3 and 5"` -> `["lesson 2", "3", "5"]`."""
    cuts = [offset for word in words(text) if plain(word) in vocabulary("joiners") for offset in word.span()]
    bounds = pairwise([0, *cuts, len(text)])
    return [side for start, end in list(bounds)[::2] if (side := text[start:end].strip())]


def names(kind: TaskKind, heading: str) -> bool:
    """Whether a heading announces what a task of this kind makes: "Chapter summary", "Glossar", "思考题"."""
    return bool(_names()[kind].search(heading))


def is_aims(heading: str) -> bool:
    """Whether what stands below it says what is to be learned: "Learning objectives", "Lernziele"."""
    return bool(_aims().match(heading.strip()))


def asks_for_aims(question: str) -> bool:
    return bool(_aims().search(question))


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
    return next((count for word in found if (count := _number(plain(word)))), 0)


def _number(word: str) -> int:
    if word.isdecimal():
        return int(word) if len(word) < 3 else 0
    spoken = word if len(word) > 2 or not word.isascii() else ""  # "v" and "x" are names as well
    return next((number for number, names in enumerate(numbers(), 1) if number > 1 and spoken in names), 0)


def _leading(found: Sequence[re.Match[str]], among: Collection[str]) -> int:
    """How many of the first words are among these, or numbers."""
    others = (place for place, word in enumerate(found) if plain(word) not in among and not count_in([word]))
    return next(others, len(found))


def bare(text: str) -> str:
    """From the first to the last of its words that carry something."""
    held = [word.span() for word in words(text) if plain(word) not in vocabulary("around", "of")]
    return text[held[0][0] : held[-1][1]] if held else ""


@cache
def _read() -> Any:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@cache
def _names() -> Mapping[TaskKind, re.Pattern[str]]:
    spaced, unspaced = _read()["tasks"], _read()["tasks-without-spaces"]
    return {kind: re.compile(f"{_together(told)}|{unspaced[kind]}", re.I) for kind, told in spaced.items()}


@cache
def _ordered() -> Mapping[TaskKind, re.Pattern[str]]:
    """With the names that are none in a heading."""
    also = _read()["orders"]
    return {
        kind: re.compile(f"{pattern.pattern}|{_together(also[kind])}", re.I) if kind in also else pattern
        for kind, pattern in _names().items()
    }


@cache
def _misspelt() -> Mapping[TaskKind, regex.Pattern[str]]:
    """The names of one long word, with a letter wrong, missing or too many: "sumarize", "flashcrds"."""
    return {
        kind: regex.compile(
            rf"(?<!\w)(?=\w{{{LEAST_MISSPELT},}})(?:{told.replace(chr(10), '')}){{e<=1:\w}}(?!\w)", regex.I
        )
        for kind, told in _read()["tasks"].items()
    }


def _together(told: str) -> str:
    return rf"(?<!\w)(?:{told.replace(chr(10), '')})(?!\w)"


@cache
def _aims() -> re.Pattern[str]:
    return re.compile(_read()["headings"]["aims"].replace("\n", ""), re.I)


@cache
def _word() -> re.Pattern[str]:
    texts = (text for text in _read().values() if isinstance(text, str))
    together = {word for text in texts for word in text.split() if len(word) > 1 and word[0] >= "\u3400"}
    longest = "|".join(sorted(together, key=len, reverse=True))
    return re.compile(rf"{longest}|[\u3400-\u9fff]|\w['’](?=\w)|\d+(?:[.-]\d+)*(?![^\W_])|['’]?\w+|[,，、]")
