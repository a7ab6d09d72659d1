"""Terms and their definitions, from glossaries, lists, tables, bold words and headings. Every definition is a span of the document."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, takewhile

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target
from app.writers.tasks.anaphora import can_open
from app.writers.tasks.pieces import (
    MIN_LIST_ITEMS,
    Piece,
    blocks_in,
    lead_sentence,
    list_marker_length,
    sections_in,
    sections_of_kind,
    sentences_in,
    source_of,
    whole_document,
)
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import STOP_WORDS, terms
from retrieval.types import Block, Document

TermKey = frozenset[str] | str

MAX_TERM_WORDS = 7
MIN_EXPLANATION_WORDS = 3  # of an item or a row that explains its term
NAMING_WINDOW = 3  # words before a term, among which "called" may stand
AGENT_WINDOW = 6  # words before a term, among which "is" shows a passive: "is called the", not "they called the"
BOLD = re.compile(r"(\*\*|__)(?=\S)(?P<term>[^*_\n]{2,80}?)(?<=\S)\1")
_BOLD_LABEL = re.compile(r"(\*\*|__)[^*_\n]+(?:[:：]\1|\1\s?\\?[:：])")
_ENTRY = re.compile(r"(?P<mark>\*\*|__)?(?P<term>[^:：–—\n|]{2,80}?)(?P=mark)?\s*(?:[:：]|\s[–—-])(?P=mark)?\s+(?=\S)")
_PLAIN_ENTRY = re.compile(r"(?P<term>[^:：–—\n|]{2,80}?)\s*(?:[:：]|\s[–—-])\s+(?=\S)")
_ROW = re.compile(r"\|\s*(?P<term>[^|\n]*[^|\s])\s*\|\s*(?P<text>[^\n]*[^|\s])\s*\|?\s*$")
_SEPARATORS = frozenset(":(–—：（")  # between a term and its explanation
_SECOND_ENTRY = re.compile(r"\w\s[–—]\s")  # in the same block: some files lose the line breaks between entries


def definitions(document: Document, target: Target, *, lists: bool = True) -> list[Piece]:
    """The definitions of a target, one for each term: first entries of glossaries, lists and tables, then sentences with a bold term, then
    sentences that define their heading.

    Where the document has a glossary, that decides: a bold term must be in it, and a list item must not be a part of one of its terms
    ("Long" of "long bone"). `lists=False` leaves out lists and tables other than glossaries.
    """
    known = {term_key(piece.term) for piece in glossary_entries(document)}
    entries = (
        piece
        for piece in _entries(document, target, lists=lists)
        if not (piece.is_list_entry and _is_part_of_any(piece.term, known))
    )
    bold = (piece for piece in bold_terms(document, target) if not known or term_key(piece.term) in known)
    return _first_of_each_term([*entries, *bold, *_heading_definitions(document, target)])


def defined_terms(document: Document, target: Target) -> list[Piece]:
    """The definitions of a target, in order, and those in the document's glossary of terms that the target uses; these come before its own."""
    inside = {term_key(piece.term): piece for piece in definitions(document, target)}
    text = " ".join(terms(document.text[target.start : target.end]))
    used = {term_key(piece.term): piece for piece in glossary_entries(document) if phrase_count(piece.term, text)}
    return sorted((inside | used).values(), key=lambda piece: piece.start)


def glossary_entries(document: Document) -> list[Piece]:
    """The entries of the document's glossaries, one for each term."""
    return _first_of_each_term(_entries(document, whole_document(document), lists=False))


def term_key(term: str) -> TermKey:
    """A key by which terms are compared: equal for "implicit memory" and "Implicit memories", not for "meiosis" and "Meiosis I"."""
    letters = (word for word in term.split()[1:] if len(word) == 1 and word.isupper())
    return frozenset((*terms(term), *letters)) or term.casefold()


def phrase_count(phrase: str, text: str) -> int:
    """How often the words of a phrase stand in a row in `text`, a string of search terms (`terms`); "court" is not in "courtesy"."""
    wanted = " ".join(terms(phrase))
    return f" {text} ".count(f" {wanted} ") if wanted else 0


