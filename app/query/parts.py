"""The parts of a course: its documents and their sections, which of them stand beside the text, how far one goes on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, groupby

from app.query.vocabulary import ASIDE, names, vocabulary
from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope, Section

MOST_HEADINGS = 65_536  # that are kept as read, since each name is compared with all of them


def whole(documents: Sequence[Document]) -> tuple[Target, ...]:
    """All documents from end to end, in their order."""
    return tuple(Target(document.id, (document.title,), 0, len(document.text)) for document in documents)


def scoped(documents: Sequence[Document], scope: Scope) -> tuple[Target, ...]:
    """What a learner has chosen, in the order of the course."""
    chosen = [target for target in whole(documents) if target.document_id in scope.documents]
    paths = {(path[0], tuple(path[1:])) for path in scope.sections}
    parts = [part for document in documents for part in parts_of(document) if (document.id, part.path[1:]) in paths]
    return (*chosen, *parts)


def section_of(document: Document, start: int) -> Target:
    """The deepest part of a document that holds an offset."""
    holding = [part for part in parts_of(document) if part.start <= start < part.end]
    return max(holding, key=lambda part: (len(part.path), part.start), default=whole([document])[0])


def parts_of(document: Document) -> Iterator[Target]:
    """The document, then its sections in order."""
    yield Target(document.id, (document.title,), 0, len(document.text))
    for section in document.sections:
        if section.path:
            yield Target(document.id, (document.title, *section.path), section.start, section.end)


def holds(document: Document, part: Target | Section) -> bool:
    """Whether anything but links stands below its heading."""
    below = (block for block in document.blocks if part.start <= block.start < part.end and block.kind != "heading")
    told = (block for block in below if block.kind != "boilerplate")
    return not all(block.role == "links" or "://" in document.text[block.start : block.end] for block in told)


def file_name(document: Document) -> str:
    """Of its file, as words: `"a/tide-pools.md"` -> `"tide pools"`."""
    return document.path.rsplit("/", 1)[-1].rpartition(".")[0].replace("-", " ").replace("_", " ")


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


def going_on(part: Target, documents: Sequence[Document]) -> Target:
    """With the sections beside it that follow, if they say more than it does, as far as the next that the heading above names as well, or
    that tests or repeats: below "RAG and agents" what stands from "RAG" to "Agents" is on RAG.
    """
    every = list(chain.from_iterable(parts_of(document) for document in documents if document.id == part.document_id))
    above = next((one for one in every if one.path == part.path[:-1] and encloses(one, part)), None)
    if above is None or not stems_of(part.path[-1]) < stems_of(above.path[-1]):
        return part
    beside = [one for one in every if len(one.path) == len(part.path) and part.end <= one.start < above.end]
    ends = (one for one in beside if stems_of(one.path[-1]) <= stems_of(above.path[-1]) or _repeats(one.path[-1]))
    end = next((one.start for one in ends), above.end)
    return replace(part, end=end) if end - part.end > part.end - part.start else part


def _repeats(heading: str) -> bool:
    return any(names(kind, heading) for kind in ASIDE)


def sub_parts(name: str, whole: Target, documents: Sequence[Document]) -> tuple[Target, ...]:
    """Those that a name means where it has some words of a heading, but not all: each has one that no other has, and together they have
    all of these. Of "Exercise, Nutrition, Hormones, and Bone" what is on exercise and what is on nutrition. Else the whole.
    """
    asked, heading = (set(filter(str.isalpha, terms(text))) for text in (name, whole.path[-1]))
    every = chain.from_iterable(parts_of(document) for document in documents if document.id == whole.document_id)
    below = [part for part in every if part.path[:-1] == whole.path and overlap(part, whole)]
    held = [asked & set(terms(part.path[-1])) for part in below]
    often = Counter(chain.from_iterable(held))
    meant = [(part, words) for part, words in zip(below, held, strict=True) if any(often[word] == 1 for word in words)]
    is_all = asked & heading <= set(chain.from_iterable(words for _, words in meant))
    return tuple(part for part, _ in meant) if meant[1:] and is_all and not heading <= asked else (whole,)


@lru_cache(MOST_HEADINGS)
def stems_of(heading: str) -> frozenset[str]:
    return frozenset(terms(heading)) - vocabulary("around")


def encloses(one: Target, other: Target) -> bool:
    """Whether another part lies within this one."""
    return len(one.path) < len(other.path) and overlap(one, other)


def overlap(one: Target, other: Target) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end
