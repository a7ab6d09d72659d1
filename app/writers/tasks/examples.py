"""One example, in its paragraph, which says of what it is one."""

from collections.abc import Iterator, Sequence

from app.query.vocabulary import gives_example, names
from app.types import Target
from app.writers.excerpts.choose import Shown, can_be_marked
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.excerpts.writer import find, judge
from app.writers.tasks.definitions import in_a_row
from app.writers.tasks.explaining import Course, definition, headed, read, told_once
from app.writers.tasks.lines import Lines
from app.writers.tasks.material import Parts, is_beside
from retrieval.text.markdown import PIPE
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope, Unit


def exemplified(topic: str, parts: Parts, course: Course, count: int) -> Lines:
    """How the course defines the topic, then the surest of what it calls examples, in the section of that name or what is found. Without a topic
    the first examples of the parts. Nothing where it calls nothing so.
    """
    if not topic:
        every = [one for part in parts for one in _within(*part)]
        yield from told_once([], [(_shown(one, units),) for one in every if (units := _calling(one))][:count])
        return
    own = [one for part in headed(topic, parts) for one in _within(*part) if one.section == part[1].path[1:]]
    found = course.search(topic, Scope())
    held = find(found.passages if found.confidence >= course.threshold else (), course.documents)
    near = [one.stretch for one in sorted(judge(topic, held)[1], key=lambda one: -one.likelihood)]
    near += [one for one in held.around if one.start not in {other.start for other in near}]
    every = [*own, *(one for one in near if one not in own)]
    behind = own or near  # where a sentence may be one of what the next says
    fit = [
        (sure, one, unit)
        for one in every
        for unit in _calling(one)
        if (sure := _of_topic(one, unit, topic, one in own, one in behind))
    ]
    best = sorted(fit, key=lambda one: -one[0])[:count]
    places = [(_shown(one, [unit]),) for _, one, unit in best]
    yield from told_once([definition([topic], read(found, course.documents))] if places else [], places)


def _within(document: Document, target: Target) -> Iterator[Stretch]:
    return (one for one in stretches(document, [(target.start, target.end)]) if target.start <= one.start < target.end)


def _calling(one: Stretch) -> list[Unit]:
    """Those that call themselves examples; no caption."""
    if is_beside(one.source(one.units[0]), one.document):
        return []
    return [
        unit
        for unit in one.units
        if gives_example(one.text(unit)) and can_be_marked(one, unit) and not one.text(unit).startswith(("(", "（"))
    ]


def _of_topic(one: Stretch, unit: Unit, topic: str, is_own: bool, behind: bool) -> int:
    """How surely an example is one of the topic: as it or its row says, of several words, since one may be said by the way; in a paragraph
    by the sentence before, or by that `behind` its only example; by its heading, or as it has all words of a clause but one; 0 if it is not.
    """
    at, several = one.units.index(unit), len(terms(topic)) > 1
    says = [several and in_a_row(topic, " ".join(terms(one.source(other)))) > 0 for other in one.units]
    if unit.kind == "row":
        named = set(terms(PIPE.split(one.source(unit).strip("| "))[0]))
        return 4 * (says[at] or (bool(named) and named <= set(terms(topic))))
    beside = says if one.kind == "text" else [False] * len(says)
    if says[at] or (at and beside[at - 1]):
        return 4 if says[at] else 3
    if behind and beside[at + 1 : at + 2] == [True] and len(_calling(one)) == 1:
        return 2
    wanted = set(terms(topic))
    clause = len(wanted) > 3 and names("example", one.text(unit)) and len(wanted - set(terms(one.text(unit)))) <= 1
    return int(is_own or clause)


def _shown(one: Stretch, examples: Sequence[Unit]) -> Shown:
    """All of a paragraph or a table; of a list what leads into it, and the items."""
    items = (*one.units[: one.intro], *(unit for unit in examples if unit not in one.units[: one.intro]))
    whole = one.kind != "list" or len(items) == one.intro
    return Shown(one, one.units if whole else items, frozenset(unit.start for unit in examples))
