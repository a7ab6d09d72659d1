"""What a plain text holds besides its content: what returns on every page, what an export wrote between, rules.

Told by repetition and place alone, so that it holds in every language. Conservative: a heading that recurs ("Summary"),
code and any sentence that only happens to occur twice stay, and of sentences that return in the middle of a text the first is kept.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby, pairwise

from ingest.parse.plain_text.code import NEITHER, judge
from ingest.parse.plain_text.lines import Line, read_lines

_LINE = 200  # characters of a line that may recur
_EDGE = 3  # lines at the top and the bottom of a document where headers and footers stand
_OFTEN = 3  # times
_LABEL = 40  # characters: what is longer is read once, as sentences are, also where a script has no stops
_DIGITS = re.compile(r"\d+")
_STOPS = ".!?。！？।؟"
_QUOTES = "\"'“”„‟«»‹›‘’「」『』"
_STROKES = "-=_*~·•—–#+. "


def fold(text: str) -> str:
    """The form in which lines are compared: case, white space and digits (page numbers, counts) make no difference."""
    return _DIGITS.sub("0", " ".join(text.split())).casefold()


def boilerplate_lines(lines: Sequence[Line], *, taken: Container[int], known: frozenset[str]) -> set[int]:
    """Indices of the lines that are no content. `taken`: those that are code or tables; `known`: see `repeated_lines`."""
    found = {at for at, line in enumerate(lines) if _is_rule(line)} | set(_echoes(lines))
    if keys := known | _running_heads(lines):
        found.update(at for at, line in enumerate(lines) if len(line.text) <= _LINE and fold(line.text) in keys)
    found.update(_returning(lines, taken))
    found.update(_stuck(lines, taken))
    return found


def repeated_lines(texts: Iterable[str]) -> frozenset[str]:
    """Folded lines (see `fold`) at the top or bottom of three or more documents and of half of them.

    Code never counts, nor single words, nor whole sentences of a paragraph's length. Hand the result to
    `blocks(text, known=...)`.
    """
    edges: Counter[str] = Counter()
    documents = 0
    for text in _different(texts):
        documents += 1
        lines = read_lines(text)
        edges.update({fold(line.text) for line in (*lines[:_EDGE], *lines[-_EDGE:]) if _may_recur(line.text)})
    enough = max(_OFTEN, documents / 2)
    return frozenset(line for line, count in edges.items() if count >= enough and 1 < line.count(" ") < 15)


def _different(texts: Iterable[str]) -> Iterator[str]:
    """Copies of a document say nothing about the site."""
    seen: set[bytes] = set()
    for text in texts:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest not in seen:
            seen.add(digest)
            yield text


def _may_recur(text: str) -> bool:
    return len(text) <= _LINE and judge(text) == NEITHER


def _is_rule(line: Line) -> bool:
    """Nothing but strokes, with a blank line above (else it may underline a heading)."""
    return bool(line.gap) and len(line.text) > 2 and line.text[0] in _STROKES and not line.text.strip(_STROKES)


def _echoes(lines: Sequence[Line]) -> Iterator[int]:
    """The note of an anchor, which quotes the heading above it to its end."""
    for at, (above, below) in enumerate(pairwise(lines), start=1):
        quoted = below.text[-1] in _QUOTES and below.text[:-1].endswith(above.text)
        if quoted and below.text[: -1 - len(above.text)][-1:] in _QUOTES and len(below.text) <= _LINE:
            yield at


def _running_heads(lines: Sequence[Line]) -> set[str]:
    """Lines that stand among the first or last two of three or more pages (form feeds between), and of half of them."""
    starts = [at for at, line in enumerate(lines) if line.page]
    if len(starts) < _OFTEN - 1:
        return set()
    edges = pairwise([0, *starts, len(lines)])
    pages = [{fold(lines[at].text[:_LINE]) for at in (*range(a, b)[:2], *range(a, b)[-2:])} for a, b in edges]
    counts = Counter(key for page in pages for key in page)
    return {key for key, count in counts.items() if count >= _OFTEN and count * 2 > len(pages)}


def _returning(lines: Sequence[Line], taken: Container[int]) -> Iterator[int]:
    """Two short paragraphs that stand together three times and more (a form, a box); sentences among them are kept
    the first time."""
    alone = [bool(line.gap) and len(line.text) <= _LINE for line in lines]
    pairs = [
        (above.text, below.text) if alone[at] and alone[at + 1] and at not in taken and at + 1 not in taken else None
        for at, (above, below) in enumerate(pairwise(lines))
    ]
    counts = Counter(filter(None, pairs))
    seen: set[str] = set()
    for pair_at, pair in enumerate(pairs):
        if pair and counts[pair] >= _OFTEN:
            yield from (
                at
                for at in (pair_at, pair_at + 1)
                if lines[at].text in seen or (lines[at].text[-1] not in _STOPS and len(lines[at].text) <= _LABEL)
            )
            seen.update(pair)


def _stuck(lines: Sequence[Line], taken: Container[int]) -> Iterator[int]:
    """A line that stands more than three times in a row, as where speech recognition was stuck: all but the first."""
    for _, run in groupby(range(len(lines)), key=lambda at: lines[at].text):
        first, *others = run
        if len(others) >= _OFTEN and first not in taken:
            yield from others
