"""The statement of the course that answers one of its own questions: the key of a quiz."""

from collections.abc import Sequence

import numpy as np

from app.types import Documents
from app.writers.excerpts.choose import Judged, Shown, alone, can_be_marked
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import find, judge
from app.writers.tasks.material import Exercise, posed
from retrieval.text.tokenize import terms
from retrieval.types import Retrieval, Unit

LIKELY = 0.3  # likelihood that a key needs; read off the keys of four courses, as is the next
SUPPORTED = 0.06  # likelihood that a sentence needs that has the words of one option


def key(one: Exercise, found: Retrieval, documents: Documents) -> Shown | None:
    """The stretch of `found` that likeliest answers; where there are options, that with the likeliest of the units that tell
    just one of them. None where it is not likely enough. What a document asks tells nothing.
    """
    asked, judged = judge(found.query, find(found.passages, documents))
    posing = {each.stretch.document.id: posed(each.stretch.document) for each in judged}
    stating = [
        each
        for each in judged
        if not any(a <= unit.start < b for a, b in posing[each.stretch.document.id] for unit in each.stretch.units)
    ]
    if not one.options:
        likeliest = alone(stating, asked)
        sure = {id(each.stretch) for each in stating if each.likelihood >= LIKELY}
        return likeliest if likeliest and id(likeliest.stretch) in sure else None
    options = [terms(option) for option in one.options]
    telling = [_of_those_that_tell_one(each, options) for each in stating]
    best = max(telling, key=lambda each: float(each.likely.max()), default=None)
    return alone([best], asked) if best is not None and best.likely.max() >= SUPPORTED else None


def _of_those_that_tell_one(judged: Judged, options: Sequence[Sequence[str]]) -> Judged:
    """Nothing else in the stretch is likely."""

    def tells(stretch: Stretch, unit: Unit) -> bool:
        return can_be_marked(stretch, unit) and len(told(terms(stretch.text(unit)), options)) == 1

    stretch = judged.stretch
    return Judged(stretch, judged.likely * np.array([tells(stretch, unit) for unit in stretch.units]))


def told(statement: Sequence[str], options: Sequence[Sequence[str]]) -> list[int]:
    """Which options a statement has all words of: in a row, if it has any so; none whose words are some of another's.

    >>> told("one chief justice and eight associate justices".split(), [["nine", "justices"], ["one", "justice"]])
    [1]
    """
    within = [place for place, option in enumerate(options) if option and set(option) <= set(statement)]
    within = [place for place in within if _in_a_row(options[place], statement)] or within
    return [place for place in within if not any(set(options[place]) < set(options[other]) for other in within)]


def _in_a_row(some: Sequence[str], words: Sequence[str]) -> bool:
    return any(list(words[start : start + len(some)]) == list(some) for start in range(len(words) - len(some) + 1))
