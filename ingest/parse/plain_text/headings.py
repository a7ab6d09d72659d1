"""How much a line of a plain text looks like a heading, from the line alone.

A heading lost its mark but not its shape: short, no final stop, capitals, a number or a label ("Exercise 0.1 —"). What
stands around the line is judged in plain_text, how deep it is in plain_outline.
"""

import re

_LENGTH, _WORDS = 110, 16
_TITLE_LENGTH = 130

_DECIMAL = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,4})\.?\s+(?=[^\W\d_]|[\"“'‘(])")
_PLAIN_NUMBER = re.compile(r"(\d{1,2})\s+(?=[A-Z][a-z]+(?:\s+\S+){0,6}$)")
_ORDINAL = re.compile(r"\d{1,3}[.)]\s+(?=\S)|[IVXL]{1,6}\.\s+(?=[A-Z])")
# A label with a number: "Exercise 0.1 — Your own one-pager", "Module 7: Tokens", "Chapter 3", "Step 2 - Check".
_LABELLED = re.compile(
    r"(?:[A-Z][\w-]+ ){0,1}[A-Z][\w-]+\s+(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVXL]{1,5}|[A-H])(?:\s*[:.—–-]+\s+(?=\S)|\.?$)"
)
_CAPTION = re.compile(r"(?:fig(?:ure)?|table|image|diagram|photo|listing|scheme|plate)\.?\s+\S*\d", re.IGNORECASE)
_FIGURES = frozenset(("fig", "tab", "ima", "dia", "pho", "lis", "sch", "pla"))
_MARKED = re.compile(r"(=(?: ?=){0,5})\s+[^=;]+\s\1$|#{1,6}\s+\S")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\*{3,}|_{3,})$")
_INNER_STOP = re.compile(r"(?:(?<=\w{4})\.|[!?;])[\"”’)]?\s+\S")  # "vs." and "e.g." end no sentence
_LABEL = re.compile(r"[^:]{1,40}:\s")
_NOT_PROSE = re.compile(r"https?://|www\.|\S@\S|[|\\©]|\d{1,2}:\d{2}|\.{4,}")
_ODD = re.compile(r"[:@|\\©.]")  # some sign that the pattern above needs
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NO_START = "([{-–—•*&/,.;:%│├└┌╔║→"
_STOPS = ",;.:。，；：、।۔"


def title_case(text: str) -> float:
    """Share of the longer words (four letters and more) that begin with no small letter; 1.0 when there are none."""
    words = [word for word in _WORD.findall(text) if len(word) > 3]
    return sum(not word[0].islower() for word in words) / len(words) if words else 1.0


def is_underline(text: str) -> bool:
    return bool(_UNDERLINE.match(text))


def labelled(text: str) -> bool:
    """ "Week 3: ...", "Exercise 0.1 — ..."; not the caption of a figure."""
    return bool(_LABELLED.match(text)) and not _is_caption(text)


def decimal_depth(text: str) -> int:
    """2 for "1.2 Title", 3 for "1.2.3 Title", 0 without such a number."""
    match = _DECIMAL.match(text)
    return match[1].count(".") + 1 if match else 0


def marked(text: str) -> int:
    """Depth of a heading that kept a mark: 1 for "= Title =" or "# Title", 2 for "= = Title = ="; else 0."""
    if text[0] not in "=#" or not _MARKED.match(text):
        return 0
    mark = text[: len(text) - len(text.lstrip("=# "))]
    return len(mark.replace(" ", ""))


def plain_number(text: str) -> int:
    """3 for "3 Holidays", 0 without such a number; it may as well be the first word of a title ("17 Techniques")."""
    match = _PLAIN_NUMBER.match(text)
    return int(match[1]) if match else 0


def ordinal(text: str) -> int:
    """3 for "3. Title" or "3) Title", 0 without such a number."""
    match = _ORDINAL.match(text)
    digits = re.match(r"\d+", text)
    return int(digits[0]) if match and digits else 0


