"""Which parts of a PDF are headings: those that the bookmarks name; without bookmarks, what is larger than the body, and
short bold parts."""

import re
from collections import Counter
from collections.abc import Sequence

from ingest.parse.formats.pdf.lines import Line

Outline = Sequence[tuple[str, int]]
_LARGER = 1.12  # times the body size makes a heading
_LONGEST, _MOST_LINES, _MOST_LEVELS = 120, 3, 5
_ENOUGH_BOOKMARKS = 3
_NO_HEADING = re.compile(r"[.!?:;,…。！？][\"'”’)\]]*$")
_NUMBER = re.compile(r"^\s*(?:chapter|part|section)?\s*[\dIVX]+(?:\.\d+)*[.:]?\s+", re.IGNORECASE)


def levels(parts: Sequence[Sequence[Line]], outline: Outline) -> dict[int, int]:
    """Heading levels of parts by their index; `parts` are lines that belong together, [] for what is no heading for certain."""
    texts = [" ".join(line.text for line in part) for part in parts]
    sizes = Counter[float]()
    for part, text in zip(parts, texts, strict=True):
        sizes[part[0].size if part else 0.0] += len(text)
    body = max(sizes, key=lambda size: sizes[size], default=0.0)
    short = [i for i, part in enumerate(parts) if 0 < len(part) <= _MOST_LINES and _is_short(texts[i])]
    large = {i: parts[i][0].size for i in short if parts[i][0].size > _LARGER * body}
    title = dict.fromkeys(_title(parts, large), 1)
    named = _named(parts, texts, short, outline)
    if len(named) >= _ENOUGH_BOOKMARKS:
        under = bool(title.keys() - named.keys())  # the bookmarks are all under a title that is none of them
        return title | {i: level + under for i, level in named.items()}
    ranks = sorted({size for i, size in large.items() if i not in title}, reverse=True)[:_MOST_LEVELS]
    found = {i: ranks.index(size) + 1 + bool(title) for i, size in large.items() if size in ranks} | title
    below = max(found.values(), default=1) + 1
    bold = [i for i in short if all(line.bold for line in parts[i]) and parts[i][0].size >= 0.95 * body]
    return {i: below for i in bold if not _NO_HEADING.search(texts[i])} | found


def folded(words: str) -> str:
    """For comparing headings: letters and digits in lower case, without a number in front."""
    bare = _NUMBER.sub("", words)
    return re.sub(r"[\W_]+", "", bare or words).casefold()


def _named(
    parts: Sequence[Sequence[Line]], texts: Sequence[str], short: Sequence[int], outline: Outline
) -> dict[int, int]:
    """Parts that bookmarks name, by their index: of several the largest ones, as many as there are bookmarks."""
    wanted: dict[str, list[int]] = {}
    for words, level in outline:
        wanted.setdefault(folded(words), []).append(level)
    found: dict[str, list[int]] = {}
    for i in short:
        found.setdefault(folded(texts[i]), []).append(i)
    named: dict[int, int] = {}
    for key in wanted.keys() & found.keys() - {""}:
        chosen = sorted(sorted(found[key], key=lambda i: -parts[i][0].size)[: len(wanted[key])])
        named |= zip(chosen, wanted[key], strict=False)
    return named


def _title(parts: Sequence[Sequence[Line]], large: dict[int, float]) -> list[int]:
    """The largest part, if it is on the first page and nothing else is as large."""
    largest = [i for i, size in large.items() if size == max(large.values())]
    first = next((part[0].page for part in parts if part), 0)
    return largest if len(largest) == 1 and parts[largest[0]][0].page == first else []


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST and any(map(str.isalpha, text))
