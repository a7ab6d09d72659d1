"""Texts with gaps: what a quiz asks besides the course's own questions, each with a key that is certain."""

import re
from collections import Counter
from dataclasses import replace

from app.types import TextPiece, WriterEvent
from app.writers.tasks.choice import spread
from app.writers.tasks.definitions import stems, terms_by_part, terms_of
from app.writers.tasks.forms import leads_of, told_in
from app.writers.tasks.lines import GAP, quoted, shown
from app.writers.tasks.material import Parts, Piece, all_of, items, own, stands_alone
from retrieval.text.markdown import fold
from retrieval.text.tokenize import terms

LEAST_STEM = 4  # letters with which words of one kin begin
_LONG_WORD = re.compile(r"[^\W\d_]{5,}(?! \d|['’])")  # no label: "Figure 6.2"


def gaps(parts: Parts, count: int) -> list[tuple[list[WriterEvent], list[WriterEvent]]]:
    """Definitions with a gap in place of the term, each with the term; where there are too few also what is summed up and said of
    each thing, with a gap for one of the document's terms, else for one that is told of here more than elsewhere.
    """
    pools = [list(filter(_stands_alone, pool)) for pool in terms_by_part(parts)]
    chosen = spread(pools, count)
    for document, target in parts if len(chosen) < count else ():
        known = sorted((piece.term for piece in terms_of(document, all_of(document))), key=len, reverse=True)
        leads = [
            piece for piece in leads_of(document, target) if stands_alone(piece.text) and "\n" not in piece.text.strip()
        ]
        headings = set(terms(" ".join(part.path[-1] for part in document.sections if part.path)))
        every, here = (Counter(terms(text)) for text in (document.text, document.text[target.start : target.end]))
        weight = {word: count**2 / every[word] for word, count in here.items() if 2 * count >= every[word]}
        for piece in [*told_in(own("summary", document, target), document), *leads, *items(document, target)]:
            told = {word: weight.get(" ".join(terms(word)), 0.0) for word in _LONG_WORD.findall(piece.text)}
            words = sorted(filter(told.get, told), key=lambda word: (headings.isdisjoint(terms(word)), -told[word]))
            found = (re.search(rf"(?<!\w){re.escape(term)}(?!\w)", piece.text, re.I) for term in (*known, *words[:3]))
            asked = {stems(other.term) for other in chosen} | {other.start for other in chosen}
            fresh = (one.group() for one in found if one and stems(one.group()) not in asked)
            if piece.start not in asked and (term := next(fresh, None)):
                chosen.append(replace(piece, term=term))
    return [_with_gap(piece) for piece in chosen[:count]]


def _with_gap(piece: Piece) -> tuple[list[WriterEvent], list[WriterEvent]]:
    answer: list[WriterEvent] = [TextPiece(f"**{piece.term}** — "), *quoted(piece)]
    if piece.term not in piece.text:
        return [TextPiece(f"{GAP} — {_blanked(fold(piece.text), piece.term)}")], answer
    text = _blanked(piece.text.replace(f"**{piece.term}**", GAP).replace(piece.term, GAP), piece.term)
    return [TextPiece(shown(text))], answer


def _blanked(text: str, term: str) -> str:
    """Without the words of one stem with a term of one word: "those who conform" gives conformity away."""
    stem = terms(term)

    def blank(word: re.Match[str]) -> str:
        short, *other = sorted([*stem, *terms(word.group())], key=len)
        gives_away = len(other) == 1 and len(short) >= LEAST_STEM and other[0].startswith(short)
        return GAP if gives_away and len(stem) == 1 else word.group()

    return re.sub(r"[^\W_]+", blank, text)


def _stands_alone(piece: Piece) -> bool:
    """Whether it points to nothing before it: an entry of a glossary, the first sentence of a paragraph, or one that begins with
    the term, an article aside.
    """
    before, named, _ = piece.text.partition(piece.term)
    return not named or piece.leads or len(before.split()) <= 1
