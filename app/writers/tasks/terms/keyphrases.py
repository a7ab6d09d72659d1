"""What a part of the course keeps naming without saying that it is something, each with the sentence that likeliest tells of it. Everything
is a span of the document.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from app.query.vocabulary import vocabulary, words
from app.types import Target
from app.writers.excerpts.writer import find, judge
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.content import content_pieces
from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import Piece, sections_in
from app.writers.tasks.terms.introduced_terms import (
    ELISION,
    MAX_PHRASE_WORDS,
    can_be_term,
    content_word_runs,
    next_sentences,
    recurring_phrases,
    sole_occurrence,
    with_continuation,
)
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

MAX_CANDIDATES = 30  # names, those first that come most often
_SIGNS = "*_\"'“”„‘’«»("
_PARTED = tuple(",*_(—–:")
_SIGN = re.compile(r"[*_]*\s?[,(—–]\s?")
_OPENED = re.compile(r"(?:[^\W,;:]+ ){0,4}[^\W,;:]+, ")
LIKELY = 0.45  # likelihood that a sentence needs to tell of its name, as keys of a quiz do
_TITLE = re.compile(r"(?<![*\w])([*_])(?=\S)([^*_\n]{3,60}?)(?<=\S)\1(?![*\w])")


def keyphrase_finder(course: Course) -> Callable[[Document, Target], Iterator[Piece]]:
    """Headings, what is in italics, and words that the document has again, that a sentence of a target tells of: the likeliest that begins
    with them, else ends with "a" and them or goes on about them after a sign.
    """

    @cache
    def likely(term: str) -> Mapping[tuple[str, int], float]:
        found = course.search(term, Scope())
        _, judged = judge(found.query, find(found.passages, course.documents))
        return {
            (each.stretch.document.id, unit.start): likelihood
            for each in judged
            for likelihood, unit in zip(each.likely.tolist(), each.stretch.units, strict=True)
        }

    often = dict[str, Counter[tuple[str, ...]]]()

    def in_part(document: Document, target: Target) -> Iterator[Piece]:
        told = [one for one in content_pieces(document, target) if not (one.line_spans or ELISION.search(one.text))]
        after, alone = next_sentences(told), [one for one in told if stands_alone(one.text)]
        if document.id not in often:
            often[document.id] = recurring_phrases(document)
        for term in _names(document, target, alone, often[document.id]):
            fit = list[tuple[bool, float, int, Piece]]()
            likelihoods = ((likely(term).get((document.id, one.start), 0.0), one) for one in alone)
            for likelihood, one in (pair for pair in likelihoods if pair[0] >= LIKELY):
                piece = with_continuation(replace(one, term=sole_occurrence(one.text, term)), after)
                begins = _begins(piece)
                if piece.term and (begins or _is_parted(piece) or _ends(piece)):
                    fit.append((begins, likelihood, -one.start, piece))
            if fit:
                yield max(fit, key=lambda one: one[:3])[-1]

    return in_part


def _names(document: Document, target: Target, told: Sequence[Piece], often: Counter[tuple[str, ...]]) -> list[str]:
    """As the target has them first."""
    forms, count = dict[tuple[str, ...], str](), Counter[tuple[str, ...]]()
    headings = [
        plain_inline(one.path[-1]).lstrip("0123456789. ").rpartition(":")[2] for one in sections_in(document, target)
    ]
    titles = [title for piece in told for _, title in _TITLE.findall(piece.text)]
    apposed = [
        run
        for piece in told
        for start, end, _ in content_word_runs(piece.text)
        if _is_apposed(piece.text[end:]) and document.text.count(run := piece.text[start:end]) > 1
    ]
    again = [term for piece in told for term in _recurring(piece.text, often)]
    for term in (*titles, *map(_bare, headings), *apposed, *again):
        held = tuple(terms(term))
        if 0 < len(held) <= MAX_PHRASE_WORDS and term.split()[0].casefold() not in vocabulary("openers", "of", "each"):
            forms.setdefault(held, term)
            count[held] += 1
    return [forms[held] for held, _ in count.most_common(MAX_CANDIDATES)]


def _bare(heading: str) -> str:
    """Without an article."""
    first, _, rest = fold(heading).strip().partition(" ")
    return rest if rest and first.casefold() in vocabulary("around", "named") else f"{first} {rest}".strip()


def _recurring(text: str, often: Counter[tuple[str, ...]]) -> Iterator[str]:
    """The longest of the words in a row that the document has again."""
    for start, end, _ in content_word_runs(text):
        spans = [word.span() for word in words(text[start:end])]
        place = 0
        while place < len(spans):
            for last in range(min(len(spans), place + MAX_PHRASE_WORDS), place, -1):
                run = text[start + spans[place][0] : start + spans[last - 1][1]]
                held = tuple(terms(run.replace("-", " ")))
                if held in often and can_be_term(run, held):
                    yield run
                    place = last
                    break
            else:
                place += 1


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


def _ends(piece: Piece) -> bool:
    before, _, after = piece.text.partition(piece.term)
    return not terms(after) and before.split()[-1:] != [] and before.split()[-1] in vocabulary("named")
