"""Places in a text that survive its rendering: private characters stand where a mark begins, ends, or a footnote goes.

Private-use characters of the text itself (icons of a lost font) are replaced first, so a mark can only be ours.
"""

import re
from collections.abc import Collection

from app.citations.marks import find_marks

OPEN, CLOSE = "\ue000", "\ue001"
_FIRST_NOTE = 0xE100
_LAST_NOTE = 0xF8FF
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_PIECE = re.compile("[\ue000-\uf8ff]|[^\ue000-\uf8ff]+")


def clean(text: str) -> str:
    """The text without private-use characters; its length stays, so offsets stay right."""
    return _PRIVATE.sub("\ufffd", text)


def with_span(text: str, start: int, end: int) -> str:
    """Puts OPEN and CLOSE around `text[start:end]`; an empty span marks nothing."""
    return text if start >= end else f"{text[:start]}{OPEN}{text[start:end]}{CLOSE}{text[end:]}"


def with_notes(text: str, numbers: Collection[int]) -> str:
    """`("so it is.[2]", {2})` -> the same with one private character in the place of `[2]`; others stay as they are."""
    for mark in reversed(find_marks(text)):
        if mark.number in numbers and mark.number <= _LAST_NOTE - _FIRST_NOTE:
            text = f"{text[: mark.start]}{chr(_FIRST_NOTE + mark.number)}{text[mark.end :]}"
    return text


def note_number(character: str) -> int | None:
    """The footnote that a private character stands for."""
    return ord(character) - _FIRST_NOTE if chr(_FIRST_NOTE) <= character <= chr(_LAST_NOTE) else None


def without(text: str) -> str:
    """The text as it was: spans removed, footnote marks written out again."""
    return "".join(_plain(piece) for piece in _PIECE.findall(text))


def _plain(piece: str) -> str:
    if piece in (OPEN, CLOSE):
        return ""
    number = note_number(piece)
    return piece if number is None else f"[{number}]"


def pieces(text: str) -> list[str]:
    """The text cut before and after each private character."""
    return _PIECE.findall(text)
