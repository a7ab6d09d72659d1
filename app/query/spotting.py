"""What a task amid other words is about: the run of words beside its name that names a part of the course, or that a passage of the
course has. A topic ends where no passage goes on, so no list has to know what people say around an order.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product

from app.query.orders import (
    CLAUSES,
    SENTENCES,
    Words,
    clauses,
    leading,
    only,
    ordered,
    small_words,
    task_word,
    without_count,
)
from app.query.part_names import has_part_word, is_anaphoric, is_part_number, means_course
from app.query.parts import file_words
from app.query.resolution import MIN_SHARED_LETTERS, resolve_parts
from app.query.vocabulary import (
    bare,
    count_in,
    joined,
    plain,
    vocabulary,
    words,
)
from app.types import TaskKind
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold, window_text
from retrieval.text.tokenize import STOP_WORDS, stem, terms
from retrieval.types import Document, Scope

NEAR = 8  # words between the name of a task and that of the part
LONGEST = 12  # words of the name of a part, or of several
SHORT = 4  # sentences
_HYPHEN = re.compile(r"-(?=\w)")


@dataclass(frozen=True, slots=True)
class Course:
    """Its documents, and what it has within a scope; from a confidence of `threshold` on it covers a topic."""

    documents: Sequence[Document]
    retriever: HybridRetriever
    scope: Scope
    threshold: float

    def covers(self, topic: str) -> bool:
        return self.retriever.retrieve(topic, scope=self.scope).confidence >= self.threshold

    def holding(self, topic: str) -> Callable[[str], bool]:
        """Whether a passage on the topic has all that a part of its words says: as it stands, if that has small words at an end, which
        may be the order's, as in "short bones". A word alone counts only where the course covers the topic, or it is all of it.
        """
        found = self.retriever.retrieve(topic, scope=self.scope)
        passages = [window_text(hit.chunk, window) for hit in found.hits for window in hit.chunk.windows]
        small = vocabulary("of", "around", "joiners")
        is_led = _told(topic) != topic

        def holds(name: str) -> bool:
            told, wanted = [plain(word) for word in words(name)], set(terms(_told(name)))
            is_rank = is_led and set(told) <= vocabulary("parts")  # "part", of "the part about tides"
            if only(words(name), small_words()) or is_rank or not wanted:
                return False
            if len(wanted) == 1 and found.confidence < self.threshold:
                return False
            if not (STOP_WORDS - small).isdisjoint(told) or not (small_words() | small).isdisjoint((told[0], told[-1])):
                return any(name.casefold() in fold(passage).casefold() for passage in passages)
            return any(wanted <= set(terms(passage)) for passage in passages)

        return holds


@dataclass(frozen=True, slots=True)
class Wish:
    """A task, and `rest`: what it is about, in the learner's words; nothing, or a word that points back, where that was said before.
    `clause`: with what else may belong to a topic. `count`: of what it makes, 0 where that is not said. `sides`: what is compared, each
    as it stands and as else it may be meant.
    """

    kind: TaskKind
    rest: str
    count: int = 0
    clause: str = ""
    sides: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """Words before or `after` the name of the task that may name something, and the words that stand `between`."""

    name: str
    start: int
    stop: int
    after: bool
    between: Words

    @property
    def beside(self) -> bool:
        return only(self.between, small_words() | STOP_WORDS)

    @property
    def is_led(self) -> bool:
        """Whether its first word may be the order's: "explain tides"."""
        return plain(words(self.name)[0]) in small_words()


