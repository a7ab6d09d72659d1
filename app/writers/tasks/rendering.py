"""Pieces as text of an answer: list items, cards and quotes, each with its citation."""

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
MAX_CATEGORY_WORDS = 7
MAX_LABEL_WORDS, MAX_LABEL_CHARS = 3, 40  # of a list item that is a mere label
BLANK = re.compile(r"(?:\\?_){3,}")
GAP = "_____"
_GAP_PLACEHOLDER = "\ue0f0"  # private use: stands for a gap while notation is removed
_BULLET = re.compile(r"\A[-*+•◦▪‣] ")

Lines = Iterator[Sequence[WriterEvent]]


def bullet(
    piece: Piece, margin: str = "", *, heading: str = "", flat: bool = False, needs_heading: bool = False
) -> list[WriterEvent]:
    """The piece as a list item, with its own list nested below it, or on the same line if `flat` or if its items are mere labels.

    A definition begins with its term. What cannot be understood without its `heading`, or `needs_heading`, begins with that.
    """
    lead_in, items = _lead_in_and_items(piece)
    is_inline = flat or _are_labels(items)
    if heading and not piece.term and (needs_heading or _depends_on_heading(lead_in, piece)):
        lead_in = f"**{heading}**: {lead_in}" if lead_in else f"**{heading}**{':' * is_inline}"
    if items and is_inline:
        lead_in, items = f"{lead_in} {_joined(items)}", []
    if items and not lead_in:
        return [TextPiece(_nested(items, margin)), *_citation(piece)]
    term = "" if _begins_with_term(piece) else f"**{piece.term}** — "
    below = f"\n{_nested(items, f'{margin}  ')}" if items else ""
    return [TextPiece(f"{margin}- {term}{lead_in}{below}"), *_citation(piece)]


def gloss_after_dash(piece: Piece | None, margin: str = "") -> list[WriterEvent]:
    """The piece after a name and a dash on the same line, its list below; the end of the line where there is none."""
    if piece is None:
        return [TextPiece("\n")]
    lead_in, items = _lead_in_and_items(piece)
    if _are_labels(items):
        lead_in, items = f"{lead_in} {_joined(items)}".strip(), []
    below = f"\n{_nested(items, f'{margin}  ')}" if items else ""
    return [TextPiece(f"{f' — {lead_in}' if lead_in else ''}{below}"), *_citation(piece)]


def card(piece: Piece) -> list[WriterEvent]:
    """The term and its definition; in one where the definition begins with the term."""
    before, term, after = plain_line(piece.flat_text).partition(piece.term)
    if term and len(before.split()) <= MAX_WORDS_BEFORE_TERM:
        return [TextPiece(f"- {before}**{term}**{after}"), Cited(piece.citation), TextPiece("\n")]
    return [TextPiece(f"- **{piece.term}**{category(piece)} — "), *quote_events(piece), TextPiece("\n")]


def quote_events(piece: Piece) -> list[WriterEvent]:
    """The piece line by line without notation; a row of a table is one line of cells."""
    lines = readable_lines(piece.flat_text.strip(), between="\n")
    text = "\n".join(line[: _indentation(line)] + plain_line(line) for line in lines)
    return [TextPiece(text), Cited(piece.citation)]


def category(piece: Piece) -> str:
    """In brackets, the category of a row's or list item's term, which the term alone leaves open: "Sheet (Kind of bend)".

    It is the header of the term's column or what announces the list, else the nearest heading of several words or that the document has once.
    """
    if not piece.is_list_entry:
        return ""
    lead = next((block.lead for block in piece.document.blocks if block.start <= piece.start < block.end), "")
    header = cells(lead.split("\n", 1)[0])[0] if lead else ""
    counts = Counter(section.path[-1] for section in piece.document.sections if section.path)
    path = piece.document.section_at(piece.start)[::-1]
    headings = [heading for heading in path if counts[heading] == 1 or len(terms(heading)) > 1]
    is_announced_by_term = not lead.startswith("|") and set(terms(header)) <= set(terms(piece.term))
    candidates = headings if is_announced_by_term else [header, *headings]
    name = next((candidate for candidate in candidates if candidate and candidate[-1] not in ":："), "")
    name = fold(plain_inline(name)).lstrip("0123456789. ")
    is_new = bool(set(terms(name)) - set(terms(piece.term)))
    return f" ({name.rstrip(' .:')})" if is_new and len(name.split()) <= MAX_CATEGORY_WORDS else ""


