"""Which parts of a course a name means.

Parts are named by the documents' own headings: "lesson 3", "chapter two", "5.2", a title or a part of it, the course. A
number counts where a heading, a title, a file or a folder begins with it or has the same word before it ("Lektion 2: ...");
a word like "lesson" that no heading has counts the documents, or the main parts of the only one.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, groupby

from app.query.vocabulary import ASIDE, bare, count_in, joined, names, numbers, plain, vocabulary, words
from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope, Section

MOST_HEADINGS = 65_536  # that are kept as read, since each name is compared with all of them
LEAST_STEM = 4  # letters
ENOUGH = 0.5  # F1 of the words of a name and of a heading from which the name means it
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d])(?=\d)|_")
_RANGE = re.compile(r"(?<=\d)\s*[-–]\s*(?=\d)")

Labels = list[tuple[str, str]]  # the word for a part, and its number


def whole(documents: Sequence[Document]) -> tuple[Target, ...]:
    """All documents from end to end, in their order."""
    return tuple(Target(document.id, (document.title,), 0, len(document.text)) for document in documents)


def scoped(documents: Sequence[Document], scope: Scope) -> tuple[Target, ...]:
    """What a learner has chosen, in the order of the course."""
    chosen = [target for target in whole(documents) if target.document_id in scope.documents]
    paths = {(path[0], tuple(path[1:])) for path in scope.sections}
    parts = [part for document in documents for part in _parts(document) if (document.id, part.path[1:]) in paths]
    return (*chosen, *parts)


def section_of(document: Document, start: int) -> Target:
    """The deepest part of a document that holds an offset."""
    holding = [part for part in _parts(document) if part.start <= start < part.end]
    return max(holding, key=lambda part: (len(part.path), part.start), default=whole([document])[0])


def _parts(document: Document) -> Iterator[Target]:
    """The document, then its sections in order."""
    yield Target(document.id, (document.title,), 0, len(document.text))
    for section in document.sections:
        if section.path:
            yield Target(document.id, (document.title, *section.path), section.start, section.end)


def boxes(documents: Sequence[Document]) -> dict[str, frozenset[int]]:
    """Where those sections of each document begin that stand beside its text, though this may go on below them: the deeper ones
    whose label, what is before a colon, comes again in the course, unless they tell of all of it; and then those that have no sibling,
    unless they tell of any of it, with a colon of all.
    """
    told: dict[str, list[tuple[Section, str, float]]] = {}
    for document in documents:
        deep = [part for part in document.sections if len(part.path) > 1]
        runs = [next(run) for _, run in groupby(deep, key=lambda part: part.path)]
        told[document.id] = [(part, part.path[-1].partition(":")[0], _tells(document, part)) for part in runs]
    often = Counter(label for parts in told.values() for _, label, share in parts if share < 1)
    found: dict[str, frozenset[int]] = {}
    for name, parts in told.items():
        again = {part.start for part, label, share in parts if share < 1 and often[label] > 1}
        left = [
            (part, share < 1 if ":" in part.path[-1] else not share)
            for part, _, share in parts
            if part.start not in again
        ]
        alone = Counter(part.path[:-1] for part, _ in left)
        found[name] = frozenset(again.union(part.start for part, apart in left if apart and alone[part.path[:-1]] == 1))
    return found


def _tells(document: Document, part: Section) -> float:
    """What share of the words of its label the text below has: all in "Agents", "Agents are ..."."""
    label = set(terms(part.path[-1].partition(":")[0]))
    below = document.text[part.start : part.end].partition("\n")[2]
    return len(label & set(terms(below))) / len(label) if label else 1.0


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
            inner = tuple(one for one in found if any(_holds(other, one) for other in outer))
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
        parts = list(chain.from_iterable(map(_parts, documents)))
        level = [part for part in parts if len(part.path) == len(targets[0].path)]
        ends = [level.index(target) for target in (targets[0], targets[-1]) if target in level]
        return tuple(level[ends[0] : ends[-1] + 1]) if ends else ()
    return tuple(one for one in targets if not any(_holds(other, one) for other in targets))


def _by_number(name: str, documents: Sequence[Document], rest: Collection[str] = ()) -> tuple[Target, ...]:
    """The part of that number that has the `rest` of the words in its heading; else the documents whose number or folder it is, or begins
    with it, as 5.1 and 5.2 do with 5; else the only one that ends with it, as 5.2 does with 2; else the one that comes as many documents, or parts, in.
    """
    if not is_number(name):
        return ()
    word, number, _ = label(name)
    parts = list(chain.from_iterable(map(_parts, documents)))
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
    has most words in common with it. Of equals what is called so, rather whole than before or behind a colon: then the higher, then the
    earlier; else all ("the theories of deviance"); never one that only links to others.

    A document goes by its title and by the name of its file.
    """
    names = [name.casefold(), without_parts(name).casefold()]
    wanted = list(dict.fromkeys(map(_stems, names)))
    found: list[tuple[float, bool, bool, Target]] = []
    for document in documents:
        file = file_name(document)
        for part in _parts(document):
            called = [part.path[-1], file] if len(part.path) == 1 else [part.path[-1]]
            whole = [one.lstrip(" .0123456789") for one in called]
            bare = [*whole, *(half.strip().lstrip(" .0123456789") for one in whole for half in one.split(":"))]
            likeness = max(_f1(words, _stems(one)) for words in wanted for one in bare)
            likeness = 1.0 if any(names[1] and _initials(one) == names[1] for one in bare) else likeness
            if likeness and (len(part.path) == 1 or likeness >= ENOUGH) and holds(document, part):
                is_whole, is_called = (any(one.casefold() in names for one in those) for those in (whole, bare))
                found.append((likeness, is_whole, is_called, part))
    best = max(found, key=lambda one: (*one[:3], -len(one[3].path)), default=None)
    if best is None or best[0] == 1.0 or exactly:
        return (best[3],) if best and best[0] == 1.0 else ()
    titled = tuple(part for *_, part in found if len(part.path) == 1)
    if titled and not any(_holds(part, best[3]) for part in titled):
        return titled
    alike = [part for *like, part in found if like == [*best[:3]]]
    return tuple(one for one in alike if not any(_holds(other, one) for other in alike))


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
    headings = [part.path[-1] for document in documents if document.id in within for part in _parts(document)]
    fit = [one for one in headings if wanted <= set(terms(one))]
    best = max(fit, key=lambda one: len(told & set(terms(one))), default="")
    return best if len(told & set(terms(best))) > len(wanted) else name


