"""Terms that no glossary has, with the sentence or the list item that introduces them. Everything is a span of the document.

Four forms introduce a term: bold type, a copula ("A splice is ...", "... is a splice"), a naming verb ("... is called a splice"), and a run-in
label of a list item ("Long splice. ..."). A phrase is a run of content words, compared by their stems (`terms`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, groupby, pairwise

from app.query.vocabulary import parse_count, plain, vocabulary, words
from app.types import Target
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.pieces import Piece, blocks_in, is_next_sentence, list_marker_length, sentences_in, source_of
from app.writers.tasks.terms.definitions import bold_terms, ends_in_naming
from retrieval.text.tokenize import terms
from retrieval.types import Document

Stems = tuple[str, ...]

MAX_PHRASE_WORDS = 4
MIN_OTHER_WORDS = 4  # besides a term, in the sentence or item that introduces it
ELISION = re.compile(r"\. \. |…|\[")  # of a sentence that is itself an abridged quote
_RUN_IN_LABEL = re.compile(r"(?P<term>[^\W\d][^:：.–—|?!(),;\n]{2,60}?)(?::|\.)\s+(?=\S)")
_MARKS = " *_\"'“”„‘’«»(."  # that may stand around a term
_QUOTED = re.compile(r"[“„«‘\"]([^“”„«»‘’\"]{3,60})[”“»’\"]")
_NAME_GOES_ON = re.compile(r"\.? [A-ZÄÖÜ“„«]|[-–]")  # "Susan B. Anthony", "the president “King Ann”"
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")


def introduced_terms(document: Document, target: Target) -> list[Piece]:
    """The sentences and items of a target that introduce a term, in order. The labels of items and bold terms come before other forms in the same
    sentence. A sentence is followed by the next one where that continues it.
    """
    phrases = recurring_phrases(document)
    headings = {frozenset(terms(part.path[-1].rpartition(":")[2])) for part in document.sections if part.path}
    bold = (piece for piece in bold_terms(document, target) if not _is_bold_label(piece))
    by_start = {piece.start: piece for piece in (*_labelled_items(document, target), *bold)}
    stated = list(sentences_in(document, target.start, target.end))
    for sentence in filter(lambda sentence: stands_alone(sentence.text), stated):
        introduced = chain(_copula_terms(sentence, phrases, headings), _named_terms(sentence.text))
        term = next(introduced, "")
        if term and len(set(terms(sentence.text)) - set(terms(term))) >= MIN_OTHER_WORDS:
            by_start.setdefault(sentence.start, replace(sentence, term=term))
    next_of = next_sentences(stated)
    return [with_continuation(by_start[start], next_of) for start in sorted(by_start)]


def next_sentences(stated: Sequence[Piece]) -> dict[int, Piece]:
    """The next sentence of the same paragraph, by the start of the one before it."""
    return {before.start: sentence for before, sentence in pairwise(stated) if is_next_sentence(before, sentence)}


def with_continuation(piece: Piece, next_of: Mapping[int, Piece]) -> Piece:
    """The piece; where it ends with its term, together with a next sentence that takes this up: "... pass the Corn Act. The act ..."."""
    further = next_of.get(piece.start)
    if not further or not piece.term or terms(piece.text.partition(piece.term)[2]):
        return piece
    first, *rest = words(further.text)[:2]
    is_definite = plain(first) in vocabulary("around", "this")
    takes_up = is_definite and rest and terms(rest[0].group()) == terms(piece.term)[-1:]
    return replace(piece, end=further.end) if takes_up else piece


def recurring_phrases(document: Document) -> Counter[Stems]:
    """How often each phrase of the document comes, alone or within a longer one: phrases that come twice and that end a clause somewhere, as
    "main halyard" does and the "gain control" of "gain control of" does not.
    """
    counts, clause_final = Counter[Stems](), set[Stems]()
    headings = (part.path[-1] for part in document.sections if part.path)
    for text in (*headings, *(sentence.text for sentence in sentences_in(document, 0, len(document.text)))):
        for _, end, stems in content_word_runs(text):
            counts.update(stems[first:last] for first, last in combinations(range(len(stems) + 1), 2))
            if text[end:].lstrip("*_ ")[:1] in frozenset(",;.:)("):
                clause_final.add(stems)
    return Counter({stems: count for stems, count in counts.items() if stems in clause_final and count > 1})


def content_word_runs(text: str) -> Iterator[tuple[int, int, Stems]]:
    """The longest runs of content words: start, end and stems. Function words and signs other than a hyphen part them."""
    function_words = vocabulary("of", "around", "back", "this", "being", "joiners")
    spans = [
        word.span()
        for word in words(text)
        if word.group()[0].isalpha() and plain(word) not in function_words and terms(word.group())
    ]
    firsts = [
        place
        for place in range(len(spans))
        if not place or text[spans[place - 1][1] : spans[place][0]] not in (" ", "-")
    ]
    for first, after_last in pairwise([*firsts, len(spans)]):
        start, end = spans[first][0], spans[after_last - 1][1]
        yield start, end, tuple(terms(text[start:end].replace("-", " ")))


def is_phrase(text: str) -> bool:
    """Whether a text is a single run of a few content words."""
    return any(
        (start, end) == (0, len(text)) and len(stems) <= MAX_PHRASE_WORDS
        for start, end, stems in content_word_runs(text)
    )


def can_be_term(phrase: str, stems: Stems) -> bool:
    """Whether a phrase has two words or more and does not begin with "more", "new", "each" or "two"."""
    first = phrase.split()[0].casefold()
    is_counted = first in vocabulary("openers", "of", "each") or parse_count(first, least=1)
    return 1 < len(stems) <= MAX_PHRASE_WORDS and not is_counted


def sole_occurrence(text: str, term: str) -> str:
    """A term in the spelling of a text that has it exactly once, else an empty string."""
    occurrences = re.findall(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.I) if term else []
    return occurrences[0] if len(occurrences) == 1 else ""


def _is_bold_label(piece: Piece) -> bool:
    """Whether a colon follows the bold words: "**Background**: Consider ..."."""
    return piece.text.partition(piece.term)[2].lstrip("*_\\ ")[:1] in (":", "：")


def _copula_terms(sentence: Piece, phrases: Counter[Stems], headings: Collection[frozenset[str]]) -> Iterator[str]:
    """What stands, without its article, before the first copula of a sentence or after the last: a heading of the document, or, before it,
    a recurring phrase or a recurring name.
    """
    text = sentence.text
    copulas = [word for word in words(text) if plain(word) in vocabulary("being")]
    if not copulas:
        return
    subject, predicate = text[: copulas[0].start()], _BRACKETS.sub("", text[copulas[-1].end() :])
    for side, is_subject in ((subject, True), (predicate, False)):
        first, _, rest = side.strip(_MARKS).partition(" ")
        is_article = first.casefold() in vocabulary("around", "named")
        term = (rest if is_article else f"{first} {rest}").strip(_MARKS)
        stems = tuple(terms(term.replace("-", " ")))
        if not stems or len(term.split()) > MAX_PHRASE_WORDS or not terms(term.split()[0]):
            continue
        recurs = phrases.get(stems) or (term.istitle() and sentence.document.text.count(term) > 1)
        if frozenset(stems) in headings or (is_subject and len(stems) > 1 and recurs):
            yield term


def _named_terms(text: str) -> Iterator[str]:
    """What follows a naming verb ("is called ..."): all that is in quotation marks, or a run of content words that is a complete name."""
    for start, end, stems in content_word_runs(text):
        before = text[:start]
        after_comma = before.rstrip(_MARKS)[-1:] in (",", ";")
        if len(stems) > MAX_PHRASE_WORDS or after_comma or not ends_in_naming(before):
            continue
        quoted = _QUOTED.match(text, start - 1) if start else None
        if quoted and end < quoted.end():
            yield quoted[1].rstrip(".,;")
        elif _is_complete_name(before, text[start:end], text[end:]):
            yield text[start:end]


def _is_complete_name(before: str, name: str, after: str) -> bool:
    """Whether a name is no part of a longer one: "Tenure of Office Act", "Panic of 1837", "Susan B. Anthony"."""
    is_joined = any(
        len(neighbours) == 2
        and plain(neighbours[0]) in vocabulary("of")
        and (neighbours[1].group()[0].isupper() or neighbours[1].group().isdigit())
        and name[0].isupper()
        for neighbours in (words(before)[:-3:-1], words(after)[:2])
    )
    return not is_joined and not _NAME_GOES_ON.match(after)


def _labelled_items(document: Document, target: Target) -> Iterator[Piece]:
    """List items with a run-in label that is a single phrase. Of labels with a colon only the sole one of its list: several belong to a table
    of properties ("size: ...", "breaking load: ...").
    """
    blocks = blocks_in(document, target.start, target.end)
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind != "item":
            continue
        matches = (
            (item, _RUN_IN_LABEL.match(text := source_of(document, item), list_marker_length(text))) for item in group
        )
        labelled = [(item, label) for item, label in matches if label]
        colons = sum(label[0].rstrip()[-1] != "." for _, label in labelled)
        for item, label in labelled:
            term, start = label["term"], item.start + label.end()
            is_single = is_phrase(term) and can_be_term(term, tuple(terms(term.replace("-", " "))))
            is_term = is_single and (colons == 1 or label[0].rstrip()[-1] == ".")
            if is_term and len(set(terms(document.text[start : item.end]))) >= MIN_OTHER_WORDS:
                yield Piece(document, start, item.end, term, is_list_entry=True)
