"""Which parts of a course a name means, by the documents' own headings: "lesson 3", "chapter two", "5.2", a title or a part of it.

A number counts where a heading, a title, a file or a folder begins with it or has the same word before it ("Lektion 2: ...");
a word like "lesson" that no heading has counts the documents, or the main parts of the only one.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import NamedTuple

from app.query.part_names import Label, is_part_number, parse_label, without_part_words
from app.query.parts import (
    encloses,
    file_words,
    heading_terms,
    parts_of,
    whole_documents,
    with_continuation,
)
from app.query.vocabulary import plain, split_at_joiners, trim_small_words, vocabulary, words
from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document

MIN_SHARED_LETTERS = 4  # of two forms of a word
MIN_SHARED_LENGTH = 0.75  # of the longer form
MIN_F1 = 0.5  # of the words of a name and of a heading, from which the name means the section
MIN_CHARACTERS = 400  # of a part that says enough for a task; a slide that only opens a topic has fewer
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d])(?=\d)|_")
_FILE_NUMBER = re.compile(r"([^\W\d_]+) ?0*(\d{1,3})(?!\d)")  # "class04"
_RANGE = re.compile(r"(?<=\d)\s*[-–]\s*(?=\d)")
_BEFORE_NAME = re.compile(r"[\W\d_]*")  # its number, or a picture
_HALVES = re.compile(r":|\s[–—]\s")


def resolve_parts(name: str, documents: Sequence[Document], *, exactly: bool = False) -> tuple[Target, ...]:
    """The parts that a name means, several where it names several ("5.1 and 5.3", "lessons 2 to 4"); none if it means none.
    `exactly`: a heading has to be named in full.
    """
    return (
        _resolve_single(name, documents, exactly=exactly)
        or _resolve_list(name, documents, exactly=exactly)
        or _resolve_within(name, documents, exactly=exactly)
    )


def _resolve_single(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """By its number, alone or with words of the heading behind it ("6.2 repair"); otherwise by its words."""
    label_words = words(name)[: parse_label(name).length]
    end = label_words[-1].end() if label_words else 0
    title_terms = set(terms(name[end:])) if end else set()
    parts = _resolve_number(name[:end] or name, documents, title_terms)
    if parts and all(title_terms <= set(terms(part.path[-1])) for part in parts):
        return tuple(_opened_document(part, documents) for part in parts)
    file_number = _FILE_NUMBER.fullmatch(name.casefold())  # "class 4", of which only the file is called so
    files = [one for one in documents if file_number and file_number.groups() in _file_numbers(one)]
    found = whole_documents(files) or _resolve_words(name, documents, exactly=exactly)
    return found if exactly else tuple(_opened_document(part, documents) for part in found)


def _resolve_list(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """The parts that are named on the sides of a joiner, and of a range ("lessons 2 to 4") those between as well. A number takes the word
    for a part from the first side.
    """
    name = _RANGE.sub(" to ", name)
    sides = split_at_joiners(name)
    if len(sides) < 2:
        return ()
    first = parse_label(sides[0])
    if first.part_word:
        sides = [f"{first.part_word} {side}" if _is_bare_number(parse_label(side)) else side for side in sides]
    by_side = [_resolve_single(side, documents, exactly=exactly) for side in sides]
    if not all(by_side):
        return ()
    targets = list(dict.fromkeys(chain.from_iterable(by_side)))
    if first.number and any(plain(word) in vocabulary("through") for word in words(name)):
        depths = {parse_label(side).number.count(".") for side in sides}  # two of "5.3 - 7 of them"
        return _parts_between(targets[0], targets[-1], documents) if len(depths) == 1 else ()
    return tuple(part for part in targets if not any(encloses(other, part) for other in targets))


def _is_bare_number(label: Label) -> bool:
    return bool(label.number) and not label.part_word


def _parts_between(first: Target, last: Target, documents: Sequence[Document]) -> tuple[Target, ...]:
    """From the first to the last, of the parts on the level of the first."""
    level = [part for part in _all_parts(documents) if len(part.path) == len(first.path)]
    places = [level.index(part) for part in (first, last) if part in level]
    return tuple(level[places[0] : places[-1] + 1]) if places else ()


def _resolve_within(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """What is named before a preposition, in what is named after it: "lesson 8 of the syllabus", "fine-tuning in the book notes". If a
    numbered part has nothing of that name, all of this part: "magma from lesson 2".
    """
    for word in words(name):
        outer_name = trim_small_words(name[word.end() :])
        if plain(word) in vocabulary("of") and (outer := _resolve_single(outer_name, documents, exactly=False)):
            ids = {part.document_id for part in outer}
            inside = [document for document in documents if document.id in ids]
            candidates = _resolve_single(trim_small_words(name[: word.start()]), inside, exactly=exactly)
            inner = tuple(part for part in candidates if any(encloses(other, part) for other in outer))
            if inner or (is_part_number(outer_name) and not exactly):
                return inner or outer
    return ()


def _resolve_number(name: str, documents: Sequence[Document], title_terms: Collection[str]) -> tuple[Target, ...]:
    """The part of that number that has the `title_terms` in its heading; otherwise the documents whose number or folder it is, or begins
    with it, as 5.1 and 5.2 do with 5, or whose file abbreviates it ("Wk6"); otherwise the only one that ends with it, as 5.2 does with 2;
    otherwise the part that comes at that place of the course.
    """
    if not is_part_number(name):
        return ()
    part_word, number, _ = parse_label(name)
    parts = _all_parts(documents)
    numbered = [
        (part, label.part_word)
        for part in parts
        if (label := parse_label(part.path[-1])).number == number and set(title_terms) <= set(terms(part.path[-1]))
    ]
    for wanted in (part_word, ""):
        if same_word := [part for part, word in numbered if _is_same_part_word(word, wanted)]:
            return (min(same_word, key=lambda part: len(part.path)),)
    labels = {
        target: _document_labels(document)
        for target, document in zip(whole_documents(documents), documents, strict=True)
    }
    rules: tuple[Callable[[list[Label]], bool], ...] = (
        lambda own: any(it.number == number and _is_same_part_word(it.part_word, part_word) for it in own),
        lambda own: own[0].number == number,
        lambda own: any(it.number == number for it in own),
        lambda own: any(it.number.startswith(f"{number}.") for it in own),
    )
    for rule in rules:
        if matching := tuple(target for target, own in labels.items() if rule(own)):
            return matching
    abbreviated = tuple(
        target
        for target, document in zip(labels, documents, strict=True)
        if any((word[0], own) == (part_word[:1], number) for word, own in _file_numbers(document))
    )
    if abbreviated:
        return abbreviated
    ending = tuple(target for target, own in labels.items() if any(it.number.endswith(f".{number}") for it in own))
    if len(ending) == 1:
        return ending
    if not (part_word and number.isdigit() and int(number)):
        return ()
    ordered = tuple(labels) if len(documents) > 1 else tuple(part for part in parts if len(part.path) == 2)
    return ordered[int(number) - 1 : int(number)]


def _opened_document(part: Target, documents: Sequence[Document]) -> Target:
    """The document where the part is but its first slide, and no other heading there has another number; otherwise the part."""
    is_short = part.start < MIN_CHARACTERS and len(part.path) > 1 and part.end - part.start < MIN_CHARACTERS
    document = next(document for document in documents if document.id == part.document_id)
    if not is_short or len(document.text) < 2 * MIN_CHARACTERS:
        return part
    label = parse_label(part.path[-1])
    labels = [parse_label(other.path[-1]) for other in parts_of(document)]
    numbers = {other.number for other in labels if other.part_word == label.part_word and other.number}
    return whole_documents([document])[0] if numbers == {label.number} else part


def _is_same_part_word(word: str, wanted: str) -> bool:
    """Whether both are empty, or the wanted word is the same or its plural: lesson, lessons."""
    return bool(word) == bool(wanted) and wanted.startswith(word)


def _document_labels(document: Document) -> list[Label]:
    """How its file, its title and its folders are numbered: "week3/ch10-01-syntax.md"."""
    *folders, file = document.path.rsplit(".", 1)[0].split("/")
    return [parse_label(_LETTER_DIGIT.sub(" ", name)) for name in (file, document.title, *folders)]


def _file_numbers(document: Document) -> set[tuple[str, ...]]:
    """Letters and the number behind them in the name of its file: "GES317_Wk6.pptx" -> ges 317, wk 6."""
    return {found.groups() for found in _FILE_NUMBER.finditer(document.path.rsplit("/", 1)[-1].casefold())}


class _Match(NamedTuple):
    """A part whose heading has the words of a name, and what ranks it, most important first."""

    is_kind: bool  # the part is of the kind that the name says: a lesson, for "the lesson on tides"
    f1: float
    is_heading: bool  # the name is the whole heading
    is_half: bool  # the name is the heading, or what stands before or after its colon or dash
    part: Target

    @property
    def rank(self) -> tuple[bool, float, bool, bool, int]:
        """Of equals the higher part comes first."""
        return *self[:4], -len(self.part.path)


def _resolve_words(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """The part whose heading is most like the name (`_Match`), of equals the higher, then the earlier one; a longer part in place of
    a slide that only opens the topic. If the heading has more words than the name: all documents whose titles have the name's words, or all
    sections that are equally like it ("the theories of deviance").
    """
    matches = _matches(name, documents)
    best = max(matches, key=lambda match: match.rank, default=None)
    if best and not exactly and _size(with_continuation(best.part, documents)) < MIN_CHARACTERS:
        long_enough = (match for match in matches if _size(match.part) >= MIN_CHARACTERS)
        best = max(long_enough, key=lambda match: match.rank, default=best)
    if best is None or best.f1 == 1.0 or exactly:
        return (best.part,) if best and best.f1 == 1.0 else ()
    titled = tuple(match.part for match in matches if len(match.part.path) == 1)
    if titled and not any(encloses(part, best.part) for part in titled):
        return titled
    equals = [match.part for match in matches if match[:4] == best[:4]]
    return tuple(part for part in equals if not any(encloses(other, part) for other in equals))


def _matches(name: str, documents: Sequence[Document]) -> list[_Match]:
    """A document goes by its title and by the name of its file."""
    names = [name.casefold(), without_part_words(name).casefold()]
    name_terms = list(dict.fromkeys(map(heading_terms, names)))
    is_kind = _kind_test(name, documents)
    matches: list[_Match] = []
    for document in documents:
        for part in parts_of(document):
            is_document = len(part.path) == 1
            called = [part.path[-1], file_words(document)] if is_document else [part.path[-1]]
            headings = [_BEFORE_NAME.sub("", heading, count=1) for heading in called]
            halves = [
                _BEFORE_NAME.sub("", half.strip(), count=1) for heading in headings for half in _HALVES.split(heading)
            ]
            either = [*headings, *halves]
            f1 = max(_f1(wanted, heading_terms(text)) for wanted in name_terms for text in either)
            if f1 and (is_document or f1 >= MIN_F1):
                is_heading, is_half = (any(text.casefold() in names for text in texts) for texts in (headings, either))
                matches.append(_Match(is_kind(part), f1, is_heading, is_half, part))
    return matches


def _kind_test(name: str, documents: Sequence[Document]) -> Callable[[Target], bool]:
    """Whether a part is of the kind that a name says: its heading begins with the name's word for a part, or, where no heading does and the
    word is not one for what a document is divided into, it is a document.
    """
    part_word = next((plain(word) for word in words(name) if plain(word) in vocabulary("parts")), "")
    if not part_word:
        return lambda part: False

    def is_labelled(part: Target) -> bool:
        return _is_same_part_word(parse_label(part.path[-1]).part_word, part_word)

    if part_word in vocabulary("within") or any(map(is_labelled, _all_parts(documents))):
        return is_labelled
    return lambda part: len(part.path) == 1


def _size(part: Target) -> int:
    return part.end - part.start


def fullest_heading(name: str, clause: str, parts: Sequence[Target], documents: Sequence[Document]) -> str:
    """The heading within these parts that has all words of a name and most of those of its clause, if it has more than the name; otherwise
    the name. So "how the supreme court picks its cases" is no longer the chapter on the Supreme Court where a section is on how it selects
    cases.
    """
    name_terms, clause_terms = set(terms(name)), set(terms(clause))
    ids = {part.document_id for part in parts}
    headings = [part.path[-1] for part in _all_parts([document for document in documents if document.id in ids])]
    candidates = [heading for heading in headings if name_terms <= set(terms(heading))]
    best = max(candidates, key=lambda heading: len(clause_terms & set(terms(heading))), default="")
    return best if len(clause_terms & set(terms(best))) > len(name_terms) else name


def _all_parts(documents: Sequence[Document]) -> list[Target]:
    return list(chain.from_iterable(map(parts_of, documents)))


def _f1(wanted: frozenset[str], heading: frozenset[str]) -> float:
    """F1 of the words of a name and of a heading; 0 unless the heading has all words of the name, endings aside."""
    has_all = all(any(is_same_word(word, other) for other in heading) for word in wanted)
    return 2 * len(wanted) / (len(wanted) + len(heading)) if wanted and has_all else 0.0


def is_same_word(one: str, other: str) -> bool:
    """Whether two words differ in no more than a short ending: Vulkane, Vulkanen."""
    if one == other or one[:MIN_SHARED_LETTERS] != other[:MIN_SHARED_LETTERS]:
        return one == other
    differing = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    shared = next(differing, min(len(one), len(other)))
    return shared >= MIN_SHARED_LENGTH * max(len(one), len(other))
