"""How the lines of a plain text stand together: wrapped prose, or lines that each stand for themselves."""

import itertools
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ingest.parse.plain_text.lines import Line

_DENSE = 6  # so many lines without a blank one between them are lines of their own, unless they are wrapped
_WRAPPED = 0.25  # share of lines that begin with a small letter from which lines count as wrapped
_TURN = re.compile(r"\[?\d{1,2}:\d\d|[A-Za-z][\w .'’-]{0,24}:\s")


@dataclass(frozen=True, slots=True)
class Layout:
    """Per line. `wrapped`: part of prose broken into lines. `dense`: without blank lines around, yet not wrapped.

    `width`: characters of the longest line of its run (lines without a blank one between).
    """

    dense: Sequence[bool]
    wrapped: Sequence[bool]
    width: Sequence[int]


def layout(lines: Sequence[Line], taken: Container[int]) -> Layout:
    """Judges each run of lines, a short one by the whole text; lines in `taken` (code, tables) do not count."""
    starts = [at for at, line in enumerate(lines) if line.gap] + [len(lines)]
    runs = list(itertools.pairwise(starts))
    counts = [_small_starts(lines, first, end, taken) for first, end in runs]
    overall = sum(small for _, small in counts) > _WRAPPED * sum(follow for follow, _ in counts)
    dense: list[bool] = []
    wrapped: list[bool] = []
    width: list[int] = []
    for (first, end), (follow, small) in zip(runs, counts, strict=True):
        size = end - first
        long = size >= _DENSE
        turns = size > 2 and _is_talk(lines, first, end)
        wraps = not turns and (small > _WRAPPED * follow if long else overall)
        dense += [turns or (long and not wraps)] * size
        wrapped += [wraps] * size
        width += [max(len(line.text) for line in lines[first:end])] * size
    return Layout(dense, wrapped, width)


def _small_starts(lines: Sequence[Line], first: int, end: int, taken: Container[int]) -> tuple[int, int]:
    """How many free lines follow another one directly, and how many of these begin with a small letter."""
    follow = [lines[at].text[0] for at in range(first + 1, end) if at not in taken]
    return len(follow), sum(map(str.islower, follow))


def _is_talk(lines: Sequence[Line], first: int, end: int) -> bool:
    """More than half of the lines begin with a time or a name and a colon, as in a chat or an interview."""
    return sum(1 for line in lines[first:end] if _TURN.match(line.text)) * 2 > end - first