def rank(text: str) -> int:
    """Depth by the kind of heading: labels 10, numbers 21 and deeper, all others 50."""
    if labelled(text):
        return 10
    if depth := decimal_depth(text):
        return 20 + depth
    return 21 if _ORDINAL.match(text) else 50


def stems(text: str) -> set[str]:
    """The first four letters of its words."""
    return {word.casefold()[:4] for word in _WORD.findall(text) if len(word) > 2}


def may_be_title(text: str) -> bool:
    """Whether the first line of a document is its title: short, no sentence, no field of a header."""
    return (
        len(text) <= _TITLE_LENGTH
        and text[-1] not in _STOPS + "…"
        and (text[0].isalnum() or text[0] in "\"“'‘¿¡=#")
        and not _INNER_STOP.search(text)
        and not _NOT_PROSE.search(text.strip("=# "))
        and not re.match(r"\S{1,20}:\s", text)
        and (title_case(text) > 0.4 or len(text) > 20)
    )


def heading_shape(text: str) -> float:
    """How much the line looks like a heading, from the line alone: 0 (cannot be) to 1 (numbered, title case)."""
    text = text.removesuffix("...").rstrip()  # "Use It For..."
    if not text or len(text) > _LENGTH or (text[-1] in _STOPS and not (text[0].isdigit() or labelled(text))):
        return 0.0
    if text.count(" ") >= _WORDS or not _WORD.search(text) or (_ODD.search(text) and _NOT_PROSE.search(text)):
        return 0.0
    mark = _mark(text)
    body = text[mark:].strip()
    if not body:
        return 1.0  # "CHAPTER IV."
    if body[0] in _NO_START or _is_caption(body):
        return 0.0
    last = text.rstrip("\"”’')")[-1:]
    if last in "…—–-" or (last in _STOPS and not (last == ":" and mark)):
        return 0.0
    capital = title_case(body)
    stop = _INNER_STOP.search(body)
    if stop and not (capital > 0.8 and stop[0][0] in "?!"):
        return 0.0
    if not mark and _LABEL.match(body) and _is_field(body):
        return 0.0
    return _strength(body, numbered=mark > 0, capital=capital, last=last)


def _mark(text: str) -> int:
    """Length of the number or label that opens the line."""
    if text[0].isdigit():
        match = _DECIMAL.match(text) or _ORDINAL.match(text)
    else:
        match = (text[0] in "IVXL" and _ORDINAL.match(text)) or _LABELLED.match(text)
    return match.end() if match and not _is_caption(text) else 0


def _is_caption(text: str) -> bool:
    """ "Figure 3: ...", "Table 2"."""
    return text[:3].casefold() in _FIGURES and bool(_CAPTION.match(text))


def _is_field(text: str) -> bool:
    """A name and its value, or a speaker and what is said: "License: CC BY", "AUDIENCE: Yes!"; not a title in two parts."""
    name, _, value = text.partition(": ")
    words = value.count(" ") + 1
    speaker = name.isupper() and not value.isupper()
    return speaker or words < (2 if " " in name else 3) or (" " not in name and value[0] in '"“(0123456789')


def _strength(body: str, *, numbered: bool, capital: float, last: str) -> float:
    words = body.split()
    asks = last in "?？؟"
    if capital < 0.6 and last in "!！":
        return 0.0
    if numbered and last == ":" and capital < 0.6:
        return 0.0  # a step: "2. Build with all options:"
    if numbered:
        return 0.4 if body[0].islower() else 1.0
    if body[0].islower():
        return 0.3 if len(words) <= 5 and not asks else 0.0
    numbers = sum(word[:1].isdigit() for word in words)
    if numbers * 5 > 2 * len(words) and not (numbers == 1 and plain_number(body)):
        return 0.0
    if capital >= 0.6:
        return 0.9 if len(words) <= 12 else 0.6
    return 0.7 if asks else 0.5 if len(words) <= 9 else 0.0
