"""What an order amid other words is about: the run of words beside the task's name that names a part of the course, or that a passage
of the course has. A mention ends where no passage goes on, so no list has to know what people say around an order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from app.query.orders.candidates import Candidate, find_candidates, is_in_clause
from app.query.orders.clauses import (
    clauses_around,
    consists_of,
    count_leading,
    filler_or_stop_words,
    filler_words,
    sentence_before,
)
from app.query.orders.comparison import Sides, find_comparison
from app.query.orders.course import Course
from app.query.orders.recognition import TaskName, find_task_name, split_count, without_politeness
from app.query.part_names import has_part_word, is_anaphoric, is_part_number, means_course, without_outer_part_word
from app.query.resolution import resolve_parts
from app.query.vocabulary import first_count, plain, trim_small_words, vocabulary, words
from app.types import TaskKind
from retrieval.text.tokenize import stem, terms

SHORT_COUNT = 4  # sentences of a "short" summary
PREFIX_LETTERS = 4  # by which a word is looked for among the headings


@dataclass(frozen=True, slots=True)
class Order:
    """A task, and its `mention`: what it is about, in the learner's words; empty or an anaphor ("this lesson") where that was said
    before. `clause`: the mention with what else of its clause may belong to it. `count`: how many are wanted of what the task makes,
    0 where that is not said. `sides`: what is compared.
    """

    kind: TaskKind
    mention: str
    count: int = 0
    clause: str = ""
    sides: Sides = ()


def parse_order(text: str, course: Course) -> Order | None:
    """The task that a text names, and what it is about; None where no task is named, or its name is part of a question."""
    text, count = split_count(without_politeness(text))
    name = find_task_name(text)
    if name is None or name.kind == "compare":
        comparison = find_comparison(text, name, course)
        return Order("compare", comparison.text, sides=comparison.sides) if comparison else None
    search = _search(text, name, course)
    mention = next(filter(None, (rule(search) for rule in RULES)), None)
    if mention is None:
        return _parse_remainder(text, name, count)
    count = count or _count_beside(text, name, mention)
    wider = (one for one in search.in_clause if one.contains(mention) and not one.begins_with_filler)
    return Order(name.kind, mention.text, count, next((one.text for one in wider), ""))


@dataclass(frozen=True, slots=True)
class _Search:
    """The candidates for a mention: the `adjacent` ones, those of them that stand `in_clause` with the task's name, and the `distant` ones.
    `heading_prefixes`: the beginnings of all words of headings, and of those that may stand around them.
    """

    adjacent: Sequence[Candidate]
    in_clause: Sequence[Candidate]
    distant: Sequence[Candidate]
    course: Course
    heading_prefixes: frozenset[str]


def _search(text: str, name: TaskName, course: Course) -> _Search:
    candidates = find_candidates(text, name)
    small = vocabulary("joiners", "parts", "of", "around", "course", "whole")
    heading_terms = (term for heading in course.headings() for term in terms(heading))
    adjacent = [one for one in candidates if one.is_adjacent]
    return _Search(
        adjacent,
        [one for one in adjacent if is_in_clause(one, text, name)],
        [one for one in candidates if not one.is_adjacent],
        course,
        frozenset(term[:PREFIX_LETTERS] for term in chain(heading_terms, map(stem, small))),
    )


def _part_named_in_full(search: _Search) -> Candidate | None:
    """The candidate that names a part in full, rather after the task's name than before it; or a longer one around it, if a heading has
    all its words: "sleep disorders" is more than "Sleep".
    """
    ranked = sorted(search.adjacent, key=lambda one: (not one.is_after, -one.size, len(one.text)))
    fitting = (one for one in ranked if _may_be_heading(one, search) and not _is_of_order(one))
    full = next((one for one in fitting if resolve_parts(one.text, search.course.documents, exactly=True)), None)
    if full is None or is_part_number(full.text):
        return full
    longer = (one for one in search.in_clause if one.contains(full) and one.size > full.size)
    return _longest_in_heading(longer, search) or full


def _anaphor_after_name(search: _Search) -> Candidate | None:
    """ "quiz me on this lesson", "summarise the whole course" """
    return next((one for one in search.in_clause if one.is_after and _is_course_or_anaphor(one)), None)


def _part_number(search: _Search) -> Candidate | None:
    """ "lesson 9", whether the course has that or not"""
    return next((one for one in search.in_clause if is_part_number(one.text)), None)


def _mentioned_topic(search: _Search) -> Candidate | None:
    """The candidate of most terms that a passage has, rather after the task's name than before it."""
    ranked = sorted(search.in_clause, key=lambda one: (-one.size, not one.is_after))
    queries = {one.is_after: one.text for one in reversed(ranked)}  # the highest-ranked one of each side ...
    queries |= {
        one.is_after: one.text for one in reversed(ranked) if not one.begins_with_filler
    }  # ... that is all topic
    tests = {is_after: search.course.mention_test(query) for is_after, query in queries.items()}
    return next((one for one in ranked if tests[one.is_after](one.text)), None)