def spotted(text: str, course: Course) -> Wish | None:
    """The task that a text names, and what it is about: of the runs of words beside its name the one that names a part in full, else
    the longest that a heading or a passage has, else a part that is named farther off. None where nothing is named, or it asks.
    """
    text, counted = without_count(ordered(text))
    found = task_word(text)
    if found is None or found[0] == "compare":
        return _comparison(text, found and found[1:], course)
    kind, begun, end = found
    runs = [*_runs(text, begun, end, after=True), *_runs(text, begun, end, after=False)]
    known = {term[:MIN_SHARED_LETTERS] for heading in _headings(course.documents) for term in terms(heading)}
    near = [run for run in runs if run.beside]
    clear = [run for run in near if _is_near(run, text, begun, end)]
    numbers = (run for run in clear if is_part_number(run.name))
    back = [run for run in clear if _points_back(run.name)]
    best = (
        _fuller(_in_full(near, course.documents, known), clear, course.documents, known)
        or next(chain((run for run in back if run.after), numbers), None)
        or _topic(clear, course)
        or next(iter(back), None)
    )
    if best is None:
        best = _in_part([run for run in runs if not run.beside], course.documents, known)
    if best is None and kind == "simpler":  # "how it rains, in simple terms"
        asked = (run for run in near if not run.is_led and not CLAUSES.search(run.name) and not is_anaphoric(run.name))
        best = next((run for run in asked if course.covers(run.name)), None)
    if best is None:  # "the chapter on inflation" of which the course has nothing, or all that was spoken of
        best = next((run for run in near if _told(run.name) != run.name and not is_anaphoric(run.name)), None)
    if best is None:  # "the chapter real quick", but not "in a week"
        best = next((run for run in clear if is_anaphoric(run.name)), None)
    if best is None:
        led = text[:begun].rstrip(" :：–—-")  # "tides: key points"
        lead, tail = clauses(led, len(led), len(led))[0], clauses(text, begun, end)[1]
        around = words(f"{lead} {tail}")
        if only(around, small_words() | vocabulary("joiners", "parts", "whole", "this")):  # "the chapter"
            return Wish(kind, "", counted or count_in(around))
        is_before = (kind == "simpler" or led != text[:begun].rstrip()) and not words(tail)
        lacking = tail if only(words(lead), small_words() | vocabulary("asking")) else lead * is_before
        name = [word.start() for word in words(lacking)][leading(words(lacking), small_words() | STOP_WORDS) :]
        return Wish(kind, bare(lacking[name[0] :]), counted) if name else None
    before, behind = words(SENTENCES.split(text[: min(begun, best.start)])[-1]), words(text[max(end, best.stop) :])
    first = leading(behind, small_words() | STOP_WORDS, counts=False)
    count = counted or count_in(behind[first : first + 1]) or count_in(before[-2:])
    beside = (word for word in words(text) if not best.start <= word.start() < best.stop)
    if kind in ("summary", "key points") and any(plain(word) in vocabulary("short") for word in beside):
        count = count or SHORT
    holding = (run for run in clear if run.start <= best.start and best.stop <= run.stop and not run.is_led)
    return Wish(kind, best.name, count, next((run.name for run in holding), ""))


def _runs(text: str, begun: int, end: int, *, after: bool) -> Iterator[_Run]:
    """Those of one sentence that begin and end with a word that tells something, the longest first."""
    told = [word for word in words(text) if (word.start() >= end if after else word.end() <= begun)]
    told = told[: NEAR + LONGEST] if after else told[-NEAR - LONGEST :]
    names = vocabulary("parts", "course", "whole", "this")
    tells = [plain(word) in names or bool(terms(word.group())) for word in told]  # "the course so": the course
    tells = [
        one and plain(word) not in vocabulary("of", "around", "joiners") for one, word in zip(tells, told, strict=True)
    ]
    places = range(len(told))
    for start, last in sorted(product(places, places), key=lambda run: run[0] - run[1]):
        run, between = told[start : last + 1], told[:start] if after else told[last + 1 :]
        if not run or len(run) > LONGEST or _size(between) > NEAR or not (tells[start] and tells[last]):
            continue
        left, right = run[0].start(), run[-1].end()
        cut = _HYPHEN.search(text[left - 1 : left + 1]) or _HYPHEN.match(text, right)  # "price" of "cross-price"
        if not cut and not SENTENCES.search(text[left:right]) and not _counts(run):
            yield _Run(text[left:right], left, right, after, between)


