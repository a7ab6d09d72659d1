"""How a piece of the course is written: as a line of a list, a card, a question of a quiz."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from app.types import Cited, TextPiece, WriterEvent
from app.writers.excerpts.markdown import inline
from app.writers.exercises import MARK
from app.writers.tasks.anaphora import antecedent_heading
from app.writers.tasks.pieces import Piece
from retrieval.text.markdown import cells, fold, plain_inline, row_with_columns, table_rows
from retrieval.text.tokenize import terms

MAX_WORDS_BEFORE_TERM = 1  # of a sentence that still counts as beginning with its term: an article
MOST_OF_KIND = 7  # words
MAX_LABEL_WORDS, LABEL_LETTERS = 3, 40  # at most, of an item that only names
BLANK = re.compile(r"(?:\\?_){3,}")
GAP = "_____"
_HELD = "\ue0f0"  # private use: a gap waits here while notation is removed
Lines = Iterator[Sequence[WriterEvent]]

_BULLET = re.compile(r"\A[-*+•◦▪‣] ")


def quote_events(piece: Piece) -> list[WriterEvent]:
    """Its lines without notation; rows of a table as lines of their cells."""
    told = readable_lines(piece.flat_text.strip(), between="\n")
    return [
        TextPiece("\n".join(line[: len(line) - len(line.lstrip())] + plain_line(line) for line in told)),
        Cited(piece.citation),
    ]


def bullet(
    piece: Piece, margin: str = "", *, heading: str = "", flat: bool = False, needs_heading: bool = False
) -> list[WriterEvent]:
    """A line of a list, with a list below it where the piece has one, that without a lead below the `heading`, or beside it where it is
    `flat` or but names; a definition out of a glossary with its term, and what leans on its heading, or `needs_heading`, with that.
    """
    before, term, _ = piece.text.partition(piece.term or piece.text)
    is_told = term and (
        f"**{term}**" in piece.text or f"__{term}__" in piece.text or len(before.split()) <= MAX_WORDS_BEFORE_TERM
    )
    named = "" if is_told else f"**{piece.term}** — "
    lead, items = _parts(piece)
    leans = needs_heading or not lead or lead[0].islower() or antecedent_heading(piece) or _is_label_again(lead, piece)
    if heading and not piece.term and leans:
        lead = f"**{heading}**{f': {lead}' if lead else ':' * (flat or _are_labels(items))}"
    if items and (flat or _are_labels(items)):
        lead, items = f"{lead} {_in_a_row(items)}", []
    if items and not lead:
        return [TextPiece(_nested(items, margin)), *_ended(piece)]
    below = f"\n{_nested(items, f'{margin}  ')}" if items else ""
    return [TextPiece(f"{margin}- {named}{lead}{below}"), *_ended(piece)]


def _is_label_again(lead: str, piece: Piece) -> bool:
    """Whether it begins with a label that the document has again: "Mitigations:" of what is above."""
    label, colon, _ = lead.replace("：", ":").partition(":")
    if not colon or len(label.split()) > MAX_LABEL_WORDS:
        return False
    return len(re.findall(rf"(?<!\w){re.escape(label)}(?:\*\*|__)?[:：]", piece.document.text)) > 1


def gloss_after_dash(piece: Piece | None, margin: str = "") -> list[WriterEvent]:
    """What is said of a name, its list below that."""
    if piece is None:
        return [TextPiece("\n")]
    lead, items = _parts(piece)
    if _are_labels(items):
        lead, items = f"{lead} {_in_a_row(items)}".strip(), []
    below = f"\n{_nested(items, f'{margin}  ')}" if items else ""
    return [TextPiece(f"{f' — {lead}' if lead else ''}{below}"), *_ended(piece)]


def _parts(piece: Piece) -> tuple[str, list[str]]:
    """What leads into its list, if anything does, and the items; all on one line where it has no list."""
    parts = readable_lines(piece.text, between=" / ")
    text = (" / " if "\n|" in f"\n{piece.text}" else "\n").join(part for part in parts if part.strip())
    lines = text.split("\n")
    if piece.line_spans and not any(map(MARK.match, lines)):  # names of paragraphs
        return "", lines
    begun = MARK.match(lines[0]) is not None
    if len(lines) < 2 or not all(map(MARK.match, lines[1:])):
        return plain_line(text), []
    return ("", lines) if begun else (plain_line(lines[0]), lines[1:])


def _are_labels(items: Sequence[str]) -> bool:
    """Whether a list is but names, which say nothing on lines of their own."""
    bare = [MARK.sub("", one.strip()) for one in items]
    short = all(
        len(one.split()) <= MAX_LABEL_WORDS and len(one) <= LABEL_LETTERS and one[-1] not in ".。" for one in bare
    )
    return short and len({len(one) - len(one.lstrip()) for one in items}) == 1


def _nested(items: Sequence[str], margin: str) -> str:
    """As deep as they stand."""
    depths = [len(one) - len(one.lstrip()) for one in items]
    steps = {depth: "  " * step for step, depth in enumerate(sorted(set(depths)))}
    return "\n".join(
        f"{margin}{steps[depth]}- {plain_line(MARK.sub('', one, count=1))}"
        for one, depth in zip(items, depths, strict=True)
    )


def _in_a_row(items: Sequence[str]) -> str:
    """Those of the highest level."""
    least = min(len(one) - len(one.lstrip()) for one in items)
    highest = (one[least:] for one in items if not one[least].isspace())
    return "; ".join(plain_line(MARK.sub("", one, count=1)).rstrip(" :：;,.") for one in highest)


def _ended(piece: Piece) -> list[WriterEvent]:
    """With a sign where items are left out."""
    return [Cited(piece.citation), TextPiece(" …\n" if piece.is_partial else "\n")]


def category(piece: Piece) -> str:
    """In brackets what a row or an item is one of, which its name alone leaves open: its column, else the heading above that is no label."""
    if not piece.is_list_entry:
        return ""
    lead = next((one.lead for one in piece.document.blocks if one.start <= piece.start < one.end), "")
    often = Counter(part.path[-1] for part in piece.document.sections if part.path)
    headings = [name for name in piece.document.section_at(piece.start)[::-1] if often[name] == 1]
    named = [cells(lead.split("\n", 1)[0])[0] if lead else "", *headings]
    kind = next((fold(plain_inline(one)).lstrip("0123456789. ") for one in named if one and one[-1] not in ":："), "")
    is_new = bool(set(terms(kind)) - set(terms(piece.term))) and len(kind.split()) <= MOST_OF_KIND
    return f" ({kind.rstrip(' .:')})" if is_new else ""


def card(piece: Piece) -> list[WriterEvent]:
    """The term and what is said of it, in one where that begins with the term."""
    before, term, after = plain_line(piece.flat_text).partition(piece.term)
    if term and len(before.split()) <= MAX_WORDS_BEFORE_TERM:
        return [TextPiece(f"- {before}**{term}**{after}"), Cited(piece.citation), TextPiece("\n")]
    return [TextPiece(f"- **{piece.term}**{category(piece)} — "), *quote_events(piece), TextPiece("\n")]


def plain_line(text: str) -> str:
    """On one line, without notation, a blank as a gap, and the items of a list parted by semicolons."""
    told = text.strip().split("\n")
    marks = [MARK.match(one.strip()) for one in told]
    if len(told) < 2 or not all(marks[1:]):
        told[0] = _BULLET.sub("", told[0])
        return inline(BLANK.sub(_HELD, "\n".join(told))).replace(_HELD, GAP)
    parts = [plain_line(one.strip()[mark.end() if mark else 0 :]) for one, mark in zip(told, marks, strict=True)]
    items = "; ".join(part.rstrip(" ;,.") for part in parts[not marks[0] :])
    return items if marks[0] else f"{parts[0]} {items}"


def readable_lines(text: str, *, between: str) -> list[str]:
    """The lines of a text, the rows of a table put together as one, with `between` them and each cell under its column's name:
    `["| a | b |", "| --- | --- |", "| 1 | 2 |"]` -> `["a: 1; b: 2"]`. Where the header is not among them, the cells alone.
    """
    told: list[str] = []
    for is_row, group in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        rows = list(group)
        if not is_row:
            told += rows
            continue
        header = rows[0] if len(rows) > 2 and not table_rows(rows[1], "") else ""
        told.append(between.join(row_with_columns(row, header) for row in table_rows("\n".join(rows), header)))
    return told
