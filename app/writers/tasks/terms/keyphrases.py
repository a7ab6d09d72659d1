"""What a part of the course keeps naming without saying that it is something, each with the sentence that likeliest tells of it. Everything
is a span of the document.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target
from app.writers.excerpts.choose import Judged
from app.writers.excerpts.writer import find, judge
from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import Piece, sections, stands_alone
from app.writers.tasks.teaching import taught
from app.writers.tasks.terms.introduced_terms import (
    CUT,
    LEAST_SAID,
    MOST_WORDS,
    can_name,
    following,
    going_on,
    is_whole,
    once,
    recurring,
    runs,
)
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

MOST_TRIED = 30  # names, those first that come most often
_SIGNS = "*_\"'“”„‘’«»("
_PARTED = tuple(",*_(—–:")
_SIGN = re.compile(r"[*_]*\s?[,(—–]\s?")
_OPENED = re.compile(r"(?:[^\W,;:]+ ){0,4}[^\W,;:]+, ")
LIKELY = 0.45  # likelihood that a sentence needs to tell of its name, as keys of a quiz do
_TITLE = re.compile(r"(?<![*\w])([*_])(?=\S)([^*_\n]{3,60}?)(?<=\S)\1(?![*\w])")


Told = tuple[float, str, int]  # the likelihood, the document and the start of a sentence


def matters(course: Course) -> Callable[[Document, Target], Iterator[Piece]]:
    """Headings, what is in italics, and words that the document has again, that a sentence of a target tells of: the likeliest that begins
    with them, else ends with "a" and them or goes on about them after a sign. Nothing of which the course tells rather in another document.
    """

    @cache
    def likely(term: str) -> Sequence[Told]:
        found = course.search(term, Scope())
        if found.confidence < course.threshold:
            return ()
        _, judged = judge(found.query, find(found.passages, course.documents))
        return sorted(_likely(term, judged), reverse=True)

    often = dict[str, Counter[tuple[str, ...]]]()

    def in_part(document: Document, target: Target) -> Iterator[Piece]:
        told = [one for one in taught(document, target) if not (one.lines or CUT.search(one.text))]
        after = following(told)
        alone = {one.start: one for one in told if stands_alone(one.text)}
        if document.id not in often:
            often[document.id] = recurring(document)
        names = _names(document, target, list(alone.values()), often[document.id])
        for term in names:
            fit = list[tuple[bool, float, int, Piece]]()
            own = likely(term) if {one[1] for one in likely(term)[:1]} == {document.id} else ()
            for likelihood, where, start in own:
                if where == document.id and start in alone and likelihood >= LIKELY:
                    piece = going_on(replace(alone[start], term=once(alone[start].text, term)), after)
                    begins = _begins(piece)
                    if piece.term and _is_told_of(piece, names) and (begins or _is_parted(piece) or _ends(piece)):
                        fit.append((begins, likelihood, -start, piece))
            if fit:
                yield max(fit, key=lambda one: one[:3])[-1]

    return in_part


def _names(document: Document, target: Target, told: Sequence[Piece], often: Counter[tuple[str, ...]]) -> list[str]:
    """As the target has them first."""
    forms, count = dict[tuple[str, ...], str](), Counter[tuple[str, ...]]()
    headings = [
        plain_inline(one.path[-1]).lstrip("0123456789. ").rpartition(":")[2] for one in sections(document, target)
    ]
    titles = [title for piece in told for _, title in _TITLE.findall(piece.text)]
    apposed = [
        run
        for piece in told
        for start, end, _ in runs(piece.text)
        if _is_apposed(piece.text[end:]) and document.text.count(run := piece.text[start:end]) > 1
    ]
    again = [term for piece in told for term in _recurring(piece.text, often)]
    for term in (*titles, *map(_bare, headings), *apposed, *again):
        held = tuple(terms(term))
        if (
            0 < len(held) <= MOST_WORDS
            and term[0].isalpha()
            and term.split()[0].casefold() not in vocabulary("openers", "of", "each")
        ):
            forms.setdefault(held, term)
            count[held] += 1
    return [forms[held] for held, _ in count.most_common(MOST_TRIED)]


def _bare(heading: str) -> str:
    """Without an article."""
    first, _, rest = fold(heading).strip().partition(" ")
    return rest if rest and first.casefold() in vocabulary("around", "named") else f"{first} {rest}".strip()


def _recurring(text: str, often: Counter[tuple[str, ...]]) -> Iterator[str]:
    """The longest of the words in a row that the document has again."""
    for start, end, _ in runs(text):
        spans = [word.span() for word in words(text[start:end])]
        place = 0
        while place < len(spans):
            for last in range(min(len(spans), place + MOST_WORDS), place, -1):
                run = text[start + spans[place][0] : start + spans[last - 1][1]]
                held = tuple(terms(run.replace("-", " ")))
                if held in often and can_name(run, held):
                    yield run
                    place = last
                    break
            else:
                place += 1


def _likely(term: str, judged: Sequence[Judged]) -> Iterator[Told]:
    for each in judged:
        for likelihood, unit in zip(each.likely.tolist(), each.stretch.units, strict=True):
            if term.casefold() in fold(each.stretch.source(unit)).casefold():
                yield likelihood, each.stretch.document.id, unit.start


def _begins(piece: Piece) -> bool:
    """But for an article, and, with a name, a few words and a comma before it."""
    opened = _OPENED.match(piece.text) if _is_name(piece.term) else None
    at = opened.end() if opened and opened.end() <= piece.text.find(piece.term) else 0
    bare = piece.text[at:].lstrip(_SIGNS)
    first, _, rest = bare.partition(" ")
    is_article = first.casefold() in vocabulary("around", "named")
    return bare.startswith(piece.term) or (is_article and rest.lstrip(_SIGNS).startswith(piece.term))


def _is_parted(piece: Piece) -> bool:
    """Whether "a ..." follows it, or it is a name in italics or with a sign after it, not one who but does something."""
    after = piece.text.partition(piece.term)[2]
    return _is_apposed(after) or (_is_name(piece.term) and after[:1] in _PARTED)


def _is_name(term: str) -> bool:
    told = term.split()
    return len(told) > 1 and told[0][0].isupper() and told[-1][0].isupper()


def _is_apposed(after: str) -> bool:
    """Whether "a ..." follows, after a sign."""
    sign = _SIGN.match(after)
    return sign is not None and after[sign.end() :].split(" ", 1)[0] in vocabulary("named") & vocabulary("openers")


def _is_told_of(piece: Piece, names: Iterable[str]) -> bool:
    """Whether it is no part of a longer name, and enough is said after it, or it is what something is: "... is a reef knot."."""
    before, _, after = piece.text.partition(piece.term)
    folded, term = piece.text.casefold(), piece.term.casefold()
    following = words(after)[:1]
    listed = bool(following) and plain(following[0]) in vocabulary("joiners") - {","}
    longer = any(term in other != term and other in folded for other in map(str.casefold, names))
    said = set(terms(after)) - set(terms(piece.term))
    told = len(said) >= LEAST_SAID or _ends(piece)
    return told and not (listed or longer) and is_whole(before, piece.term, after)


def _ends(piece: Piece) -> bool:
    before, _, after = piece.text.partition(piece.term)
    return not terms(after) and before.split()[-1:] != [] and before.split()[-1] in vocabulary("named")