def _size(found: Words) -> int:
    """How many they are, signs aside."""
    return sum(word.group()[0].isalnum() for word in found)


def _counts(run: Words) -> bool:
    """Whether a number at an end of it is one of things: "2 weeks", "rivers, 5 would do"."""
    is_part = not vocabulary("parts").isdisjoint(map(plain, run))
    return run[0].group().isdecimal() or (run[-1].group().isdecimal() and not is_part)


def _in_full(runs: Sequence[_Run], documents: Sequence[Document], known: Collection[str]) -> _Run | None:
    """The run that names a part in full, behind the task rather than before it."""
    fit = (run for run in sorted(runs, key=_worth) if _fits(run.name, known))
    return next((run for run in fit if resolve_parts(run.name, documents, exactly=True)), None)


def _fuller(
    best: _Run | None, runs: Sequence[_Run], documents: Sequence[Document], known: Collection[str]
) -> _Run | None:
    """A longer run around one that names a part, if a heading has all its words: "sleep disorders" is more than "Sleep"."""
    if best is None or is_part_number(best.name):
        return best
    longer = [run for run in runs if run.start <= best.start and best.stop <= run.stop and run is not best]
    more = [run for run in longer if len(set(terms(run.name))) > len(set(terms(best.name)))]
    return _in_part(more, documents, known) or best


def _points_back(name: str) -> bool:
    """Whether it means the course, or points back: "this lesson", but not "week" alone."""
    return means_course(name) or (is_anaphoric(name) and not has_part_word(words(name)[0].group()))


def _worth(run: _Run) -> tuple[bool, int, int]:
    return not run.after, -len(set(terms(run.name))), len(run.name)


def _in_part(runs: Sequence[_Run], documents: Sequence[Document], known: Collection[str]) -> _Run | None:
    """The longest run of which a heading has two words."""
    fit = (run for run in runs if len(set(terms(run.name))) > 1 and _fits(run.name, known))
    return next(
        (run for run in sorted(fit, key=lambda run: -len(run.name)) if resolve_parts(run.name, documents)), None
    )


def _topic(runs: Sequence[_Run], course: Course) -> _Run | None:
    """The run of most words that a passage has, behind the task rather than before it."""
    fit = sorted(runs, key=lambda run: (-len(set(terms(run.name))), not run.after))
    longest = [*fit[::-1], *(run for run in fit[::-1] if not run.is_led)]
    sides = {after: course.holding(name) for after, name in {run.after: run.name for run in longest}.items()}
    return next((run for run in fit if sides[run.after](run.name)), None)


def _is_near(run: _Run, text: str, begun: int, end: int) -> bool:
    """Whether it stands in one clause with the task's name, or is a name in the clause beside it."""
    if CLAUSES.search(run.name):
        return False
    if not CLAUSES.search(text[end : run.start] if run.after else text[run.stop : begun]):
        return True
    clause = words(CLAUSES.split(text[run.start :])[0] if run.after else CLAUSES.split(text[: run.stop])[-1])
    is_all = leading(clause, small_words() | STOP_WORDS) + len(words(run.name)) >= len(clause)
    if run.after:
        return is_all and only(words(clauses(text, begun, end)[0]), small_words())
    return is_all or len(set(terms(run.name))) > 1


def _told(name: str) -> str:
    """`"chapter on tides"`, `"tides chapter"` -> `"tides"`"""
    found, parts = words(name), vocabulary("parts")
    if len(found) > 2 and plain(found[0]) in parts and plain(found[1]) in vocabulary("of"):
        return name[found[2].start() :]
    return name[: found[-2].end()] if len(found) > 1 and plain(found[-1]) in parts else name


