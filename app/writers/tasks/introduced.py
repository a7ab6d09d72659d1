"""Terms that no glossary has, with the sentence or the item that introduces them. Everything is a span of the document."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise

from app.query.vocabulary import number_in, plain, vocabulary, words
from app.types import Target
from app.writers.tasks.definitions import bold_terms, names_it
from app.writers.tasks.material import Piece, blocks_in, mark_length, sentences, source_of, stands_alone
from retrieval.text.tokenize import terms
from retrieval.types import Document

MOST_WORDS = 4  # in a row
LEAST_SAID = 4  # words besides a term
_LABEL = re.compile(r"(?P<term>[^\W\d][^:：.–—|?!(),;\n]{2,60}?)(?::|\.)\s+(?=\S)")
_QUOTES = " *_\"'“”„‘’«»(."
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")


def introduced(document: Document, target: Target) -> list[Piece]:
    """The sentences that set a term in bold and part it from what is said of it, that begin with a heading, a name or words that the document
    has again, and say what that is, or what something is called; and the items of lists that begin with a label of two words or more.
    """
    often = recurring(document)
    headings = {frozenset(terms(part.path[-1].rpartition(":")[2])) for part in document.sections if part.path}
    bold = (piece for piece in bold_terms(document, target) if not _is_label(piece))
    found = {piece.start: piece for piece in (*_labelled(document, target), *bold)}
    for one in sentences(document, target.start, target.end):
        term = next(chain(_subject(one, often, headings), _called(one.text)), "") if stands_alone(one.text) else ""
        if term and len(set(terms(one.text)) - set(terms(term))) >= LEAST_SAID:
            found.setdefault(one.start, replace(one, term=term))
    return [found[start] for start in sorted(found)]


def _is_label(piece: Piece) -> bool:
    """Whether a colon follows it, or it is but a letter: "**Background**: Consider ...", "**T**he"."""
    after = piece.text.partition(piece.term)[2].lstrip("*_\\ ")
    return after[:1] in (":", "：") or len(piece.term) < 2


def recurring(document: Document) -> Counter[tuple[str, ...]]:
    """How often it has words in a row with no small one among them; none that never ends a clause: "gain control" of something."""
    often, ending = Counter[tuple[str, ...]](), set[tuple[str, ...]]()
    names = [part.path[-1] for part in document.sections if part.path]
    for text in (*names, *(one.text for one in sentences(document, 0, len(document.text)))):
        for _, end, held in runs(text):
            often[held] += 1
            if text[end:].lstrip("*_ ")[:1] in frozenset(",;.:)("):
                ending.add(held)
    return Counter({held: number for held, number in often.items() if held in ending and number > 1})


def runs(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
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


def can_name(run: str, held: Sequence[str]) -> bool:
    """Whether they are two words or more, and do not begin with "more", "new" or "two"."""
    first = run.split()[0].casefold()
    return 1 < len(held) <= MOST_WORDS and not (first in vocabulary("openers", "of") or number_in(first, least=1))


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
            if held and named and len(side.split()) <= MOST_WORDS and terms(side.split()[0]):
                yield side


def _called(text: str) -> Iterator[str]:
    """What something is said to be called, in few words."""
    for start, end, held in runs(text):
        if names_it(text[:start]) and len(held) <= MOST_WORDS:
            yield text[start:end]


def _labelled(document: Document, target: Target) -> Iterator[Piece]:
    """Items with a label of their own, each but the one of its list where a colon parts that: several are what a table would have."""
    blocks = blocks_in(document, target.start, target.end)
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        labels = ((block, _LABEL.match(source := source_of(document, block), mark_length(source))) for block in group)
        run = [(block, found) for block, found in labels if found]
        colons = sum(found[0].rstrip()[-1] != "." for _, found in run)
        for block, found in run if kind == "item" else ():
            if found[0].rstrip()[-1] == "." or colons == 1:
                held = list(runs(found["term"]))
                said = set(terms(document.text[block.start + found.end() : block.end]))
                is_one = (
                    len(held) == 1 and held[0][:2] == (0, len(found["term"])) and can_name(found["term"], held[0][2])
                )
                if is_one and len(said) >= LEAST_SAID:
                    yield Piece(document, block.start + found.end(), block.end, found["term"], listed=True)
