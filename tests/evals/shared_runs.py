"""The runs of words that two texts share: whether a text was written anew.

Words are compared without case and punctuation, so a run goes on from one sentence, row or line of code to the next.
Web addresses count as nothing: they are names. Names and titles of works remain, for the reader to tell.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def words(text: str) -> list[str]:
    """`"See https://x.org: it's 1.5x"` -> `["see", "it's", "1", "5x"]`"""
    return [word.lower() for word in _WORD.findall(_ADDRESS.sub(" ", text))]


def shared_runs(text: Sequence[str], source: Sequence[str], *, at_least: int) -> list[list[str]]:
    """The runs of at least so many words of `text` that stand in `source`, longest first; ties in order of the text.

    Each run is as long as can be, none lies inside another; they may overlap.
    """
    starts = defaultdict(list)
    for at in range(len(source) - at_least + 1):
        starts[tuple(source[at : at + at_least])].append(at)
    runs: list[list[str]] = []
    end = 0
    for at in range(len(text) - at_least + 1):
        found = starts.get(tuple(text[at : at + at_least]), [])
        length = max((_common(text, at, source, start) for start in found), default=0)
        if at + length > end and length:
            runs.append(list(text[at : at + length]))
            end = at + length
    return sorted(runs, key=len, reverse=True)


def _common(text: Sequence[str], at: int, source: Sequence[str], start: int) -> int:
    length = 0
    while at + length < len(text) and start + length < len(source) and text[at + length] == source[start + length]:
        length += 1
    return length
