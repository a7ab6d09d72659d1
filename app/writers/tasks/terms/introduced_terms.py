"""Terms that no glossary has, with the sentence or the item that introduces them. Everything is a span of the document."""

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

MAX_PHRASE_WORDS = 4  # in a row
MIN_OTHER_WORDS = 4  # words besides a term
ELISION = re.compile(r"\. \. |…|\[")  # as quotes are
_LABEL = re.compile(r"(?P<term>[^\W\d][^:：.–—|?!(),;\n]{2,60}?)(?::|\.)\s+(?=\S)")
_QUOTES = " *_\"'“”„‘’«»(."
_QUOTED = re.compile(r"[“„«‘\"]([^“”„«»‘’\"]{3,60})[”“»’\"]")
_LONGER = re.compile(r"\.? [A-ZÄÖÜ“„«]|[-–]")
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")


def introduced_terms(document: Document, target: Target) -> list[Piece]:
    """The sentences that set a term in bold and part it from what is said of it, that begin with a heading, a name or words that the document
    has again, and say what that is, or what something is called; and the items of lists that begin with a label of two words or more.
    """
    often = recurring_phrases(document)
    headings = {frozenset(terms(part.path[-1].rpartition(":")[2])) for part in document.sections if part.path}
    bold = (piece for piece in bold_terms(document, target) if not _is_label(piece))
    found = {piece.start: piece for piece in (*_labelled(document, target), *bold)}
    told = list(sentences_in(document, target.start, target.end))
    for one in told:
        term = next(chain(_subject(one, often, headings), _called(one.text)), "") if stands_alone(one.text) else ""
        if term and len(set(terms(one.text)) - set(terms(term))) >= MIN_OTHER_WORDS:
            found.setdefault(one.start, replace(one, term=term))
    after = next_sentences(told)
    return [with_continuation(found[start], after) for start in sorted(found)]


def next_sentences(told: Sequence[Piece]) -> dict[int, Piece]:
    """The next sentence of the same paragraph by where one starts."""
    return {one.start: other for one, other in pairwise(told) if is_next_sentence(one, other)}


def with_continuation(piece: Piece, after: Mapping[int, Piece]) -> Piece:
    """With the sentence after one that ends with its term, if that goes on about it: "... pass the Corn Act. The act ..."."""
    further = after.get(piece.start)
    if not further or not piece.term or terms(piece.text.partition(piece.term)[2]):
        return piece
    first, *rest = words(further.text)[:2]
    goes_on = plain(first) in vocabulary("around", "this") and rest and terms(rest[0].group()) == terms(piece.term)[-1:]
    return replace(piece, end=further.end) if goes_on else piece


def _is_label(piece: Piece) -> bool:
    """Whether a colon follows it: "**Background**: Consider ..."."""
    return piece.text.partition(piece.term)[2].lstrip("*_\\ ")[:1] in (":", "：")


def recurring_phrases(document: Document) -> Counter[tuple[str, ...]]:
    """How often it has words in a row with no small one among them, by themselves or beside others; none that never ends a clause by itself:
    "gain control" of something.
    """
    often, ending = Counter[tuple[str, ...]](), set[tuple[str, ...]]()
    names = [part.path[-1] for part in document.sections if part.path]
    for text in (*names, *(one.text for one in sentences_in(document, 0, len(document.text)))):
        for _, end, held in content_word_runs(text):
            often.update(held[first:last] for first, last in combinations(range(len(held) + 1), 2))
            if text[end:].lstrip("*_ ")[:1] in frozenset(",;.:)("):
                ending.add(held)
    return Counter({held: number for held, number in often.items() if held in ending and number > 1})


