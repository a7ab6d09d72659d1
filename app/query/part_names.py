"""What the name of a part says by its words alone: a numbered label ("lesson 3", "5.2"), the whole course, what was there before."""

from functools import lru_cache
from typing import NamedTuple

from app.query.vocabulary import number_words, plain, trim_small_words, vocabulary, words

MAX_CACHED_HEADINGS = 65_536  # each name is compared with all headings of a course


class Label(NamedTuple):
    """The word for a part and its number, each empty where there is none, and how many words they take."""

    part_word: str
    number: str
    length: int


def means_course(name: str) -> bool:
    """Whether it names the course itself: "this whole course"."""
    told = {plain(word) for word in words(name)}
    return bool(told & vocabulary("course")) and told <= vocabulary("course", "whole", "this", "around", "of")


def is_anaphoric(name: str) -> bool:
    """Whether it is empty, or only refers to what was there before: "this lesson", "the whole chapter", "das", "这个"."""
    return {plain(word) for word in words(name)} <= vocabulary("this", "parts", "whole", "around")


def has_part_word(name: str) -> bool:
    """Whether it says that it names a part: "the chapter on inflation"."""
    return any(plain(word) in vocabulary("parts") for word in words(name))


def is_part_number(name: str) -> bool:
    """Whether it is the number of a part and nothing else: "3.3", "lesson 9"; a whole number needs a word for a part."""
    label = parse_label(name)
    return label.length == len(words(name)) and bool(label.part_word or "." in label.number)


def without_part_words(name: str) -> str:
    """`"the chapter on inflation"` -> `"inflation"`, `"everything about comets"` -> `"comets"`; unchanged if nothing would be left."""
    kept = [word.group() for word in words(name) if plain(word) not in vocabulary("parts")]
    small = vocabulary("around", "of", "course", "whole", "this")
    while kept and kept[0].casefold() in small:
        kept.pop(0)
    return " ".join(kept) or name


def without_outer_part_word(name: str) -> str:
    """`"chapter on tides"`, `"tides chapter"` -> `"tides"`; "the" and the like are not looked for."""
    found, part_words = words(name), vocabulary("parts")
    if len(found) > 2 and plain(found[0]) in part_words and plain(found[1]) in vocabulary("of"):
        return name[found[2].start() :]
    return name[: found[-2].end()] if len(found) > 1 and plain(found[-1]) in part_words else name


def without_location(name: str) -> str:
    """`"hormones in 6.6"` -> `"hormones"`: without the number of the part that it is looked for in."""
    for word in words(name):
        if plain(word) in vocabulary("of") and is_part_number(trim_small_words(name[word.end() :])):
            return trim_small_words(name[: word.start()]) or name
    return name


@lru_cache(MAX_CACHED_HEADINGS)
def parse_label(text: str) -> Label:
    """The label that a text begins with, its word and number in either order.

    >>> [tuple(parse_label(text)) for text in ("Lesson 2: Erosion", "6-2 Repair", "second chapter", "第二课")]
    [('lesson', '2', 2), ('', '6.2', 1), ('chapter', '2', 2), ('第', '2', 3)]
    """
    first = [plain(word) for word in words(text)[:3]]
    if first[:1] == ["第"] and len(first) == 3:
        return Label("第", _parse_number(first[1]), 3)
    for number_place, word_place in ((1, 0), (0, 1)):
        is_labelled = len(first) > 1 and first[word_place] in vocabulary("parts")
        if is_labelled and (number := _parse_number(first[number_place])):
            return Label(first[word_place], number, 2)
    if first and first[0][0].isdigit() and (number := _parse_number(first[0])):
        return Label("", number, 1)
    return Label("", "", 0)


def _parse_number(word: str) -> str:
    """`"06-2"` -> `"6.2"`, `"two"` -> `"2"`, `"river"` -> `""`"""
    if word[0].isdigit() and not any(map(str.isalpha, word)):
        return word.replace("-", ".").lstrip("0")
    return next((str(number) for number, spoken in enumerate(number_words(), 1) if word in spoken), "")