def plain_line(text: str) -> str:
    """The text on one line, without notation: a blank as a gap, the items of a list separated by semicolons."""
    lines = text.strip().split("\n")
    markers = [MARK.match(line.strip()) for line in lines]
    if len(lines) < 2 or not all(markers[1:]):
        lines[0] = _BULLET.sub("", lines[0])
        return inline(BLANK.sub(_GAP_PLACEHOLDER, "\n".join(lines))).replace(_GAP_PLACEHOLDER, GAP)
    parts = [
        plain_line(line.strip()[marker.end() if marker else 0 :]) for line, marker in zip(lines, markers, strict=True)
    ]
    items = "; ".join(part.rstrip(" ;,.") for part in parts[not markers[0] :])
    return items if markers[0] else f"{parts[0]} {items}"


def readable_lines(text: str, *, between: str) -> list[str]:
    """The lines of a text; the rows of a table are one of them, each cell after its column's header and `between` the rows.

    `["| a | b |", "| --- | --- |", "| 1 | 2 |"]` -> `["a: 1; b: 2"]`. Without a header row the cells stand alone.
    """
    lines: list[str] = []
    for is_row, group in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        rows = list(group)
        if is_row:
            header = rows[0] if len(rows) > 2 and not table_rows(rows[1], "") else ""
            rows = [between.join(row_with_columns(row, header) for row in table_rows("\n".join(rows), header))]
        lines += rows
    return lines


def _begins_with_term(piece: Piece) -> bool:
    """Whether a reader sees what a piece defines: it defines nothing, or the term stands first or in bold."""
    before, term, _ = piece.text.partition(piece.term or piece.text)
    is_bold = f"**{term}**" in piece.text or f"__{term}__" in piece.text
    return bool(term) and (is_bold or len(before.split()) <= MAX_WORDS_BEFORE_TERM)


def _depends_on_heading(lead_in: str, piece: Piece) -> bool:
    """Whether it is a list without a lead-in, the rest of a sentence, or depends on its heading."""
    return not lead_in or lead_in[0].islower() or bool(antecedent_heading(piece)) or _has_repeated_label(lead_in, piece)


def _has_repeated_label(lead_in: str, piece: Piece) -> bool:
    """Whether it begins with a label that the document repeats: "Mitigations:" says nothing without what they are for."""
    label, colon, _ = lead_in.replace("：", ":").partition(":")
    if not colon or len(label.split()) > MAX_LABEL_WORDS:
        return False
    return len(re.findall(rf"(?<!\w){re.escape(label)}(?:\*\*|__)?[:：]", piece.document.text)) > 1


def _lead_in_and_items(piece: Piece) -> tuple[str, list[str]]:
    """The lead-in of a list, if it has one, and the items; without a list the whole text on one line."""
    is_table = "\n|" in f"\n{piece.text}"
    parts = readable_lines(piece.text, between=" / ")
    text = (" / " if is_table else "\n").join(part for part in parts if part.strip())
    lines = text.split("\n")
    if piece.line_spans and not any(map(MARK.match, lines)):  # run-in headings
        return "", lines
    if len(lines) < 2 or not all(map(MARK.match, lines[1:])):
        return plain_line(text), []
    return ("", lines) if MARK.match(lines[0]) else (plain_line(lines[0]), lines[1:])


def _are_labels(items: Sequence[str]) -> bool:
    """Whether the items of a list, all on one level, are short names, which deserve no lines of their own."""
    names = [MARK.sub("", item.strip()) for item in items]
    are_short = all(
        len(name.split()) <= MAX_LABEL_WORDS and len(name) <= MAX_LABEL_CHARS and name[-1] not in ".。"
        for name in names
    )
    return are_short and len(set(map(_indentation, items))) == 1


def _nested(items: Sequence[str], margin: str) -> str:
    """The items as a nested list."""
    levels = {indentation: level for level, indentation in enumerate(sorted(set(map(_indentation, items))))}
    return "\n".join(f"{margin}{'  ' * levels[_indentation(item)]}- {_item_text(item)}" for item in items)


def _joined(items: Sequence[str]) -> str:
    """The items of the highest level, on one line."""
    highest = min(map(_indentation, items))
    return "; ".join(_item_text(item).rstrip(" :：;,.") for item in items if _indentation(item) == highest)


def _item_text(item: str) -> str:
    return plain_line(MARK.sub("", item, count=1))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _citation(piece: Piece) -> list[WriterEvent]:
    """The citation and the end of the line, with an ellipsis where items of the list are missing."""
    return [Cited(piece.citation), TextPiece(" …\n" if piece.is_partial else "\n")]
