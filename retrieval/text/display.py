"""Text as people are shown it: without hidden characters, things counted in words.

Characters that are not seen change what is: whoever writes a document could make a quote look like another one.

Stored text keeps them, so that a quote is still found where it stands; what is shown goes through `shown`.
"""

import re
from collections.abc import Iterable, Sequence

_ALWAYS = re.compile("[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_MARKS = re.compile("[\u061c\u200e\u200f]")  # of direction, which texts from right to left need
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_JOINERS = re.compile("(?<![\u0600-\u0fff\u1000-\u1fff\u2190-\u2bff\U0001f000-\U0001ffff\ufe0f])[\u200c\u200d]+")


def shown(text: str) -> str:
    """Without direction overrides, zero-width and tag characters: `"sa\u200bfe\u202e"` -> `"safe"`.

    Kept are joiners after letters of scripts that join (and in emoji), and direction marks in texts that run from right to left.
    """
    if text.isascii():
        return text
    text = _JOINERS.sub("", _ALWAYS.sub("", text))
    return text if _RIGHT_TO_LEFT.search(text) else _MARKS.sub("", text)


def counted(count: int, noun: str) -> str:
    """`1 chunk`, `2 chunks`, `0 pieces of boilerplate`; nouns that take an s."""
    first, *rest = noun.split(" of ")
    return f"{count:,} {' of '.join([first if count == 1 else first + 's', *rest])}"


def listed(names: Sequence[str], most: int) -> str:
    """All of a few names, the first of many: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:most])} and {more:,} more"


def together(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Of pairs of a name and what is said of it, the names by what is said: `[("a", "x"), ("b", "x")]` -> `{"x": ["a", "b"]}`."""
    names: dict[str, list[str]] = {}
    for name, words in said:
        names.setdefault(words, []).append(name)
    return names