def _anaphor_before_name(search: _Search) -> Candidate | None:
    """ "this lesson in a nutshell" """
    return next(filter(_is_course_or_anaphor, search.in_clause), None)


def _distant_part(search: _Search) -> Candidate | None:
    """ "I have a test on lesson two of rivers, could you make me a study guide?" """
    return _longest_in_heading(search.distant, search)


def _announced_part(search: _Search) -> Candidate | None:
    """ "the chapter on inflation", of which the course has nothing"""
    named = (one for one in search.adjacent if without_outer_part_word(one.text) != one.text)
    return next((one for one in named if not is_anaphoric(one.text)), None)


def _bare_part_word(search: _Search) -> Candidate | None:
    """ "the chapter real quick", but not "in a week" """
    return next((one for one in search.in_clause if is_anaphoric(one.text)), None)


RULES: tuple[Callable[[_Search], Candidate | None], ...] = (
    _part_named_in_full,
    _anaphor_after_name,
    _part_number,
    _mentioned_topic,
    _anaphor_before_name,
    _distant_part,
    _announced_part,
    _bare_part_word,
)  # tried in this order; the first that finds a mention decides


def _is_course_or_anaphor(candidate: Candidate) -> bool:
    """Whether it means the course, or is an anaphor: "this lesson", but not "week" alone."""
    starts_with_part = has_part_word(words(candidate.text)[0].group())
    return means_course(candidate.text) or (is_anaphoric(candidate.text) and not starts_with_part)


def _is_of_order(candidate: Candidate) -> bool:
    """Whether it is but the beginning of the order, though a heading has that: "make", of "To make"."""
    return not candidate.is_after and consists_of(words(candidate.text), filler_words())


def _longest_in_heading(candidates: Iterable[Candidate], search: _Search) -> Candidate | None:
    """The longest one of at least two terms all of which a heading has."""
    fitting = (one for one in candidates if one.size > 1 and _may_be_heading(one, search))
    by_length = sorted(fitting, key=lambda one: -len(one.text))
    return next((one for one in by_length if resolve_parts(one.text, search.course.documents)), None)


def _may_be_heading(candidate: Candidate, search: _Search) -> bool:
    """Whether each of its words, endings aside, is in some heading, or is a number: a quick test before parts are looked for."""
    known = search.heading_prefixes
    return all(term[:PREFIX_LETTERS] in known or term[0].isdigit() for term in terms(candidate.text))


def _parse_remainder(text: str, name: TaskName, count: int) -> Order | None:
    """The order where no candidate is a mention: what was spoken of before, if little else is said ("the chapter"); otherwise a topic
    that the course lacks, taken as it stands after the task's name, or before it as in "tides: key points".
    """
    before = text[: name.start].rstrip(" :：–—-")
    lead, tail = clauses_around(before, len(before), len(before))[0], clauses_around(text, name.start, name.end)[1]
    around = words(f"{lead} {tail}")
    if consists_of(around, filler_words() | vocabulary("joiners", "parts", "whole", "this")):
        return Order(name.kind, "", count)
    if consists_of(words(lead), filler_words() | vocabulary("asking")):
        topic = tail
    elif not words(tail):
        topic = lead
    else:
        return None
    said = words(topic)
    said = said[count_leading(said, filler_or_stop_words()) :]
    return Order(name.kind, trim_small_words(topic[said[0].start() :]), count) if said else None


def _count_beside(text: str, name: TaskName, mention: Candidate) -> int:
    """A number right after the order or before it; of a "short" summary a few sentences."""
    before = words(sentence_before(text, min(name.start, mention.start)))
    after = words(text[max(name.end, mention.end) :])
    first = count_leading(after, filler_or_stop_words(), numbers=False)
    count = first_count(after[first : first + 1]) or first_count(before[-2:])
    around = (word for word in words(text) if not mention.start <= word.start() < mention.end)
    is_short = name.kind in ("summary", "key points") and any(plain(word) in vocabulary("short") for word in around)
    return count or (SHORT_COUNT if is_short else 0)
