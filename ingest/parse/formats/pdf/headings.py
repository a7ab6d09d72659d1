"""Which parts of a PDF are headings, and of which level: by bookmarks, else by size and weight."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ingest.parse import markdown_writer as markup
from ingest.parse.formats.pdf.characters import is_slanted
from ingest.parse.formats.pdf.lines import PageLine

Outline = Sequence[tuple[str, int, int]]
LARGER, SMALLER = 1.12, 0.95  # times the body size: makes a heading, cannot be one
SENTENCE_ENDS, _CLOSING = frozenset(".!?:;…。！？：؟।۔"), "\"'”’»)]"
_MOST_LINES, _MOST_LEVELS = 3, 5
_ENOUGH = 3
_COUNTED = re.compile(r"([IVX]+|[A-Z])\.\s*(?=[^\W\d_])")
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"]
_NUMBERED = re.compile(r"\s*(?:[^\W\d_]+\s+)?(?:\d+|[IVX]+\b)(?:\.\d+)*[.:]?\s+")


def ends(text: str) -> str:
    """The sign that a text ends with, quotes and brackets aside."""
    return text.rstrip(_CLOSING)[-1:]


def levels(parts: Sequence[Sequence[PageLine]], outline: Outline, body: float) -> dict[int, int]:
    """Heading levels of parts by their index; `parts` are lines that belong together, [] for what is no heading for certain."""
    texts = [" ".join(line.text for line in part) for part in parts]
    short = [i for i, part in enumerate(parts) if 0 < len(part) <= _MOST_LINES and _is_short(texts[i])]
    large = {i: parts[i][0].size for i in short if parts[i][0].size > LARGER * body}
    title = dict.fromkeys(_title(parts, large), 1)
    named = _named(parts, texts, [i for i in short if parts[i][0].size >= SMALLER * body], outline)
    bold = [i for i in short if all(line.bold for line in parts[i]) and parts[i][0].size >= SMALLER * body]
    bold = [i for i in bold if ends(texts[i]) not in SENTENCE_ENDS | {","}]
    if len(named) >= _ENOUGH:
        title = title or _above(bold, named, parts)
        under = bool(title.keys() - named.keys())  # the bookmarks are all under a title that is none of them
        slides = dict.fromkeys(_of_slides(parts, large), max(named.values()) + 1)
        return {i: level + under for i, level in (slides | named).items()} | {i: 1 for i in title if i not in named}
    ranks = sorted({size for i, size in large.items() if i not in title}, reverse=True)[:_MOST_LEVELS]
    found = {i: ranks.index(size) + 1 + bool(title) for i, size in large.items() if size in ranks} | title
    below = max(found.values(), default=1) + 1
    counted = {i: below + under for i, under in _counted(parts, texts, short).items()}
    return dict.fromkeys(bold, below) | counted | found


def _counted(parts: Sequence[Sequence[PageLine]], texts: Sequence[str], short: Sequence[int]) -> dict[int, int]:
    """The headings of papers, neither large nor bold, and how far down they are: capitals behind Roman numerals that count
    from I, and between them italics behind letters."""
    tops: list[int] = []
    counted = [(i, match[1]) for i in short if (match := _COUNTED.match(texts[i]))]
    for i, count in counted:
        if texts[i].isupper() and count == _ROMAN[min(len(tops), len(_ROMAN) - 1)]:
            tops.append(i)
    below = [i for i, _ in counted if all(is_slanted(line.font) for line in parts[i])]
    return dict.fromkeys(below, 1) | dict.fromkeys(tops, 0) if len(tops) >= _ENOUGH else {}


def folded(words: str) -> str:
    """For comparing headings: letters and digits in lower case, without a number in front."""
    bare = words[match.end() :] if (match := _NUMBERED.match(words)) else words
    return "".join(filter(str.isalnum, bare or words)).casefold()


def _named(
    parts: Sequence[Sequence[PageLine]], texts: Sequence[str], short: Sequence[int], outline: Outline
) -> dict[int, int]:
    """Parts that bookmarks name, by their index: of several those on the pages that bookmarks lead to and the largest ones, as many as there
    are bookmarks."""
    wanted, found = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    led_to = {(folded(words), page) for words, _, page in outline}
    for words, level, _ in outline:
        wanted[folded(words)].append(level)
    for i in short:
        found[folded(texts[i])].append(i)
    named: dict[int, int] = {}
    for key in wanted.keys() & found.keys() - {""}:
        best = sorted(found[key], key=lambda i: ((key, parts[i][0].page) not in led_to, -parts[i][0].size))
        named |= zip(sorted(best[: len(wanted[key])]), wanted[key], strict=False)
    return named


def _of_slides(parts: Sequence[Sequence[PageLine]], large: Mapping[int, float]) -> list[int]:
    """What stands first on its page and is large, if that is so on most pages."""
    firsts = {part[0].page: i for i, part in reversed(list(enumerate(parts))) if part}
    found = [i for i in firsts.values() if i in large]
    return sorted(found) if 2 * len(found) > len(firsts) else []


def _title(parts: Sequence[Sequence[PageLine]], large: dict[int, float]) -> list[int]:
    """The largest part, if it is on the first page and nothing else is as large."""
    largest = [i for i, size in large.items() if size == max(large.values())]
    first = next((part[0].page for part in parts if part), 0)
    return largest if len(largest) == 1 and parts[largest[0]][0].page == first else []


def _above(bold: Sequence[int], named: Mapping[int, int], parts: Sequence[Sequence[PageLine]]) -> dict[int, int]:
    """The first bold part, if it stands before all that bookmarks name and on the page of the first of these."""
    first = min(named)
    found = [i for i in bold[:1] if i < first and parts[i][0].page == parts[first][0].page]
    return dict.fromkeys(found, 1)


def _is_short(text: str) -> bool:
    return len(text) <= markup.LONGEST_HEADING and any(map(str.isalpha, text))