def without_duplicates(pools: Iterable[Iterable[Piece]]) -> list[list[Piece]]:
    """The pools without pieces whose term or place an earlier piece has, in whatever pool, or that say the same as one of their own pool: the
    text of one is in the other, or each names the other's term ("also called ...").
    """
    kept: list[list[Piece]] = []
    seen = set[object]()
    for pool in pools:
        kept.append([])
        for piece in pool:
            keys = {term_key(piece.term), (piece.document.id, piece.start)}
            if keys.isdisjoint(seen) and not any(_say_the_same(piece, other) for other in kept[-1]):
                kept[-1].append(piece)
            seen |= keys
    return kept


def _say_the_same(one: Piece, other: Piece) -> bool:
    is_synonym = one.term in other.text and other.term in one.text
    return is_synonym or one.text in other.text or other.text in one.text


def _is_part_of_any(term: str, known: Collection[TermKey]) -> bool:
    """Whether a known term has all words of this one."""
    wanted = frozenset(terms(term))
    return bool(wanted) and any(isinstance(key, frozenset) and wanted <= key for key in known)


def _first_of_each_term(pieces: Iterable[Piece]) -> list[Piece]:
    """The first piece of each term, with cross-references resolved."""
    by_term: dict[TermKey, Piece] = {}
    for piece in pieces:
        by_term.setdefault(term_key(piece.term), piece)
    return [resolved for piece in by_term.values() if (resolved := _resolved(piece, by_term))]


def _resolved(piece: Piece, by_term: Mapping[TermKey, Piece]) -> Piece | None:
    """The piece; of a cross-reference ("see ...") the entry that it points to, under its own term, or None where there is no such entry."""
    first, _, name = fold(piece.text).casefold().partition(" ")
    if first.strip(".:") not in vocabulary("see") or len(name.split()) > MAX_TERM_WORDS:
        return piece
    other = by_term.get(term_key(name.rstrip(".")))
    return replace(other, term=piece.term) if other else None


def _entries(document: Document, target: Target, *, lists: bool) -> Iterator[Piece]:
    """Blocks of a glossary that have the form of an entry. With `lists` also those elsewhere that explain their term, where the layout marks
    them as definitions, all on their level of a list or table are entries, or a dash follows the term.
    """
    glossaries = sections_of_kind("cards", document, target)
    blocks = blocks_in(document, target.start, target.end)
    for (kind, _), group in groupby(blocks, key=lambda block: (block.kind, block.kind == "row" and block.lead)):
        run = list(group)
        entries = [_row(document, block) if kind == "row" else _entry(document, block) for block in run]
        for block, entry in zip(run, entries, strict=True):
            if not entry:
                continue
            siblings = [bool(entries[run.index(item)]) for item in _siblings(block, run)]
            if kind == "row":  # a table may go on over several pages, under the same header
                size = sum(row.kind == "row" and row.lead == block.lead for row in document.blocks)
            else:
                size = len(siblings)
            are_all_entries = kind in ("item", "row") and size >= MIN_LIST_ITEMS and all(siblings)
            in_glossary = any(section.start <= block.start < section.end for section in glossaries)
            is_entry = are_all_entries or block.role == "definition" or (kind == "item" and _has_dash(entry))
            if in_glossary or (lists and is_entry and _is_explained(entry)):
                yield replace(entry, is_list_entry=not in_glossary)


def _siblings(item: Block, run: Sequence[Block]) -> list[Block]:
    """The items of a list that stand on the same level below the same item."""
    place = run.index(item)
    before = list(takewhile(lambda other: other.level >= item.level, run[place::-1]))[::-1]
    after = takewhile(lambda other: other.level >= item.level, run[place + 1 :])
    return [other for other in (*before, *after) if other.level == item.level]


def _has_dash(entry: Piece) -> bool:
    """Whether a dash follows the term, which must be no phrase like "for search". A colon says less: it may follow any label."""
    first = plain(words(entry.term)[0]) if words(entry.term) else ""
    return first not in vocabulary("of") and entry.document.text[: entry.start].rstrip()[-1:] in ("–", "—")


def _is_explained(entry: Piece) -> bool:
    """Whether an entry outside of glossaries explains its term: in more than a word or two, by no question, and the term is not a label that
    the document repeats.
    """
    label = re.compile(rf"^\W*{re.escape(entry.term)}\W*[:：|–—]", re.M)
    is_label = len(label.findall(entry.document.text)) > 1 or not entry.term[0].isalpha()
    word_count = sum(word.isalpha() for word in terms(entry.text))
    is_open = entry.text.rstrip(" *_")[-1:] in tuple("?？؟:：")
    return not is_label and word_count >= MIN_EXPLANATION_WORDS - _has_dash(entry) and not is_open


