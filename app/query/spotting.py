"""A task amid other words: in "sry to bother u but summarise 5.1 asap" a task and a part of the course are named, and nothing else
matters.

Of all runs of words near the name of the task that headings, numbers of parts or the course have, the longest that names a part in
full, or by two words of it, is what the task is about. So no list has to know what people say around an order; only a word that
asks, at the beginning of its clause, makes it a question.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from app.query.parts import file_name, means_everything, named
from app.query.vocabulary import bare, count_in, plain, vocabulary, words
from app.query.wishes import MADE, Wish, first_clause, task_word
from retrieval.text.tokenize import terms
from retrieval.types import Document

_ENDS = re.compile(r"[.!?…。！？]\s")
NEAR = 6  # words between the name of a task and that of the part
LONGEST = 12  # words of the name of a part, or of several


@dataclass(frozen=True, slots=True)
class _Run:
    """Words that may name a part: where they begin and stop in the text before or `after` the name of the task, and whether they are
    `beside` it, small words and numbers aside."""

    name: str
    after: bool
    start: int
    stop: int
    beside: bool


def spotted(text: str, documents: Sequence[Document]) -> Wish | None:
    """The task that a text names, one of MADE or an explanation, about the part that it names. Before all other parts goes what stands
    beside the task, behind it first; of several the longest. Where it names none, about what follows "on" or the like, in its clause;
    None where nothing does, or it asks.
    """
    found = task_word(text)
    if found is None or found[0] not in (*MADE, "simpler"):
        return None
    kind, begun, end = found
    known = frozenset(chain.from_iterable(map(terms, _headings(documents))))
    sides = text[:begun], text[end:]
    runs = [run for after in (True, False) for run in _runs(sides[after], known, after=after)]
    runs.sort(key=lambda run: (not run.beside, run.beside and not run.after, -len(run.name)))
    in_full = (run for run in runs if means_everything(run.name) or named(run.name, documents, exactly=True))
    in_part = (run for run in runs if len(set(terms(run.name))) > 1 and named(run.name, documents))
    best = next(chain(in_full, in_part), None)
    if best is None:
        begins = [plain(word) in vocabulary("of") for word in words(sides[1])[:1]]
        topic = bare(first_clause(sides[1])) if begins == [True] else ""
        return Wish(kind, topic, True, _count(sides[0], "", sides[1].partition(topic)[2])) if topic else None
    before = sides[0] if best.after else sides[0][: best.start]
    between = sides[1][: best.start] if best.after else sides[0][best.stop :]
    behind = sides[1][best.stop :] if best.after else sides[1]
    return Wish(kind, best.name, True, _count(before, between, behind))


def _headings(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        yield document.title
        yield file_name(document)
        yield from (section.path[-1] for section in document.sections if section.path)


def _runs(side: str, known: frozenset[str], *, after: bool) -> Iterator[_Run]:
    told = words(side)
    names = vocabulary("of", "around", "joiners", "parts", "course", "whole", "this")
    fits = [plain(word) in names or word.group()[0].isdigit() or set(terms(word.group())) <= known for word in told]
    tells = [plain(word) in names or bool(terms(word.group())) for word in told]  # "the course so": the course
    small = vocabulary("of", "around", "openers")
    for start in range(len(told)):
        for stop in range(start + 1, min(len(told), start + LONGEST) + 1):
            begun, end = told[start].start(), told[stop - 1].end()
            if not fits[stop - 1] or _ENDS.search(side[begun:end]):
                break
            name = bare(side[begun:end])
            apart = told[:start] if after else told[stop:]
            is_bare = tells[start] and tells[stop - 1] and len(name) == end - begun
            if is_bare and len(apart) <= NEAR and not _counts(told[start:stop], last=after and stop == len(told)):
                beside = all(plain(word) in small or count_in([word]) for word in apart)
                yield _Run(_course(name, known) or name, after, begun, end, beside)


def _counts(run: Sequence[re.Match[str]], *, last: bool) -> bool:
    """Whether a number at an end of it is one of things: "rivers in 5 lines", "lesson 2, 3 questions", "2 weeks". `last`: nothing
    follows.
    """
    has_part = not vocabulary("parts").isdisjoint(map(plain, run))
    more = len(run) > 1 and run[-2].group() == "," and not last
    return run[0].group().isdecimal() or (run[-1].group().isdecimal() and (not has_part or more))


def _course(name: str, known: frozenset[str]) -> str:
    """ "the whole elasticity course", of which headings have the rest: the course."""
    told = [plain(word) for word in words(name)]
    rest = [word for word in told if word not in vocabulary("course", "whole", "of", "around")]
    is_all = not vocabulary("whole").isdisjoint(told) and not vocabulary("course").isdisjoint(told)
    return " ".join(word for word in told if word not in rest) if is_all and set(terms(" ".join(rest))) <= known else ""


def _count(before: str, between: str, behind: str) -> int:
    """How many are asked for: a number between the task and the part, of the next two words behind them, or of the last two before."""
    small = vocabulary("of", "around")
    near = [word for word in words(behind) if plain(word) not in small][:2]
    here = words(_ENDS.split(before)[-1])[-2:]
    return count_in(words(between)) or count_in(near) or count_in(here)
