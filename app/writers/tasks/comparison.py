"""Comparisons: how the course defines each side, what it says of all of them, then what the section of each says of the same."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from app.query.resolution import is_same_word
from app.query.vocabulary import ASIDE, announces_task, plain, words
from app.types import Target
from app.writers.excerpts.choose import MAX_WORDS_IN_SIGHT, OVERRUN, Place, Shown, can_be_marked
from app.writers.excerpts.stretches import Stretch
from app.writers.tasks.explanation import (
    Course,
    best_definition,
    definitions_then_places,
    documents_of,
    mentions,
    section_opening,
)
from app.writers.tasks.rendering import Lines
from app.writers.tasks.terms.definitions import phrase_count
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Scope, Section, Unit

Side = Sequence[str]  # what is compared, by all names that it may have

SECTION_WORDS = 150  # shown of the section on one side
_BRACKETS = re.compile(r"\(([^(),;]*)\)")


def comparison(topic: str, sides: Sequence[Side], course: Course) -> Lines:
    """The definition of each side; the section whose heading names all sides, or else a place that contrasts them; and from the section on each
    what has the words that all these sections have.

    A side of which nothing of this tells, or only the contrast where there is room for more, has the likeliest place that names it alone. If there
    is none for a side of which nothing tells, nothing is compared.
    """
    sides = _with_short_names(sides)
    found, *found_for = [
        max((course.search(name, Scope()) for name in side), key=lambda one: one.confidence)
        for side in ([topic], *sides)
    ]
    read = (document for answer in (found, *found_for) for document in documents_of(answer, course.documents))
    documents = list({document.id: document for document in read}.values())
    others_of = [[other for other in sides if other != side] for side in sides]
    defined = [best_definition(side, documents) for side in sides]
    section = _section_on(sides, (), documents)
    own = [_section_on([side], others, documents) for side, others in zip(sides, others_of, strict=True)]
    own = _with_common_words(own, sides, SECTION_WORDS)
    if section:
        (shared,) = _with_common_words([section], sides, MAX_WORDS_IN_SIGHT)
    else:
        shared = _contrast(sides, found, course, has_sections=all(own))
    is_room = not section and sum(one.words for one in shared) < MAX_WORDS_IN_SIGHT
    for number, side in enumerate(sides):
        is_known, is_shared = bool(defined[number] or own[number]), _is_named_by(side, shared)
        if not is_known and (is_room or not is_shared):
            alone = course.places(found_for[number], among=partial(_treats, side, others=others_of[number]))
            own[number] = next(iter(alone), ())
        if not (is_known or is_shared or own[number]):
            return
    shown = [one for place in (shared, *own) for one in place]
    yield from definitions_then_places(defined, _merged(_with_marks(shown, sides)))


def _contrast(sides: Sequence[Side], found: Retrieval, course: Course, *, has_sections: bool) -> Place:
    """The likeliest place that names all sides and contrasts them, or else a contrast in any other place; or else, where a side has no section
    of its own, the likeliest place that names all sides.
    """
    likely = course.places(found, among=lambda stretch: any(_treats(side, stretch) for side in sides))
    naming_all = [place for place in likely if all(_is_named_by(side, place) for side in sides)]
    contrasting = [place for place in naming_all if any(_contrasts(sides, shown.stretch) for shown in place)]
    contrasting = contrasting or course.places(found, among=partial(_contrasts, sides))
    return next(iter(contrasting or ([] if has_sections else naming_all)), ())


def _with_short_names(sides: Sequence[Side]) -> list[Side]:
    """The sides, each also without the words that a full name adds to a side's short one: "open" of "open and closed models" is short for "open
    models", so "closed" is a name of "closed models", too.
    """
    added = {word for side in sides for word in set(side[-1].split()) - set(side[0].split())}
    short = [" ".join(word for word in side[-1].split() if word not in added) for side in sides]
    return [[*dict.fromkeys(filter(None, (name, *side)))] for name, side in zip(short, sides, strict=True)]


def _treats(side: Side, stretch: Stretch, others: Sequence[Side] = ()) -> bool:
    """Whether a stretch, with its heading, names a side and none of the others. Entries of glossaries do not count, nor sections that only test
    or repeat.
    """
    is_aside = stretch.term or any(announces_task(kind, "".join(stretch.section[-1:])) for kind in ASIDE)
    is_named = not is_aside and any(mentions(name, stretch) for name in side)
    return is_named and not any(_treats(other, stretch) for other in others)


def _is_named_by(side: Side, place: Place) -> bool:
    return any(_treats(side, shown.stretch) for shown in place)


def _contrasts(sides: Sequence[Side], stretch: Stretch) -> bool:
    """Whether a stretch that names all sides is a table, or has a sentence that begins with one side and names all."""
    if not all(_treats(side, stretch) for side in sides):
        return False
    texts = [" ".join(terms(stretch.text(unit))) for unit in stretch.units if can_be_marked(stretch, unit)]
    return stretch.kind == "table" or any(
        all(_is_in(side, text) for side in sides) and any(_begins(side, text) for side in sides) for text in texts
    )


def _is_in(side: Side, text: str) -> bool:
    return any(phrase_count(name, text) for name in side)


def _begins(side: Side, text: str) -> bool:
    return any(text.startswith(" ".join(terms(name))) for name in side)


def _section_on(sides: Sequence[Side], others: Sequence[Side], documents: Sequence[Document]) -> Place:
    """The section, or the text of a document above its sections, whose title names all these sides and none of the others: with the fewest other
    words, and of equals the longest.
    """
    titled = [
        (other_words, part.start - part.end, number, part)
        for number, document in enumerate(documents)
        for part in (Section((), 0, 0, len(document.text)), *document.sections)
        for title in _titles("".join(part.path[-1:]) or document.title)
        if (other_words := _other_words(title, sides)) is not None
        and not any(_has_name(title, side) for side in others)
    ]
    titled.sort(key=lambda one: one[:3])
    return next(filter(None, (_own_text(documents[number], part) for *_, number, part in titled)), ())


def _titles(heading: str) -> Iterator[str]:
    """The heading without brackets, and what stands in these: a short name."""
    yield _BRACKETS.sub("", heading)
    yield from _BRACKETS.findall(heading)


def _other_words(title: str, sides: Sequence[Side]) -> int | None:
    """How many words a title has besides the names of the sides; None if it does not name all, or if these words are the more."""
    named = [max((_word_count(name) for name in side if _has_name(title, [name])), default=0) for side in sides]
    others = _word_count(title) - sum(named)
    return others if all(named) and others <= sum(named) else None


def _has_name(title: str, side: Side) -> bool:
    """Whether a title has all words of one of the names, and not just related ones: "federalism" is not "federal"."""
    title_words = list(map(plain, words(title)))
    return any(all(any(is_same_word(plain(word), one) for one in title_words) for word in words(name)) for name in side)


def _word_count(text: str) -> int:
    return len(set(filter(str.isalpha, terms(text))))


def _own_text(document: Document, part: Section) -> Place:
    """All of a section without its subsections."""
    target = Target(document.id, (document.title, *part.path), part.start, part.end)
    return section_opening(document, target, room=len(document.text), among=lambda one: one.section == part.path)


def _with_common_words(sections: Sequence[Place], sides: Sequence[Side], room: int) -> list[Place]:
    """From each section about `room` words, in whole stretches: those with the words that all sections have, the more frequent the better. The
    names of the sides do not count.
    """
    said = [[terms(" ".join(map(one.stretch.text, one.units))) for one in section] for section in sections]
    frequency = [Counter(chain.from_iterable(section)) for section in said]
    names_of_sides = {word for side in sides for name in side for word in terms(name)}
    common = [word for word in frequency[0] if word.isalpha() and word not in names_of_sides]
    weights = {word: min(counts[word] for counts in frequency) for word in common}
    return [
        _selected(section, list(map(set, stretches)), weights, room, sides)
        for section, stretches in zip(sections, said, strict=True)
    ]


def _selected(
    section: Place, said: Sequence[set[str]], weights: Mapping[str, int], room: int, sides: Sequence[Side]
) -> Place:
    """The stretches of a section that add the most weight, one after the other, while there is room; no table that contrasts nothing."""
    if sum(shown.words for shown in section) <= room * OVERRUN:
        return section
    selected, covered, used = list[int](), set[str](), 0
    left = [at for at, one in enumerate(section) if one.stretch.kind != "table" or _contrasts(sides, one.stretch)]
    left = left or [0]
    while left:
        best = max(left, key=lambda at: (sum(weights.get(word, 0) for word in said[at] - covered), -at))
        selected.append(best)
        covered, used = covered | said[best], used + section[best].words
        left = [at for at in left if at != best and used + section[at].words <= room * OVERRUN]
    return tuple(section[at] for at in sorted(selected))


def _with_marks(shown: Sequence[Shown], sides: Sequence[Side]) -> Iterator[Shown]:
    """What is shown, with one sentence marked for each side: outside of tables the first that begins with its name, or else the first that has
    it. Where a side has none, the marks stay as they were.
    """
    prose = [one for one in shown if one.stretch.kind != "table"]
    sentences = [(one, unit) for one in prose for unit in one.units if can_be_marked(one.stretch, unit)]
    texts = [" ".join(terms(one.stretch.text(unit))) for one, unit in sentences]

    def sentence_on(side: Side) -> tuple[Shown, Unit] | None:
        naming = [place for place, text in enumerate(texts) if _is_in(side, text)]
        beginning = [place for place in naming if _begins(side, texts[place])]
        return sentences[(beginning or naming)[0]] if naming else None

    marked = [sentence for side in sides if (sentence := sentence_on(side))]
    for one in shown:
        starts = frozenset(unit.start for holder, unit in marked if holder is one)
        yield replace(one, marked=starts) if one in prose and len(marked) == len(sides) else one


def _merged(every: Iterable[Shown]) -> list[Place]:
    """A place for each section, with each stretch once, as much of it as is shown anywhere."""
    by_section: dict[object, dict[int, Shown]] = {}
    for one in every:
        stretches = by_section.setdefault(one.stretch.section_id, {})
        stretches[one.stretch.start] = max(stretches.get(one.stretch.start, one), one, key=lambda held: len(held.units))
    return [tuple(stretches[start] for start in sorted(stretches)) for stretches in by_section.values()]
