"""Terms and what the course says they are: out of glossaries, lists, tables, bold words and headings. Everything is a span of the document."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target
from app.writers.tasks.anaphora import stands_alone
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

MAX_TERM_WORDS = 7  # words
MIN_EXPLANATION_WORDS = 3  # words that say something of the term of an item or a row
BOLD = re.compile(r"(\*\*|__)(?=\S)(?P<term>[^*_\n]{2,80}?)(?<=\S)\1")
_LABELS = re.compile(r"(\*\*|__)[^*_\n]+(?:[:：]\1|\1\s?\\?[:：])")
_ENTRY = re.compile(r"(?P<mark>\*\*|__)?(?P<term>[^:：–—\n|]{2,80}?)(?P=mark)?\s*(?:[:：]|\s[–—-])(?P=mark)?\s+(?=\S)")
_PLAIN_ENTRY = re.compile(r"(?P<term>[^:：–—\n|]{2,80}?)\s*(?:[:：]|\s[–—-])\s+(?=\S)")
_ROW = re.compile(r"\|\s*(?P<term>[^|\n]*[^|\s])\s*\|\s*(?P<text>[^\n]*[^|\s])\s*\|?\s*$")
_APART = frozenset(":(–—.：（。")  # signs between a term and what is said of it
_GLUED = re.compile(r"\w\s[–—]\s")  # another entry in the same block, as some files lose their line breaks


def definitions(document: Document, target: Target, *, lists: bool = True) -> list[Piece]:
    """Each term once: entries of glossaries first, then sentences that set a term in bold, one of the glossary where the document
    has one, then those that begin a section with its heading. An entry that only refers to another ("see ...") has the text
    of that. Without `lists` no entry of a list or a table.
    """
    entries = list(_entries(document, target, lists=lists))
    known = {term_key(piece.term) for piece in glossary_entries(document)}
    entries = [piece for piece in entries if not (piece.is_list_entry and _is_named(piece, known))]
    bold = (piece for piece in bold_terms(document, target) if not known or term_key(piece.term) in known)
    return _each_once([*entries, *bold, *_headed(document, target)])


def glossary_entries(document: Document) -> list[Piece]:
    """What its glossaries say of terms."""
    return _each_once(list(_entries(document, whole_document(document), lists=False)))


def _is_named(piece: Piece, known: Collection[object]) -> bool:
    """Whether one of these has all words of its term: "Long" of "long bone", of which the glossary tells."""
    wanted = frozenset(terms(piece.term))
    return bool(wanted) and any(isinstance(one, frozenset) and wanted <= one for one in known)


def term_key(term: str) -> object:
    """Equal for "implicit memory" and "Implicit memories", not for "meiosis" and "Meiosis I"."""
    letters = (word for word in term.split()[1:] if len(word) == 1 and word.isupper())
    return frozenset((*terms(term), *letters)) or term.casefold()


def _each_once(pieces: Sequence[Piece]) -> list[Piece]:
    found: dict[object, Piece] = {}
    for piece in pieces:
        found.setdefault(term_key(piece.term), piece)
    return [piece for piece in (_referred(piece, found) for piece in found.values()) if piece]


def _referred(piece: Piece, found: Mapping[object, Piece]) -> Piece | None:
    """What an entry refers to, if it only does ("see ..."), with its own term; None where that is not there."""
    first, _, name = fold(piece.text).casefold().partition(" ")
    if first.strip(".:") not in vocabulary("see") or len(name.split()) > MAX_TERM_WORDS:
        return piece
    other = found.get(term_key(name.rstrip(".")))
    return replace(other, term=piece.term) if other else None


def _entries(document: Document, target: Target, *, lists: bool) -> Iterator[Piece]:
    """Terms with their text, where the layout says so, a glossary holds them, a dash parts them in a list, or all of a list or a table
    are such: no label that comes again, and nothing that is hardly said or asks.
    """
    glossaries = sections_of_kind("cards", document, target)
    blocks = blocks_in(document, target.start, target.end)
    for (kind, _), group in groupby(blocks, key=lambda block: (block.kind, block.kind == "row" and block.lead)):
        run = list(group)
        found = [_row(document, block) if kind == "row" else _entry(document, block) for block in run]
        alike = [
            one for one in document.blocks if one.kind == "row" == kind and one.lead == run[0].lead
        ] or run  # on all pages
        listed = kind in ("item", "row") and len(alike) >= MIN_LIST_ITEMS and all(found)
        for block, piece in zip(run, found, strict=True):
            inside = any(section.start <= block.start < section.end for section in glossaries)
            sure = listed or block.role == "definition" or (piece and kind == "item" and _is_dashed(piece))
            if piece and (inside or (lists and sure and _explains(piece))):
                yield replace(piece, is_list_entry=not inside)


def _is_dashed(piece: Piece) -> bool:
    """Whether a dash parts a term, not "for search", from what is said of it, which a colon may do after any label."""
    begun = plain(words(piece.term)[0]) if words(piece.term) else ""
    return begun not in vocabulary("of") and piece.document.text[: piece.start].rstrip()[-1:] in ("–", "—")


def _explains(piece: Piece) -> bool:
    """Whether a row or an item says what its term is: no label that others have as well, and neither a word or two nor a question."""
    label = re.compile(rf"^\W*{re.escape(piece.term)}\W*[:：|–—]", re.M)
    is_label = len(label.findall(piece.document.text)) > 1 or not piece.term[0].isalpha()
    said = [word for word in terms(piece.text) if word.isalpha()]
    return (
        not is_label
        and len(said) >= MIN_EXPLANATION_WORDS - _is_dashed(piece)
        and piece.text.rstrip()[-1] not in "?？؟"
    )


def _entry(document: Document, block: Block) -> Piece | None:
    source = source_of(document, block)
    begun = list_marker_length(source)
    pattern = _ENTRY if source[begun : begun + 2] in ("**", "__") else _PLAIN_ENTRY
    found = pattern.match(source, begun) if block.kind in ("paragraph", "item") else None
    if (
        not found
        or len(found["term"].split()) > MAX_TERM_WORDS
        or "://" in source
        or _GLUED.search(source, found.end())
    ):
        return None
    return Piece(document, block.start + found.end(), block.end, fold(plain_inline(found["term"])))


def _row(document: Document, block: Block) -> Piece | None:
    """A row that says more of something than its name takes."""
    found = _ROW.fullmatch(source_of(document, block))
    size = len(found["term"].split()) if found else 0
    if not found or not size < len(found["text"].split()) or size > MAX_TERM_WORDS:
        return None
    return Piece(
        document, block.start + found.start("text"), block.start + found.end("text"), fold(plain_inline(found["term"]))
    )


def bold_terms(document: Document, target: Target) -> Iterator[Piece]:
    """Sentences that set a term in bold where they begin or part from what is said of it, or say that it is called so: none that stresses a
    word.
    """
    for piece in sentences_in(document, target.start, target.end):
        bold = next(
            (one for one in BOLD.finditer(piece.text) if _parts(one) or ends_in_naming(piece.text[: one.start()])), None
        )
        if (
            bold
            and (piece.opens_paragraph or stands_alone(piece.text))
            and not set(map(str.casefold, bold["term"].split())) <= vocabulary("back") | STOP_WORDS  # **both**
            and not (_LABELS.match(piece.text, bold.start()) and _is_label(document, bold))
            and len(bold["term"]) * 3 < len(piece.text) * 2
        ):
            yield replace(piece, term=fold(plain_inline(bold["term"])).strip(":.,;"))


def _is_label(document: Document, bold: re.Match[str]) -> bool:
    """Whether it comes again as it is, or its words never: "Problem:", "Hint:"."""
    again = document.text.casefold().count(bold["term"].strip(":：").casefold())
    return document.text.count(bold.group()) > 1 or again == 1


def _parts(bold: re.Match[str]) -> bool:
    """The first, or the only one of a sentence, that begins it or has a sign beside it."""
    before, after = bold.string[: bold.start()].rstrip(), bold.string[bold.end() :].lstrip()
    if before and BOLD.search(after):
        return False
    return len(before.split()) <= 1 or before.endswith((",", ":", "，", "：")) or after[:1] in _APART


def ends_in_naming(before: str) -> bool:
    """Whether what stands before a term says that something is called so, in its last words: "referred to as", "is called the", not "known
    to", nor "they called the".
    """
    further = [plain(word) for word in words(before)][-6:]
    named_the = len(further) > 1 and further[-2] in vocabulary("called") and further[-1] in vocabulary("around")
    if named_the and vocabulary("being").isdisjoint(further):
        return False
    told = further[-3:]
    called = [place for place, word in enumerate(told) if word in vocabulary("called")]
    between = [word for word in told[called[-1] + 1 :] if word not in vocabulary("around", "named")] if called else told
    return called != [] and (not between or (between == ["to"] and told[-1] != "to"))


def _headed(document: Document, target: Target) -> Iterator[Piece]:
    """Below "Lesson 2: Tokens", "Tokens are ..."; an article aside. What only goes on about them says nothing of what they are."""
    for section in sections_in(document, target):
        heading = fold(plain_inline(section.path[-1])).rpartition(":")[2].strip(" .0123456789")
        first = lead_sentence(document, section.start, section.end)
        begun = first.text.casefold().find(heading.casefold()) if first and heading else -1
        after = words(first.text[begun + len(heading) :])[:1] if first and begun >= 0 else ()
        said = any(plain(word) in vocabulary("being") for word in after)
        if first and said and len(first.text[:begun].split()) <= 1:
            yield replace(first, term=first.text[begun : begun + len(heading)])


def defined_terms(document: Document, target: Target) -> list[Piece]:
    """The definitions of the target, and those of the document's glossary whose terms it uses, in place of its own."""
    inside = {term_key(piece.term): piece for piece in definitions(document, target)}
    text = " ".join(terms(document.text[target.start : target.end]))
    used = {term_key(piece.term): piece for piece in glossary_entries(document) if phrase_count(piece.term, text)}
    return sorted((inside | used).values(), key=lambda piece: piece.start)


def phrase_count(term: str, text: str) -> int:
    """How often a text of words as they are searched for has those of a term; not "courtesy" for "court"."""
    words = " ".join(terms(term))
    return f" {text} ".count(f" {words} ") if words else 0


def without_duplicates(pools: Iterable[Iterable[Piece]]) -> list[list[Piece]]:
    """Without terms that are there before, under whatever name: none whose text is quoted already, or that name each other."""
    kept: list[list[Piece]] = []
    known: set[object] = set()
    for pool in pools:
        kept.append([])
        for piece in pool:
            told = {term_key(piece.term), (piece.document.id, piece.start)}
            same = any(  # "also called ...", or the same of both
                (piece.term in one.text and one.term in piece.text) or piece.text in one.text or one.text in piece.text
                for one in kept[-1]
            )
            if not (same or told & known):
                kept[-1].append(piece)
            known |= told
    return kept
