"""The parts of a course: its documents and their sections, which of them are boxes beside the text, and where a subject ends."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, groupby

from app.query.part_names import MAX_CACHED_HEADINGS
from app.query.vocabulary import ASIDE, announces_task, vocabulary
from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope, Section


def whole_documents(documents: Sequence[Document]) -> tuple[Target, ...]:
    """All documents from end to end, in their order."""
    return tuple(Target(document.id, (document.title,), 0, len(document.text)) for document in documents)


def parts_of(document: Document) -> Iterator[Target]:
    """The document, then its sections in order."""
    yield Target(document.id, (document.title,), 0, len(document.text))
    for section in document.sections:
        if section.path:
            yield Target(document.id, (document.title, *section.path), section.start, section.end)


def parts_in_scope(documents: Sequence[Document], scope: Scope) -> tuple[Target, ...]:
    """The documents and sections that a learner has chosen, each in the order of the course."""
    chosen = [target for target in whole_documents(documents) if target.document_id in scope.documents]
    paths = {(path[0], tuple(path[1:])) for path in scope.sections}
    parts = [part for document in documents for part in parts_of(document) if (document.id, part.path[1:]) in paths]
    return (*chosen, *parts)


def deepest_part_at(document: Document, offset: int) -> Target:
    enclosing = [part for part in parts_of(document) if part.start <= offset < part.end]
    return max(enclosing, key=lambda part: (len(part.path), part.start), default=whole_documents([document])[0])


def has_content(document: Document, part: Target | Section) -> bool:
    """Whether anything but links stands below its heading."""
    below = (block for block in document.blocks if part.start <= block.start < part.end)
    content = (block for block in below if block.kind not in ("heading", "boilerplate") and block.role != "links")
    return any("://" not in document.text[block.start : block.end] for block in content)


def file_words(document: Document) -> str:
    """The name of its file as words: `"a/tide-pools.md"` -> `"tide pools"`."""
    return document.path.rsplit("/", 1)[-1].rpartition(".")[0].replace("-", " ").replace("_", " ")


def box_starts(documents: Sequence[Document]) -> dict[str, frozenset[int]]:
    """Where the boxes of each document begin: sections below the first level that stand beside the text, which may go on below them.

    A box has a label, what is before the colon of its heading, that comes again in the course ("Everyday Connection: Sleep"), unless its
    text has all words of the label. Of the other sections those without a sibling are boxes, too, if the text has none of these words,
    or, for a heading with a colon, not all.
    """
    labelled: dict[str, list[tuple[Section, str, float]]] = {}
    for document in documents:
        deep = [section for section in document.sections if len(section.path) > 1]
        first_of_each = [next(run) for _, run in groupby(deep, key=lambda section: section.path)]
        labelled[document.id] = [
            (section, section.path[-1].partition(":")[0], _label_coverage(document, section))
            for section in first_of_each
        ]
    counts = Counter(label for sections in labelled.values() for _, label, coverage in sections if coverage < 1)
    starts: dict[str, frozenset[int]] = {}
    for document_id, sections in labelled.items():
        repeated = {section.start for section, label, coverage in sections if coverage < 1 and counts[label] > 1}
        others = [(section, coverage) for section, _, coverage in sections if section.start not in repeated]
        siblings = Counter(section.path[:-1] for section, _ in others)
        single = (
            section.start
            for section, coverage in others
            if siblings[section.path[:-1]] == 1 and (coverage < 1 if ":" in section.path[-1] else not coverage)
        )
        starts[document_id] = frozenset(repeated.union(single))
    return starts


def _label_coverage(document: Document, section: Section) -> float:
    """The share of its label's words that the text below has: 1 for "Agents", "Agents are ..."."""
    label = set(terms(section.path[-1].partition(":")[0]))
    below = document.text[section.start : section.end].partition("\n")[2]
    return len(label & set(terms(below))) / len(label) if label else 1.0


def with_continuation(part: Target, documents: Sequence[Document]) -> Target:
    """The part with the sections after it that continue it: below the heading "RAG and agents" all from "RAG" to "Agents" is on RAG.

    It ends at the next section that the heading above names as well, or that tests or repeats. Unchanged where the heading above does
    not name the part and more, or where what follows is shorter than the part.
    """
    parts = list(chain.from_iterable(parts_of(document) for document in documents if document.id == part.document_id))
    parent = next((other for other in parts if other.path == part.path[:-1] and encloses(other, part)), None)
    if parent is None or not heading_terms(part.path[-1]) < heading_terms(parent.path[-1]):
        return part
    following = [other for other in parts if len(other.path) == len(part.path) and part.end <= other.start < parent.end]
    ends = (
        other.start
        for other in following
        if heading_terms(other.path[-1]) <= heading_terms(parent.path[-1]) or is_aside(other.path[-1])
    )
    end = next(ends, parent.end)
    return replace(part, end=end) if end - part.end > part.end - part.start else part


def is_aside(heading: str) -> bool:
    """Whether a heading announces a section that does not teach but tests or repeats."""
    return any(announces_task(kind, heading) for kind in ASIDE)


def named_sub_parts(name: str, part: Target, documents: Sequence[Document]) -> tuple[Target, ...]:
    """The sub-parts that a name with some words of a heading, but not all, is about: of "Exercise, Nutrition, Hormones, and Bone", those
    on exercise and on nutrition. Each has a word of the name that no other has. The part itself where fewer than two fit.
    """
    name_terms, part_terms = (set(filter(str.isalpha, terms(text))) for text in (name, part.path[-1]))
    parts = chain.from_iterable(parts_of(document) for document in documents if document.id == part.document_id)
    children = [child for child in parts if child.path[:-1] == part.path]
    shared = [name_terms & part_terms & set(terms(child.path[-1])) for child in children]
    counts = Counter(chain.from_iterable(shared))
    fitting = tuple(
        child for child, words in zip(children, shared, strict=True) if any(counts[word] == 1 for word in words)
    )
    return fitting if len(fitting) > 1 and not part_terms <= name_terms else (part,)


@lru_cache(MAX_CACHED_HEADINGS)
def heading_terms(heading: str) -> frozenset[str]:
    return frozenset(terms(heading)) - vocabulary("around")


def encloses(outer: Target, inner: Target) -> bool:
    return len(outer.path) < len(inner.path) and overlaps(outer, inner)


def overlaps(one: Target, other: Target) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end