def _entry(document: Document, block: Block) -> Piece | None:
    """A paragraph or an item of the form "term: explanation" or "term – explanation"."""
    source = source_of(document, block)
    start = list_marker_length(source)
    pattern = _ENTRY if source[start : start + 2] in ("**", "__") else _PLAIN_ENTRY
    match = pattern.match(source, start) if block.kind in ("paragraph", "item") else None
    if not match or len(match["term"].split()) > MAX_TERM_WORDS:
        return None
    if "://" in source or _SECOND_ENTRY.search(source, match.end()):
        return None
    return Piece(document, block.start + match.end(), block.end, fold(plain_inline(match["term"])))


def _row(document: Document, block: Block) -> Piece | None:
    """A row of a table whose further cells have more words than the first, the term."""
    match = _ROW.fullmatch(source_of(document, block))
    if not match or len(match["term"].split()) > min(MAX_TERM_WORDS, len(match["text"].split()) - 1):
        return None
    start, end = (block.start + offset for offset in match.span("text"))
    return Piece(document, start, end, fold(plain_inline(match["term"])))


def bold_terms(document: Document, target: Target) -> Iterator[Piece]:
    """Sentences that introduce a term in bold: it begins the sentence, is set off from its explanation, or is what something is called. Bold
    type for emphasis (**both**) and bold labels ("Hint:") introduce nothing.
    """
    for piece in sentences_in(document, target.start, target.end):
        bold = next((match for match in BOLD.finditer(piece.text) if _is_introduced(match)), None)
        if (
            bold
            and len(bold["term"].split()) <= MAX_TERM_WORDS
            and can_open(piece)
            and not set(map(str.casefold, bold["term"].split())) <= vocabulary("back") | STOP_WORDS
            and not (_BOLD_LABEL.match(piece.text, bold.start()) and _is_label(document, bold))
            and len(bold["term"]) * 3 < len(piece.text) * 2
        ):
            yield replace(piece, term=fold(plain_inline(bold["term"])).strip(":.,;"))


def _is_introduced(bold: re.Match[str]) -> bool:
    """Whether a bold term is named by the words before it, or begins the sentence or has punctuation beside it, in this case as the last in
    bold unless nothing stands before it.
    """
    before, after = bold.string[: bold.start()].rstrip(), bold.string[bold.end() :].lstrip()
    if ends_in_naming(bold.string[: bold.start()]):
        return True
    if before and BOLD.search(after):
        return False
    return len(before.split()) <= 1 or before.endswith((",", ":", "，", "：")) or after[:1] in _SEPARATORS


def _is_label(document: Document, bold: re.Match[str]) -> bool:
    """Whether the document repeats it in bold ("Problem:", "Hint:"), or never has its words again, as it would those of a term."""
    mentions = document.text.casefold().count(bold["term"].strip(":：").casefold())
    return document.text.count(bold.group()) > 1 or mentions == 1


def ends_in_naming(before: str) -> bool:
    """Whether the words before a term say that something is called so: "referred to as", "is called the". Not "known to", and not the active
    "they called the".
    """
    last_words = [plain(word) for word in words(before)][-AGENT_WINDOW:]
    has_article = (
        len(last_words) > 1 and last_words[-2] in vocabulary("called") and last_words[-1] in vocabulary("around")
    )
    if has_article and vocabulary("being").isdisjoint(last_words):
        return False
    nearest = last_words[-NAMING_WINDOW:]
    verbs = [place for place, word in enumerate(nearest) if word in vocabulary("called")]
    if not verbs:
        return False
    between = [word for word in nearest[verbs[-1] + 1 :] if word not in vocabulary("around", "named")]
    return not between or (between == ["to"] and nearest[-1] != "to")  # "referred to as"


def _heading_definitions(document: Document, target: Target) -> Iterator[Piece]:
    """First sentences of sections that have the heading, after an article at most, as the subject of a copula: "Tokens are ..." below
    "Lesson 2: Tokens".
    """
    for section in sections_in(document, target):
        heading = fold(plain_inline(section.path[-1])).rpartition(":")[2].strip(" .0123456789")
        first = lead_sentence(document, section.start, section.end)
        start = first.text.casefold().find(heading.casefold()) if first and heading else -1
        if not first or start < 0 or len(first.text[:start].split()) > 1:
            continue
        end = start + len(heading)
        if any(plain(word) in vocabulary("being") for word in words(first.text[end:])[:1]):
            yield replace(first, term=first.text[start:end])