def content_word_runs(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """From where to where words stand in a row with no small one and no sign among them, and their stems."""
    small = vocabulary("of", "around", "back", "this", "being", "joiners")
    told = [
        word.span()
        for word in words(text)
        if word.group()[0].isalpha() and plain(word) not in small and terms(word.group())
    ]
    starts = [
        place
        for place, (start, _) in enumerate(told)
        if not place or text[told[place - 1][1] : start] not in (" ", "-")
    ]
    for first, end in pairwise([*starts, len(told)]):
        start, stop = told[first][0], told[end - 1][1]
        yield start, stop, tuple(terms(text[start:stop].replace("-", " ")))


def can_be_term(run: str, held: Sequence[str]) -> bool:
    """Whether they are two words or more, and do not begin with "more", "new", "each" or "two"."""
    first = run.split()[0].casefold()
    counts = first in vocabulary("openers", "of", "each") or parse_count(first, least=1)
    return 1 < len(held) <= MAX_PHRASE_WORDS and not counts


def sole_occurrence(text: str, term: str) -> str:
    """A term as it stands in a text that has it just once."""
    found = re.findall(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.I) if term else []
    return found[0] if len(found) == 1 else ""


def _subject(piece: Piece, often: Counter[tuple[str, ...]], headings: Collection[frozenset[str]]) -> Iterator[str]:
    """With what a sentence begins, an article aside, that it says to be something, or ends, that something is."""
    text = piece.text
    being = [word for word in words(text) if plain(word) in vocabulary("being")]
    if being:
        for begins, side in ((True, text[: being[0].start()]), (False, _BRACKETS.sub("", text[being[-1].end() :]))):
            first, _, rest = side.strip(_QUOTES).partition(" ")
            side = (rest if first.casefold() in vocabulary("around", "named") else f"{first} {rest}").strip(_QUOTES)
            held = tuple(terms(side.replace("-", " ")))
            is_name = side.istitle() and piece.document.text.count(side) > 1
            named = frozenset(held) in headings or (begins and len(held) > 1 and (often.get(held) or is_name))
            if held and named and len(side.split()) <= MAX_PHRASE_WORDS and terms(side.split()[0]):
                yield side


def _called(text: str) -> Iterator[str]:
    """What something is said to be called, in few words: all of what is in quotes."""
    for start, end, held in content_word_runs(text):
        if (
            ends_in_naming(text[:start])
            and len(held) <= MAX_PHRASE_WORDS
            and text[:start].rstrip(_QUOTES)[-1:] not in (",", ";")
        ):
            quoted = _QUOTED.match(text, start - 1) if start else None
            if quoted and end < quoted.end():
                yield quoted[1].rstrip(".,;")
            elif is_complete_name(text[:start], text[start:end], text[end:]):
                yield text[start:end]


def is_complete_name(before: str, name: str, after: str) -> bool:
    """Whether it is no part of a longer name: "Tenure of Office Act", "Panic of 1837", "Susan B. Anthony", "the president “King Ann”"."""
    joined = any(
        len(two) == 2
        and plain(two[0]) in vocabulary("of")
        and (two[1].group()[0].isupper() or two[1].group().isdigit())
        and name[0].isupper()
        for two in (words(before)[:-3:-1], words(after)[:2])
    )
    return not joined and not _LONGER.match(after)


def _labelled(document: Document, target: Target) -> Iterator[Piece]:
    """Items with a label of their own, each but the one of its list where a colon parts that: several are what a table would have."""
    blocks = blocks_in(document, target.start, target.end)
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        labels = (
            (block, _LABEL.match(source := source_of(document, block), list_marker_length(source))) for block in group
        )
        run = [(block, found) for block, found in labels if found]
        colons = sum(found[0].rstrip()[-1] != "." for _, found in run)
        for block, found in run if kind == "item" else ():
            if found[0].rstrip()[-1] == "." or colons == 1:
                held = list(content_word_runs(found["term"]))
                said = set(terms(document.text[block.start + found.end() : block.end]))
                is_one = (
                    len(held) == 1 and held[0][:2] == (0, len(found["term"])) and can_be_term(found["term"], held[0][2])
                )
                if is_one and len(said) >= MIN_OTHER_WORDS:
                    yield Piece(document, block.start + found.end(), block.end, found["term"], is_list_entry=True)
