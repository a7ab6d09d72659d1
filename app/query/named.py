"""Which parts of a course a name means.

Parts are named by the documents' own headings: "lesson 3", "chapter two", "5.2", a title or a part of it, the course. A
number counts where a heading, a title, a file or a folder begins with it or has the same word before it ("Lektion 2: ...");
a word like "lesson" that no heading has counts the documents, or the main parts of the only one.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import chain

from app.query.parts import MOST_HEADINGS, encloses, file_name, going_on, holds, parts_of, stems_of, whole
from app.query.vocabulary import bare, count_in, joined, numbers, plain, vocabulary, words
from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document

LEAST_STEM = 4  # letters
ENOUGH = 0.5  # F1 of the words of a name and of a heading from which the name means it
ROOMY = 400  # characters of a part that says enough for a task: a slide that but opens a topic has fewer
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d])(?=\d)|_")
_RANGE = re.compile(r"(?<=\d)\s*[-–]\s*(?=\d)")

Labels = list[tuple[str, str]]  # the word for a part, and its number


def means_everything(name: str) -> bool:
    """Whether it names the course itself, and something at all: "this whole course"."""
    told = {plain(word) for word in words(name)}
    return bool(told & vocabulary("course")) and told <= vocabulary("course", "whole", "this", "around", "of")


def points_back(name: str) -> bool:
    """Whether it is nothing, or points at what was there before: "this lesson", "the whole chapter", "das", "这个"."""
    return {plain(word) for word in words(name)} <= vocabulary("this", "parts", "whole", "around")


def has_part(name: str) -> bool:
    """Whether it says that it is a part: "the chapter on inflation"."""
    return any(plain(word) in vocabulary("parts") for word in words(name))


def is_number(name: str) -> bool:
    """Whether it is but the number of a part: "3.3", "lesson 9"."""
    word, number, used = label(name)
    return used == len(words(name)) and bool(word or "." in number)


def without_parts(name: str) -> str:
    """`"the chapter on inflation"` -> `"inflation"`, `"everything about comets"` -> `"comets"`; as it stands where nothing would be
    left.
    """
    kept = [word.group() for word in words(name) if plain(word) not in vocabulary("parts")]
    small = vocabulary("around", "of", "course", "whole", "this")
    while kept and kept[0].casefold() in small:
        kept.pop(0)
    return " ".join(kept) or name


def without_place(name: str) -> str:
    """`"hormones in 6.6"` -> `"hormones"`"""
    places = (word for word in words(name) if plain(word) in vocabulary("of") and is_number(bare(name[word.end() :])))
    return next((bare(name[: word.start()]) for word in places), "") or name


def named(name: str, documents: Sequence[Document], *, exactly: bool = False) -> tuple[Target, ...]:
    """The parts that a name means, several where it names several ("5.1 and 5.3", "lessons 2 to 4"); none if it means none.
    `exactly`: a heading has to be named in full.
    """
    return (
        _called(name, documents, exactly=exactly)
        or _several(name, documents, exactly=exactly)
        or _within(name, documents, exactly=exactly)
    )


def _called(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """By its number, with words of its heading behind that or without, else by those."""
    used = [word.end() for word in words(name)[: label(name)[2]]]
    head, rest = (name[: used[-1]], set(terms(name[used[-1] :]))) if used else (name, set())
    found = _by_number(head, documents, rest)
    if found and all(rest <= set(terms(part.path[-1])) for part in found):
        return found
    return _by_words(name, documents, exactly=exactly)


def _within(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """ "lesson 8 of the syllabus", "fine-tuning in the book notes": what is named before the word, in what is named after it. All of
    that where it is a number and has nothing of the name: "magma from lesson 2".
    """
    for word in words(name):
        place = bare(name[word.end() :])
        if plain(word) in vocabulary("of") and (outer := _called(place, documents, exactly=False)):
            held = [document for document in documents if any(one.document_id == document.id for one in outer)]
            found = _called(bare(name[: word.start()]), held, exactly=exactly)
            inner = tuple(one for one in found if any(encloses(other, one) for other in outer))
            if inner or (is_number(place) and not exactly):
                return inner or outer
    return ()


def _several(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """What is named on each side of a joiner, a number with the word of the first; of a range also what lies between."""
    name = _RANGE.sub(" to ", name)
    sides = joined(name)
    word, number, _ = label(sides[0]) if sides else ("", "", 0)
    sides = [f"{word} {side}" if word and not label(side)[0] and label(side)[1] else side for side in sides]
    last = sides[-1].rpartition(" ")[2] if sides else ""  # "deductive and inductive inferences"
    found = [
        _called(one, documents, exactly=exactly)
        or (_called(f"{one} {last}", documents, exactly=True) if last.isalpha() else ())
        for one in sides
    ]
    counts = [not label(one)[0] and count_in(words(one)[:1]) for one in sides]  # "3 questions"
    if len(sides) < 2 or any(counts) or not all(found):
        return ()
    targets = list(dict.fromkeys(chain.from_iterable(found)))
    if number and any(plain(told) in vocabulary("through") for told in words(name)):
        if len({label(one)[1].count(".") for one in sides}) > 1:  # "5.3 - 7 of them"
            return ()
        parts = list(chain.from_iterable(map(parts_of, documents)))
        level = [part for part in parts if len(part.path) == len(targets[0].path)]
        ends = [level.index(target) for target in (targets[0], targets[-1]) if target in level]
        return tuple(level[ends[0] : ends[-1] + 1]) if ends else ()
    return tuple(one for one in targets if not any(encloses(other, one) for other in targets))


def _by_number(name: str, documents: Sequence[Document], rest: Collection[str] = ()) -> tuple[Target, ...]:
    """The part of that number that has the `rest` of the words in its heading; else the documents whose number or folder it is, or begins
    with it, as 5.1 and 5.2 do with 5; else the only one that ends with it, as 5.2 does with 2; else the one that comes as many documents, or parts, in.
    """
    if not is_number(name):
        return ()
    word, number, _ = label(name)
    parts = list(chain.from_iterable(map(parts_of, documents)))
    for called in (word, ""):
        own = ((part, label(part.path[-1])) for part in parts if set(rest) <= set(terms(part.path[-1])))
        if found := [part for part, (name, other, _) in own if other == number and _is_one(name, called)]:
            return (min(found, key=lambda part: len(part.path)),)
    labels = {target: _labels(document) for target, document in zip(whole(documents), documents, strict=True)}
    tests: tuple[Callable[[Labels], bool], ...] = (
        lambda own: any(other == number and _is_one(name, word) for name, other in own),
        lambda own: own[0][1] == number,
        lambda own: any(other == number for _, other in own),
        lambda own: any(other.startswith(f"{number}.") for _, other in own),
    )
    for test in tests:
        if among := tuple(target for target, own in labels.items() if test(own)):
            return among
    ends = tuple(target for target, own in labels.items() if any(other.endswith(f".{number}") for _, other in own))
    if len(ends) == 1 or not (word and number.isdigit() and int(number)):
        return ends[: len(ends) == 1]
    counted = tuple(labels) if len(documents) > 1 else [part for part in parts if len(part.path) == 2]
    return tuple(counted[int(number) - 1 : int(number)])


def _is_one(name: str, called: str) -> bool:
    """Whether it is the same word for a part, or the plural of it: lesson, lessons."""
    return bool(name) == bool(called) and called.startswith(name)


def _labels(document: Document) -> Labels:
    """How its file, its title and its folders are numbered: "week3/ch10-01-syntax.md"."""
    *folders, file = document.path.rsplit(".", 1)[0].split("/")
    return [label(_LETTER_DIGIT.sub(" ", name))[:2] for name in (file, document.title, *folders)]


@lru_cache(MOST_HEADINGS)
def label(text: str) -> tuple[str, str, int]:
    """The word for a part and the number that a text begins with, in either order, and how many words both are.

    >>> label("Lesson 2: Erosion"), label("6-2 Repair"), label("second chapter"), label("第二课")
    (('lesson', '2', 2), ('', '6.2', 1), ('chapter', '2', 2), ('第', '2', 3))
    """
    told = [plain(word) for word in words(text)[:3]]
    if told[:1] == ["第"] and len(told) == 3:
        return "第", _digits(told[1]), 3
    for place, other in ((1, 0), (0, 1)):
        if len(told) > 1 and told[other] in vocabulary("parts") and (number := _digits(told[place])):
            return told[other], number, 2
    return ("", number, 1) if told and told[0][0].isdigit() and (number := _digits(told[0])) else ("", "", 0)


def _digits(word: str) -> str:
    """`"06-2"` -> `"6.2"`, `"two"` -> `"2"`, `"river"` -> `""`"""
    if word[0].isdigit() and not any(map(str.isalpha, word)):
        return word.replace("-", ".").lstrip("0")
    return next((str(number) for number, spoken in enumerate(numbers(), 1) if word in spoken), "")


def _by_words(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """The part that is called just so, or the documents whose titles have all of the name's words; else the part whose heading
    has most words in common with it; lessons, or documents where no heading says that it is one, before others for "the lesson on tides". Of equals what is called so, rather whole than before
    or behind a colon: then the higher, then the earlier; else all ("the theories of deviance"); never one that only links to others.

    A document goes by its title and by the name of its file.
    """
    names = [name.casefold(), without_parts(name).casefold()]
    wanted = list(dict.fromkeys(map(stems_of, names)))
    called_a = next((plain(word) for word in words(name) if plain(word) in vocabulary("parts")), "")
    every = chain.from_iterable(map(parts_of, documents))
    is_document = bool(called_a) and called_a not in vocabulary("within")
    is_document = is_document and not any(_is_one(label(part.path[-1])[0], called_a) for part in every)
    found: list[tuple[bool, float, bool, bool, Target]] = []
    for document in documents:
        file = file_name(document)
        for part in parts_of(document):
            called = [part.path[-1], file] if len(part.path) == 1 else [part.path[-1]]
            whole = [one.lstrip(" .0123456789") for one in called]
            bare = [*whole, *(half.strip().lstrip(" .0123456789") for one in whole for half in one.split(":"))]
            likeness = max(_f1(words, stems_of(one)) for words in wanted for one in bare)
            likeness = 1.0 if any(names[1] and _initials(one) == names[1] for one in bare) else likeness
            if likeness and (len(part.path) == 1 or likeness >= ENOUGH) and holds(document, part):
                is_whole, is_called = (any(one.casefold() in names for one in those) for those in (whole, bare))
                is_one = bool(called_a) and _is_one(label(part.path[-1])[0], called_a)
                is_one = is_one or (is_document and len(part.path) == 1)
                found.append((is_one, likeness, is_whole, is_called, part))

    def rank(one: tuple[bool, float, bool, bool, Target]) -> tuple[bool, float, bool, bool, int]:
        return *one[:4], -len(one[4].path)

    best = max(found, key=rank, default=None)
    if best and not exactly and _size(going_on(best[4], documents)) < ROOMY:
        best = max((one for one in found if _size(one[4]) >= ROOMY), key=rank, default=best)
    if best is None or best[1] == 1.0 or exactly:
        return (best[4],) if best and best[1] == 1.0 else ()
    titled = tuple(part for *_, part in found if len(part.path) == 1)
    if titled and not any(encloses(part, best[4]) for part in titled):
        return titled
    alike = [part for *like, part in found if like == [*best[:4]]]
    return tuple(one for one in alike if not any(encloses(other, one) for other in alike))


def _size(part: Target) -> int:
    return part.end - part.start


def fullest_heading(name: str, clause: str, parts: Sequence[Target], documents: Sequence[Document]) -> str:
    """The heading within these parts that has all words of a name, and of its clause more than that, if one has; else the name. So
    "how the supreme court picks its cases" is no longer the chapter on the Supreme Court where a section is on how it selects cases. Of
    several parts first the title of that which has the rest of the clause: "the sheet on tides", where all files are called sheets.
    """
    wanted, told = set(terms(name)), set(terms(clause))
    small = vocabulary("around", "of", "this")
    rest = set(terms(" ".join(word.group() for word in words(clause) if plain(word) not in small))) - wanted
    titles = [one.path[-1] for one in parts if parts[1:] and rest and rest <= set(terms(one.path[-1]))]
    if titles:
        return min(titles, key=len)
    within = {one.document_id for one in parts}
    headings = [part.path[-1] for document in documents if document.id in within for part in parts_of(document)]
    fit = [one for one in headings if wanted <= set(terms(one))]
    best = max(fit, key=lambda one: len(told & set(terms(one))), default="")
    return best if len(told & set(terms(best))) > len(wanted) else name


def _f1(wanted: frozenset[str], words: frozenset[str]) -> float:
    """Of the words of a name and of a heading; 0 unless the heading has all of the name's words, endings aside."""
    within = all(any(alike(one, other) for other in words) for one in wanted)
    return 2 * len(wanted) / (len(wanted) + len(words)) if wanted and within else 0.0


def _initials(heading: str) -> str:
    """`"Principal Component Analysis"` -> `"pca"`; nothing of fewer than three words."""
    told = [plain(word) for word in words(heading)]
    return "".join(word[0] for word in told) if len(told) > 2 else ""


def alike(one: str, other: str) -> bool:
    """Whether two words differ in nothing but a short ending: Vulkane, Vulkanen."""
    if one == other or one[:LEAST_STEM] != other[:LEAST_STEM]:
        return one == other
    apart = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    same = next(apart, min(len(one), len(other)))
    return same >= LEAST_STEM and same >= 0.75 * max(len(one), len(other))