def going_on(part: Target, documents: Sequence[Document]) -> Target:
    """With the sections beside it that follow, if they say more than it does, as far as the next that the heading above names as well, or
    that tests or repeats: below "RAG and agents" what stands from "RAG" to "Agents" is on RAG.
    """
    every = list(chain.from_iterable(_parts(document) for document in documents if document.id == part.document_id))
    above = next((one for one in every if one.path == part.path[:-1] and _holds(one, part)), None)
    if above is None or not _stems(part.path[-1]) < _stems(above.path[-1]):
        return part
    beside = [one for one in every if len(one.path) == len(part.path) and part.end <= one.start < above.end]
    ends = (one for one in beside if _stems(one.path[-1]) <= _stems(above.path[-1]) or _repeats(one.path[-1]))
    end = next((one.start for one in ends), above.end)
    return replace(part, end=end) if end - part.end > part.end - part.start else part


def _repeats(heading: str) -> bool:
    return any(names(kind, heading) for kind in ASIDE)


def sub_parts(name: str, whole: Target, documents: Sequence[Document]) -> tuple[Target, ...]:
    """Those that a name means where it has some words of a heading, but not all: each has one that no other has, and together they have
    all of these. Of "Exercise, Nutrition, Hormones, and Bone" what is on exercise and what is on nutrition. Else the whole.
    """
    asked, heading = (set(filter(str.isalpha, terms(text))) for text in (name, whole.path[-1]))
    every = chain.from_iterable(_parts(document) for document in documents if document.id == whole.document_id)
    below = [part for part in every if part.path[:-1] == whole.path and overlap(part, whole)]
    held = [asked & set(terms(part.path[-1])) for part in below]
    often = Counter(chain.from_iterable(held))
    meant = [(part, words) for part, words in zip(below, held, strict=True) if any(often[word] == 1 for word in words)]
    is_all = asked & heading <= set(chain.from_iterable(words for _, words in meant))
    return tuple(part for part, _ in meant) if meant[1:] and is_all and not heading <= asked else (whole,)


def holds(document: Document, part: Target | Section) -> bool:
    """Whether anything but links stands below its heading."""
    below = (block for block in document.blocks if part.start <= block.start < part.end and block.kind != "heading")
    told = (block for block in below if block.kind != "boilerplate")
    return not all(block.role == "links" or "://" in document.text[block.start : block.end] for block in told)


def file_name(document: Document) -> str:
    """Of its file, as words: `"a/tide-pools.md"` -> `"tide pools"`."""
    return document.path.rsplit("/", 1)[-1].rpartition(".")[0].replace("-", " ").replace("_", " ")


@lru_cache(MOST_HEADINGS)
def _stems(heading: str) -> frozenset[str]:
    return frozenset(terms(heading)) - vocabulary("around")


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


def _holds(one: Target, other: Target) -> bool:
    """Whether another part lies within this one."""
    return len(one.path) < len(other.path) and overlap(one, other)


def overlap(one: Target, other: Target) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end
