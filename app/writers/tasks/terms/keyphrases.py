"""Keyphrases: what a part of the course keeps naming without defining it, each with the sentence likeliest to tell what it is. Everything is a
span of the document.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from app.query.vocabulary import vocabulary, words
from app.types import Target
from app.writers.excerpts.candidates import found_stretches
from app.writers.excerpts.likelihoods import score_stretches
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.content import content_pieces
from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import Piece, sections_in
from app.writers.tasks.terms.definitions import MIN_EXPLANATION_WORDS
from app.writers.tasks.terms.introduced_terms import (
    ELISION,
    MAX_PHRASE_WORDS,
    Stems,
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

MAX_CANDIDATES = 30  # of a target, the most frequent first
MIN_LIKELIHOOD = 0.45  # that a sentence answers a search for its keyphrase
_OPENING_MARKS = "*_\"'“”„‘’«»("
_AFTER_NAME = tuple(",*_(—–:")
_APPOSITIVE_SIGN = re.compile(r"[*_]*\s?[,(—–]\s?")
_ADVERBIAL = re.compile(r"(?:[^\W,;:]+ ){0,4}[^\W,;:]+, ")  # that opens a sentence: "In 1865, "
_ITALICS = re.compile(r"(?<![*\w])([*_])(?=\S)([^*_\n]{3,60}?)(?<=\S)\1(?![*\w])")


def keyphrase_finder(course: Course) -> Callable[[Document, Target], Iterator[Piece]]:
    """A function that finds the keyphrases of a target. Each is searched for; its piece is the likeliest sentence of the target that begins with
    it, or else that ends with it after an article or has it before an appositive.
    """

    @cache
    def likelihoods(phrase: str) -> Mapping[tuple[str, int], float]:
        """By document and start of a sentence."""
        found = course.search(phrase, Scope())
        _, scored = score_stretches(found.query, found_stretches(found.passages, course.documents))
        return {
            (each.stretch.document.id, unit.start): likelihood
            for each in scored
            for likelihood, unit in zip(each.likelihoods.tolist(), each.stretch.units, strict=True)
        }

    recurring_in = dict[str, Counter[Stems]]()  # by document

    def keyphrases(document: Document, target: Target) -> Iterator[Piece]:
        prose = [
            piece for piece in content_pieces(document, target) if not (piece.line_spans or ELISION.search(piece.text))
        ]
        next_of = next_sentences(prose)
        sentences = [piece for piece in prose if stands_alone(piece.text)]
        if document.id not in recurring_in:
            recurring_in[document.id] = recurring_phrases(document)
        for phrase in _candidates(document, target, sentences, recurring_in[document.id]):
            telling = list[tuple[bool, float, int, Piece]]()
            for sentence in sentences:
                likelihood = likelihoods(phrase).get((document.id, sentence.start), 0.0)
                if likelihood < MIN_LIKELIHOOD or not (term := sole_occurrence(sentence.text, phrase)):
                    continue
                piece = with_continuation(replace(sentence, term=term), next_of)
                begins = _begins_with_term(piece)
                says_enough = (
                    sum(word.isalpha() for word in set(terms(piece.text)) - set(terms(term))) >= MIN_EXPLANATION_WORDS
                )
                if says_enough and (begins or _has_appositive(piece) or _ends_with_term(piece)):
                    telling.append((begins, likelihood, -sentence.start, piece))
            if telling:
                yield max(telling, key=lambda ranked: ranked[:3])[-1]

    return keyphrases


def _candidates(document: Document, target: Target, sentences: Sequence[Piece], recurring: Counter[Stems]) -> list[str]:
    """Phrases in italics, headings, phrases with an appositive, and recurring phrases: the most frequent, in the spelling that comes first."""
    headings = [
        plain_inline(part.path[-1]).lstrip("0123456789. ").rpartition(":")[2] for part in sections_in(document, target)
    ]
    italics = [phrase for sentence in sentences for _, phrase in _ITALICS.findall(sentence.text)]
    with_appositive = [
        phrase
        for sentence in sentences
        for start, end, _ in content_word_runs(sentence.text)
        if _opens_appositive(sentence.text[end:]) and document.text.count(phrase := sentence.text[start:end]) > 1
    ]
    again = [phrase for sentence in sentences for phrase in _longest_recurring(sentence.text, recurring)]
    spelling, count = dict[Stems, str](), Counter[Stems]()
    for phrase in (*italics, *map(_without_article, headings), *with_appositive, *again):
        stems = tuple(terms(phrase))
        is_counted = bool(stems) and phrase.split()[0].casefold() in vocabulary("openers", "of", "each")
        if 0 < len(stems) <= MAX_PHRASE_WORDS and not is_counted:
            spelling.setdefault(stems, phrase)
            count[stems] += 1
    return [spelling[stems] for stems, _ in count.most_common(MAX_CANDIDATES)]


def _without_article(heading: str) -> str:
    first, _, rest = fold(heading).strip().partition(" ")
    return rest if rest and first.casefold() in vocabulary("around", "named") else f"{first} {rest}".strip()


def _longest_recurring(text: str, recurring: Counter[Stems]) -> Iterator[str]:
    """The recurring phrases of a text, from the left the longest at each word."""
    for run_start, run_end, _ in content_word_runs(text):
        spans = [(run_start + word.start(), run_start + word.end()) for word in words(text[run_start:run_end])]
        first = 0
        while first < len(spans):
            for end in range(min(len(spans), first + MAX_PHRASE_WORDS), first, -1):
                phrase = text[spans[first][0] : spans[end - 1][1]]
                stems = tuple(terms(phrase.replace("-", " ")))
                if stems in recurring and can_be_term(phrase, stems):
                    yield phrase
                    first = end
                    break
            else:
                first += 1


def _begins_with_term(piece: Piece) -> bool:
    """Whether the term begins the sentence, after an article and, for a name, an adverbial ("In 1865, ...") at most."""
    adverbial = _ADVERBIAL.match(piece.text) if _is_name(piece.term) else None
    start = adverbial.end() if adverbial and adverbial.end() <= piece.text.find(piece.term) else 0
    text = piece.text[start:].lstrip(_OPENING_MARKS)
    first, _, rest = text.partition(" ")
    is_article = first.casefold() in vocabulary("around", "named")
    return text.startswith(piece.term) or (is_article and rest.lstrip(_OPENING_MARKS).startswith(piece.term))


def _has_appositive(piece: Piece) -> bool:
    """Whether an appositive follows the term; a name may be followed by any sign that sets it off."""
    after = piece.text.partition(piece.term)[2]
    return _opens_appositive(after) or (_is_name(piece.term) and after[:1] in _AFTER_NAME)


def _opens_appositive(after: str) -> bool:
    """Whether a text begins with a sign and an indefinite article: ", a knot that ..."."""
    sign = _APPOSITIVE_SIGN.match(after)
    return sign is not None and after[sign.end() :].split(" ", 1)[0] in vocabulary("named") & vocabulary("openers")


def _ends_with_term(piece: Piece) -> bool:
    """Whether the sentence ends with an article and the term."""
    before, _, after = piece.text.partition(piece.term)
    return not terms(after) and before.split()[-1:] != [] and before.split()[-1] in vocabulary("named")


def _is_name(term: str) -> bool:
    """Whether its first and its last word are capitalized."""
    spelled = term.split()
    return len(spelled) > 1 and spelled[0][0].isupper() and spelled[-1][0].isupper()
