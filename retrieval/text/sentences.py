"""A paragraph into sentences, as spans. Rules instead of a model: no download, the same result everywhere.

A full stop, question or exclamation mark ends a sentence when white space and something that can begin a sentence
follow, unless the word before it is an abbreviation, an initial, or a number that begins the line or follows a colon
("2.", "Step 2."). English; titles and abbreviations common in course material.
"""

import re

_END = re.compile(r"[.!?…]+[\"'”’)\]*_`]*(?=\s+[\"'“‘(\[*_`]*[A-Z0-9À-ÖØ-Þ\"'“‘(\[*_`$-])|\n\s*\n")
_ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "etc",
        "vs",
        "cf",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "al",
        "inc",
        "ltd",
        "corp",
        "co",
        "jr",
        "sr",
        "dept",
        "est",
        "resp",
        "u.s",
        "u.k",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "a.m",
        "p.m",
        "ph.d",
    ]
)
_BEFORE_NUMBERS = frozenset(["no", "nos", "fig", "figs", "eq", "sec", "ch", "vol", "pp", "p", "approx", "ca"])
_LABEL = re.compile(r"(?:.*[:;])?\W*(?:[A-Z][a-z]+\s+)?")  # before a number that belongs to what follows it
_LAST_WORD = re.compile(r"([^\s(\[\"“'‘*_]+)[.]+[^\w\s]*$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, ends stripped of white space, in order; together they hold every non-space character."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(text):
        if found.group().strip() and _continues(
            text[max(start, found.end() - 40) : found.end()], text[found.end() : found.end() + 20].lstrip()[:1]
        ):
            continue
        _append(spans, text, start, found.end())
        start = found.end()
    _append(spans, text, start, len(text))
    return spans


def _continues(tail: str, following: str) -> bool:
    """Whether the stop at the end of `tail` belongs to an abbreviation, an initial or a number that opens something."""
    found = _LAST_WORD.search(tail)
    if not found:
        return False
    word = found.group(1)
    if word.lower() in _BEFORE_NUMBERS:
        return following.isdigit()
    if re.fullmatch(r"\d{1,2}", word):
        return bool(_LABEL.fullmatch(tail[: found.start()].rpartition("\n")[2]))
    return word.lower() in _ABBREVIATIONS or (bool(re.fullmatch("[A-Z]", word)) and word != "I")


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left, right = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))
