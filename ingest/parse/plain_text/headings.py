"""How much a line of a plain text looks like a heading, from the line alone.

A heading lost its mark but not its shape: short, no final stop, capitals, a number. What stands around the line is
judged in `blocks`, which gives levels too.
"""

import re

_LENGTH, _WORDS, _TITLE, _NAME = 110, 16, 130, 40
_NUMBERED = re.compile(
    r"(\d{1,3}(?:\.\d{1,3}){1,4})\.?\s+(?=[^\W\d_]|[\"“'‘(])|\d{1,3}[.)]\s+(?=\S)|[IVXL]{1,6}\.\s+(?=[A-Z])"
)
_CAPTION = re.compile(r"(?:fig(?:ure)?|table|image|diagram|photo|listing|scheme|plate)\.?\s+\S*\d", re.IGNORECASE)
_MARKED = re.compile(r"(=(?: ?=){0,5})\s+[^=;]+\s\1$|#{1,6}\s+\S")
_INNER_STOP = re.compile(r"(?:(?<=\w{4})\.|[!?;])[\"”’)]?\s+\S")  # "vs." and "e.g." end no sentence
_NOT_PROSE = re.compile(r"https?://|www\.|\S@\S|[|\\©]|\d{1,2}:\d{2}|\.{4,}")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NO_START = "([{-–—•*&/,.;:%│├└┌╔║→"
_STOPS = ",;.:。，；：、।۔"


def title_case(text: str) -> float:
    """Share of the longer words (four letters and more) that begin with no small letter; 1.0 when there are none."""
    words = [word for word in _WORD.findall(text) if len(word) > 3]
    return sum(not word[0].islower() for word in words) / len(words) if words else 1.0


def is_underline(text: str) -> bool:
    return len(text) > 2 and len(set(text)) == 1 and text[0] in "=-~*_"


def numbered(text: str) -> int:
    """1 for "1. Title", 2 for "1.2 Title", 3 for "1.2.3 Title", 0 without such a number."""
    match = _NUMBERED.match(text)
    return (match[1] or "").count(".") + 1 if match else 0


def marked(text: str) -> int:
    """Depth of a heading that kept a mark: 1 for "= Title =" or "# Title", 2 for "= = Title = ="; else 0."""
    if text[0] not in "=#" or not _MARKED.match(text):
        return 0
    mark = text[: len(text) - len(text.lstrip("=# "))]
    return len(mark.replace(" ", ""))


def heading_shape(text: str) -> float:
    """How much the line looks like a heading, from the line alone: 0 (cannot be) to 1 (numbered, title case)."""
    text = text.removesuffix("...").rstrip()  # "Use It For..."
    if not text or len(text) > _LENGTH or (text[-1] in _STOPS and not text[0].isdigit()):
        return 0.0
    if text.count(" ") >= _WORDS or not _WORD.search(text) or _NOT_PROSE.search(text):
        return 0.0
    match = _NUMBERED.match(text)
    body = text[match.end() :] if match else text
    if body[0] in _NO_START or _CAPTION.match(body):
        return 0.0
    last = text.rstrip("\"”’')")[-1:]
    if last in "…—–-" or (last in _STOPS and not (last == ":" and match)):
        return 0.0
    capital = title_case(body)
    stop = _INNER_STOP.search(body)
    if stop and not (capital > 0.8 and stop[0][0] in "?!"):
        return 0.0
    if not match and 0 < body.find(": ") <= _NAME and (capital < 0.8 or _is_field(body)):
        return 0.0
    return _strength(body, numbered=bool(match), capital=capital, last=last)


def _is_field(text: str) -> bool:
    """A name and its value, or a speaker and what is said: "License: CC BY", "AUDIENCE: Yes!"; not a title in two parts."""
    name, _, value = text.partition(": ")
    words = value.count(" ") + 1
    speaker = name.isupper() and not value.isupper()
    return speaker or words < (2 if " " in name else 3) or (" " not in name and value[0] in '"“(0123456789')


def _strength(body: str, *, numbered: bool, capital: float, last: str) -> float:
    words = body.split()
    asks = last in "?？؟"
    if capital < 0.6 and (last in "!！" or (numbered and last == ":")):  # "2. Build with all options:" is a step
        return 0.0
    if numbered:
        return 0.4 if body[0].islower() else 1.0
    if body[0].islower():
        return 0.3 if len(words) <= 5 and not asks else 0.0
    if sum(word[:1].isdigit() for word in words) * 5 > 2 * len(words):
        return 0.0
    if capital >= 0.6:
        return 0.9 if len(words) <= 12 else 0.6
    return 0.7 if asks else 0.5 if len(words) <= 9 else 0.0


def may_be_title(text: str) -> bool:
    """Whether the first line of a document is its title: short, no sentence, no field of a header."""
    name, colon, _ = text.partition(": ")
    return (
        len(text) <= _TITLE
        and (text[0].isalnum() or text[0] in "\"“'‘¿¡=#")
        and text[-1] not in _STOPS + "…"
        and not (colon and " " not in name)
        and not _INNER_STOP.search(text)
        and not _NOT_PROSE.search(text.strip("=# "))
    )
