"""Terms on lines of their own, what they mean indented below: told by their places and by their alphabetical order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.parse.formats.pdf.lines import PageLine

_INDENT, _DEEPEST = 0.8, 6.0  # of the font size
_LEAST = 3  # entries
_MOST = 0.8  # of the neighbours are in order
_STOPS = tuple(".!?;,…。！？；")
Entry = tuple[int, int, int]  # of a term the index of its line, of what it means those of the first and after the last


def entries(lines: Sequence[PageLine]) -> Mapping[int, int]:
    """The index of each term's line, and that after its meaning."""
    found: dict[int, int] = {}
    for run in _runs(lines):
        names = [lines[term].text.casefold() for term, *_ in run]
        ascending = sum(above < below for above, below in pairwise(names))
        margin = max(line.right for term, _, end in run for line in lines[term:end])
        fits = all(_fits(lines[term], lines[first], margin) for term, first, _ in run)
        if len(run) >= _LEAST and fits and ascending >= _MOST * (len(run) - 1):
            found |= {term: end for term, _, end in run}
    return found


def announcing(line: PageLine) -> PageLine:
    """With a colon at its end."""
    *others, last = line.words
    return replace(line, words=(*others, replace(last, text=f"{last.text.rstrip(':')}:")))


def _runs(lines: Sequence[PageLine]) -> Iterator[list[Entry]]:
    """Entries that follow each other and are laid out alike."""
    run: list[Entry] = []
    at = 0
    while at < len(lines):
        end = _end(lines, at)
        alike = run and all(_beside(lines[run[0][0] + place], lines[at + place]) for place in (0, 1) if end)
        if run and not (end and alike):
            yield run
            run = []
        run += [(at, at + 1, end)] if end else []
        at = end or at + 1
    yield from [run] if run else []


def _end(lines: Sequence[PageLine], at: int) -> int:
    """After the meaning of the term in this line; 0 where it is none."""
    term, below = lines[at], lines[at + 1 : at + 2]
    if not below or term.cells or term.mono or term.text.endswith(_STOPS):
        return 0
    indent = (below[0].left - term.left) / term.size
    if not _INDENT < indent < _DEEPEST or abs(below[0].size - term.size) > 0.1 * term.size:
        return 0
    return next((end for end in range(at + 1, len(lines)) if not _beside(below[0], lines[end])), len(lines))


def _beside(one: PageLine, other: PageLine) -> bool:
    """Whether a line begins below another, or would on its own page."""
    return abs(one.left - other.left) < 1 and one.size == other.size and not other.cells and not other.mono


def _fits(term: PageLine, below: PageLine, margin: float) -> bool:
    """Whether the first word of what is below would have stood behind: the line ends by intent."""
    return term.right + 0.5 * term.size + below.words[0].right - below.words[0].left < margin