def _fits(name: str, known: Collection[str]) -> bool:
    """Whether headings may have all of its words, endings aside, those for parts and numbers as well."""
    small = {
        stem(word)[:MIN_SHARED_LETTERS] for word in vocabulary("joiners", "parts", "of", "around", "course", "whole")
    }
    return all(
        term[:MIN_SHARED_LETTERS] in known or term[:MIN_SHARED_LETTERS] in small or term[0].isdigit()
        for term in terms(name)
    )


def _headings(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        yield document.title
        yield file_words(document)
        yield from (section.path[-1] for section in document.sections if section.path)


def _comparison(text: str, span: tuple[int, int] | None, course: Course) -> Wish | None:
    """What is compared stands on either side of a word that joins, in the clause behind the task's name; else before it, where
    nothing else is said. Where no task is named, on either side of a word that sets one against the other.
    """
    begun, end = span or (len(text), len(text))
    spare = small_words() | STOP_WORDS
    before, behind = CLAUSES.split(text[:begun])[::-1], CLAUSES.split(text[end:])[0]
    for clause in (behind, *before):
        for by in ("versus", "joiners") if span else ("versus",):
            found = joined(clause, by)
            if len(found) < 2:
                continue
            one, other = found[:2] if clause is behind else found[-2:]
            heads = (one[word.start() :] for word in words(one) if plain(word) not in STOP_WORDS)
            ends = words(other)
            first = leading(ends, STOP_WORDS | vocabulary("around"), counts=False)
            tails = (other[ends[first].start() : word.end()] for word in reversed(ends[first:]))
            left, right = next(filter(course.holding(one), heads), ""), next(filter(course.holding(other), tails), "")
            if clause is behind and (left or right):  # that the course lacks one side is said
                left, right = left or bare(one), right or bare(other)
            topic = clause[clause.find(left) : clause.rfind(right) + len(right)]
            is_bare = span and by == "versus" and only(words(" ".join(clauses(text, begun, end))), small_words())
            others = [word for word in words(text[:begun].replace(topic, " ") + text[end:]) if len(word.group()) > 1]
            if left and right and (clause is behind or is_bare or only(others, spare)):
                return Wish("compare", topic, sides=_sides(left.split(), right.split()))
    return None


def _owned(words: list[str]) -> tuple[list[str], list[str]]:
    """`["Ann's", "plan"]` -> `["Ann's"], ["plan"]`"""
    end = next((place for place, word in enumerate(words, start=1) if word.endswith(("'s", "’s"))), 0)
    return words[:end], words[end:]


def _sides(one: list[str], other: list[str]) -> tuple[tuple[str, ...], ...]:
    """What is compared, each side as it stands and, if it is a word beside several or begins like them, as it may be meant.

    >>> _sides(["primary"], ["secondary", "deviance"])
    (('primary', 'primary deviance'), ('secondary deviance',))
    >>> _sides(["déviance", "primaire"], ["secondaire"])
    (('déviance primaire',), ('secondaire', 'déviance secondaire'))
    >>> _sides(["type", "I"], ["type", "II", "error"])
    (('type I', 'type I error'), ('type II error',))
    >>> _sides(["erreur", "de", "type", "I"], ["de", "type", "II"])
    (('erreur de type I',), ('de type II', 'erreur de type II'))
    >>> _sides(["Ann's"], ["Jo", "Day's", "plan"])
    (("Ann's", "Ann's plan"), ("Jo Day's", "Jo Day's plan"))
    """
    meant = [one], [other]
    (first, of_first), (second, of_second) = _owned(one), _owned(other)
    if first and second and (of_first or of_second):
        meant = [first, first + (of_first or of_second)], [second, second + (of_second or of_first)]
    elif len(one) < len(other) and (len(one) == 1 or one[0] == other[0]):
        meant[0].append(one + other[len(one) :])
    elif len(other) < len(one) and (len(other) == 1 or other[0] == one[-len(other)]):
        meant[1].append(one[: -len(other)] + other)
    return tuple(tuple(map(" ".join, side)) for side in meant)
