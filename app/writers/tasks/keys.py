"""The key of one of the course's own questions: the option that a statement tells, or the place that likeliest answers.

Of the 1680 questions with options in four textbooks that print their keys, 112 have a statement that tells one; 109 are right.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.types import Documents
from app.writers.excerpts.choose import MARKED, Shown, alone, can_be_marked
from app.writers.excerpts.stretches import Stretch, stretches
from app.writers.excerpts.writer import find, judge
from app.writers.tasks.material import Exercise, Piece, posed, unmarked
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retrieval, Unit

TOLD = 0.8  # of a question's words, that a statement has beside the option it tells
AHEAD = 2  # words that it has more of than what tells another
LIKELY = 0.45  # likelihood that a sentence needs to answer, besides most of the words: read, all of four are right, half without

_ASKS = re.compile(r"[?？؟]")
Statement = tuple[Stretch, Unit, Sequence[str]]  # with its words


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """What answers a question: a place, or a statement and the option that it tells."""

    shown: Shown
    option: Piece | None = None


def statements(document: Document) -> Iterator[Statement]:
    """What can be quoted by itself; nothing of what the document asks."""
    asking = posed(document)
    for stretch in stretches(document, [(0, len(document.text))]):
        for unit in stretch.units:
            if can_be_marked(stretch, unit) and not _is_in(unit, asking):
                yield stretch, unit, terms(stretch.text(unit))


def option_told(one: Exercise, among: Iterable[Statement]) -> Key | None:
    """That of which a statement has just the one and nearly all words of the question, and is ahead of those that tell another."""
    options, asked = [terms(unmarked(option.text)) for option in one.options], set(terms(one.question))
    best: dict[int, tuple[int, Stretch, Unit]] = {}
    for stretch, unit, words in among:
        within = told(words, options)
        if len(within) == 1:
            held = len((asked - set(options[within[0]])) & set(words))
            if held > best.get(within[0], (-1,))[0]:
                best[within[0]] = (held, stretch, unit)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    ahead = [held for _, (held, _, _) in ranked[:2]] + [0, 0]
    if ahead[0] < max(1, TOLD * len(asked)) or ahead[0] - ahead[1] < AHEAD:
        return None
    place, (_, stretch, unit) = ranked[0]
    return Key(Shown(stretch, (unit,)), one.options[place])


def place_answering(one: Exercise, found: Retrieval, documents: Documents) -> Key | None:
    """The likeliest stretch of what was found that is no entry of a glossary, which gaps ask for; None unless a sentence of it that asks
    nothing is likely enough and has most words of the question.
    """
    asked, judged = judge(found.query, find(found.passages, documents))
    telling = [each for each in judged if not each.stretch.term]
    likeliest = alone(
        [each for each in telling if not _ASKS.search(" ".join(map(each.stretch.text, each.stretch.units)))], asked
    )
    if likeliest is None:
        return None
    stretch = likeliest.stretch
    likely = next(each.likely.tolist() for each in judged if each.stretch is stretch)
    wanted = set(terms(one.question))
    naming = [unit for unit in stretch.units if 2 * len(wanted & set(terms(stretch.text(unit)))) > len(wanted)]
    answers = [unit for chance, unit in zip(likely, stretch.units, strict=True) if chance >= LIKELY and unit in naming]
    saying = (place for place in range(stretch.intro) if stretch.units[place] in naming)
    intro = stretch.units[max(saying, default=max(0, stretch.intro - 1)) : stretch.intro]  # more than "That is:"
    told = answers if stretch.kind == "text" else [*intro, *stretch.units[stretch.intro :]]
    short = Shown(replace(stretch, units=tuple(told), intro=len(intro)), tuple(told))
    return Key(short) if answers and short.words <= MARKED else None


def told(statement: Sequence[str], options: Sequence[Sequence[str]]) -> list[int]:
    """Which options a statement has in a row; none whose words are some of another's.

    >>> told("one chief justice and eight associate justices".split(), [["chief", "justice"], ["justice"]])
    [0]
    """
    within = [place for place, option in enumerate(options) if option and _in_a_row(option, statement)]
    return [place for place in within if not any(set(options[place]) < set(options[other]) for other in within)]


def _in_a_row(some: Sequence[str], words: Sequence[str]) -> bool:
    return any(list(words[start : start + len(some)]) == list(some) for start in range(len(words) - len(some) + 1))


def _is_in(unit: Unit, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= unit.start < end for start, end in spans)
